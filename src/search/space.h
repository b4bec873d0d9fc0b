/* space.h: what a search may choose: named parameters with bounds or choices, some of them only under a condition.
 *
 * As JSON: {name: {"type": "real"|"int"|"text", "min", "max", "log": bool, "choices": [...], "when": {other: value}}}.
 *   real, int  min and max, both within; log: on a logarithmic scale, for which min is above 0
 *   text       one of choices (texts, numbers, booleans, null); a real or int may have choices instead of bounds, too
 *   when       the parameter exists only where each named other parameter exists and has that value (or, for a list, one
 *              of those values); others are text or int
 *
 * Samplers see a point as one double per dimension, in the order of dims: the number itself, the index of a choice, or NAN
 * where the parameter does not exist.  Parameters stand behind those their conditions name. */
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

#include "base/param.h"

typedef enum DimType { DIM_REAL, DIM_INT, DIM_TEXT } DimType;

typedef struct DimCondition {
	size_t dim;
	json_t *values; /* array */
} DimCondition;

typedef struct Dim {
	char *name;
	DimType type;
	bool is_log;
	double min, max; /* of a text: 0 and the last index */
	json_t *choices; /* text: array; else NULL */
	size_t count;    /* of choices */
	GArray *when;    /* of DimCondition */
	size_t group;    /* parameters with the same condition are a group; 0: those without */
} Dim;

typedef struct Space {
	Dim *dims;
	size_t count, groups;
	json_t *about; /* the JSON it was read from */
} Space;

/* FAIL_INVALID names the parameter and what is wrong with it. */
bool space_read(const json_t *about, Space **ret, GError **error);
void space_free(Space *s);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Space, space_free)

/* The member of a space for a tunable parameter of a Param table (its tune_min .. tune_max).  New reference. */
json_t *space_from_param(const Param *p);

/* Does the parameter exist where those before it have these values? */
bool space_has(const Space *s, size_t dim, const double *point);

/* A place in the unit interval as a value and back.  Whole numbers have cells of equal width (on the logarithmic scale if
 * log), choices too. */
double dim_value(const Dim *d, double unit);
double dim_unit(const Dim *d, double value);

/* The scale on which distances are measured: logarithms if log.  Whole numbers reach half a step beyond their bounds. */
double dim_low(const Dim *d);
double dim_high(const Dim *d);
double dim_scaled(const Dim *d, double value);
double dim_unscaled(const Dim *d, double scaled); /* rounded and within the bounds */

/* Values for all parameters that exist, from one unit number for each; the others become NAN. */
void space_place(const Space *s, const double *units, double *ret_point);
/* The parameters of a point as JSON.  New reference. */
json_t *space_params(const Space *s, const double *point);
/* And back: FAIL_INVALID when a parameter is missing, unknown or out of its bounds. */
bool space_point(const Space *s, const json_t *params, double *ret_point, GError **error);
