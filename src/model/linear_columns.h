/* linear_columns.h: features as a linear model sees them, made row by row from the raw matrix; of that only what is not 0 in mostly empty
 * columns is copied.
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

/* The rows, for who passes over them many times: the few cells of mostly empty columns (one-hot ones, say) that are not 0 are listed once,
 * so that a pass costs what there is in the rows and not rows x features.  The same entries in the same order as linear_row_make. */
typedef struct LinearRows {
	const LinearColumns *columns; /* borrowed, as x */
	const Matrix *x;
	size_t full;       /* columns that are read from the matrix */
	uint32_t *of_full; /* rising */
	size_t *start;     /* rows + 1: where a row's listed cells begin */
	uint32_t *of_cell; /* their columns, rising in a row */
	float *cell;
} LinearRows;

LinearRows *linear_rows_new(const LinearColumns *c, const Matrix *x);
void linear_rows_free(LinearRows *r);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LinearRows, linear_rows_free)

void linear_rows_read(const LinearRows *r, size_t row, LinearRow *ret);
