/* suspects.c: finds them among labels and among numbers, and shows the surest as they stand in the data. */
#include "eval/suspects.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "stats/order.h"
#include "stats/resample.h"

enum { MOST_SHOWN = 20, MOST_PAIRS = 10, NOBODY = -1, PARTS_MOST = 10, PART_ROWS = 100, FAR_FENCE = 3 };

typedef struct Suspect {
	size_t row;
	int likely;
	double margin; /* score of the label minus score of the likely class; of numbers, less quartile ranges outside: the lower the surer */
} Suspect;

static double score(const SuspectRows *m, size_t row, size_t class)
{
	return m->scores[row * m->outputs + class];
}

/* NaN for a class without rows: it is never likely. */
static double *thresholds_of(const SuspectRows *m)
{
	size_t classes = m->classes;
	double *sums = g_new0(double, classes);
	g_autofree double *counts = g_new0(double, classes);
	for (size_t i = 0; i < m->rows; i++)
		if (!isnan(m->y[i])) {
			sums[(size_t)m->y[i]] += score(m, i, (size_t)m->y[i]);
			counts[(size_t)m->y[i]]++;
		}
	for (size_t k = 0; k < classes; k++)
		sums[k] = counts[k] > 0 ? sums[k] / counts[k] : NAN;
	return sums;
}

static int likely_class(const SuspectRows *m, const double *thresholds, size_t row)
{
	int best = NOBODY;
	for (size_t k = 0; k < m->classes; k++)
		if (score(m, row, k) >= thresholds[k] &&
		        (best == NOBODY || score(m, row, k) > score(m, row, (size_t)best)))
			best = (int)k;
	return best;
}

static int by_margin(const void *a, const void *b)
{
	const Suspect *x = a, *y = b;
	return x->margin != y->margin ? (x->margin > y->margin) - (x->margin < y->margin)
	                              : (x->row > y->row) - (x->row < y->row);
}

static GArray *find(const SuspectRows *m, const double *thresholds)
{
	GArray *found = g_array_new(FALSE, FALSE, sizeof(Suspect));
	for (size_t i = 0; i < m->rows; i++) {
		int likely = isnan(m->y[i]) ? NOBODY : likely_class(m, thresholds, i);
		if (likely == NOBODY || likely == (int)m->y[i])
			continue;
		Suspect s = {i, likely, score(m, i, (size_t)m->y[i]) - score(m, i, (size_t)likely)};
		g_array_append_val(found, s);
	}
	g_array_sort(found, by_margin);
	return found;
}

static json_t *row_json(const Frame *rows, size_t row)
{
	json_t *object = json_object();
	for (guint i = 0; i < rows->columns->len; i++) {
		const Column *c = rows->columns->pdata[i];
		if (!g_str_has_prefix(c->name, "_gyre_"))
			json_object_set_new(object, c->name, column_json(c, row));
	}
	return object;
}

static int64_t place_of(const SuspectRows *m, size_t row)
{
	return m->place ? m->place[row] : (int64_t)row;
}

/* The rows of the surest, as they stand in the data. */
static bool read_rows(const SuspectRows *m, const GArray *found, Frame **ret, GError **error)
{
	g_autoptr(GString) list = g_string_new("-1");
	for (guint i = 0; i < MIN(found->len, MOST_SHOWN); i++)
		g_string_append_printf(list, ", %" PRId64, place_of(m, g_array_index(found, Suspect, i).row));
	g_autofree char *sql = g_strdup_printf("SELECT * FROM %s WHERE _gyre_place IN (%s)", m->table, list->str);
	return engine_frame(m->e, sql, ret, error);
}

/* What there is to say of a suspect beside its row. */
static json_t *suspect_json(const SuspectRows *m, const Suspect *s)
{
	if (!m->classes)
		return json_pack("{s:o,s:o,s:f}", "actual", json_number(m->y[s->row]), "predicted",
		        json_number(m->scores[s->row]), "ranges", -s->margin);
	return json_pack("{s:o,s:o,s:f,s:f}", "label", json_text(bundle_class(m->b, (size_t)m->y[s->row])), "likely",
	        json_text(bundle_class(m->b, (size_t)s->likely)), "score", score(m, s->row, (size_t)s->likely), "own",
	        score(m, s->row, (size_t)m->y[s->row]));
}

