/* sampler_grid.c: all combinations of a few values of each parameter, in a shuffled order.
 *
 * Choices and narrow whole numbers take all their values; other numbers as many levels, evenly on their scale with both bounds,
 * as keep the grid within a million points.  A combination whose parameters do not all exist stands there once.  The order is a
 * permutation computed in place (a Feistel network that is walked until it hits the grid), so nothing is stored. */
#include "search/samplers.h"

#include <math.h>

#define MOST_LEVELS 10
#define WANTED_POINTS 1e6
#define MOST_POINTS 0x1p62

static double levels_of(const Dim *d, double most)
{
	if (d->type == DIM_TEXT)
		return (double)d->count;
	if (d->min == d->max)
		return 1;
	return d->type == DIM_INT ? MIN(d->max - d->min + 1, most) : most;
}

static double points_of(const Space *s, double most)
{
	double points = 1;
	for (size_t i = 0; i < s->count; i++)
		points *= levels_of(&s->dims[i], most);
	return points;
}

static double level_value(const Dim *d, double level, double levels)
{
	if (d->type == DIM_TEXT)
		return level;
	double low = dim_scaled(d, d->min), high = dim_scaled(d, d->max);
	return dim_unscaled(d, levels > 1 ? low + (high - low) * level / (levels - 1) : (low + high) / 2);
}

/* A permutation of 0 .. 4^half_bits - 1. */
static uint64_t feistel(uint64_t seed, unsigned half_bits, uint64_t index)
{
	uint64_t mask = ((uint64_t)1 << half_bits) - 1, left = index >> half_bits, right = index & mask;
	for (uint64_t round = 0; round < 4; round++) {
		uint64_t swap = right;
		right = left ^ (rng_hash(seed ^ (round << 56), right) & mask);
		left = swap;
	}
	return left << half_bits | right;
}

/* False when a parameter that does not exist has another than its first level: the same point as with the first. */
static bool place(const Space *s, uint64_t index, double most, double *ret_point)
{
	bool once = true;
	for (size_t i = 0; i < s->count; i++) {
		double levels = levels_of(&s->dims[i], most);
		double level = (double)(index % (uint64_t)levels);
		index /= (uint64_t)levels;
		bool there = space_has(s, i, ret_point);
		once = once && (there || level == 0);
		ret_point[i] = there ? level_value(&s->dims[i], level, levels) : NAN;
	}
	return once;
}

static bool next(const History *h, unsigned number, double *ret_point)
{
	double most = MOST_LEVELS;
	while (most > 2 && points_of(h->space, most) > WANTED_POINTS)
		most--;
	if (points_of(h->space, most) > MOST_POINTS)
		most = 1;
	double points = points_of(h->space, most);
	if (points > MOST_POINTS) {
		sampler_random(h, number, ret_point);
		return true;
	}
	unsigned half_bits = 1, seen = 0;
	while (ldexp(1, (int)(2 * half_bits)) < points)
		half_bits++;
	uint64_t all = (uint64_t)1 << (2 * half_bits);
	for (uint64_t i = 0; i < all; i++) {
		uint64_t index = feistel(h->seed, half_bits, i);
		if (index < (uint64_t)points && place(h->space, index, most, ret_point) && seen++ == number)
			return true;
	}
	return false;
}

const SamplerKind SAMPLER_GRID = {.name = "grid",
        .help = "all combinations of a few values of each parameter, in a shuffled order",
        .next = next};
