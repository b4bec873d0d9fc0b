/* metric_decision.c: metrics of the classes decided on, each a formula of the counts per class.
 *
 * Precision, recall and F1 are those of the positive class when there are two; with more they are means over the classes
 * that occur in y or among the decisions (macro), where a class never decided on has precision 0 and one that never occurs
 * has recall 0: scikit-learn's average="macro" with its defaults. */
#include "stats/metric_part.h"

#include <math.h>

double counts_of_decisions(const Scored *s, double (*of_counts)(const MetricCounts *c))
{
	g_autoptr(MetricCounts) c = counts_new(s->classes, s->positive);
	counts_add(c, s);
	return of_counts(c);
}

static double accuracy_of(const MetricCounts *c)
{
	double hit = 0, total = 0;
	for (size_t k = 0; k < c->classes; k++) {
		hit += c->hit[k];
		total += c->truth[k];
	}
	return hit / total;
}

/* Mean recall of the classes that occur; of one class alone nothing can be balanced. */
static double balanced_accuracy_of(const MetricCounts *c)
{
	double sum = 0;
	unsigned occurring = 0;
	for (size_t k = 0; k < c->classes; k++) {
		if (c->truth[k] == 0)
			continue;
		sum += c->hit[k] / c->truth[k];
		occurring++;
	}
	return occurring > 1 ? sum / occurring : NAN;
}

double ratio_precision(const MetricCounts *c, size_t k)
{
	return c->hit[k] / c->decided[k];
}

double ratio_recall(const MetricCounts *c, size_t k)
{
	return c->hit[k] / c->truth[k];
}

double ratio_f1(const MetricCounts *c, size_t k)
{
	return 2 * c->hit[k] / (c->truth[k] + c->decided[k]);
}

double counts_ratio(const MetricCounts *c, CountsRatio *ratio, bool weighted)
{
	if (c->classes == 2)
		return ratio(c, c->positive);
	double sum = 0, total = 0;
	for (size_t k = 0; k < c->classes; k++) {
		if (c->truth[k] == 0 && c->decided[k] == 0)
			continue;
		double value = ratio(c, k), weight = weighted ? c->truth[k] : 1;
		sum += isnan(value) ? 0 : weight * value;
		total += weight;
	}
	return sum / total;
}

static double precision_of(const MetricCounts *c)
{
	return counts_ratio(c, ratio_precision, false);
}

static double recall_of(const MetricCounts *c)
{
	return counts_ratio(c, ratio_recall, false);
}

static double f1_of(const MetricCounts *c)
{
	return counts_ratio(c, ratio_f1, false);
}

/* Gorodkin's R_K (doi:10.1016/j.compbiolchem.2004.09.006), which is Matthews' coefficient when there are two classes. */
static double mcc_of(const MetricCounts *c)
{
	double total = 0, hit = 0, both = 0, truth = 0, decided = 0;
	for (size_t k = 0; k < c->classes; k++) {
		total += c->truth[k];
		hit += c->hit[k];
		both += c->truth[k] * c->decided[k];
		truth += c->truth[k] * c->truth[k];
		decided += c->decided[k] * c->decided[k];
	}
	double square = total * total, spread = (square - truth) * (square - decided);
	return spread > 0 ? CLAMP((hit * total - both) / sqrt(spread), -1, 1) : NAN;
}

static double accuracy(const Scored *s)
{
	return counts_of_decisions(s, accuracy_of);
}

static double balanced_accuracy(const Scored *s)
{
	return counts_of_decisions(s, balanced_accuracy_of);
}

static double precision(const Scored *s)
{
	return counts_of_decisions(s, precision_of);
}

static double recall(const Scored *s)
{
	return counts_of_decisions(s, recall_of);
}

static double f1(const Scored *s)
{
	return counts_of_decisions(s, f1_of);
}

static double mcc(const Scored *s)
{
	return counts_of_decisions(s, mcc_of);
}

enum { CLASSES = METRIC_BINARY | METRIC_MULTICLASS };

const MetricKind METRIC_ACCURACY = {"accuracy", "Accuracy", "part of rows decided rightly", CLASSES, true, 0, 1,
        accuracy, accuracy_of, NULL, "accuracy"};
const MetricKind METRIC_BALANCED_ACCURACY = {"balanced_accuracy", "Balanced accuracy",
        "mean over classes of the part of the class's rows decided rightly", CLASSES, true, 0, 1, balanced_accuracy,
        balanced_accuracy_of, NULL, "balanced_accuracy"};
const MetricKind METRIC_PRECISION = {"precision", "Precision",
        "of the rows decided positive, the part that is; multiclass: mean over classes (macro)", CLASSES, true, 0, 1,
        precision, precision_of, NULL, "f1"};
const MetricKind METRIC_RECALL = {"recall", "Recall",
        "of the positive rows, the part decided positive; multiclass: mean over classes (macro)", CLASSES, true, 0, 1,
        recall, recall_of, NULL, "f1"};
const MetricKind METRIC_F1 = {"f1", "F1",
        "harmonic mean of precision and recall; multiclass: mean over classes (macro)", CLASSES, true, 0, 1, f1, f1_of,
        NULL, "f1"};
const MetricKind METRIC_MCC = {
        "mcc", "MCC", "Matthews' correlation of decisions and classes", CLASSES, true, -1, 1, mcc, mcc_of, NULL, "mcc"};
