/* metric.h: measures of how good predictions are.  One table; names are scikit-learn's where it has one.
 *
 * Scores as in model/family.h: rows x outputs doubles.  All take row weights (NULL: 1); a weight of 2 is the row twice.  A
 * metric that is not defined on the given rows (one class only, constant target, zero denominators) is NaN, never an
 * error.  Rows without a usable y (NaN, a class that is not among 0 .. classes-1), and rows of weight 0, count as absent.
 * Scores that are NaN make every metric without of_counts NaN. */
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Same bits as TASK_ in model/family.h. */
enum { METRIC_BINARY = 1 << 0, METRIC_MULTICLASS = 1 << 1, METRIC_REGRESSION = 1 << 2 };

typedef struct Scored {
	size_t rows;
	size_t classes;          /* 0 for regression */
	const double *y;         /* class index, or the number */
	const double *scores;    /* rows x MAX(classes,1) */
	const double *weight;    /* NULL: all 1 */
	const uint32_t *decided; /* class decided on; NULL: that of the largest score, first of equals */
	size_t positive;         /* class index of the positive class, binary */
	const uint32_t *order;   /* NULL, or scored_order of these scores, so that many metrics sort once */
} Scored;

/* What decisions come to, in weight, per class: of that class, decided for it, and both. */
typedef struct MetricCounts {
	size_t classes, positive;
	double *truth, *decided, *hit; /* classes each */
} MetricCounts;

/* What rank metrics are made of (binary): the distinct scores of the positive class, falling, with the weight of positives
 * and of others that have each; scores without weight are left out.  A NaN score: no steps, and NaN totals. */
typedef struct MetricStep {
	double score, positive, negative;
} MetricStep;
typedef struct MetricSteps {
	MetricStep *step;
	size_t count;
	double positive, negative; /* totals */
} MetricSteps;

MetricSteps *metric_steps(const Scored *s);
void metric_steps_free(MetricSteps *m);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MetricSteps, metric_steps_free)

typedef struct MetricKind {
	const char *name, *label, *help; /* label as shown to people: "ROC AUC" */
	unsigned tasks;
	bool larger_is_better;
	double worst, best; /* the range a value can have; infinities where there is no bound */
	double (*compute)(const Scored *s);
	/* The same from the counts of decisions, or (binary) from the steps of the scores; else NULL. */
	double (*of_counts)(const MetricCounts *c);
	double (*of_steps)(const MetricSteps *m);
	/* The metric (it has of_counts) a decision threshold is chosen by when this one is the goal; NULL: not binary. */
	const char *threshold_by;
	/* The metric is the mean over rows, by weight, of this value of each row, or (root) the root of that mean; else NULL. */
	double (*of_row)(const Scored *s, size_t row);
	bool root;
	/* With of_row: the mean that knowing nothing would have; the metric is then 1 - mean / that, and not defined at 0. */
	double (*of_nothing)(const Scored *s);
} MetricKind;

extern const MetricKind *const METRICS[]; /* NULL-ended */
const MetricKind *metric_find(const char *name);
/* +1: a better than b, -1: worse, 0: equal or both NaN (NaN is worse than any number).  Better is nearer to m->best, which
 * for mean_error, the one metric with values on both sides of its best, is 0; where best is infinite, larger. */
int metric_compare(const MetricKind *m, double a, double b);
/* How much worse a is than b, in the metric's own units: positive is worse.  Of mean_error the distances from 0.  NaN where either is. */
double metric_worse(const MetricKind *m, double a, double b);
/* What a bound is held against: the value; of mean_error its distance from 0. */
double metric_bounded(const MetricKind *m, double value);

/* The one METRIC_ bit of these scores. */
unsigned scored_task(const Scored *s);

/* The order rank metrics walk: row numbers by falling score of the positive class (binary), by rising absolute error
 * (regression), or for each class in turn by falling score (multiclass, rows x classes numbers; NULL when that is more
 * than SCORED_ORDER_MOST).  It depends on scores and y alone, never on weights.  Free with g_free. */
#define SCORED_ORDER_MOST (1u << 27)
uint32_t *scored_order(const Scored *s);

/* All metrics that fit the task: {"roc_auc": 0.9, ...}; null where not defined. */
json_t *metrics_compute(const Scored *s);

/* Poisson bootstrap (weights drawn per row, one stream per draw) of all of them: {"roc_auc": {"value", "low", "high"}...},
 * percentile interval of `level` (0.95).  Works on at most `max_rows` rows: above that on a seeded sample without
 * replacement (of fewer when rows x classes would pass 2^19), and the intervals, scaled by sqrt(max_rows / rows) about the sample's value, are moved to the value on
 * all rows.  An interval is widened to hold its value where resampling is biased (ece, max_error) and ends at the range's
 * ends.  low and high are null when fewer than half of the draws have a value. */
json_t *metrics_with_intervals(const Scored *s, unsigned draws, double level, uint64_t seed, size_t max_rows);
