/* metric_agreement.c: further metrics of the classes decided on: weighted F measures, agreement beyond chance, likelihood
 * ratios.  What counts as positive and how classes are averaged: metric_decision.c. */
#include "stats/metric_part.h"

#include <math.h>

/* F-beta: recall counts beta times as much as precision. */
static double ratio_fbeta(const MetricCounts *c, size_t k, double beta)
{
	double square = beta * beta;
	return (1 + square) * c->hit[k] / (square * c->truth[k] + c->decided[k]);
}

static double ratio_f2(const MetricCounts *c, size_t k)
{
	return ratio_fbeta(c, k, 2);
}

static double ratio_f05(const MetricCounts *c, size_t k)
{
	return ratio_fbeta(c, k, 0.5);
}

static double ratio_jaccard(const MetricCounts *c, size_t k)
{
	return c->hit[k] / (c->truth[k] + c->decided[k] - c->hit[k]);
}

static double f2_of(const MetricCounts *c)
{
	return counts_ratio(c, ratio_f2, false);
}

static double f05_of(const MetricCounts *c)
{
	return counts_ratio(c, ratio_f05, false);
}

static double jaccard_of(const MetricCounts *c)
{
	return counts_ratio(c, ratio_jaccard, false);
}

static double precision_weighted_of(const MetricCounts *c)
{
	return counts_ratio(c, ratio_precision, true);
}

static double f1_weighted_of(const MetricCounts *c)
{
	return counts_ratio(c, ratio_f1, true);
}

/* Part of all decisions that are right, and the part that would be if they had nothing to do with the classes. */
static double agreement(const MetricCounts *c, double *ret_by_chance)
{
	double hit = 0, total = 0, both = 0;
	for (size_t k = 0; k < c->classes; k++) {
		hit += c->hit[k];
		total += c->truth[k];
		both += c->truth[k] * c->decided[k];
	}
	*ret_by_chance = both / (total * total);
	return hit / total;
}

static double hamming_of(const MetricCounts *c)
{
	double by_chance;
	return 1 - agreement(c, &by_chance);
}

static double kappa_of(const MetricCounts *c)
{
	double by_chance, part = agreement(c, &by_chance);
	return by_chance < 1 ? (part - by_chance) / (1 - by_chance) : NAN;
}

/* Four cells of the positive class. */
typedef struct Cells {
	double hits, misses, alarms, rejected;
} Cells;

static Cells cells(const MetricCounts *c)
{
	size_t p = c->positive, n = 1 - p;
	return (Cells){c->hit[p], c->truth[p] - c->hit[p], c->truth[n] - c->hit[n], c->hit[n]};
}

static double specificity_of(const MetricCounts *c)
{
	Cells x = cells(c);
	return x.rejected / (x.rejected + x.alarms);
}

/* As scikit-learn's class_likelihood_ratios: not defined without false alarms, or without positives. */
static double lr_positive_of(const MetricCounts *c)
{
	Cells x = cells(c);
	double recall = x.hits / (x.hits + x.misses), alarm_rate = x.alarms / (x.alarms + x.rejected);
	return alarm_rate > 0 ? recall / alarm_rate : NAN;
}

static double lr_negative_of(const MetricCounts *c)
{
	Cells x = cells(c);
	double miss_rate = x.misses / (x.hits + x.misses), rejected = x.rejected / (x.alarms + x.rejected);
	return rejected > 0 ? miss_rate / rejected : NAN;
}

/* Cohen's kappa in which a decision k classes off weighs k squared.  By chance: the product of both distributions, whose mean
 * square follows from their first two moments. */
static double kappa_quadratic(const Scored *s)
{
	double off = 0, total = 0, truth[2] = {0, 0}, decided[2] = {0, 0};
	for (size_t i = 0; i < s->rows; i++) {
		double w = row_weight(s, i);
		if (w == 0)
			continue;
		double t = (double)row_class(s, i), d = (double)row_decision(s, i);
		off += w * (t - d) * (t - d);
		total += w;
		truth[0] += w * t;
		truth[1] += w * t * t;
		decided[0] += w * d;
		decided[1] += w * d * d;
	}
	double by_chance = truth[1] + decided[1] - 2 * truth[0] * decided[0] / total;
	return by_chance > 0 ? 1 - off / by_chance : NAN;
}

