/* metric_rank.c: metrics of the order of scores alone.  Equal scores are one step: half a win each in ROC AUC. */
#include "stats/metric_part.h"

#include <math.h>

#include "stats/order.h"

static double of_scores(const Scored *s, double (*of_steps)(const MetricSteps *m))
{
	g_autoptr(MetricSteps) m = metric_steps(s);
	return of_steps(m);
}

/* Mann and Whitney's count: of all pairs of a positive and another, the part where the positive scores higher. */
static double roc_auc_of(const MetricSteps *m)
{
	double wins = 0, positives = 0;
	for (size_t i = 0; i < m->count; i++) {
		wins += m->step[i].negative * (positives + m->step[i].positive / 2);
		positives += m->step[i].positive;
	}
	return wins / (m->positive * m->negative);
}

/* One class's scores in falling order: adds to wins[j] the weight of pairs (a row of class c, a row of class j) in which
 * the row of class c scores higher, equals half.  seen: weight of class c so far. */
static bool class_wins(const Scored *s, size_t c, const uint32_t *order, double *wins)
{
	double seen = 0;
	for (size_t i = 0; i < s->rows;) {
		double score = s->scores[order[i] * s->classes + c], here = 0;
		if (isnan(score))
			return false;
		size_t end = i;
		for (; end < s->rows && s->scores[order[end] * s->classes + c] == score; end++)
			if (s->y[order[end]] == (double)c)
				here += row_weight(s, order[end]);
		for (; i < end; i++) {
			double w = row_weight(s, order[i]);
			if (w > 0)
				wins[row_class(s, order[i])] += w * (seen + here / 2);
		}
		seen += here;
	}
	return true;
}

/* Hand and Till's M (doi:10.1023/A:1010920819831): the mean over pairs of classes {i, j} of the AUC of class i's score on
 * the rows of i and j, and of j's.  Over the pairs that both occur; scikit-learn (multi_class="ovo") wants all classes. */
static double pairs_auc(const Scored *s)
{
	size_t k = s->classes;
	g_autofree double *totals = g_new0(double, k), *wins = g_new(double, k);
	for (size_t i = 0; i < s->rows; i++) {
		double w = row_weight(s, i);
		if (w > 0)
			totals[row_class(s, i)] += w;
	}
	double sum = 0, pairs = 0;
	for (size_t c = 0; c < k; c++) {
		if (totals[c] == 0)
			continue;
		g_autofree uint32_t *own = s->order ? NULL : order_rows(s->scores + c, s->rows, k, true);
		for (size_t j = 0; j < k; j++)
			wins[j] = 0;
		if (!class_wins(s, c, own ? own : s->order + c * s->rows, wins))
			return NAN;
		for (size_t j = 0; j < k; j++) {
			if (j == c || totals[j] == 0)
				continue;
			sum += wins[j] / (totals[c] * totals[j]);
			pairs++;
		}
	}
	return sum / pairs;
}

static double gini_of(const MetricSteps *m)
{
	return 2 * roc_auc_of(m) - 1;
}

/* Average precision: sum over steps of (recall gained) x (precision there), without interpolation. */
static double pr_auc_of(const MetricSteps *m)
{
	double sum = 0, positives = 0, all = 0;
	for (size_t i = 0; i < m->count; i++) {
		positives += m->step[i].positive;
		all += m->step[i].positive + m->step[i].negative;
		sum += m->step[i].positive * (positives / all);
	}
	return m->positive > 0 && m->negative > 0 ? sum / m->positive : NAN;
}

/* Kolmogorov and Smirnov's distance, on the side where positives score higher: the largest TPR - FPR. */
static double ks_of(const MetricSteps *m)
{
	double best = 0, positives = 0, negatives = 0;
	for (size_t i = 0; i < m->count; i++) {
		positives += m->step[i].positive;
		negatives += m->step[i].negative;
		best = fmax(best, positives / m->positive - negatives / m->negative);
	}
	return m->positive > 0 && m->negative > 0 ? best : NAN;
}

static double roc_auc(const Scored *s)
{
	return s->classes == 2 ? of_scores(s, roc_auc_of) : pairs_auc(s);
}

static double pr_auc(const Scored *s)
{
	return of_scores(s, pr_auc_of);
}

static double ks(const Scored *s)
{
	return of_scores(s, ks_of);
}

static double gini(const Scored *s)
{
	return of_scores(s, gini_of);
}

const MetricKind METRIC_ROC_AUC = {"roc_auc", "ROC AUC",
        "chance that a positive row scores above another one, ties half; multiclass: mean over pairs of classes "
        "(Hand and Till)",
        METRIC_BINARY | METRIC_MULTICLASS, true, 0, 1, roc_auc, NULL, roc_auc_of, "balanced_accuracy"};
const MetricKind METRIC_PR_AUC = {"pr_auc", "PR AUC",
        "average precision: precision averaged over the recall gained, from the highest score down", METRIC_BINARY,
        true, 0, 1, pr_auc, NULL, pr_auc_of, "f1"};
const MetricKind METRIC_KS = {"ks", "KS", "largest gap of true positive rate over false positive rate", METRIC_BINARY,
        true, 0, 1, ks, NULL, ks_of, "balanced_accuracy"};
const MetricKind METRIC_GINI = {
        "gini", "Gini", "2 x ROC AUC - 1", METRIC_BINARY, true, -1, 1, gini, NULL, gini_of, "balanced_accuracy"};
