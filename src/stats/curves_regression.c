/* curves_regression.c: predicted beside actual, and the residuals. */
#include "stats/curves_part.h"

#include <math.h>

#include "base/json.h"
#include "stats/metric_part.h"
#include "stats/order.h"

enum { ACTUAL_BINS = 20, RESIDUAL_BINS = 40 };

/* The smallest value with a part q of the weight at or below it; order: rows by rising value. */
static double weighted_quantile(
        const double *values, const double *weights, const uint32_t *order, size_t count, double q)
{
	double total = 0, seen = 0;
	for (size_t i = 0; i < count; i++)
		total += weights[i];
	for (size_t i = 0; i < count; i++) {
		seen += weights[order[i]];
		if (seen >= total * q && seen > 0)
			return values[order[i]];
	}
	return count ? values[order[count - 1]] : NAN;
}

/* Usable rows gathered: predicted, actual and weight. */
typedef struct Pairs {
	double *predicted, *actual, *weight, total;
	size_t count;
} Pairs;

static Pairs *pairs_new(const Scored *s)
{
	Pairs *p = g_new0(Pairs, 1);
	p->predicted = g_new(double, s->rows);
	p->actual = g_new(double, s->rows);
	p->weight = g_new(double, s->rows);
	for (size_t i = 0; i < s->rows; i++) {
		double w = row_weight(s, i);
		if (w == 0 || isnan(s->scores[i]))
			continue;
		p->predicted[p->count] = s->scores[i];
		p->actual[p->count] = s->y[i];
		p->weight[p->count++] = w;
		p->total += w;
	}
	return p;
}

static void pairs_free(Pairs *p)
{
	if (!p)
		return;
	g_free(p->predicted);
	g_free(p->actual);
	g_free(p->weight);
	g_free(p);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Pairs, pairs_free)

static json_t *bin_json(const Pairs *p, const uint32_t *rows, size_t count)
{
	g_autofree double *actual = g_new(double, count), *weight = g_new(double, count);
	double predicted = 0, sum = 0, total = 0;
	for (size_t i = 0; i < count; i++) {
		actual[i] = p->actual[rows[i]];
		weight[i] = p->weight[rows[i]];
		predicted += weight[i] * p->predicted[rows[i]];
		sum += weight[i] * actual[i];
		total += weight[i];
	}
	g_autofree uint32_t *order = order_rows(actual, count, 1, false);
	return json_pack("{s:o, s:o, s:o, s:o, s:o}", "predicted", json_number(predicted / total), "actual",
	        json_number(sum / total), "low", json_number(weighted_quantile(actual, weight, order, count, 0.1)),
	        "high", json_number(weighted_quantile(actual, weight, order, count, 0.9)), "weight",
	        json_number(total));
}

/* The end of the rows with the same prediction as that at `start`, and their weight. */
static size_t equal_end(const Pairs *p, const uint32_t *order, size_t start, double *ret_weight)
{
	size_t end = start;
	*ret_weight = 0;
	for (; end < p->count && p->predicted[order[end]] == p->predicted[order[start]]; end++)
		*ret_weight += p->weight[order[end]];
	return end;
}

json_t *curve_actual(const Scored *s)
{
	g_autoptr(Pairs) p = pairs_new(s);
	g_autofree uint32_t *order = order_rows(p->predicted, p->count, 1, false);
	json_t *ret = json_array();
	double before = 0, here;
	size_t bin = 0, bin_start = 0;
	for (size_t i = 0, end; i < p->count; i = end) {
		end = equal_end(p, order, i, &here);
		size_t at = quantile_bin(before, here, p->total, ACTUAL_BINS);
		before += here;
		if (at != bin && i > bin_start) {
			json_array_append_new(ret, bin_json(p, order + bin_start, i - bin_start));
			bin_start = i;
		}
		bin = at;
	}
	if (p->count > bin_start)
		json_array_append_new(ret, bin_json(p, order + bin_start, p->count - bin_start));
	return ret;
}

static json_t *quantiles_json(const double *values, const double *weights, const uint32_t *order, size_t count)
{
	static const double AT[] = {0, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1};
	json_t *ret = json_array();
	for (size_t i = 0; i < G_N_ELEMENTS(AT); i++) {
		double value = weighted_quantile(values, weights, order, count, AT[i]);
		json_array_append_new(ret, json_pack("[o, o]", json_number(AT[i]), json_number(value)));
	}
	return ret;
}

static void add_histogram(json_t *ret, const Pairs *p, const double *values, double low, double high)
{
	double edges[RESIDUAL_BINS + 1], weights[RESIDUAL_BINS] = {0}, below = 0, above = 0, width = high - low;
	for (int b = 0; b <= RESIDUAL_BINS; b++)
		edges[b] = b == RESIDUAL_BINS ? high : low + width * b / RESIDUAL_BINS;
	for (size_t i = 0; i < p->count; i++) {
		double at = width > 0 ? floor((values[i] - low) / width * RESIDUAL_BINS) : 0;
		if (values[i] < low)
			below += p->weight[i];
		else if (values[i] > high)
			above += p->weight[i];
		else
			weights[(size_t)CLAMP(at, 0, RESIDUAL_BINS - 1)] += p->weight[i];
	}
	json_object_set_new(ret, "edges", numbers_json(edges, RESIDUAL_BINS + 1));
	json_object_set_new(ret, "weights", numbers_json(weights, RESIDUAL_BINS));
	json_object_set_new(ret, "below", json_number(below));
	json_object_set_new(ret, "above", json_number(above));
}

json_t *curve_residuals(const Scored *s)
{
	g_autoptr(Pairs) p = pairs_new(s);
	g_autofree double *values = g_new(double, p->count);
	for (size_t i = 0; i < p->count; i++)
		values[i] = p->predicted[i] - p->actual[i];
	g_autofree uint32_t *order = order_rows(values, p->count, 1, false);
	double low = weighted_quantile(values, p->weight, order, p->count, 0.005);
	double high = weighted_quantile(values, p->weight, order, p->count, 0.995);
	json_t *ret = json_object();
	json_object_set_new(ret, "quantiles", quantiles_json(values, p->weight, order, p->count));
	add_histogram(ret, p, values, low, high);
	return ret;
}
