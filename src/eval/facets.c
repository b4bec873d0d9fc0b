/* facets.c: columns cut into a few values that people would name. */
#include "eval/facets.h"

#include <math.h>
#include <string.h>

#include "base/json.h"

enum { DAY_SECONDS = 86400 };

void facet_free(Facet *f)
{
	g_free(f->column);
	g_free(f->codes);
	g_strfreev(f->literals);
	g_strfreev(f->tests);
	g_free(f->sql);
	json_decref(f->conditions);
	g_free(f);
}

/* sql: what the engine reads as `column`; taken. */
static Facet *facet_new(const char *column, char *sql, size_t rows)
{
	Facet *f = g_new0(Facet, 1);
	f->column = g_strdup(column);
	f->sql = sql;
	f->tests = g_new0(char *, SLICE_VALUES + 2);
	f->codes = g_malloc(MAX(rows, (size_t)1));
	memset(f->codes, SLICE_NONE, MAX(rows, (size_t)1));
	f->literals = g_new0(char *, SLICE_VALUES + 2);
	f->conditions = json_array();
	return f;
}

static uint8_t add_value(Facet *f, char *literal, json_t *conditions, char *test)
{
	f->literals[f->values] = literal;
	f->tests[f->values] = test;
	json_array_append_new(f->conditions, conditions);
	return (uint8_t)f->values++;
}

static json_t *condition(const char *column, const char *op, json_t *value)
{
	return json_pack("[{s:o,s:s,s:o}]", "column", json_text(column), "op", op, "value", value);
}

static uint8_t add_missing(Facet *f)
{
	return add_value(f, g_strdup_printf("%s is missing", f->column), condition(f->column, "=", json_null()),
	        g_strdup_printf("%s IS NULL", f->sql));
}

static uint8_t add_equal(Facet *f, const char *value)
{
	g_autofree char *text = sql_text(value);
	return add_value(f, g_strdup_printf("%s = %s", f->column, value), condition(f->column, "=", json_text(value)),
	        g_strdup_printf("%s = %s", f->sql, text));
}

char *facet_number(double value, bool exactly)
{
	static const char *const FORMATS[] = {"%.6g", "%.15g", "%.17g"};
	char text[G_ASCII_DTOSTR_BUF_SIZE];
	bool is_whole = value == floor(value);
	size_t i = is_whole ? 1 : 0, last = is_whole || exactly ? G_N_ELEMENTS(FORMATS) - 1 : 0;
	g_ascii_formatd(text, sizeof text, FORMATS[i], value);
	while (i < last && g_ascii_strtod(text, NULL) != value)
		g_ascii_formatd(text, sizeof text, FORMATS[++i], value);
	return g_strdup(text);
}

static uint8_t add_equal_number(Facet *f, double value)
{
	g_autofree char *text = facet_number(value, true);
	return add_value(f, g_strdup_printf("%s = %s", f->column, text), condition(f->column, "=", json_text(text)),
	        g_strdup_printf("%s = %.17g::DOUBLE", f->sql, value));
}

/* Numbers of any type; NaN and infinities are missing here as they are in features. */
static char *number_sql(const Column *c)
{
	g_autofree char *name = sql_name(c->name);
	return g_strdup_printf("(CASE WHEN isfinite(%s::DOUBLE) THEN %s::DOUBLE END)", name, name);
}

typedef struct Count {
	uint32_t code;
	size_t rows;
} Count;

static int by_rows(const void *a, const void *b, void *context)
{
	const Count *x = a, *y = b;
	(void)context;
	if (x->rows != y->rows)
		return x->rows < y->rows ? 1 : -1;
	return x->code < y->code ? -1 : x->code > y->code;
}

