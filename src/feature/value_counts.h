/* value_counts.h: how often each number was seen, for quantiles: exact up to 8,192 distinct values, near beyond.
 *
 * Beyond, values share a cell when their leading bits agree; as many bits count as keep the cells in use at 8,192 or
 * less.  That number of bits follows from the set of values alone (fewer bits never make more cells), so neither the
 * order of the rows nor the way they were cut into pieces and merged changes what is found (the smaller sketch of
 * stats/quantiles.h, for reports, depends on both).  Of uniform data a cell is
 * about 1/8,000 of the range, of normal data less than 1 % of the value. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define VALUE_CELLS 8192

typedef struct ValueCounts {
	uint64_t *keys;   /* by slot; a double's bits in an order that is the numbers' */
	uint32_t *counts; /* by slot; 0: free */
	uint32_t slots, used;
	unsigned shift; /* bits that do not count */
	uint64_t total;
} ValueCounts; /* all zero: nothing seen */

void value_counts_clear(ValueCounts *v);
void value_counts_add(ValueCounts *v, double value); /* finite */
void value_counts_merge(ValueCounts *into, const ValueCounts *from);

/* The quantiles at p[0 .. n), by linear interpolation between the two nearest rows (R's type 7, NumPy's default).  NaN
 * of nothing. */
void value_counts_quantiles(const ValueCounts *v, const double *p, size_t n, double *ret);
/* The most frequent value, of equals the smallest; of a cell the lowest.  NaN of nothing. */
double value_counts_mode(const ValueCounts *v);