static double f2(const Scored *s)
{
	return counts_of_decisions(s, f2_of);
}

static double f05(const Scored *s)
{
	return counts_of_decisions(s, f05_of);
}

static double jaccard(const Scored *s)
{
	return counts_of_decisions(s, jaccard_of);
}

static double precision_weighted(const Scored *s)
{
	return counts_of_decisions(s, precision_weighted_of);
}

static double f1_weighted(const Scored *s)
{
	return counts_of_decisions(s, f1_weighted_of);
}

static double hamming(const Scored *s)
{
	return counts_of_decisions(s, hamming_of);
}

static double kappa(const Scored *s)
{
	return counts_of_decisions(s, kappa_of);
}

static double specificity(const Scored *s)
{
	return counts_of_decisions(s, specificity_of);
}

static double lr_positive(const Scored *s)
{
	return counts_of_decisions(s, lr_positive_of);
}

static double lr_negative(const Scored *s)
{
	return counts_of_decisions(s, lr_negative_of);
}

enum { CLASSES = METRIC_BINARY | METRIC_MULTICLASS };

const MetricKind METRIC_F2 = {"f2", "F2", "like F1, with recall counting twice as much; multiclass: mean over classes",
        CLASSES, true, 0, 1, f2, f2_of, NULL, "f2"};
const MetricKind METRIC_F05 = {"f0_5", "F0.5",
        "like F1, with precision counting twice as much; multiclass: mean over classes", CLASSES, true, 0, 1, f05,
        f05_of, NULL, "f0_5"};
const MetricKind METRIC_PRECISION_WEIGHTED = {"precision_weighted", "Precision, weighted",
        "mean of the classes' precision by how often each occurs", METRIC_MULTICLASS, true, 0, 1, precision_weighted,
        precision_weighted_of};
const MetricKind METRIC_F1_WEIGHTED = {"f1_weighted", "F1, weighted",
        "mean of the classes' F1 by how often each occurs", METRIC_MULTICLASS, true, 0, 1, f1_weighted, f1_weighted_of};
const MetricKind METRIC_SPECIFICITY = {"specificity", "Specificity",
        "of the rows that are not positive, the part not decided positive", METRIC_BINARY, true, 0, 1, specificity,
        specificity_of, NULL, "balanced_accuracy"};
const MetricKind METRIC_JACCARD = {"jaccard", "Jaccard",
        "rows rightly decided positive, of those that are or were decided positive; multiclass: mean over classes",
        CLASSES, true, 0, 1, jaccard, jaccard_of, NULL, "f1"};
const MetricKind METRIC_HAMMING = {"hamming", "Hamming loss", "part of rows decided wrongly", CLASSES, false, 1, 0,
        hamming, hamming_of, NULL, "accuracy"};
const MetricKind METRIC_KAPPA = {"kappa", "Cohen's kappa",
        "agreement of decisions and classes beyond chance: 0 is chance", CLASSES, true, -1, 1, kappa, kappa_of, NULL,
        "kappa"};
const MetricKind METRIC_KAPPA_QUADRATIC = {"kappa_quadratic", "Quadratic kappa",
        "Cohen's kappa for classes that have an order: a decision k classes off weighs k squared", METRIC_MULTICLASS,
        true, -1, 1, kappa_quadratic};
const MetricKind METRIC_LR_POSITIVE = {"lr_positive", "Positive likelihood ratio",
        "how many times likelier a positive row is decided positive than another", METRIC_BINARY, true, 0, INFINITY,
        lr_positive, lr_positive_of, NULL, "balanced_accuracy"};
const MetricKind METRIC_LR_NEGATIVE = {"lr_negative", "Negative likelihood ratio",
        "how many times likelier a positive row is not decided positive than another", METRIC_BINARY, false, INFINITY,
        0, lr_negative, lr_negative_of, NULL, "balanced_accuracy"};