/* Texts: the most frequent values, each a slice; the rest is in none. */
static Facet *cut_text(const Column *c)
{
	uint32_t size = dictionary_size(c->dictionary);
	g_autofree Count *counts = g_new0(Count, (gsize)size + 1);
	for (uint32_t k = 0; k <= size; k++)
		counts[k].code = k;
	for (size_t i = 0; i < c->rows; i++)
		counts[column_is_missing(c, i) ? size : c->codes[i]].rows++;
	g_qsort_with_data(counts, (gint)size + 1, sizeof *counts, by_rows, NULL);
	Facet *f = facet_new(c->name, sql_name(c->name), c->rows);
	g_autofree uint8_t *to = g_malloc((gsize)size + 1);
	memset(to, SLICE_NONE, (gsize)size + 1);
	for (uint32_t k = 0; k <= size && k < SLICE_VALUES && counts[k].rows; k++)
		to[counts[k].code] = counts[k].code == size
		                             ? add_missing(f)
		                             : add_equal(f, dictionary_text(c->dictionary, counts[k].code));
	for (size_t i = 0; i < c->rows; i++)
		f->codes[i] = to[column_is_missing(c, i) ? size : c->codes[i]];
	return f;
}

static int by_value(const void *a, const void *b, void *context)
{
	double x = *(const double *)a, y = *(const double *)b;
	(void)context;
	return x < y ? -1 : x > y;
}

/* The values that are numbers, sorted; *ret_count of them. */
static double *sorted_values(const Column *c, size_t *ret_count)
{
	double *values = g_new(double, MAX(c->rows, (size_t)1));
	size_t count = 0;
	for (size_t i = 0; i < c->rows; i++) {
		double value = column_number(c, i);
		if (isfinite(value))
			values[count++] = value;
	}
	g_qsort_with_data(values, (gint)count, sizeof *values, by_value, NULL);
	*ret_count = count;
	return values;
}

/* Cuts at the quintiles, equal ones once: (-inf, c0], (c0, c1], ...  Where nearly all values are the largest, one cut below it. */
static size_t quantile_cuts(const double *sorted, size_t count, double *ret)
{
	enum { PARTS = 5 };
	size_t cuts = 0;
	for (size_t k = 1; k < PARTS && count; k++) {
		double cut = sorted[count * k / PARTS];
		if (cut < sorted[count - 1] && (!cuts || cut > ret[cuts - 1]))
			ret[cuts++] = cut;
	}
	size_t below = count;
	while (!cuts && below > 0 && sorted[below - 1] == sorted[count - 1])
		below--;
	if (!cuts && below > 0)
		ret[cuts++] = sorted[below - 1];
	return cuts;
}

/* Steals `more`. */
static void extend(json_t *list, json_t *more)
{
	json_array_extend(list, more);
	json_decref(more);
}

static void add_range(Facet *f, const double *cuts, size_t count, size_t k)
{
	json_t *list = json_array();
	if (k > 0)
		extend(list, condition(f->column, ">", json_real(cuts[k - 1])));
	if (k < count)
		extend(list, condition(f->column, "<=", json_real(cuts[k])));
	g_autofree char *from = k > 0 ? facet_number(cuts[k - 1], false) : NULL;
	g_autofree char *to = k < count ? facet_number(cuts[k], false) : NULL;
	char *literal = !from ? g_strdup_printf("%s <= %s", f->column, to)
	                : !to ? g_strdup_printf("%s > %s", f->column, from)
	                      : g_strdup_printf("%s in (%s, %s]", f->column, from, to);
	char *test = k == 0       ? g_strdup_printf("%s <= %.17g::DOUBLE", f->sql, cuts[0])
	             : k == count ? g_strdup_printf("%s > %.17g::DOUBLE", f->sql, cuts[count - 1])
	                          : g_strdup_printf("%s > %.17g::DOUBLE AND %s <= %.17g::DOUBLE", f->sql, cuts[k - 1],
	                                    f->sql, cuts[k]);
	add_value(f, literal, list, test);
}

static Facet *cut_ranges(const Column *c, const double *sorted, size_t count)
{
	double cuts[8];
	size_t n = quantile_cuts(sorted, count, cuts);
	Facet *f = facet_new(c->name, number_sql(c), c->rows);
	if (!n)
		return f;
	for (size_t k = 0; k <= n; k++)
		add_range(f, cuts, n, k);
	uint8_t missing = count < c->rows ? add_missing(f) : SLICE_NONE;
	for (size_t i = 0; i < c->rows; i++) {
		double value = column_number(c, i);
		size_t k = 0;
		while (k < n && value > cuts[k])
			k++;
		f->codes[i] = !isfinite(value) ? missing : (uint8_t)k;
	}
	return f;
}

