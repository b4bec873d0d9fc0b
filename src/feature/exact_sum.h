/* exact_sum.h: sums of doubles without any rounding, so that neither the order of the rows nor the way they were cut
 * into pieces and merged changes a bit of what is learnt.
 *
 * A double is a whole number of units of 2^-1074; the sum is kept as such a number, in digits of 32 bits held in 64,
 * only for the digits in use (for usual data three or four).  The idea: R. Neal, "Fast exact summation using small and
 * large superaccumulators", arXiv:1505.05571. */
#pragma once

#include <glib.h>
#include <stdint.h>

typedef struct ExactSum {
	int64_t *digits;  /* lowest first; owned */
	uint16_t low;     /* place of the lowest digit */
	uint16_t count;   /* digits held */
	uint32_t pending; /* additions since carries were last passed on: at most 2^28 fit */
} ExactSum;               /* all zero is the sum of nothing */

void exact_sum_clear(ExactSum *s);
void exact_sum_add(ExactSum *s, double value); /* finite */
void exact_sum_merge(ExactSum *into, const ExactSum *from);
void exact_sum_subtract(ExactSum *into, const ExactSum *from);

/* The sum as the unevaluated sum of two doubles (106 bits); *ret_low may be NULL.  Depends on the sum alone. */
double exact_sum_value(const ExactSum *s, double *ret_low);

/* Count, mean and spread of the finite values of a column. */
typedef struct ExactMoments {
	uint64_t count;
	ExactSum sum, squares;
} ExactMoments;
void exact_moments_clear(ExactMoments *m);
void exact_moments_add(ExactMoments *m, double value); /* finite, |value| < 1e150 */
void exact_moments_merge(ExactMoments *into, const ExactMoments *from);
double exact_moments_mean(const ExactMoments *m);     /* NaN of nothing */
double exact_moments_variance(const ExactMoments *m); /* of the population: divided by count; NaN of nothing */
