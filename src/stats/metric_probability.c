/* metric_probability.c: metrics of the probabilities themselves. */
#include "stats/metric_part.h"

#include <float.h>
#include <math.h>

enum { ECE_BINS = 10 };

/* Probabilities below the rounding error of 1 count as that error, as in scikit-learn since 1.3: a loss of 36.04. */
static double row_log_loss(const Scored *s, size_t i)
{
	double p = row_scores(s, i)[row_class(s, i)];
	return -log(p < DBL_EPSILON ? DBL_EPSILON : p > 1 ? 1 : p);
}

static double log_loss(const Scored *s)
{
	return mean_of_rows(s, row_log_loss);
}

/* Squared distance of the row's probabilities from what happened: of the positive class's alone when there are two, summed
 * over all classes otherwise. */
static double row_brier(const Scored *s, size_t i)
{
	const double *scores = row_scores(s, i);
	size_t truth = row_class(s, i);
	double sum = 0;
	if (s->classes == 2) {
		double miss = scores[s->positive] - (truth == s->positive);
		return miss * miss;
	}
	for (size_t c = 0; c < s->classes; c++) {
		double miss = scores[c] - (c == truth);
		sum += miss * miss;
	}
	return sum;
}

static double brier(const Scored *s)
{
	return mean_of_rows(s, row_brier);
}

/* Mean over bins, by weight, of |mean predicted - observed|.  In a bin both means have its weight below, so only the sums
 * of (predicted - observed) are needed. */
static double ece_of(const MetricSteps *m)
{
	double gaps[ECE_BINS] = {0}, before = 0, sum = 0, total = m->positive + m->negative;
	for (size_t i = 0; i < m->count; i++) {
		const MetricStep *step = &m->step[i];
		double here = step->positive + step->negative;
		gaps[quantile_bin(before, here, total, ECE_BINS)] += step->score * here - step->positive;
		before += here;
	}
	for (size_t b = 0; b < ECE_BINS; b++)
		sum += fabs(gaps[b]);
	return sum / total;
}

static double ece(const Scored *s)
{
	g_autoptr(MetricSteps) m = metric_steps(s);
	return ece_of(m);
}

/* Is the true class among the `most` largest scores?  Of equal scores the lower class number goes first. */
static double is_among(const Scored *s, size_t i, size_t most)
{
	const double *scores = row_scores(s, i);
	size_t truth = row_class(s, i), ahead = 0;
	for (size_t c = 0; c < s->classes; c++) {
		if (isnan(scores[c]))
			return NAN;
		ahead += scores[c] > scores[truth] || (c < truth && scores[c] == scores[truth]);
	}
	return ahead < most;
}

static double row_top3(const Scored *s, size_t i)
{
	return is_among(s, i, 3);
}

static double row_top5(const Scored *s, size_t i)
{
	return is_among(s, i, 5);
}

static double top3_accuracy(const Scored *s)
{
	return mean_of_rows(s, row_top3);
}

static double top5_accuracy(const Scored *s)
{
	return mean_of_rows(s, row_top5);
}

/* Crammer and Singer's hinge with probabilities as the decision values: 1 - (the true class's - the largest other). */
static double row_hinge(const Scored *s, size_t i)
{
	const double *scores = row_scores(s, i);
	size_t truth = row_class(s, i);
	double other = -INFINITY;
	for (size_t c = 0; c < s->classes; c++) {
		if (isnan(scores[c]))
			return NAN;
		if (c != truth && scores[c] > other)
			other = scores[c];
	}
	return fmax(0, 1 - (scores[truth] - other));
}

static double hinge(const Scored *s)
{
	return mean_of_rows(s, row_hinge);
}

const MetricKind METRIC_LOG_LOSS = {"log_loss", "Log loss", "mean of -ln of the probability given to what happened",
        METRIC_BINARY | METRIC_MULTICLASS, false, INFINITY, 0, log_loss, .threshold_by = "balanced_accuracy",
        .of_row = row_log_loss};
const MetricKind METRIC_BRIER = {"brier", "Brier score",
        "mean squared distance of probability and outcome; multiclass: summed over classes, up to 2",
        METRIC_BINARY | METRIC_MULTICLASS, false, 2, 0, brier, .threshold_by = "balanced_accuracy",
        .of_row = row_brier};
const MetricKind METRIC_ECE = {"ece", "Calibration error",
        "mean gap between predicted and observed rate in ten quantile bins of the probability", METRIC_BINARY, false, 1,
        0, ece, NULL, ece_of, "balanced_accuracy"};
const MetricKind METRIC_TOP3_ACCURACY = {"top3_accuracy", "Top-3 accuracy",
        "part of rows whose class is among the three most probable", METRIC_MULTICLASS, true, 0, 1, top3_accuracy,
        .of_row = row_top3};
const MetricKind METRIC_TOP5_ACCURACY = {"top5_accuracy", "Top-5 accuracy",
        "part of rows whose class is among the five most probable", METRIC_MULTICLASS, true, 0, 1, top5_accuracy,
        .of_row = row_top5};
const MetricKind METRIC_HINGE = {"hinge", "Hinge loss",
        "mean of 1 - (probability of the true class - the largest other), at least 0",
        METRIC_BINARY | METRIC_MULTICLASS, false, 2, 0, hinge, .threshold_by = "balanced_accuracy",
        .of_row = row_hinge};
