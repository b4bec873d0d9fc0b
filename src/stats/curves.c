/* curves.c: confusion of classes, and which curves belong to which task. */
#include "stats/curves.h"

#include <math.h>
#include <string.h>

#include "base/json.h"
#include "stats/curves_part.h"
#include "stats/metric_part.h"

enum { CELLS_CLASSES = 50, MISTAKES = 20 };

typedef struct Cell {
	size_t truth, decided;
	double weight;
} Cell;

/* Largest first, then by class, so that equal ones have one order. */
static int compare_cells(const void *a, const void *b)
{
	const Cell *x = a, *y = b;
	if (x->weight != y->weight)
		return x->weight > y->weight ? -1 : 1;
	if (x->truth != y->truth)
		return x->truth < y->truth ? -1 : 1;
	return (x->decided > y->decided) - (x->decided < y->decided);
}

/* Weight of each pair of classes that occurs: truth * classes + decided -> a double. */
static GHashTable *count_cells(const Scored *s)
{
	GHashTable *cells = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
	for (size_t i = 0; i < s->rows; i++) {
		double w = row_weight(s, i);
		size_t decided = row_decision(s, i);
		if (w == 0 || decided >= s->classes)
			continue;
		gint64 key = (gint64)(row_class(s, i) * s->classes + decided);
		double *cell = g_hash_table_lookup(cells, &key);
		if (!cell) {
			cell = g_new0(double, 1);
			g_hash_table_insert(cells, g_memdup2(&key, sizeof key), cell);
		}
		*cell += w;
	}
	return cells;
}

static GArray *sort_cells(GHashTable *cells, size_t classes)
{
	GArray *ret = g_array_new(FALSE, FALSE, sizeof(Cell));
	GHashTableIter iter;
	gpointer key, weight;
	g_hash_table_iter_init(&iter, cells);
	while (g_hash_table_iter_next(&iter, &key, &weight)) {
		size_t at = (size_t) * (gint64 *)key;
		Cell cell = {at / classes, at % classes, *(double *)weight};
		g_array_append_val(ret, cell);
	}
	g_array_sort(ret, compare_cells);
	return ret;
}

static json_t *cells_json(const GArray *cells, size_t classes)
{
	g_autofree double *table = g_new0(double, classes *classes);
	for (guint i = 0; i < cells->len; i++) {
		const Cell *cell = &g_array_index(cells, Cell, i);
		table[cell->truth * classes + cell->decided] = cell->weight;
	}
	json_t *ret = json_array();
	for (size_t truth = 0; truth < classes; truth++)
		json_array_append_new(ret, numbers_json(table + truth * classes, classes));
	return ret;
}

static json_t *mistakes_json(const GArray *cells, const MetricCounts *c)
{
	json_t *ret = json_array();
	for (guint i = 0; i < cells->len && json_array_size(ret) < MISTAKES; i++) {
		const Cell *cell = &g_array_index(cells, Cell, i);
		if (cell->truth == cell->decided)
			continue;
		json_array_append_new(
		        ret, json_pack("{s:I, s:I, s:o, s:o}", "truth", (json_int_t)cell->truth, "decided",
		                     (json_int_t)cell->decided, "weight", json_number(cell->weight), "part",
		                     json_number(cell->weight / c->truth[cell->truth])));
	}
	return ret;
}

static json_t *confusion_json(const Scored *s, const MetricCounts *c)
{
	g_autoptr(GHashTable) counted = count_cells(s);
	g_autoptr(GArray) cells = sort_cells(counted, s->classes);
	json_t *table = s->classes <= CELLS_CLASSES ? cells_json(cells, s->classes) : json_null();
	return json_pack("{s:o, s:o}", "cells", table, "mistakes", mistakes_json(cells, c));
}

static json_t *classes_json(const MetricCounts *c)
{
	json_t *ret = json_array();
	for (size_t k = 0; k < c->classes; k++) {
		double truth = c->truth[k], decided = c->decided[k], hit = c->hit[k];
		json_array_append_new(
		        ret, json_pack("{s:o, s:o, s:o, s:o, s:o}", "truth", json_number(truth), "decided",
		                     json_number(decided), "precision", json_number(hit / decided), "recall",
		                     json_number(hit / truth), "f1", json_number(2 * hit / (truth + decided))));
	}
	return ret;
}

static void add_decisions(const Scored *s, json_t *ret)
{
	g_autoptr(MetricCounts) c = counts_new(s->classes, s->positive);
	counts_add(c, s);
	json_object_set_new(ret, "confusion", confusion_json(s, c));
	json_object_set_new(ret, "classes", classes_json(c));
}

static size_t rows_counted(const Scored *s)
{
	size_t ret = 0;
	for (size_t i = 0; i < s->rows; i++)
		ret += row_weight(s, i) > 0;
	return ret;
}

/* The confidence in each decision and whether it was right, as a binary problem. */
static json_t *confidence_json(const Scored *s)
{
	g_autofree double *right = g_new(double, s->rows), *scores = g_new(double, s->rows * 2);
	for (size_t i = 0; i < s->rows; i++) {
		bool counts = row_weight(s, i) > 0;
		size_t decided = row_decision(s, i);
		right[i] = counts ? row_class(s, i) == decided : NAN;
		scores[2 * i + 1] = decided < s->classes ? row_scores(s, i)[decided] : 0;
		scores[2 * i] = 1 - scores[2 * i + 1];
	}
	Scored binary = {s->rows, 2, right, scores, s->weight, .positive = 1};
	g_autoptr(MetricSteps) m = metric_steps(&binary);
	return curve_calibration(m, rows_counted(s));
}

static void add_binary(const Scored *s, json_t *ret)
{
	g_autoptr(MetricSteps) m = metric_steps(s);
	json_object_set_new(ret, "roc", curve_roc(m));
	json_object_set_new(ret, "pr", curve_pr(m));
	json_object_set_new(ret, "calibration", curve_calibration(m, rows_counted(s)));
	json_object_set_new(ret, "gain", curve_gain(m));
	json_object_set_new(ret, "scores", curve_scores(m));
}

json_t *curves_of(const Scored *s)
{
	json_t *ret = json_object();
	switch (scored_task(s)) {
	case METRIC_BINARY:
		add_decisions(s, ret);
		add_binary(s, ret);
		break;
	case METRIC_MULTICLASS:
		add_decisions(s, ret);
		json_object_set_new(ret, "calibration", confidence_json(s));
		break;
	default:
		json_object_set_new(ret, "actual", curve_actual(s));
		json_object_set_new(ret, "residuals", curve_residuals(s));
	}
	return ret;
}

json_t *numbers_json(const double *values, size_t count)
{
	json_t *ret = json_array();
	for (size_t i = 0; i < count; i++)
		json_array_append_new(ret, json_number(values[i]));
	return ret;
}
