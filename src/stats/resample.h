/* resample.h: the rows of a bootstrap, sorted once, and weights for each draw.
 *
 * A draw gives every row a Poisson weight of mean 1, which for more than a few hundred rows is the usual drawing with
 * replacement (Chamandy et al. 2012, "Estimating uncertainty for massive data streams") and needs no copying.  The counts
 * belong to rows, so two sets of scores on the same rows can be given the same draw. */
#pragma once

#include "stats/metric.h"

typedef struct Resample Resample;

/* At most `most` of 0 .. rows-1, rising, chosen without replacement by the seed.  Free with g_free. */
uint32_t *resample_choose(size_t rows, size_t most, uint64_t seed, size_t *ret_count);

/* Copies the chosen rows of s (in an order that makes rank metrics fast); chosen is borrowed for the call. */
Resample *resample_new(const Scored *s, const uint32_t *chosen, size_t count);
void resample_free(Resample *r);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Resample, resample_free)

/* How often each chosen row is drawn, in the order of `chosen`. */
void resample_draw(uint8_t *counts, size_t count, uint64_t seed, unsigned draw);

/* The rows with weights of a draw; counts NULL: as they are.  Borrowed until the next call. */
const Scored *resample_weigh(Resample *r, const uint8_t *counts);

/* The value below which a part q of sorted values lies, between two values in proportion (Hyndman and Fan's type 7). */
double sorted_quantile(const double *sorted, size_t count, double q);
/* The ends of the percentile interval of `level` of values drawn (sorted in place); NaN when half or more are NaN. */
void interval_ends(double *drawn, size_t count, double level, double ret_ends[2]);
/* Sorts the numbers in place, NaN moved behind the end; returns how many are not NaN. */
size_t sort_numbers(double *values, size_t count);
