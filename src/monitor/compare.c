/* compare.c: the same columns of two tables side by side. */
#include "monitor/compare.h"

#include <math.h>
#include <string.h>

#include "base/json.h"
#include "stats/drift.h"
#include "stats/radix.h"

/* Values that are sorted here, in 16 bytes each, ten times as fast as the engine does; it sorts more, and spills. */
#define SORTED_HERE 4000000

typedef struct Side {
	Engine *e;
	json_t *columns; /* of engine_describe */
	json_t *counts;  /* "rows", and present values by column as "c0", "c1", ... */
	int64_t rows;
} Side;

/* A column that both have. */
typedef struct Pair {
	const char *name;
	const char *type;  /* borrowed */
	const char *shape; /* SQL with %s for the column: a number, or a category's hash */
	bool is_category;
	int64_t present[2];
	DriftReport report;
	DriftQuestion values, missing;
} Pair;

static void side_clear(Side *s)
{
	json_decref(s->columns);
	json_decref(s->counts);
}

static const char *column_type(const json_t *columns, const char *name)
{
	size_t i;
	json_t *column;
	json_array_foreach ((json_t *)columns, i, column)
		if (strcmp(json_get_text(column, "name", ""), name) == 0)
			return json_get_text(column, "type", NULL);
	return NULL;
}

static bool is_number(const char *type)
{
	return strcmp(type, "int") == 0 || strcmp(type, "real") == 0;
}

static const char *common_type(const char *a, const char *b)
{
	if (strcmp(a, b) == 0)
		return a;
	return is_number(a) && is_number(b) ? "real" : "text";
}

/* Categories become 63 bits of a hash, so that their texts need not be kept. */
static void shape(Pair *p)
{
	p->is_category = !is_number(p->type) && strcmp(p->type, "time") != 0;
	p->shape = p->is_category       ? "CASE WHEN %s IS NOT NULL THEN (hash(%s::VARCHAR) >> 1)::BIGINT END"
	           : is_number(p->type) ? "CASE WHEN isfinite(%s::DOUBLE) THEN %s::DOUBLE END"
	                                : "CASE WHEN isfinite(%s::TIMESTAMP) THEN epoch_us(%s::TIMESTAMP) / 1e6 END";
}

static char *expression(const Pair *p)
{
	g_autofree char *name = sql_name(p->name);
	g_auto(GStrv) parts = g_strsplit(p->shape, "%s", -1);
	return g_strjoinv(name, parts);
}

static bool read_columns(Side *s, GError **error)
{
	return engine_describe(s->e, "SELECT * FROM rows", &s->columns, error);
}

static bool count_present(Side *s, GArray *pairs, size_t side, GError **error)
{
	g_autoptr(GString) sql = g_string_new("SELECT count(*) AS rows");
	for (guint i = 0; i < pairs->len; i++) {
		g_autofree char *value = expression(&g_array_index(pairs, Pair, i));
		g_string_append_printf(sql, ", count(%s) AS c%u", value, i);
	}
	g_string_append(sql, " FROM rows");
	if (!engine_row(s->e, sql->str, &s->counts, error))
		return false;
	s->rows = json_get_int(s->counts, "rows", 0);
	for (guint i = 0; i < pairs->len; i++) {
		g_autofree char *key = g_strdup_printf("c%u", i);
		g_array_index(pairs, Pair, i).present[side] = json_get_int(s->counts, key, 0);
	}
	return true;
}

/* Rows of a query, one at a time. */
typedef struct Cursor {
	FrameReader *reader;
	Frame *frame;
	size_t at;
	GError *error; /* what ended it early */
} Cursor;

static void cursor_clear(Cursor *c)
{
	frame_reader_free(c->reader);
	if (c->frame)
		frame_free(c->frame);
	g_clear_error(&c->error);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Cursor, cursor_clear)

static bool cursor_row(Cursor *c)
{
	while (!c->error && (!c->frame || c->at + 1 >= c->frame->rows)) {
		g_clear_pointer(&c->frame, frame_free);
		if (!frame_reader_next(c->reader, &c->frame, &c->error) || !c->frame)
			return false;
		c->at = (size_t)-1;
		if (c->frame->rows)
			break;
	}
	c->at++;
	return !c->error;
}

/* Did both reach their end? */
static bool cursors_done(Cursor *a, Cursor *b, GError **error)
{
	GError **problem = a->error ? &a->error : &b->error;
	if (!*problem)
		return true;
	g_propagate_error(error, g_steal_pointer(problem));
	return false;
}

static bool next_number(void *source, double *ret)
{
	Cursor *c = source;
	if (!cursor_row(c))
		return false;
	*ret = ((const Column *)c->frame->columns->pdata[0])->reals[c->at];
	return true;
}

