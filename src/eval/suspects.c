/* suspects.c: rows whose label is probably wrong. */
#include "eval/suspects.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"

enum { MOST_SHOWN = 20, MOST_PAIRS = 10, NOBODY = -1 };

typedef struct Suspect {
	size_t row;
	int likely;
	double margin; /* score of the label minus score of the likely class: the lower the surer */
} Suspect;

static double score(const Mistakes *m, size_t row, size_t class)
{
	return m->a->scores[row * m->a->outputs + class];
}

/* NaN for a class without rows: it is never likely. */
static double *thresholds_of(const Mistakes *m)
{
	size_t classes = m->t->classes;
	double *sums = g_new0(double, classes);
	g_autofree double *counts = g_new0(double, classes);
	for (size_t i = 0; i < m->t->rows; i++)
		if (!isnan(m->t->y[i])) {
			sums[(size_t)m->t->y[i]] += score(m, i, (size_t)m->t->y[i]);
			counts[(size_t)m->t->y[i]]++;
		}
	for (size_t k = 0; k < classes; k++)
		sums[k] = counts[k] > 0 ? sums[k] / counts[k] : NAN;
	return sums;
}

static int likely_class(const Mistakes *m, const double *thresholds, size_t row)
{
	int best = NOBODY;
	for (size_t k = 0; k < m->t->classes; k++)
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

static GArray *find(const Mistakes *m, const double *thresholds)
{
	GArray *found = g_array_new(FALSE, FALSE, sizeof(Suspect));
	for (size_t i = 0; i < m->t->rows; i++) {
		int likely = isnan(m->t->y[i]) ? NOBODY : likely_class(m, thresholds, i);
		if (likely == NOBODY || likely == (int)m->t->y[i])
			continue;
		Suspect s = {i, likely, score(m, i, (size_t)m->t->y[i]) - score(m, i, (size_t)likely)};
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

/* The rows of the surest, as they stand in the file. */
static bool read_rows(const Mistakes *m, const GArray *found, Frame **ret, GError **error)
{
	g_autofree char *path = sql_text(m->test_path);
	g_autoptr(GString) list = g_string_new("-1");
	for (guint i = 0; i < MIN(found->len, MOST_SHOWN); i++)
		g_string_append_printf(list, ", %zu", g_array_index(found, Suspect, i).row);
	g_autofree char *sql = g_strdup_printf("SELECT * FROM (SELECT *, row_number() OVER () - 1 AS _gyre_place FROM "
	                                       "read_parquet(%s)) WHERE _gyre_place IN (%s)",
	        path, list->str);
	return engine_frame(m->e, sql, ret, error);
}

static json_t *worst_json(const Mistakes *m, const GArray *found, const Frame *rows)
{
	json_t *list = json_array();
	const Column *numbers = frame_find(rows, "_gyre_place");
	for (guint k = 0; k < MIN(found->len, MOST_SHOWN); k++) {
		const Suspect *s = &g_array_index(found, Suspect, k);
		for (size_t i = 0; i < rows->rows; i++)
			if (numbers->ints[i] == (int64_t)s->row)
				json_array_append_new(
				        list, json_pack("{s:o,s:o,s:o,s:f,s:f}", "row", row_json(rows, i), "label",
				                      json_text(bundle_class(m->b, (size_t)m->t->y[s->row])), "likely",
				                      json_text(bundle_class(m->b, (size_t)s->likely)), "score",
				                      score(m, s->row, (size_t)s->likely), "own",
				                      score(m, s->row, (size_t)m->t->y[s->row])));
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

static json_t *pairs_json(const Mistakes *m, const GArray *found)
{
	size_t classes = m->t->classes;
	g_autofree PairCount *counts = g_new0(PairCount, classes * classes + 1);
	for (size_t i = 0; i < classes * classes; i++)
		counts[i] = (PairCount){i / classes, i % classes, 0};
	for (guint i = 0; i < found->len; i++) {
		const Suspect *s = &g_array_index(found, Suspect, i);
		counts[(size_t)m->t->y[s->row] * classes + (size_t)s->likely].rows++;
	}
	qsort(counts, classes * classes, sizeof *counts, by_rows);
	json_t *list = json_array();
	for (size_t i = 0; i < MIN(classes * classes, (size_t)MOST_PAIRS) && counts[i].rows; i++)
		json_array_append_new(list,
		        json_pack("{s:o,s:o,s:I}", "label", json_text(bundle_class(m->b, counts[i].label)), "likely",
		                json_text(bundle_class(m->b, counts[i].likely)), "rows", counts[i].rows));
	return list;
}

bool suspects_of(const Mistakes *m, json_t **ret, GError **error)
{
	g_autoptr(Frame) rows = NULL;
	if (!m->t->classes) {
		*ret = json_null();
		return true;
	}
	g_autofree double *thresholds = thresholds_of(m);
	g_autoptr(GArray) found = find(m, thresholds);
	if (!read_rows(m, found, &rows, error))
		return false;
	json_t *by_class = json_object();
	for (size_t k = 0; k < m->t->classes; k++)
		json_object_set_new(by_class, bundle_class(m->b, k), json_number(thresholds[k]));
	*ret = json_pack("{s:I,s:o,s:o,s:o,s:o}", "rows", (json_int_t)found->len, "share",
	        json_number((double)found->len / (double)m->t->rows), "thresholds", by_class, "pairs",
	        pairs_json(m, found), "worst", worst_json(m, found, rows));
	return true;
}
