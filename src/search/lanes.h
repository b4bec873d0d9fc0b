/* lanes.h: the loops that a Gaussian process spends its time in, eight doubles at once.
 *
 * Each way is the same C, compiled for one width of vector.  A way may put the eight numbers in one register or in four, but every
 * number is computed by the same operations in the same order (nothing is fused, no sum is reordered, exp is our own), so all ways give
 * the same bits, and so does a search on any machine.  A BLAS and the C library's exp do not promise that.
 *
 * A matrix is wide x wide, `wide` the count of rows rounded up to whole lanes (lanes_wide).  Rows and columns that were added are
 * those of the unit matrix; in vectors they are 0.  No memory needs to be aligned. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define LANES 8

static inline size_t lanes_wide(size_t count)
{
	return (count + LANES - 1) / LANES * LANES;
}

/* Points, a coordinate beside another of the same kind: coordinate c of point i is at[c * stride + i].  count: whole lanes. */
typedef struct Points {
	const double *at;
	size_t stride, count;
} Points;

/* A covariance as in gp.h. */
typedef struct Matern {
	const double *weights; /* a column */
	const bool *is_choice; /* a column */
	size_t columns;
	double scale;
} Matern;

/* K^-1 = M^T M, and K^-1 y. */
typedef struct Solved {
	size_t wide;
	const double *m, *inverse, *alpha;
} Solved;

typedef struct LanesWay {
	const char *name;
	bool (*runs_here)(void);
	/* a = U^T U: of a only the upper triangle is read and replaced, what lies below is left or destroyed.  False when a is not
	 * positive definite. */
	bool (*factor)(double *a, size_t wide);
	/* M = U^-T, lower, its upper triangle 0 (ret_m comes in zeroed), and the upper triangle of the inverse of U^T U. */
	void (*invert)(const double *u, size_t wide, double *ret_m, double *ret_inverse);
	/* ret = M y, then M^T M y. */
	void (*solve)(const double *m, size_t wide, const double *y, double *ret);
	/* The covariance of each point with `point`, and its slope by the squared distance. */
	void (*covariances)(const Matern *k, const double *point, Points points, double *ret, double *ret_slope);
	/* k: the covariances of LANES points with the known ones, a row of LANES each.  Their means, and how much of their
	 * variance is known. */
	void (*guess)(const Solved *s, const double *k, double *ret_mean, double *ret_known);
	/* Sums over all pairs of different rows of p = alpha alpha^T - inverse, times the slope and the squared difference in each
	 * column (ret[0 .. columns - 1]), and times the covariance (ret[columns]).  Both matrices are 0 but above the diagonal. */
	void (*pairs)(const Matern *k, const Solved *s, Points x, const double *const covariance_slope[2], double *ret);
	/* At one point, by its covariances k and their slopes: v = K^-1 k, then the sums of alpha and of v times k (ret[0], ret[1]) and
	 * times the change of k with each column of the point (ret[2 + c], ret[2 + columns + c]; choices: 0).  v and k: wide each. */
	void (*slopes)(const Matern *k, const Solved *s, Points x, const double *const point_k_slope[3], double *ret);
} LanesWay;

extern const LanesWay *const LANES_WAYS[]; /* the widest first; NULL-ended */
/* The widest that this processor has. */
const LanesWay *lanes_way(void);
