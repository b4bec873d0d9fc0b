/* mmd.h: maximum mean discrepancy: do two samples of points in many dimensions come from one distribution?
 *
 * Unbiased, squared, with the kernel exp(-d^2 / median of d^2) (Gretton et al. 2012, JMLR 13:723, equation 3, with their median heuristic); p by
 * permutation of who belongs to which sample, the given order among them, so never below 1 / (permutations + 1).  Time and memory
 * grow with the square of the points. */
#pragma once

#include <stddef.h>

#include "base/rng.h"

typedef struct Points {
	const double *values; /* rows x columns, finite */
	size_t rows, columns;
} Points;

typedef struct MmdResult {
	double value, p; /* NaN: fewer than two points on a side, or all the same */
} MmdResult;

MmdResult mmd_test(Points a, Points b, unsigned permutations, Rng *rng);
