/* test.h: is it more than chance?  Tests of two models on the same rows, of two groups, and corrections for many tests.
 *
 * p is two-sided everywhere, and NaN where the test is not defined (no rows, no spread that differs from a difference of 0,
 * one class only). */
#pragma once

#include "stats/metric.h"

typedef struct TestResult {
	double statistic, p;
	double freedom; /* of the t or chi-squared distribution; 0: another (normal, exact) */
} TestResult;

/* The difference of a measure, a minus b. */
typedef struct Difference {
	double a, b, value;
	double error; /* standard error; NaN from a bootstrap */
	double low, high, p;
} Difference;

/* DeLong, DeLong and Clarke-Pearson (doi:10.2307/2531595): two ROC AUCs on the same rows, binary, in O(n log n).  Row weights
 * are importance: they enter the AUCs and, squared, the variance; they do not stand for copies of rows.  Without
 * any spread, as when both models part the classes wholly, p is 1 for equal AUCs and 0 for others. */
Difference test_delong(const Scored *a, const Scored *b, double level);

/* Paired bootstrap of any metric: both get the same draws.  The difference of mean_error is that of its distances from 0
 * (metric_bounded), so that its sign says which is better.  Rows as in metrics_with_intervals; the interval is widened to hold
 * the value.  p: twice the rarer side of zero among the draws, of which the value itself counts as one (Davison and
 * Hinkley 1997, 4.2), so never below 2 / (draws + 1).  low, high and p are NaN when half of the draws have no value. */
typedef struct BootstrapPlan {
	unsigned draws;
	double level;
	uint64_t seed;
	size_t max_rows;
} BootstrapPlan;
Difference test_bootstrap(const MetricKind *m, const Scored *a, const Scored *b, const BootstrapPlan *plan);

/* McNemar: rows that only a, and only b, decided rightly.  Exact (binomial) below 25 such rows, otherwise chi-squared with
 * continuity correction. */
TestResult test_mcnemar(double only_a, double only_b);
/* The same from decisions; rows count once whatever their weight. */
TestResult test_mcnemar_decisions(const Scored *a, const Scored *b);

/* Scores of two models, a minus b, on the same test parts of a (repeated) cross-validation. */
typedef struct FoldDifferences {
	const double *values;
	size_t count;           /* folds x repeats */
	double test_over_train; /* rows tested on / rows learned from: 1 / (k - 1) for k folds */
} FoldDifferences;
/* The corrected resampled t test (Nadeau and Bengio 2003, doi:10.1023/A:1024068626366): t = mean / sqrt((1/J + n_test/n_train)
 * s2) with J - 1 degrees of freedom, J = count.  a and b are NaN; value is the mean.  Without spread p is 1 when the mean is 0. */
Difference test_corrected_t(const FoldDifferences *d, double level);

/* The Bayesian correlated t test (Corani and Benavoli 2015, doi:10.1007/s10994-015-5486-z): the chances that b is better by more
 * than `rope`, that the difference is too small to matter (|mean difference| <= rope), and that a is; with a measure of which more
 * is better.  The posterior of the mean difference is Student's with J - 1 degrees of freedom about the mean, of scale
 * sqrt((1/J + rho / (1 - rho)) s2), where rho = n_test / (n_test + n_train). */
typedef struct Practical {
	double b, same, a;
} Practical;
Practical test_bayes_t(const FoldDifferences *d, double rope);

typedef struct Sample {
	double count, mean, variance; /* variance with count - 1 */
} Sample;
/* Welch's t test of two means with unequal variances, Satterthwaite's degrees of freedom. */
TestResult test_welch(Sample a, Sample b);

/* Two proportions, by the normal approximation with the pooled rate. */
TestResult test_proportions(double hits_a, double rows_a, double hits_b, double rows_b);

/* Wilson's score interval of a proportion (doi:10.1080/01621459.1927.10502953); 0 .. 1 for no rows. */
void wilson_interval(double hits, double rows, double level, double *ret_low, double *ret_high);

/* p values corrected for how many they are, in place; compare them with the level wanted.  NaN stays and does not count.
 * Holm: the chance of any false finding.  Benjamini-Hochberg: the expected part of false ones among the findings. */
void correct_holm(double *p, size_t count);
void correct_benjamini_hochberg(double *p, size_t count);