/* The values of a column in ascending order: all of them, or row by row from the engine. */
typedef struct Sorted {
	Cursor cursor;
	double *values; /* NULL: by cursor */
	size_t count, at;
} Sorted;

static void sorted_clear(Sorted *s)
{
	cursor_clear(&s->cursor);
	g_free(s->values);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Sorted, sorted_clear)

static bool sorted_next(void *source, double *ret)
{
	Sorted *s = source;
	if (!s->values)
		return next_number(&s->cursor, ret);
	if (s->at == s->count)
		return false;
	*ret = s->values[s->at++];
	return true;
}

static bool sort_here(Sorted *s, int64_t present, GError **error)
{
	g_autofree double *values = g_new(double, present + 1), *scratch = g_new(double, present + 1);
	double value;
	while (next_number(&s->cursor, &value))
		if (s->count < (size_t)present)
			values[s->count++] = value;
	if (s->cursor.error) {
		g_propagate_error(error, g_steal_pointer(&s->cursor.error));
		return false;
	}
	radix_sort(values, scratch, s->count);
	s->values = g_steal_pointer(&values);
	return true;
}

static bool sorted_open(Engine *e, const Pair *p, int64_t present, Sorted *s, GError **error)
{
	bool here = present <= SORTED_HERE;
	g_autofree char *value = expression(p);
	g_autofree char *sql = g_strdup_printf(
	        "SELECT v FROM (SELECT %s AS v FROM rows) WHERE v IS NOT NULL%s", value, here ? "" : " ORDER BY v");
	return engine_read(e, sql, 0, &s->cursor.reader, error) && (!here || sort_here(s, present, error));
}

static bool compare_numbers(Side *sides, Pair *p, GError **error)
{
	g_auto(Sorted) a = {0}, b = {0};
	if (!sorted_open(sides[0].e, p, p->present[0], &a, error) ||
	        !sorted_open(sides[1].e, p, p->present[1], &b, error))
		return false;
	drift_numbers((DriftStream){sorted_next, &a, p->present[0]}, (DriftStream){sorted_next, &b, p->present[1]},
	        &p->report);
	return cursors_done(&a.cursor, &b.cursor, error);
}

/* A category and how many rows it has, in the order of hashes. */
typedef struct Category {
	bool any;
	int64_t hash, rows;
} Category;

static Category next_category(Cursor *c)
{
	if (!cursor_row(c))
		return (Category){0};
	const Column *hash = c->frame->columns->pdata[0], *rows = c->frame->columns->pdata[1];
	return (Category){true, hash->ints[c->at], rows->ints[c->at]};
}

static void walk_categories(Cursor *a, Cursor *b, DriftCategories *into)
{
	Category x = next_category(a), y = next_category(b);
	while (x.any || y.any) {
		bool in_a = x.any && (!y.any || x.hash <= y.hash), in_b = y.any && (!x.any || y.hash <= x.hash);
		drift_categories_add(into, in_a ? x.rows : 0, in_b ? y.rows : 0);
		if (in_a)
			x = next_category(a);
		if (in_b)
			y = next_category(b);
	}
}

static bool compare_categories(Side *sides, Pair *p, GError **error)
{
	g_autofree char *value = expression(p);
	g_autofree char *sql =
	        g_strdup_printf("SELECT v, count(*)::BIGINT AS n FROM (SELECT %s AS v FROM rows) WHERE v IS NOT "
	                        "NULL GROUP BY v ORDER BY v",
	                value);
	g_auto(Cursor) a = {0}, b = {0};
	DriftCategories categories;
	if (!engine_read(sides[0].e, sql, 0, &a.reader, error) || !engine_read(sides[1].e, sql, 0, &b.reader, error))
		return false;
	drift_categories_begin(&categories, p->present[0], p->present[1], &p->report);
	walk_categories(&a, &b, &categories);
	drift_categories_end(&categories);
	return cursors_done(&a, &b, error);
}

/* Columns of both, in A's order, and the names of the rest. */
static GArray *pair_up(const Side *sides, json_t *only)
{
	GArray *pairs = g_array_new(FALSE, TRUE, sizeof(Pair));
	size_t i;
	json_t *column;
	for (int side = 0; side < 2; side++)
		json_array_foreach (sides[side].columns, i, column) {
			const char *name = json_get_text(column, "name", ""),
			           *type = json_get_text(column, "type", NULL);
			const char *other = column_type(sides[1 - side].columns, name);
			if (!type || !other) {
				json_array_append_new(json_object_get(only, side ? "b" : "a"), json_string(name));
			} else if (side == 0) {
				Pair p = {.name = name, .type = common_type(type, other)};
				shape(&p);
				g_array_append_val(pairs, p);
			}
		}
	return pairs;
}

