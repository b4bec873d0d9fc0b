/* threshold.h: from which probability of the positive class on a row is decided positive (binary). */
#pragma once

#include "stats/metric.h"

typedef struct Threshold {
	double threshold;     /* positive when the probability is this or more */
	double value;         /* of `by` there; NaN if it is not defined anywhere, and the threshold is 0.5 */
	const MetricKind *by; /* the metric that was made best */
} Threshold;

/* The threshold that makes a metric of decisions best, in one sort.
 *
 * Which metric: that of goal->threshold_by.  accuracy, balanced_accuracy, the F measures, mcc and kappa are their own.  precision and recall alone
 * have a worthless optimum (one sure row; every row), so they go by f1, as does pr_auc, which is made of both.  roc_auc, ks,
 * gini, log_loss, brier and ece ask for no decisions: balanced_accuracy, whose best threshold is that of Youden's J and
 * of KS, and which a rare positive class does not push to "never", as accuracy's is.
 *
 * The threshold lies halfway between two scores that occur (for all rows positive: at the lowest; for none: above the
 * highest), of equally good ones nearest to 0.5, then the higher.  Choose it on rows the model was not trained on. */
Threshold threshold_choose(const Scored *s, const MetricKind *goal);

/* The same by what decisions cost: the mean cost a row is least.  costs: of a positive decided positive (tp), another decided
 * positive (fp), a positive decided otherwise (fn), another decided otherwise (tn), in one unit; gains are negative costs.
 * value: that mean; by: NULL. */
typedef struct DecisionCosts {
	double tp, fp, fn, tn;
} DecisionCosts;
Threshold threshold_choose_costs(const Scored *s, const DecisionCosts *costs);

/* ret: rows numbers, the class decided on. */
void threshold_decide(const Scored *s, double threshold, uint32_t *ret);
