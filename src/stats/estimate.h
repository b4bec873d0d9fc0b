/* estimate.h: how good are answers whose outcome nobody knows yet?
 *
 * With probabilities that mean what they say, a row is of class k with probability p_k; so it stands for one row of each class, of weight
 * p_k.  A metric over these rows is what it can be expected to be (confidence-based performance estimation, CBPE, as NannyML has it
 * for two classes and for more; here for any metric that takes weights):
 *
 *     accuracy 0.9, 0.7 sure     ->     0.9 + 0.7 of 2 right    = 0.8
 *
 * It holds while only the inputs change.  Where the concept changes, the probabilities no longer mean what they say, and estimate and
 * reality part: estimate_gap tells by how much and how surely. */
#pragma once

#include "stats/metric.h"

typedef struct MetricEstimate {
	const MetricKind *metric;
	double value; /* NaN: not defined on these rows */
	double sd;    /* of what outcomes will show, by chance alone: over draws of labels; NaN: not known */
} MetricEstimate;

/* s: scores as they were answered and decisions; y is not looked at.  truth: rows x classes, what the scores mean (calibrated; they may be
 * the same).  inout: metrics of classification that fit, filled.  The spread is drawn on a
 * seeded choice of at most ESTIMATE_ROWS rows, and is that of all; of more rows than ESTIMATE_NUMBERS / classes^2 the value is of a choice
 * too. */
#define ESTIMATE_ROWS 20000
#define ESTIMATE_NUMBERS ((size_t)1 << 24)
/* The values alone. */
void estimate_values(const Scored *s, const double *truth, uint64_t seed, MetricEstimate *inout, size_t count);
void estimate_metrics(const Scored *s, const double *truth, uint64_t seed, MetricEstimate *inout, size_t count);

/* Estimate and reality on the same rows.  se: of the difference: by chance of the outcomes, and because what the scores mean was learnt
 * from `learnt` rows only (as of a second sample of that size; 0: known exactly). */
typedef struct EstimateGap {
	double estimated, realised;
	double z, p; /* two-sided, normal */
} EstimateGap;
EstimateGap estimate_gap(MetricEstimate e, double realised, size_t rows, size_t learnt);
