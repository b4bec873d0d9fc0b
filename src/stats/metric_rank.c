/* metric_rank.c: metrics of the order of scores alone.  Equal scores are one step: half a win each in ROC AUC. */
#include "stats/metric_part.h"

#include <math.h>

#include "stats/order.h"

double steps_of_scores(const Scored *s, double (*of_steps)(const MetricSteps *m))
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

/* The weight of pairs (a row of class c, a row of class j) that the score of class c has in order, and the classes' weights. */
typedef struct ClassPairs {
	size_t classes;
	double *wins, *totals; /* classes x classes; classes */
	bool broken;           /* a score is NaN */
} ClassPairs;

static ClassPairs class_pairs(const Scored *s)
{
	size_t k = s->classes;
	ClassPairs p = {k, g_new0(double, k *k), g_new0(double, k)};
	for (size_t i = 0; i < s->rows; i++) {
		double w = row_weight(s, i);
		if (w > 0)
			p.totals[row_class(s, i)] += w;
	}
	for (size_t c = 0; c < k && !p.broken; c++) {
		if (p.totals[c] == 0)
			continue;
		g_autofree uint32_t *own = s->order ? NULL : order_rows(s->scores + c, s->rows, k, true);
		p.broken = !class_wins(s, c, own ? own : s->order + c * s->rows, p.wins + c * k);
	}
	return p;
}

/* Hand and Till's M (doi:10.1023/A:1010920819831): the mean over pairs of classes {i, j} of the AUC of class i's score on
 * the rows of i and j, and of j's.  Over the pairs that both occur; scikit-learn (multi_class="ovo") wants all classes. */
static double one_to_one(const ClassPairs *p)
{
	double sum = 0, pairs = 0;
	for (size_t c = 0; c < p->classes; c++)
		for (size_t j = 0; j < p->classes; j++) {
			if (j == c || p->totals[c] == 0 || p->totals[j] == 0)
				continue;
			sum += p->wins[c * p->classes + j] / (p->totals[c] * p->totals[j]);
			pairs++;
		}
	return sum / pairs;
}

/* Each class's score against all other rows, by the classes' weights: multi_class="ovr", average="weighted". */
static double one_to_rest(const ClassPairs *p)
{
	double sum = 0, all = 0;
	for (size_t c = 0; c < p->classes; c++)
		all += p->totals[c];
	for (size_t c = 0; c < p->classes; c++) {
		double wins = 0;
		for (size_t j = 0; j < p->classes; j++)
			wins += j == c ? 0 : p->wins[c * p->classes + j];
		sum += p->totals[c] > 0 ? wins / (all - p->totals[c]) : 0;
	}
	return sum / all;
}

static double of_pairs(const Scored *s, double (*mean)(const ClassPairs *p))
{
	ClassPairs p = class_pairs(s);
	double ret = p.broken ? NAN : mean(&p);
	g_free(p.wins);
	g_free(p.totals);
	return ret;
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
	return s->classes == 2 ? steps_of_scores(s, roc_auc_of) : of_pairs(s, one_to_one);
}

static double roc_auc_ovr(const Scored *s)
{
	return of_pairs(s, one_to_rest);
}

static double pr_auc(const Scored *s)
{
	return steps_of_scores(s, pr_auc_of);
}

static double ks(const Scored *s)
{
	return steps_of_scores(s, ks_of);
}

static double gini(const Scored *s)
{
	return steps_of_scores(s, gini_of);
}

const MetricKind METRIC_ROC_AUC = {"roc_auc", "ROC AUC",
        "chance that a positive row scores above another one, ties half; multiclass: mean over pairs of classes "
        "(Hand and Till)",
        METRIC_BINARY | METRIC_MULTICLASS, true, 0, 1, roc_auc, NULL, roc_auc_of, "balanced_accuracy"};
const MetricKind METRIC_ROC_AUC_OVR = {"roc_auc_ovr", "ROC AUC, each against the rest",
        "mean over classes, by their weight, of the ROC AUC of the class's score against all other rows",
        METRIC_MULTICLASS, true, 0, 1, roc_auc_ovr};
const MetricKind METRIC_PR_AUC = {"pr_auc", "PR AUC",
        "average precision: precision averaged over the recall gained, from the highest score down", METRIC_BINARY,
        true, 0, 1, pr_auc, NULL, pr_auc_of, "f1"};
const MetricKind METRIC_KS = {"ks", "KS", "largest gap of true positive rate over false positive rate", METRIC_BINARY,
        true, 0, 1, ks, NULL, ks_of, "balanced_accuracy"};
const MetricKind METRIC_GINI = {
        "gini", "Gini", "2 x ROC AUC - 1", METRIC_BINARY, true, -1, 1, gini, NULL, gini_of, "balanced_accuracy"};
