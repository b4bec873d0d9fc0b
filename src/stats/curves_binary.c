/* curves_binary.c: curves of the positive class's probability, from its steps. */
#include "stats/curves_part.h"

#include <math.h>

#include "base/json.h"
#include "stats/metric_part.h"
#include "stats/test.h"

enum { POINTS = 200, CALIBRATION_BINS = 10, TENTHS = 10, SCORE_BINS = 20 };

static json_t *point_json(double x, double y, double threshold)
{
	return json_pack("[o, o, o]", json_number(x), json_number(y), json_number(threshold));
}

/* A point whenever the curve has gone on by a 197th of its length (which is 2), and at both ends. */
json_t *curve_roc(const MetricSteps *m)
{
	json_t *points = json_array();
	double x = 0, y = 0, drawn = 0;
	json_array_append_new(points, point_json(0, 0, NAN));
	for (size_t i = 0; i < m->count; i++) {
		x += m->step[i].negative / m->negative;
		y += m->step[i].positive / m->positive;
		bool last = i + 1 == m->count;
		if (x + y - drawn < 2.0 / (POINTS - 3) && !last)
			continue;
		drawn = x + y;
		json_array_append_new(points, point_json(last ? 1 : x, last ? 1 : y, m->step[i].score));
	}
	return json_pack("{s:o, s:o}", "auc", json_number(METRIC_ROC_AUC.of_steps(m)), "points", points);
}

/* A point whenever recall has grown by a 198th, and at both ends. */
json_t *curve_pr(const MetricSteps *m)
{
	json_t *points = json_array();
	double positives = 0, all = 0, drawn = -INFINITY;
	for (size_t i = 0; i < m->count; i++) {
		positives += m->step[i].positive;
		all += m->step[i].positive + m->step[i].negative;
		double recall = positives / m->positive;
		bool last = i + 1 == m->count;
		if ((m->step[i].positive == 0 || recall - drawn < 1.0 / (POINTS - 2)) && !last)
			continue;
		drawn = recall;
		json_array_append_new(points, point_json(last ? 1 : recall, positives / all, m->step[i].score));
	}
	return json_pack("{s:o, s:o, s:o}", "average_precision", json_number(METRIC_PR_AUC.of_steps(m)), "base",
	        json_number(m->positive / (m->positive + m->negative)), "points", points);
}

typedef struct Bin {
	double from, to, predicted, positive, weight;
} Bin;

static void add_to_bin(Bin *bin, const MetricStep *step)
{
	double here = step->positive + step->negative;
	if (bin->weight == 0)
		bin->to = step->score; /* the walk falls: the first is the highest */
	bin->from = step->score;
	bin->predicted += step->score * here;
	bin->positive += step->positive;
	bin->weight += here;
}

static json_t *bin_json(const Bin *bin, double rows_per_weight)
{
	double low, high;
	wilson_interval(bin->positive * rows_per_weight, bin->weight * rows_per_weight, 0.95, &low, &high);
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "from", json_number(bin->from), "to",
	        json_number(bin->to), "predicted", json_number(bin->predicted / bin->weight), "observed",
	        json_number(bin->positive / bin->weight), "low", json_number(low), "high", json_number(high), "weight",
	        json_number(bin->weight));
}

json_t *curve_calibration(const MetricSteps *m, size_t rows)
{
	Bin bins[CALIBRATION_BINS] = {{0}};
	double before = 0, total = m->positive + m->negative;
	for (size_t i = 0; i < m->count; i++) {
		double here = m->step[i].positive + m->step[i].negative;
		add_to_bin(&bins[quantile_bin(before, here, total, CALIBRATION_BINS)], &m->step[i]);
		before += here;
	}
	json_t *list = json_array();
	for (size_t b = CALIBRATION_BINS; b-- > 0;) /* lowest scores first */
		if (bins[b].weight > 0)
			json_array_append_new(list, bin_json(&bins[b], (double)rows / total));
	return json_pack("{s:o, s:o}", "error", json_number(METRIC_ECE.of_steps(m)), "bins", list);
}

/* One tenth: positives are cut where the weight is, a step that lies across the cut in proportion. */
json_t *curve_gain(const MetricSteps *m)
{
	json_t *ret = json_array();
	double total = m->positive + m->negative, seen = 0, found = 0, before = 0;
	size_t i = 0;
	for (int tenth = 1; tenth <= TENTHS && m->count; tenth++) {
		double part = (double)tenth / TENTHS, cut = total * part;
		for (; i + 1 < m->count && seen + m->step[i].positive + m->step[i].negative <= cut; i++) {
			seen += m->step[i].positive + m->step[i].negative;
			found += m->step[i].positive;
		}
		const MetricStep *step = &m->step[i];
		double across = tenth == TENTHS ? 1 : (cut - seen) / (step->positive + step->negative);
		double here = tenth == TENTHS ? m->positive : found + step->positive * CLAMP(across, 0, 1);
		json_array_append_new(
		        ret, json_pack("{s:o, s:o, s:o, s:o, s:o}", "part", json_number(part), "threshold",
		                     json_number(step->score), "gain", json_number(here / m->positive), "lift",
		                     json_number(here / m->positive / part), "rate",
		                     json_number((here - before) / (total / TENTHS))));
		before = here;
	}
	return ret;
}

json_t *curve_scores(const MetricSteps *m)
{
	double edges[SCORE_BINS + 1], positive[SCORE_BINS] = {0}, negative[SCORE_BINS] = {0};
	for (int b = 0; b <= SCORE_BINS; b++)
		edges[b] = (double)b / SCORE_BINS;
	for (size_t i = 0; i < m->count; i++) {
		double at = floor(m->step[i].score * SCORE_BINS);
		size_t b = (size_t)CLAMP(at, 0, SCORE_BINS - 1);
		positive[b] += m->step[i].positive / m->positive;
		negative[b] += m->step[i].negative / m->negative;
	}
	return json_pack("{s:o, s:o, s:o}", "edges", numbers_json(edges, SCORE_BINS + 1), "positive",
	        numbers_json(positive, SCORE_BINS), "negative", numbers_json(negative, SCORE_BINS));
}
