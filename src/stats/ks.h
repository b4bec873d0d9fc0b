/* ks.h: the Kolmogorov-Smirnov test of two samples, two-sided, as SciPy's ks_2samp decides between exact and approximate. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* The largest gap between two empirical distributions, kept as a whole number so that the exact test sees no rounding:
 * the gap is steps / (a * b). */
typedef struct KsGap {
	int64_t a, b;  /* how many values: a * b below 2^63 */
	int64_t steps; /* max |a * (b's at or below) - b * (a's at or below)| */
} KsGap;

KsGap ks_gap(const double *a, size_t count_a, const double *b, size_t count_b); /* both sorted */
double ks_value(KsGap gap);

/* P(gap >= this one) when both come from one distribution.  Exact when neither sample is larger than 10,000 (paths of a
 * lattice, Hodges 1958); beyond, the one-sample law at round(ab / (a + b)), as SciPy does.  NaN when a sample is empty. */
double ks_p(KsGap gap);

/* P(D_n >= d) of one sample of n against the true distribution, two-sided: Durbin's matrix, Smirnov's sum or Pelz and Good's
 * series, chosen as in Simard and L'Ecuyer (2011, doi:10.18637/jss.v039.i11). */
double kolmogorov_above(double d, int64_t n);