/* Numbers with a few values are named by them, others cut at their quintiles. */
static Facet *cut_number(const Column *c)
{
	size_t count, distinct = 0;
	g_autofree double *sorted = sorted_values(c, &count);
	for (size_t i = 0; i < count && distinct <= SLICE_VALUES; i++)
		distinct += i == 0 || sorted[i] != sorted[i - 1];
	if (distinct > SLICE_VALUES - 1)
		return cut_ranges(c, sorted, count);
	Facet *f = facet_new(c->name, number_sql(c), c->rows);
	double values[SLICE_VALUES];
	for (size_t i = 0; i < count; i++) {
		if (i && sorted[i] == sorted[i - 1])
			continue;
		values[f->values] = sorted[i];
		add_equal_number(f, sorted[i]);
	}
	size_t known = f->values;
	uint8_t missing = count < c->rows ? add_missing(f) : SLICE_NONE;
	for (size_t i = 0; i < c->rows; i++) {
		double value = column_number(c, i);
		f->codes[i] = missing;
		for (size_t k = 0; k < known && isfinite(value); k++)
			if (values[k] == value)
				f->codes[i] = (uint8_t)k;
	}
	return f;
}

/* Times: by part of the day where they have one, and by weekday. */
static Facet *cut_weekday(const Column *c)
{
	static const char *const DAYS[] = {
	        "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"};
	g_autofree char *name = g_strdup_printf("weekday(%s)", c->name);
	g_autofree char *quoted = sql_name(c->name);
	Facet *f = facet_new(name, g_strdup_printf("dayname(%s::TIMESTAMP)", quoted), c->rows);
	for (size_t k = 0; k < G_N_ELEMENTS(DAYS); k++)
		add_equal(f, DAYS[k]);
	for (size_t i = 0; i < c->rows; i++) {
		int64_t day = (int64_t)floor((double)c->ints[i] / (DAY_SECONDS * 1e6));
		if (!column_is_missing(c, i))
			f->codes[i] = (uint8_t)(((day + 3) % 7 + 7) % 7); /* 1970-01-01 was a Thursday */
	}
	return f;
}

static Facet *cut_hours(const Column *c)
{
	g_autofree char *name = g_strdup_printf("hour(%s)", c->name);
	g_autofree char *quoted = sql_name(c->name);
	Facet *f = facet_new(name, g_strdup_printf("hour(%s::TIMESTAMP)", quoted), c->rows);
	bool any = false;
	for (int k = 0; k < 8; k++) {
		json_t *list = condition(name, ">=", json_integer(3 * k));
		extend(list, condition(name, "<", json_integer(3 * k + 3)));
		add_value(f, g_strdup_printf("%s from %d to %d", name, 3 * k, 3 * k + 3), list,
		        g_strdup_printf("%s BETWEEN %d AND %d", f->sql, 3 * k, 3 * k + 2));
	}
	for (size_t i = 0; i < c->rows; i++) {
		int64_t seconds = (int64_t)floor((double)c->ints[i] / 1e6);
		int64_t hour = ((seconds % DAY_SECONDS) + DAY_SECONDS) % DAY_SECONDS / 3600;
		any |= hour != 0;
		if (!column_is_missing(c, i))
			f->codes[i] = (uint8_t)(hour / 3);
	}
	if (!any)
		f->values = 0;
	return f;
}

static void keep(GPtrArray *facets, Facet *f)
{
	if (f->values >= 2)
		g_ptr_array_add(facets, f);
	else
		facet_free(f);
}

GPtrArray *facets_of(const Frame *rows, const char *const *leave_out)
{
	GPtrArray *facets = g_ptr_array_new_with_free_func((GDestroyNotify)facet_free);
	for (guint i = 0; i < rows->columns->len; i++) {
		const Column *c = rows->columns->pdata[i];
		if (g_str_has_prefix(c->name, "_gyre_") || g_strv_contains(leave_out, c->name))
			continue;
		if (c->type == COLUMN_TEXT) {
			keep(facets, cut_text(c));
		} else if (c->type == COLUMN_TIME) {
			keep(facets, cut_weekday(c));
			keep(facets, cut_hours(c));
		} else {
			keep(facets, cut_number(c));
		}
	}
	return facets;
}
