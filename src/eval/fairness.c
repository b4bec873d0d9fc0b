/* fairness.c: counts by group, and what the measures make of them. */
#include "eval/fairness.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "eval/facets.h"
#include "stats/fairness.h"
#include "stats/test.h"

#define LEVEL 0.95
enum { BINS = 5 };

typedef struct Look {
	const Facet *facet;
	const TestSet *t;
	const Answers *a;
	int64_t min_rows;
	FairGroup groups[SLICE_VALUES + 2];
} Look;

static double score_of(const Look *l, size_t row)
{
	return l->a->scores[row * l->a->outputs + l->t->positive];
}

static bool is_positive(const Look *l, size_t row)
{
	return l->t->y[row] == (double)l->t->positive;
}

static bool counts(const Look *l, size_t row)
{
	return l->facet->codes[row] != SLICE_NONE && !isnan(l->t->y[row]);
}

static void count_groups(Look *l)
{
	for (size_t i = 0; i < l->t->rows; i++) {
		if (!counts(l, i))
			continue;
		FairGroup *g = &l->groups[l->facet->codes[i]];
		bool selected = l->a->decided[i] == l->t->positive;
		g->rows++;
		g->positives += is_positive(l, i);
		g->selected += selected;
		g->hits += selected && is_positive(l, i);
		g->predicted += score_of(l, i);
	}
}

static json_t *rate_json(FairRate r)
{
	double low = NAN, high = NAN;
	if (r.rows > 0)
		wilson_interval(r.hits, r.rows, LEVEL, &low, &high);
	return json_pack("{s:o,s:o,s:o,s:I}", "value", json_number(r.hits / r.rows), "low", json_number(low), "high",
	        json_number(high), "rows", (json_int_t)r.rows);
}

/* A score and whether it was so. */
typedef struct Said {
	double score;
	bool positive;
} Said;

static int by_score(const void *a, const void *b)
{
	const Said *x = a, *y = b;
	return x->score != y->score ? (x->score > y->score) - (x->score < y->score) : x->positive - y->positive;
}

static json_t *bin_json(const Said *said, size_t count)
{
	double predicted = 0, positives = 0, low, high;
	for (size_t i = 0; i < count; i++) {
		predicted += said[i].score;
		positives += said[i].positive;
	}
	wilson_interval(positives, (double)count, LEVEL, &low, &high);
	return json_pack("{s:I,s:f,s:f,s:f,s:f}", "rows", (json_int_t)count, "predicted", predicted / (double)count,
	        "actual", positives / (double)count, "low", low, "high", high);
}

/* Equal parts of the group by score; fewer when there are not ten rows for each. */
static json_t *calibration_bins(const Look *l, size_t code)
{
	size_t rows = (size_t)l->groups[code].rows, count = 0;
	size_t bins = MIN((size_t)BINS, rows / 10);
	g_autofree Said *said = g_new(Said, rows + 1);
	for (size_t i = 0; i < l->t->rows; i++)
		if (counts(l, i) && l->facet->codes[i] == code)
			said[count++] = (Said){score_of(l, i), is_positive(l, i)};
	qsort(said, count, sizeof *said, by_score);
	json_t *list = json_array();
	for (size_t k = 0; k < bins; k++) {
		size_t from = count * k / bins, to = count * (k + 1) / bins;
		json_array_append_new(list, bin_json(said + from, to - from));
	}
	return list;
}

/* "sex = Female" is Female; a range stays as it is told. */
static const char *group_name(const Facet *f, size_t code)
{
	g_autofree char *equal = g_strconcat(f->column, " = ", NULL);
	const char *literal = f->literals[code];
	return g_str_has_prefix(literal, equal) ? literal + strlen(equal) : literal;
}

static json_t *group_json(const Look *l, size_t code)
{
	const FairGroup *g = &l->groups[code];
	double predicted = g->predicted / g->rows, actual = g->positives / g->rows;
	json_t *calibration = json_pack("{s:o,s:o,s:o,s:o}", "predicted", json_number(predicted), "actual",
	        json_number(actual), "gap", json_number(predicted - actual), "bins", calibration_bins(l, code));
	return json_pack("{s:o,s:I,s:b,s:o,s:o,s:o,s:o,s:o,s:o}", "group", json_text(group_name(l->facet, code)),
	        "rows", (json_int_t)g->rows, "enough", g->rows >= (double)l->min_rows, "actual",
	        rate_json((FairRate){g->positives, g->rows}), "selection_rate", rate_json(fair_selection(g)), "tpr",
	        rate_json(fair_true_positive(g)), "fpr", rate_json(fair_false_positive(g)), "ppv",
	        rate_json(fair_precision(g)), "calibration", calibration);
}

static json_t *measures_json(const Look *l)
{
	FairGroup large[SLICE_VALUES + 2];
	size_t codes[SLICE_VALUES + 2], count = 0;
	for (size_t v = 0; v < l->facet->values; v++)
		if (l->groups[v].rows >= (double)l->min_rows) {
			codes[count] = v;
			large[count++] = l->groups[v];
		}
	json_t *measures = json_object();
	for (const FairMeasure *m = FAIR_MEASURES; m->name; m++) {
		FairGap gap = m->compute(large, count, LEVEL);
		bool known = !isnan(gap.value);
		json_object_set_new(measures, m->name,
		        json_pack("{s:o,s:o,s:o,s:o,s:o}", "value", json_number(gap.value), "low", json_number(gap.low),
		                "high", json_number(gap.high), "most",
		                json_text(known ? group_name(l->facet, codes[gap.most]) : NULL), "least",
		                json_text(known ? group_name(l->facet, codes[gap.least]) : NULL)));
	}
	return measures;
}

static json_t *groups_json(const Facet *f, const TestSet *t, const Answers *a, int64_t min_rows)
{
	Look l = {.facet = f, .t = t, .a = a, .min_rows = min_rows};
	json_t *groups = json_array();
	count_groups(&l);
	for (size_t v = 0; v < f->values; v++)
		if (l.groups[v].rows > 0)
			json_array_append_new(groups, group_json(&l, v));
	return json_pack("{s:o,s:o}", "groups", groups, "measures", measures_json(&l));
}

static bool read_columns(Engine *e, const char *test_path, const json_t *names, Frame **ret, GError **error)
{
	g_autofree char *table = sql_parquet(test_path);
	g_autoptr(GString) sql = g_string_new("SELECT ");
	size_t i;
	json_t *name;
	json_array_foreach ((json_t *)names, i, name) {
		g_autofree char *quoted = sql_name(json_string_value(name));
		g_string_append_printf(sql, "%s%s", i ? ", " : "", quoted);
	}
	g_string_append_printf(sql, " FROM %s", table);
	return engine_frame(e, sql->str, ret, error);
}

bool fairness_of(Engine *e, const char *test_path, const json_t *block, const TestSet *t, const Answers *a,
        json_t **ret, GError **error)
{
	static const char *const NOTHING[] = {NULL};
	g_autoptr(Frame) rows = NULL;
	int64_t min_rows = json_get_int(block, "min_rows", 30);
	if (!read_columns(e, test_path, json_object_get(block, "columns"), &rows, error))
		return false;
	g_autoptr(GPtrArray) facets = facets_of(rows, NOTHING);
	json_t *columns = json_object();
	for (guint i = 0; i < facets->len; i++) {
		const Facet *f = facets->pdata[i];
		json_object_set_new(columns, f->column, groups_json(f, t, a, min_rows));
	}
	*ret = json_pack("{s:f,s:I,s:o}", "level", LEVEL, "min_rows", (json_int_t)min_rows, "columns", columns);
	return true;
}
