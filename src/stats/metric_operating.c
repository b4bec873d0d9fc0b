/* metric_operating.c: what a binary model does at the operating points people run it at: few false alarms, a wanted
 * precision, the tenth of rows that look most likely. */
#include "stats/metric_part.h"

#include <math.h>

static bool has_both(const MetricSteps *m)
{
	return m->positive > 0 && m->negative > 0;
}

/* The largest recall whose false positive rate is at most `most`; sums of weights may be off by their rounding. */
static double recall_at_fpr(const MetricSteps *m, double most)
{
	if (!has_both(m))
		return NAN;
	double positives = 0, negatives = 0, allowed = most * m->negative * (1 + 1e-12);
	for (size_t i = 0; i < m->count; i++) {
		negatives += m->step[i].negative;
		if (negatives > allowed)
			break;
		positives += m->step[i].positive;
	}
	return positives / m->positive;
}

/* The largest recall with at least this precision; 0 when no threshold has it. */
static double recall_at_precision(const MetricSteps *m, double least)
{
	if (!has_both(m))
		return NAN;
	double positives = 0, all = 0, best = 0;
	for (size_t i = 0; i < m->count; i++) {
		positives += m->step[i].positive;
		all += m->step[i].positive + m->step[i].negative;
		if (positives >= least * all * (1 - 1e-12))
			best = positives;
	}
	return best / m->positive;
}

/* The area below the ROC curve up to a false positive rate of `most`, the last step cut in proportion, scaled so that 0.5 says
 * nothing and 1 is perfect (McClish 1989, doi:10.1177/0272989X8900900307): scikit-learn's max_fpr. */
static double partial_auc(const MetricSteps *m, double most)
{
	if (!has_both(m))
		return NAN;
	double area = 0, fpr = 0, tpr = 0;
	for (size_t i = 0; i < m->count && fpr < most; i++) {
		double width = m->step[i].negative / m->negative, rise = m->step[i].positive / m->positive;
		double part = fpr + width > most ? (most - fpr) / width : 1;
		area += part * width * (tpr + part * rise / 2);
		fpr += part * width;
		tpr += rise;
	}
	double least = most * most / 2;
	return 0.5 * (1 + (area - least) / (most - least));
}

/* Positives among the rows of the highest scores, `part` of all, over what as many rows at random would hold.  Equal scores at
 * the cut count in proportion. */
static double lift(const MetricSteps *m, double part)
{
	if (!has_both(m))
		return NAN;
	double wanted = part * (m->positive + m->negative), seen = 0, found = 0;
	for (size_t i = 0; i < m->count && seen < wanted; i++) {
		double here = m->step[i].positive + m->step[i].negative, taken = fmin(1, (wanted - seen) / here);
		found += taken * m->step[i].positive;
		seen += taken * here;
	}
	return found / m->positive / part;
}

static double partial_auc_of(const MetricSteps *m)
{
	return partial_auc(m, 0.1);
}

static double recall_at_fpr_1_of(const MetricSteps *m)
{
	return recall_at_fpr(m, 0.01);
}

static double recall_at_fpr_5_of(const MetricSteps *m)
{
	return recall_at_fpr(m, 0.05);
}

static double recall_at_precision_50_of(const MetricSteps *m)
{
	return recall_at_precision(m, 0.5);
}

static double recall_at_precision_90_of(const MetricSteps *m)
{
	return recall_at_precision(m, 0.9);
}

static double lift_10_of(const MetricSteps *m)
{
	return lift(m, 0.1);
}

static double partial(const Scored *s)
{
	return steps_of_scores(s, partial_auc_of);
}

static double recall_at_fpr_1(const Scored *s)
{
	return steps_of_scores(s, recall_at_fpr_1_of);
}

static double recall_at_fpr_5(const Scored *s)
{
	return steps_of_scores(s, recall_at_fpr_5_of);
}

static double recall_at_precision_50(const Scored *s)
{
	return steps_of_scores(s, recall_at_precision_50_of);
}

static double recall_at_precision_90(const Scored *s)
{
	return steps_of_scores(s, recall_at_precision_90_of);
}

static double lift_10(const Scored *s)
{
	return steps_of_scores(s, lift_10_of);
}

const MetricKind METRIC_PARTIAL_AUC = {"roc_auc_fpr_10", "ROC AUC to 10 % false alarms",
        "ROC AUC over false positive rates up to 0.1, scaled so that 0.5 is chance (McClish)", METRIC_BINARY, true, 0,
        1, partial, NULL, partial_auc_of, "balanced_accuracy"};
const MetricKind METRIC_RECALL_AT_FPR_1 = {"recall_at_fpr_1", "Recall at 1 % false alarms",
        "part of the positives found where at most 1 % of the others are marked", METRIC_BINARY, true, 0, 1,
        recall_at_fpr_1, NULL, recall_at_fpr_1_of, "balanced_accuracy"};
const MetricKind METRIC_RECALL_AT_FPR_5 = {"recall_at_fpr_5", "Recall at 5 % false alarms",
        "part of the positives found where at most 5 % of the others are marked", METRIC_BINARY, true, 0, 1,
        recall_at_fpr_5, NULL, recall_at_fpr_5_of, "balanced_accuracy"};
const MetricKind METRIC_RECALL_AT_PRECISION_50 = {"recall_at_precision_50", "Recall at 50 % precision",
        "largest part of the positives found where every second mark is right", METRIC_BINARY, true, 0, 1,
        recall_at_precision_50, NULL, recall_at_precision_50_of, "f1"};
const MetricKind METRIC_RECALL_AT_PRECISION_90 = {"recall_at_precision_90", "Recall at 90 % precision",
        "largest part of the positives found where nine of ten marks are right", METRIC_BINARY, true, 0, 1,
        recall_at_precision_90, NULL, recall_at_precision_90_of, "f1"};
const MetricKind METRIC_LIFT_10 = {"lift_10", "Lift of the first tenth",
        "positives among the tenth of rows with the highest scores, over a tenth of all positives", METRIC_BINARY, true,
        0, 10, lift_10, NULL, lift_10_of, "balanced_accuracy"};