static json_t *worst_json(const SuspectRows *m, const GArray *found, const Frame *rows)
{
	json_t *list = json_array();
	const Column *places = frame_find(rows, "_gyre_place");
	for (guint k = 0; k < MIN(found->len, MOST_SHOWN); k++) {
		const Suspect *s = &g_array_index(found, Suspect, k);
		for (size_t i = 0; i < rows->rows; i++) {
			if (places->ints[i] != place_of(m, s->row))
				continue;
			json_t *one = suspect_json(m, s);
			json_object_set_new(one, "row", row_json(rows, i));
			json_array_append_new(list, one);
		}
	}
	return list;
}

typedef struct PairCount {
	size_t label, likely;
	json_int_t rows;
} PairCount;

static int by_rows(const void *a, const void *b)
{
	const PairCount *x = a, *y = b;
	if (x->rows != y->rows)
		return x->rows < y->rows ? 1 : -1;
	return x->label != y->label ? (x->label > y->label) - (x->label < y->label)
	                            : (x->likely > y->likely) - (x->likely < y->likely);
}

static json_t *pairs_json(const SuspectRows *m, const GArray *found)
{
	size_t classes = m->classes;
	g_autofree PairCount *counts = g_new0(PairCount, classes * classes + 1);
	for (size_t i = 0; i < classes * classes; i++)
		counts[i] = (PairCount){i / classes, i % classes, 0};
	for (guint i = 0; i < found->len; i++) {
		const Suspect *s = &g_array_index(found, Suspect, i);
		counts[(size_t)m->y[s->row] * classes + (size_t)s->likely].rows++;
	}
	qsort(counts, classes * classes, sizeof *counts, by_rows);
	json_t *list = json_array();
	for (size_t i = 0; i < MIN(classes * classes, (size_t)MOST_PAIRS) && counts[i].rows; i++)
		json_array_append_new(list,
		        json_pack("{s:o,s:o,s:I}", "label", json_text(bundle_class(m->b, counts[i].label)), "likely",
		                json_text(bundle_class(m->b, counts[i].likely)), "rows", counts[i].rows));
	return list;
}

/* Of one tenth: rows whose residuals lie beyond the far fences. */
static void find_beyond(const SuspectRows *m, const uint32_t *order, size_t count, GArray *found)
{
	g_autofree double *residual = g_new(double, count);
	for (size_t i = 0; i < count; i++)
		residual[i] = m->y[order[i]] - m->scores[order[i]];
	g_autofree double *sorted = g_memdup2(residual, count * sizeof *residual);
	sort_numbers(sorted, count);
	double low = sorted_quantile(sorted, count, 0.25), high = sorted_quantile(sorted, count, 0.75),
	       range = high - low;
	for (size_t i = 0; range > 0 && i < count; i++) {
		double ranges = MAX(low - residual[i], residual[i] - high) / range;
		Suspect s = {order[i], NOBODY, -ranges};
		if (ranges > FAR_FENCE)
			g_array_append_val(found, s);
	}
}

static GArray *find_numbers(const SuspectRows *m)
{
	GArray *found = g_array_new(FALSE, FALSE, sizeof(Suspect));
	g_autofree uint32_t *order = order_rows(m->scores, m->rows, 1, false);
	size_t count = 0;
	for (size_t i = 0; i < m->rows; i++)
		if (isfinite(m->y[order[i]]) && isfinite(m->scores[order[i]]))
			order[count++] = order[i];
	size_t parts = CLAMP(count / PART_ROWS, 1, PARTS_MOST);
	for (size_t k = 0; k < parts; k++) {
		size_t from = count * k / parts, to = count * (k + 1) / parts;
		if (to > from)
			find_beyond(m, order + from, to - from, found);
	}
	g_array_sort(found, by_margin);
	return found;
}

static json_t *labels_json(const SuspectRows *m, const GArray *found, const double *thresholds)
{
	json_t *by_class = json_object();
	for (size_t k = 0; k < m->classes; k++)
		json_object_set_new(by_class, bundle_class(m->b, k), json_number(thresholds[k]));
	return json_pack("{s:o,s:o}", "thresholds", by_class, "pairs", pairs_json(m, found));
}

bool suspects_of(const SuspectRows *m, json_t **ret, GError **error)
{
	g_autoptr(Frame) rows = NULL;
	g_autofree double *thresholds = m->classes ? thresholds_of(m) : NULL;
	g_autoptr(GArray) found = m->classes ? find(m, thresholds) : find_numbers(m);
	if (!read_rows(m, found, &rows, error))
		return false;
	*ret = m->classes ? labels_json(m, found, thresholds) : json_object();
	json_object_set_new(*ret, "rows", json_integer((json_int_t)found->len));
	json_object_set_new(*ret, "share", json_number((double)found->len / (double)m->rows));
	json_object_set_new(*ret, "worst", worst_json(m, found, rows));
	return true;
}
