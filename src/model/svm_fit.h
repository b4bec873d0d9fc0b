/* svm_fit.h: one support vector machine with one margin, by liblinear (linear) or libsvm (radial basis functions).
 *
 * Both libraries are opened when first needed.  liblinear learns by dual coordinate descent (Hsieh et al. 2008), which shuffles with the
 * C library's random numbers: they are seeded before each call, so the same rows give the same weights.  Its other solvers
 * go through a BLAS, whose sums differ between processors. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Rows on one scale, none missing. */
typedef struct SvmRows {
	const float *x; /* rows x columns */
	size_t rows, columns;
	const double *y; /* -1 and 1; numbers for regression */
	bool regression;
} SvmRows;

typedef struct SvmHow {
	double cost;  /* C */
	double tube;  /* regression: errors up to this are free */
	double gamma; /* radial: exp(-gamma |a - b|^2) */
	unsigned seed;
} SvmHow;

/* Is the library there?  FAIL_UNAVAILABLE. */
bool svm_linear_ready(GError **error);
bool svm_radial_ready(GError **error);

/* ret: columns + 1 weights, the last of a constant 1.  FAIL_UNAVAILABLE without the library. */
bool svm_fit_linear(const SvmRows *rows, const SvmHow *how, double *ret, GError **error);

/* margin(x) = sum over rows of coefficient * exp(-gamma |x - row|^2) - rho.  ret: a coefficient for each row, 0 for what is no support
 * vector. */
bool svm_fit_radial(const SvmRows *rows, const SvmHow *how, double *ret, double *ret_rho, GError **error);
