/* backtest.c: means over periods, paired differences, and the verdict. */
#include "retrain/backtest.h"

#include <glib.h>
#include <math.h>
#include <string.h>

#include "base/json.h"

#define NORMAL_95 1.959964

typedef struct Pooled {
	double difference, low, high;
	size_t periods, better, worse; /* better, worse: surely */
} Pooled;

/* b - a, whichever way round it stands in the period. */
static bool difference_of(const json_t *period, const char *a, const char *b, double *ret_value, double *ret_error)
{
	size_t i;
	json_t *d;
	json_array_foreach (json_object_get(period, "differences"), i, d) {
		const char *x = json_get_text(d, "a", ""), *y = json_get_text(d, "b", "");
		bool same = strcmp(x, a) == 0 && strcmp(y, b) == 0, turned = strcmp(x, b) == 0 && strcmp(y, a) == 0;
		if (!same && !turned)
			continue;
		double value = json_get_number(d, "difference", NAN);
		*ret_value = same ? value : -value;
		*ret_error = (json_get_number(d, "high", NAN) - json_get_number(d, "low", NAN)) / 2 / NORMAL_95;
		return isfinite(*ret_value) && isfinite(*ret_error);
	}
	return false;
}

static Pooled pool(const json_t *periods, const char *a, const char *b, const MetricKind *m)
{
	Pooled p = {0};
	double variance = 0;
	size_t i;
	json_t *period;
	json_array_foreach ((json_t *)periods, i, period) {
		double value, error;
		if (!difference_of(period, a, b, &value, &error))
			continue;
		double gain = m->larger_is_better ? value : -value;
		p.difference += value;
		variance += error * error;
		p.periods++;
		p.better += gain > NORMAL_95 * error && gain > 0;
		p.worse += gain < -NORMAL_95 * error && gain < 0;
	}
	double count = (double)p.periods;
	p.difference = p.periods ? p.difference / count : NAN;
	p.low = p.difference - NORMAL_95 * sqrt(variance) / count;
	p.high = p.difference + NORMAL_95 * sqrt(variance) / count;
	return p;
}

/* m: of the metric; NULL: of something else.  The biases of two periods do not make up for each other. */
static double mean_of(const json_t *periods, const char *mode, const char *block, const char *name, const MetricKind *m)
{
	double sum = 0, count = 0;
	size_t i;
	json_t *period;
	json_array_foreach ((json_t *)periods, i, period) {
		const json_t *judged = json_object_get(json_object_get(period, "modes"), mode);
		double value = json_get_number(block ? json_object_get(judged, block) : judged, name, NAN);
		value = m ? metric_bounded(m, value) : value;
		sum += isnan(value) ? 0 : value;
		count += !isnan(value);
	}
	return count > 0 ? sum / count : NAN;
}

static json_t *kpi_of(const json_t *periods, const char *mode)
{
	json_t *means = json_object(), *value;
	const char *name;
	const json_t *first = json_object_get(json_object_get(json_array_get(periods, 0), "modes"), mode);
	json_object_foreach (json_object_get(first, "kpi"), name, value)
		json_object_set_new(means, name, json_number(mean_of(periods, mode, "kpi", name, NULL)));
	return means;
}

static json_t *against_json(const Pooled *p, const char *mode)
{
	if (!p->periods)
		return json_null();
	return json_pack("{s:s,s:o,s:o,s:o,s:I,s:I}", "mode", mode, "difference", json_number(p->difference), "low",
	        json_number(p->low), "high", json_number(p->high), "better_in", (json_int_t)p->better, "worse_in",
	        (json_int_t)p->worse);
}

static json_t *mode_json(const json_t *periods, const char *mode, const char *first, const MetricKind *m)
{
	Pooled p = strcmp(mode, first) ? pool(periods, first, mode, m) : (Pooled){0};
	double cpu = mean_of(periods, mode, NULL, "cpu_seconds", NULL) * (double)json_array_size(periods);
	return json_pack("{s:s,s:o,s:o,s:o,s:o}", "mode", mode, "metric",
	        json_number(mean_of(periods, mode, NULL, "metric", m)), "kpi", kpi_of(periods, mode), "cpu_seconds",
	        json_number(cpu), "against", against_json(&p, first));
}

