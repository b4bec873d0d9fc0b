/* number_fit.h: learning about the finite values of one column of numbers: what impute, scale, clip and bin have in
 * common. */
#pragma once

#include "data/frame.h"
#include "feature/exact_sum.h"
#include "feature/value_counts.h"

enum { NUMBER_MOMENTS = 1 << 0, NUMBER_VALUES = 1 << 1 }; /* the range is always known */

typedef struct NumberFit {
	json_t *params;
	unsigned wants; /* NUMBER_ bits */
	uint64_t count;
	double min, max;      /* of what is finite; NaN of nothing */
	ExactMoments moments; /* of values below 1e150, whose squares are numbers */
	ValueCounts values;
} NumberFit;

NumberFit *number_fit_new(const json_t *params, unsigned wants);
void number_fit_add(NumberFit *fit, const Column *c);

/* Members of a TransformKind that learns from its one column. */
bool number_fit_absorb(void *context, const Frame *rows, const double *target, GError **error);
bool number_fit_merge(void *context, const void *other, GError **error);
void number_fit_free(void *context);
