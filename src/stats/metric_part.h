/* metric_part.h: what the files of metrics share: weights, decisions, counts, steps. */
#pragma once

#include "stats/metric.h"

/* The row's weight; 0 for a row that counts as absent. */
static inline double row_weight(const Scored *s, size_t i)
{
	double w = s->weight ? s->weight[i] : 1;
	bool usable = s->classes ? s->y[i] >= 0 && s->y[i] < (double)s->classes : s->y[i] == s->y[i];
	return usable && w > 0 ? w : 0;
}

static inline size_t row_class(const Scored *s, size_t i)
{
	return (size_t)s->y[i];
}

static inline const double *row_scores(const Scored *s, size_t i)
{
	return s->scores + i * (s->classes ? s->classes : 1);
}

size_t row_decision(const Scored *s, size_t i);

MetricCounts *counts_new(size_t classes, size_t positive);
void counts_free(MetricCounts *c);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MetricCounts, counts_free)
void counts_clear(MetricCounts *c);
void counts_add(MetricCounts *c, const Scored *s);

/* A ratio of the positive class when there are two; with more its mean over the classes that occur in y or among the decisions,
 * each counting once, or (weighted) by its weight in y.  A ratio that is not defined then counts as 0. */
typedef double CountsRatio(const MetricCounts *c, size_t k);
double counts_ratio(const MetricCounts *c, CountsRatio *ratio, bool weighted);
CountsRatio ratio_precision, ratio_recall, ratio_f1;

/* Quantile bins of the predicted probability: a step belongs to the bin in which the middle of its weight lies,
 * so equal scores stay together. */
size_t quantile_bin(double before, double here, double total, size_t bins);

/* What compute is for a metric with of_counts, of_steps, of_row. */
double counts_of_decisions(const Scored *s, double (*of_counts)(const MetricCounts *c));
double steps_of_scores(const Scored *s, double (*of_steps)(const MetricSteps *m));
double mean_of_rows(const Scored *s, double (*of_row)(const Scored *s, size_t row));

/* What a metric with of_nothing makes of its mean: the part of the loss of knowing nothing that is saved. */
double skill_of(double mean, double nothing);

enum { METRICS_MOST = 64 }; /* more than METRICS has */

/* What a row is worth to each metric with of_row (NULL to others): the same whatever the weights. */
typedef struct RowValues {
	double *of[METRICS_MOST];
} RowValues;
RowValues *row_values_new(const Scored *s);
void row_values_free(RowValues *v);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RowValues, row_values_free)

/* The value of each of METRICS, NaN for those of other tasks; counts and steps are made once for all that need them.  known:
 * the rows' values, NULL to compute them. */
void metrics_values(const Scored *s, const RowValues *known, double ret[METRICS_MOST]);

extern const MetricKind METRIC_ROC_AUC, METRIC_ROC_AUC_OVR, METRIC_PR_AUC, METRIC_KS, METRIC_GINI; /* metric_rank.c */
extern const MetricKind METRIC_PARTIAL_AUC, METRIC_RECALL_AT_FPR_1, METRIC_RECALL_AT_FPR_5,
        METRIC_RECALL_AT_PRECISION_50, METRIC_RECALL_AT_PRECISION_90, METRIC_LIFT_10; /* metric_operating.c */
extern const MetricKind METRIC_LOG_LOSS, METRIC_BRIER, METRIC_ECE, METRIC_HINGE, METRIC_TOP3_ACCURACY,
        METRIC_TOP5_ACCURACY; /* metric_probability.c */
extern const MetricKind METRIC_ACCURACY, METRIC_BALANCED_ACCURACY, METRIC_PRECISION, METRIC_RECALL, METRIC_F1,
        METRIC_MCC; /* metric_decision.c */
extern const MetricKind METRIC_F2, METRIC_F05, METRIC_PRECISION_WEIGHTED, METRIC_F1_WEIGHTED, METRIC_SPECIFICITY,
        METRIC_JACCARD, METRIC_HAMMING, METRIC_KAPPA, METRIC_KAPPA_QUADRATIC, METRIC_LR_POSITIVE,
        METRIC_LR_NEGATIVE; /* metric_agreement.c */
extern const MetricKind METRIC_RMSE, METRIC_MAE, METRIC_MEDIAN_AE, METRIC_R2, METRIC_MAPE, METRIC_MAX_ERROR,
        METRIC_MEAN_ERROR, METRIC_RMSLE; /* metric_regression.c */
extern const MetricKind METRIC_PINBALL_10, METRIC_PINBALL_90, METRIC_POISSON_DEVIANCE, METRIC_GAMMA_DEVIANCE,
        METRIC_TWEEDIE_DEVIANCE; /* metric_deviance.c */
extern const MetricKind METRIC_D2_LOG_LOSS, METRIC_D2_BRIER, METRIC_D2_ABSOLUTE_ERROR,
        METRIC_EXPLAINED_VARIANCE; /* metric_skill.c */
