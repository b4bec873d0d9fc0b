/* gp.h: a Gaussian process: what a smooth function is likely to be between the points where it is known.
 *
 * Covariance: Matern 5/2 with a weight (inverse squared length) for each dimension, s (1 + q + q^2/3) exp(-q) with q^2 = 5 sum w d^2;
 * d is the difference of two numbers within [0, 1], or 0 or 1 for choices.  The weights, s and the noise are those of the largest
 * posterior (Rasmussen & Williams 2006, ch. 5), under the priors -sum(0.1 / w + 0.1 w), Gamma(2, 1) on s and Gamma(1.1, 30) on
 * the noise.  Observations are expected to have mean 0 and variance 1. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <glib.h>

typedef struct GpData {
	size_t rows, columns;
	const double *x; /* rows x columns */
	const double *y;
	const bool *is_choice; /* of each column */
} GpData;

/* hyper: columns weights, s, noise. */
void gp_learn(const GpData *d, double *ret_hyper);
/* The log posterior (up to a constant) at the logarithms of hyper, and its gradient there. */
double gp_log_posterior(const GpData *d, const double *logs, double *ret_gradient);

typedef struct Gp Gp;

/* Borrows the data; NULL when the covariance cannot be factorised. */
Gp *gp_new(const GpData *d, const double *hyper);
void gp_free(Gp *g);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Gp, gp_free)

typedef struct GpGuess {
	double mean, variance; /* of the function, without noise */
} GpGuess;

/* At `count` points. */
void gp_guess(const Gp *g, const double *x, size_t count, GpGuess *ret);
/* At one point, with the slopes of mean and variance by each column (0 for choices). */
GpGuess gp_slopes(const Gp *g, const double *x, double *ret_mean, double *ret_variance);

/* The logarithm of the expected improvement over `best` where larger is better, and its slopes by mean and variance; accurate
 * far below, where the improvement itself is too small for a double (Ament et al. 2023, arXiv:2310.20708). */
double log_improvement(GpGuess guess, double best, double *ret_by_mean, double *ret_by_variance);
