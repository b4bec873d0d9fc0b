/* distribution.h: tails and quantiles of the distributions that tests are made of.
 *
 * Relative error at most 1e-10 for parameters up to a million; NaN for arguments outside the domain.  Pure functions, any
 * thread. */
#pragma once

/* Regularised incomplete gamma functions: P(a, x), lower, and Q = 1 - P, upper; a > 0, x >= 0. */
double gamma_lower(double a, double x);
double gamma_upper(double a, double x);
/* Regularised incomplete beta function I_x(a, b); a, b > 0, 0 <= x <= 1. */
double beta_lower(double x, double a, double b);

double normal_below(double z); /* P(Z <= z) */
double normal_above(double z);
double normal_two_sided(double z); /* P(|Z| >= |z|) */
double normal_quantile(double p);  /* the z with P(Z <= z) = p; infinities at 0 and 1 */

double chi2_above(double x, double freedom);
double chi2_quantile(double p, double freedom);
double student_below(double t, double freedom);
double student_two_sided(double t, double freedom);
double student_quantile(double p, double freedom);
double f_above(double f, double freedom1, double freedom2);
double binomial_below(double k, double n, double p); /* P(X <= k) */
