/* test_pair.c: two models on the same rows: DeLong's test of their AUCs, and a paired bootstrap of any metric. */
#include "stats/test.h"

#include <math.h>

#include "stats/distribution.h"
#include "stats/metric_part.h"
#include "stats/resample.h"

/* Weight of a binary problem: all of a class, and its squares, which the variance needs. */
typedef struct Side {
	double weight, mean, spread; /* mean: of the placements; spread: sum of squared weighted deviations */
	size_t rows;
} Side;

static bool is_positive(const Scored *s, size_t row)
{
	return s->y[row] == (double)s->positive;
}

/* Each row's placement: for a positive row the part of the others that score lower, for another row the part of the
 * positives that score higher, ties half.  Their means over either class are the AUC. */
static void add_placements(const Scored *s, double sign, const Side side[2], double *placements)
{
	g_autofree uint32_t *own = s->order ? NULL : scored_order(s);
	const uint32_t *order = own ? own : s->order;
	double above[2] = {0, 0};
	for (size_t i = 0, end; i < s->rows; i = end) {
		double score = s->scores[order[i] * (size_t)2 + s->positive], here[2] = {0, 0};
		for (end = i; end < s->rows && s->scores[order[end] * (size_t)2 + s->positive] == score; end++)
			here[is_positive(s, order[end])] += row_weight(s, order[end]);
		for (size_t k = i; k < end; k++) {
			double higher = above[1] + here[1] / 2, lower = side[0].weight - above[0] - here[0] / 2;
			bool positive = is_positive(s, order[k]);
			placements[order[k]] += sign * (positive ? lower / side[0].weight : higher / side[1].weight);
		}
		above[0] += here[0];
		above[1] += here[1];
	}
}

static void measure_sides(const Scored *s, const double *placements, Side side[2])
{
	for (size_t i = 0; i < s->rows; i++)
		side[is_positive(s, i)].mean += row_weight(s, i) * placements[i];
	side[0].mean /= side[0].weight;
	side[1].mean /= side[1].weight;
	for (size_t i = 0; i < s->rows; i++) {
		Side *own = &side[is_positive(s, i)];
		double deviation = row_weight(s, i) * (placements[i] - own->mean);
		own->spread += deviation * deviation;
	}
}

/* S / n with n - 1 in S when all weights are 1. */
static double side_variance(const Side *side)
{
	double rows = (double)side->rows;
	return side->spread / (side->weight * side->weight) * (rows / (rows - 1));
}

/* Both AUCs' difference is a mean of differences of placements, so one variance is enough: no covariance is computed. */
static double difference_variance(const Scored *a, const Scored *b)
{
	Side side[2] = {{0}};
	for (size_t i = 0; i < a->rows; i++) {
		Side *own = &side[is_positive(a, i)];
		double w = row_weight(a, i);
		own->weight += w;
		own->rows += w > 0;
	}
	if (side[0].rows < 2 || side[1].rows < 2)
		return NAN;
	g_autofree double *placements = g_new0(double, a->rows);
	add_placements(a, 1, side, placements);
	add_placements(b, -1, side, placements);
	measure_sides(a, placements, side);
	return side_variance(&side[0]) + side_variance(&side[1]);
}

static bool has_nan(const Scored *s)
{
	for (size_t i = 0; i < s->rows; i++)
		if (isnan(s->scores[2 * i + s->positive]))
			return true;
	return false;
}

Difference test_delong(const Scored *a, const Scored *b, double level)
{
	g_assert(a->classes == 2 && b->classes == 2 && a->rows == b->rows);
	if (has_nan(a) || has_nan(b))
		return (Difference){NAN, NAN, NAN, NAN, NAN, NAN, NAN};
	double auc_a = METRIC_ROC_AUC.compute(a), auc_b = METRIC_ROC_AUC.compute(b);
	Difference ret = {auc_a, auc_b, auc_a - auc_b, sqrt(difference_variance(a, b))};
	double half = normal_quantile((1 + level) / 2) * ret.error;
	ret.low = ret.value - half;
	ret.high = ret.value + half;
	ret.p = ret.error == 0 && ret.value == 0 ? 1 : normal_two_sided(ret.value / ret.error);
	return ret;
}

/* The chosen rows' values moved to all rows: as an interval of metrics_with_intervals is. */
static void place(double *drawn, unsigned draws, double sample, double value, double scale)
{
	for (unsigned d = 0; d < draws; d++)
		drawn[d] = value + (drawn[d] - sample) * scale;
}

static double sign_p(const double *drawn, unsigned draws)
{
	unsigned below = 0, above = 0, kept = 0;
	for (unsigned d = 0; d < draws; d++) {
		kept += !isnan(drawn[d]);
		below += drawn[d] <= 0;
		above += drawn[d] >= 0;
	}
	return kept * 2 > draws ? fmin(1, 2.0 * (1 + MIN(below, above)) / (1 + kept)) : NAN;
}

static double difference(const MetricKind *m, double a, double b)
{
	return metric_bounded(m, a) - metric_bounded(m, b);
}

Difference test_bootstrap(const MetricKind *m, const Scored *a, const Scored *b, const BootstrapPlan *plan)
{
	g_assert(a->rows == b->rows && a->classes == b->classes);
	Difference ret = {m->compute(a), m->compute(b), .error = NAN};
	ret.value = difference(m, ret.a, ret.b);
	size_t count;
	g_autofree uint32_t *chosen = resample_choose(a->rows, plan->max_rows, plan->seed, &count);
	g_autoptr(Resample) rows_a = resample_new(a, chosen, count);
	g_autoptr(Resample) rows_b = resample_new(b, chosen, count);
	double sample =
	        difference(m, m->compute(resample_weigh(rows_a, NULL)), m->compute(resample_weigh(rows_b, NULL)));
	g_autofree double *drawn = g_new(double, plan->draws);
	g_autofree uint8_t *counts = g_new(uint8_t, count);
	for (unsigned d = 0; d < plan->draws; d++) {
		resample_draw(counts, count, plan->seed, d);
		drawn[d] = difference(
		        m, m->compute(resample_weigh(rows_a, counts)), m->compute(resample_weigh(rows_b, counts)));
	}
	double scale = count < a->rows ? sqrt((double)count / (double)a->rows) : 1, ends[2];
	place(drawn, plan->draws, sample, ret.value, scale);
	ret.p = sign_p(drawn, plan->draws);
	interval_ends(drawn, plan->draws, plan->level, ends);
	ret.low = MIN(ret.value, ends[0]);
	ret.high = MAX(ret.value, ends[1]);
	return ret;
}
