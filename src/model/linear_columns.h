/* linear_columns.h: features as a linear model sees them, made row by row from the raw matrix, which is never copied.
 *
 * Each feature is filled with its mean where it is missing, moved to mean 0 and scaled to standard deviation 1; one with
 * more than 0.5 % missing gets a second column, standardised alike, that says so.  A constant feature has no part.
 *
 * Rows come out as their non-zero entries x - shift only, and the rest of the standardising is done on sums: the shift is the
 * mean, but 0 for a column that is mostly zero, so one-hot columns cost what their ones cost.  (With at least half of the
 * values 0 the mean is below the standard deviation: nothing is lost to cancellation.) */
#pragma once

#include "model/family.h"

typedef struct LinearColumns {
	size_t inputs, count; /* features; columns: features, then indicators */
	double *mean, *shift; /* count each; of the filled values */
	double *scale;        /* 1 / standard deviation, 0 when constant */
	int32_t *indicator;   /* inputs: the column that says whether it is missing, -1: none */
	double weight;        /* sum over rows */
} LinearColumns;

typedef struct LinearRow {
	size_t count;
	uint32_t *column;
	double *value;
} LinearRow;

LinearColumns *linear_columns_measure(const TrainSet *set);
void linear_columns_free(LinearColumns *c);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LinearColumns, linear_columns_free)

void linear_row_init(LinearRow *r, const LinearColumns *c);
void linear_row_clear(LinearRow *r);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(LinearRow, linear_row_clear)

void linear_row_make(const LinearColumns *c, const float *features, LinearRow *ret);
