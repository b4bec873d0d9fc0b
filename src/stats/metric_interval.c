/* metric_interval.c: bootstrap intervals of all metrics, from the same draws. */
#include "stats/metric.h"

#include <math.h>

#include "base/json.h"
#include "stats/metric_part.h"
#include "stats/resample.h"

/* Rows x classes that are resampled: 200 draws of so many take about 3 s. */
enum { CELLS_MOST = 1 << 19 };

/* ret: METRICS_MOST rows of `draws` values, one row a metric. */
static void draw_values(Resample *rows, size_t count, unsigned draws, uint64_t seed, double *ret)
{
	g_autofree uint8_t *counts = g_new(uint8_t, count);
	g_autoptr(RowValues) known = row_values_new(resample_weigh(rows, NULL));
	double values[METRICS_MOST];
	for (unsigned d = 0; d < draws; d++) {
		resample_draw(counts, count, seed, d);
		metrics_values(resample_weigh(rows, counts), known, values);
		for (size_t m = 0; METRICS[m]; m++)
			ret[m * draws + d] = values[m];
	}
}

/* An end of the sample's interval moved to the value on all rows and narrowed; a bounded metric keeps its bounds. */
static double placed(const MetricKind *m, double value, double from_sample, double scale)
{
	double low = MIN(m->worst, m->best), high = MAX(m->worst, m->best), ret = value + from_sample * scale;
	return isfinite(low) && isfinite(high) ? CLAMP(ret, low, high) : ret;
}

static json_t *interval_json(const MetricKind *m, double value, double sample, double scale, const double *ends)
{
	double low = MIN(value, placed(m, value, ends[0] - sample, scale));
	double high = MAX(value, placed(m, value, ends[1] - sample, scale));
	return json_pack(
	        "{s:o, s:o, s:o}", "value", json_number(value), "low", json_number(low), "high", json_number(high));
}

json_t *metrics_with_intervals(const Scored *s, unsigned draws, double level, uint64_t seed, size_t max_rows)
{
	Scored sorted = *s;
	g_autofree uint32_t *own = s->order ? NULL : scored_order(s);
	if (own)
		sorted.order = own;
	double values[METRICS_MOST], samples[METRICS_MOST];
	metrics_values(&sorted, NULL, values);

	size_t count, most = MIN(max_rows, CELLS_MOST / MAX(s->classes, 1));
	g_autofree uint32_t *chosen = resample_choose(s->rows, most, seed, &count);
	g_autoptr(Resample) rows = resample_new(s, chosen, count);
	metrics_values(resample_weigh(rows, NULL), NULL, samples);
	g_autofree double *drawn = g_new(double, (size_t)draws *METRICS_MOST);
	draw_values(rows, count, draws, seed, drawn);

	double scale = count < s->rows ? sqrt((double)count / (double)s->rows) : 1;
	json_t *ret = json_object();
	for (size_t i = 0; METRICS[i]; i++) {
		if (!(METRICS[i]->tasks & scored_task(s)))
			continue;
		double ends[2];
		interval_ends(drawn + i * draws, draws, level, ends);
		json_object_set_new(
		        ret, METRICS[i]->name, interval_json(METRICS[i], values[i], samples[i], scale, ends));
	}
	return ret;
}