static const json_t *best_of(const json_t *told, const MetricKind *m)
{
	const json_t *best = NULL;
	size_t i;
	json_t *mode;
	json_array_foreach ((json_t *)told, i, mode) {
		double value = json_get_number(mode, "metric", NAN), most = json_get_number(best, "metric", NAN);
		if (metric_compare(m, value, most) > 0)
			best = mode;
	}
	return best;
}

/* Nothing is surely better, and it costs less. */
static bool is_as_good(const json_t *periods, const char *mode, const char *best, const MetricKind *m)
{
	Pooled p = pool(periods, mode, best, m);
	return p.periods && !(m->larger_is_better ? p.low > 0 : p.high < 0);
}

static json_t *reasons_of(const json_t *told, const char *taken, const char *best)
{
	json_t *reasons = json_array(), *mode;
	size_t i;
	json_array_foreach ((json_t *)told, i, mode) {
		const json_t *against = json_object_get(mode, "against");
		if (!json_is_object(against))
			continue;
		json_array_append_new(reasons,
		        json_sprintf(
		                "%s against %s: %+.4f (%+.4f to %+.4f), surely better in %d and worse in %d periods, "
		                "%.1f CPU seconds",
		                json_get_text(mode, "mode", ""), json_get_text(against, "mode", ""),
		                json_get_number(against, "difference", NAN), json_get_number(against, "low", NAN),
		                json_get_number(against, "high", NAN), (int)json_get_int(against, "better_in", 0),
		                (int)json_get_int(against, "worse_in", 0), json_get_number(mode, "cpu_seconds", NAN)));
	}
	if (strcmp(taken, best))
		json_array_append_new(reasons,
		        json_sprintf("%s has the best mean, but %s is not surely worse and costs less", best, taken));
	return reasons;
}

static json_t *verdict_of(const json_t *periods, const json_t *told, const MetricKind *m)
{
	const json_t *best = best_of(told, m), *taken = best;
	const char *best_name = json_get_text(best, "mode", "");
	size_t i;
	json_t *mode;
	if (!best)
		return json_pack(
		        "{s:n,s:s,s:[]}", "mode", "sentence", "the metric is not defined in any period", "reasons");
	json_array_foreach ((json_t *)told, i, mode) {
		const char *name = json_get_text(mode, "mode", "");
		double cost = json_get_number(mode, "cpu_seconds", INFINITY);
		if (mode != best && is_as_good(periods, name, best_name, m) &&
		        cost < json_get_number(taken, "cpu_seconds", INFINITY))
			taken = mode;
	}
	const char *name = json_get_text(taken, "mode", ""),
	           *first = json_get_text(json_array_get(told, 0), "mode", "");
	const json_t *against = json_object_get(taken, "against");
	json_t *sentence =
	        json_is_object(against)
	                ? json_sprintf("%s: %.4f on average, %+.4f (%+.4f to %+.4f) against %s", name,
	                          json_get_number(taken, "metric", NAN), json_get_number(against, "difference", NAN),
	                          json_get_number(against, "low", NAN), json_get_number(against, "high", NAN), first)
	                : json_sprintf("%s: %.4f on average; no mode that costs more is surely better", name,
	                          json_get_number(taken, "metric", NAN));
	return json_pack(
	        "{s:s,s:o,s:o}", "mode", name, "sentence", sentence, "reasons", reasons_of(told, name, best_name));
}

json_t *backtest_tell(const json_t *periods, const json_t *modes, const MetricKind *metric)
{
	const char *first = json_string_value(json_array_get(modes, 0));
	json_t *told = json_array(), *name;
	size_t i;
	json_array_foreach ((json_t *)modes, i, name)
		json_array_append_new(told, mode_json(periods, json_string_value(name), first, metric));
	json_t *verdict = verdict_of(periods, told, metric);
	return json_pack("{s:o,s:o}", "modes", told, "verdict", verdict);
}