static json_t *tests_json(const Pair *p)
{
	json_t *tests = json_object();
	for (size_t k = 0; DRIFT_TESTS[k]; k++) {
		if (!(DRIFT_TESTS[k]->types & p->report.type))
			continue;
		DriftFigure figure = p->report.figures[k];
		json_t *test = json_pack("{s:o}", "value", json_number(figure.value));
		if (DRIFT_TESTS[k]->has_p)
			json_object_set_new(test, "p", json_number(figure.p));
		json_object_set_new(tests, DRIFT_TESTS[k]->name, test);
	}
	return tests;
}

static json_t *missing_json(const Pair *p, const Side *sides)
{
	double share[2];
	for (int i = 0; i < 2; i++)
		share[i] = sides[i].rows ? 1 - (double)p->present[i] / (double)sides[i].rows : 0;
	return json_pack("{s:f,s:f,s:o,s:o}", "a", share[0], "b", share[1], "p", json_number(p->missing.p),
	        "p_adjusted", json_number(p->missing.p_adjusted));
}

static json_t *pair_json(const Pair *p, const Side *sides, json_t *drifted)
{
	bool yes = p->values.drifted || p->missing.drifted, unknown = !yes && isnan(p->values.p);
	json_t *verdict = json_pack("{s:o,s:o,s:o,s:s}", "effect", json_number(p->values.effect), "p",
	        json_number(p->values.p), "p_adjusted", json_number(p->values.p_adjusted), "answer",
	        yes       ? "drifted"
	        : unknown ? "not enough data"
	                  : "steady");
	if (yes)
		json_array_append_new(drifted, json_string(p->name));
	return json_pack("{s:s,s:o,s:o,s:o,s:o}", "type", p->type, "tests", tests_json(p), "missing",
	        missing_json(p, sides), "verdict", verdict, "drifted", unknown ? json_null() : json_boolean(yes));
}

static void judge(GArray *pairs, const Side *sides, const CompareRules *rules)
{
	g_autofree DriftQuestion *questions = g_new(DriftQuestion, 2 * (gsize)pairs->len + 1);
	for (guint i = 0; i < pairs->len; i++) {
		const Pair *p = &g_array_index(pairs, Pair, i);
		bool enough = MIN(p->present[0], p->present[1]) >= rules->min_rows;
		bool rows_enough = MIN(sides[0].rows, sides[1].rows) >= rules->min_rows;
		questions[2 * i] = (DriftQuestion){p->report.effect, enough ? p->report.p : NAN};
		questions[2 * i + 1] = drift_rates(
		        sides[0].rows - p->present[0], sides[0].rows, sides[1].rows - p->present[1], sides[1].rows);
		if (!rows_enough)
			questions[2 * i + 1].p = NAN;
	}
	drift_judge(questions, 2 * (size_t)pairs->len, rules->alpha, rules->effect);
	for (guint i = 0; i < pairs->len; i++) {
		Pair *p = &g_array_index(pairs, Pair, i);
		p->values = questions[2 * i];
		p->missing = questions[2 * i + 1];
	}
}

static json_t *report_json(const GArray *pairs, const Side *sides, json_t *only)
{
	json_t *columns = json_object(), *drifted = json_array();
	for (guint i = 0; i < pairs->len; i++) {
		const Pair *p = &g_array_index(pairs, Pair, i);
		json_object_set_new(columns, p->name, pair_json(p, sides, drifted));
	}
	return json_pack("{s:{s:I,s:I},s:o,s:o,s:O}", "rows", "a", (json_int_t)sides[0].rows, "b",
	        (json_int_t)sides[1].rows, "columns", columns, "drifted", drifted, "only", only);
}

bool tables_compare(Engine *a, Engine *b, const CompareRules *rules, json_t **ret, GError **error)
{
	Side sides[2] = {{a}, {b}};
	json_auto_t *only = json_pack("{s:[],s:[]}", "a", "b");
	g_autoptr(GArray) pairs = NULL;
	bool ok = read_columns(&sides[0], error) && read_columns(&sides[1], error);
	if (ok)
		pairs = pair_up(sides, only);
	ok = ok && count_present(&sides[0], pairs, 0, error) && count_present(&sides[1], pairs, 1, error);
	for (guint i = 0; ok && i < pairs->len; i++) {
		Pair *p = &g_array_index(pairs, Pair, i);
		ok = p->is_category ? compare_categories(sides, p, error) : compare_numbers(sides, p, error);
	}
	if (ok) {
		judge(pairs, sides, rules);
		*ret = report_json(pairs, sides, only);
	}
	side_clear(&sides[0]);
	side_clear(&sides[1]);
	return ok;
}
