/* metric.c: the table of metrics, and all of them at once. */
#include "stats/metric.h"

#include <math.h>
#include <string.h>

#include "base/json.h"
#include "stats/metric_part.h"

const MetricKind *const METRICS[] = {
        &METRIC_ROC_AUC,
        &METRIC_ROC_AUC_OVR,
        &METRIC_PR_AUC,
        &METRIC_LOG_LOSS,
        &METRIC_BRIER,
        &METRIC_ACCURACY,
        &METRIC_BALANCED_ACCURACY,
        &METRIC_PRECISION,
        &METRIC_PRECISION_WEIGHTED,
        &METRIC_RECALL,
        &METRIC_F1,
        &METRIC_F1_WEIGHTED,
        &METRIC_F2,
        &METRIC_F05,
        &METRIC_MCC,
        &METRIC_KAPPA,
        &METRIC_KAPPA_QUADRATIC,
        &METRIC_JACCARD,
        &METRIC_HAMMING,
        &METRIC_SPECIFICITY,
        &METRIC_LR_POSITIVE,
        &METRIC_LR_NEGATIVE,
        &METRIC_ECE,
        &METRIC_KS,
        &METRIC_GINI,
        &METRIC_PARTIAL_AUC,
        &METRIC_RECALL_AT_FPR_1,
        &METRIC_RECALL_AT_FPR_5,
        &METRIC_RECALL_AT_PRECISION_50,
        &METRIC_RECALL_AT_PRECISION_90,
        &METRIC_LIFT_10,
        &METRIC_HINGE,
        &METRIC_D2_LOG_LOSS,
        &METRIC_D2_BRIER,
        &METRIC_TOP3_ACCURACY,
        &METRIC_TOP5_ACCURACY,
        &METRIC_RMSE,
        &METRIC_MAE,
        &METRIC_MEDIAN_AE,
        &METRIC_R2,
        &METRIC_EXPLAINED_VARIANCE,
        &METRIC_D2_ABSOLUTE_ERROR,
        &METRIC_MAPE,
        &METRIC_MAX_ERROR,
        &METRIC_MEAN_ERROR,
        &METRIC_RMSLE,
        &METRIC_PINBALL_10,
        &METRIC_PINBALL_90,
        &METRIC_POISSON_DEVIANCE,
        &METRIC_GAMMA_DEVIANCE,
        &METRIC_TWEEDIE_DEVIANCE,
        NULL,
};
G_STATIC_ASSERT(G_N_ELEMENTS(METRICS) <= METRICS_MOST);

const MetricKind *metric_find(const char *name)
{
	for (size_t i = 0; name && METRICS[i]; i++)
		if (!strcmp(METRICS[i]->name, name))
			return METRICS[i];
	return NULL;
}

int metric_compare(const MetricKind *m, double a, double b)
{
	if (isnan(a) || isnan(b))
		return (isnan(b) != 0) - (isnan(a) != 0);
	if (isinf(m->best))
		return (a > b) - (a < b);
	double from_a = fabs(a - m->best), from_b = fabs(b - m->best);
	return (from_a < from_b) - (from_a > from_b);
}

double metric_worse(const MetricKind *m, double a, double b)
{
	a = metric_bounded(m, a);
	b = metric_bounded(m, b);
	return m->larger_is_better ? b - a : a - b;
}

double metric_bounded(const MetricKind *m, double value)
{
	return m == &METRIC_MEAN_ERROR ? fabs(value) : value;
}

/* Without a branch on the weight: a NaN of a row that is not drawn counts, but then the metric is NaN on all rows. */
static double mean_of_known(const MetricKind *m, const Scored *s, const double *values)
{
	double sum = 0, total = 0;
	for (size_t i = 0; i < s->rows; i++) {
		double w = row_weight(s, i);
		sum += w * values[i];
		total += w;
	}
	if (m->of_nothing)
		return skill_of(sum / total, m->of_nothing(s));
	return m->root ? sqrt(sum / total) : sum / total;
}

void metrics_values(const Scored *s, const RowValues *known, double ret[METRICS_MOST])
{
	unsigned task = scored_task(s);
	g_autoptr(MetricSteps) steps = task == METRIC_BINARY ? metric_steps(s) : NULL;
	g_autoptr(MetricCounts) counts = counts_new(s->classes, s->positive);
	if (s->classes)
		counts_add(counts, s);
	for (size_t i = 0; METRICS[i]; i++) {
		const MetricKind *m = METRICS[i];
		if (!(m->tasks & task))
			ret[i] = NAN;
		else if (m->of_counts)
			ret[i] = m->of_counts(counts);
		else if (m->of_steps && steps)
			ret[i] = m->of_steps(steps);
		else if (m->of_row && known)
			ret[i] = mean_of_known(m, s, known->of[i]);
		else
			ret[i] = m->compute(s);
	}
}

json_t *metrics_compute(const Scored *s)
{
	Scored sorted = *s;
	g_autofree uint32_t *own = s->order ? NULL : scored_order(s);
	if (own)
		sorted.order = own;
	double values[METRICS_MOST];
	metrics_values(&sorted, NULL, values);
	json_t *ret = json_object();
	for (size_t i = 0; METRICS[i]; i++)
		if (METRICS[i]->tasks & scored_task(s))
			json_object_set_new(ret, METRICS[i]->name, json_number(values[i]));
	return ret;
}
