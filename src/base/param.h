/* param.h: one description of one knob.
 *
 * A table of Params (ended by a NULL name) is at once a command's options, the JSON a call may carry, a step's settings, a
 * page of the reference and the space a search draws from.  All checking of settings goes through param_check, so a
 * misspelt key, a wrong type and an impossible value get the same words everywhere. */
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

#include "base/rng.h"

typedef enum ParamType {
	PARAM_BOOL,
	PARAM_INT,
	PARAM_REAL,
	PARAM_TEXT,
	PARAM_TEXTS, /* a list of texts; a single text is taken as a list of one */
	PARAM_JSON,  /* any JSON: checked by whoever reads it */
} ParamType;

enum {
	PARAM_REQUIRED = 1 << 0,
	PARAM_TUNABLE = 1 << 1,    /* a search may choose it, within tune_min .. tune_max or among the choices */
	PARAM_LOG = 1 << 2,        /* ... on a logarithmic scale */
	PARAM_POSITIONAL = 1 << 3, /* on the command line: by place, in table order; PARAM_TEXTS takes all the rest */
	PARAM_HIDDEN = 1 << 4,     /* not in help */
};

typedef struct Param {
	const char *
	        name; /* lower case, words joined by _; NULL ends a table.  On the command line --words-joined-by-minus */
	ParamType type;
	const char *help;   /* a phrase without a full stop */
	const char *preset; /* the default as JSON text ("0.3", "\"auto\"", "[]"); NULL: none, the key stays absent */
	double min, max;    /* bounds of INT and REAL, inclusive, when min < max */
	const char *const *choices; /* allowed texts of TEXT and TEXTS, NULL-ended; NULL: any */
	unsigned flags;
	double tune_min, tune_max; /* where a search draws from; both 0: min and max */
	const char *unit;          /* shown in help: "MiB", "s"; may be NULL */
	char letter;               /* one-letter option, 0: none */
} Param;

/* Called once per problem: path such as "features[0].columns" ("" for the value itself), and a sentence. */
typedef void ParamReport(void *context, const char *path, const char *problem);

/* Checks an object against a table and reports every problem; returns the object with defaults added and numbers in
 * their declared type (a new reference), or NULL if there was a problem.  `in` may be NULL for {}.  `path` is where the
 * object stands, put in front of each problem's path. */
json_t *param_check(const Param *params, const char *path, const json_t *in, ParamReport *report, void *context);

/* The same for callers that want the first problem only, as an error "WHERE: PATH: problem" (where may be NULL). */
bool param_fill(const Param *params, const char *where, const json_t *in, json_t **ret, GError **error);

/* A value typed on the command line; TEXTS splits at commas. */
bool param_from_text(const Param *param, const char *text, json_t **ret, GError **error);

/* Draws a value for a tunable parameter. */
json_t *param_draw(const Param *param, Rng *rng);

/* The parameter of that name, or NULL. */
const Param *param_find(const Param *params, const char *name);

/* "number from 0 to 1", "one of: a, b", ...  Free with g_free. */
char *param_expects(const Param *param);

/* JSON Schema of one table, for docs and machines.  New reference. */
json_t *param_schema(const Param *params);

/* Of `names` (NULL-ended) the one nearest to `text` by edit distance, NULL if none is near (more than a third differs). */
const char *nearest_name(const char *text, const char *const *names);
