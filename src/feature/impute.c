/* impute.c: fills in missing values, in their place.
 *
 *   auto        median of numbers, the most frequent text
 *   mean        numbers only
 *   median      numbers only
 *   mode        the most frequent value (of equals the first in order)
 *   constant    `value`
 *
 * Missing are also NaN and infinities of numbers.  A column without any value gets 0, or the text "missing".  Columns
 * of numbers become of type real.  With `indicator` a column "price_missing" says where something was filled in: the
 * model may then learn what being missing means. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "feature/categories.h"
#include "feature/kinds.h"
#include "feature/number_fit.h"
#include "feature/pick.h"

static const char *const METHODS[] = {"auto", "mean", "median", "mode", "constant", NULL};

static const Param PARAMS[] = {
        PARAM_COLUMNS("columns of numbers or texts"),
        {.name = "method",
                .type = PARAM_TEXT,
                .preset = "\"auto\"",
                .choices = METHODS,
                .help = "auto: the median of numbers, the most frequent text"},
        {.name = "value", .type = PARAM_JSON, .help = "for method constant: a number or a text"},
        {.name = "indicator",
                .type = PARAM_BOOL,
                .preset = "false",
                .help = "add a column that says where a value was missing"},
        {0},
};

static bool is_method(const json_t *params, const char *method)
{
	return strcmp(json_get_text(params, "method", "auto"), method) == 0;
}

static bool check(const json_t *params, GError **error)
{
	const json_t *value = json_object_get(params, "value");
	if (value && !is_method(params, "constant"))
		return fail(error, FAIL_INVALID, "value is only for method: constant");
	if (is_method(params, "constant") && !json_is_number(value) && !json_is_string(value))
		return fail(error, FAIL_INVALID, "method constant needs a value, a number or a text");
	return true;
}

static bool learns(const json_t *params)
{
	return !is_method(params, "constant");
}

/* Which of the two is in use turns out with the first rows. */
typedef struct ImputeFit {
	NumberFit *numbers;
	CategoryCounts *texts;
	bool is_text, is_number; /* neither: there were no rows */
} ImputeFit;

static bool begin(const json_t *params, void **ret_fit, GError **error)
{
	bool mean = is_method(params, "mean");
	ImputeFit *fit = g_new0(ImputeFit, 1);
	fit->numbers = number_fit_new(params, mean ? NUMBER_MOMENTS : NUMBER_VALUES);
	fit->texts = category_counts_new();
	*ret_fit = fit;
	return true;
}

static bool absorb(void *context, const Frame *rows, const double *target, GError **error)
{
	ImputeFit *fit = context;
	const json_t *params = fit->numbers->params;
	const Column *c = rows_find(rows, params_column(params, 0));
	fit->is_text = c->type == COLUMN_TEXT;
	fit->is_number = !fit->is_text;
	if (fit->is_text && (is_method(params, "mean") || is_method(params, "median")))
		return fail(error, FAIL_INVALID, "column \"%s\" is of type text, which has no %s; use mode", c->name,
		        json_get_text(params, "method", ""));
	if (fit->is_text)
		category_counts_add(fit->texts, c);
	else
		number_fit_add(fit->numbers, c);
	return true;
}

static bool merge(void *context, const void *other, GError **error)
{
	ImputeFit *into = context;
	const ImputeFit *from = other;
	into->is_text = into->is_text || from->is_text;
	into->is_number = into->is_number || from->is_number;
	category_counts_merge(into->texts, from->texts);
	return number_fit_merge(into->numbers, from->numbers, error);
}

static json_t *most_frequent(const CategoryCounts *counts)
{
	g_autoptr(GArray) categories = category_counts_sorted(counts, 1);
	categories_keep_frequent(categories, 1);
	return json_text(categories->len ? g_array_index(categories, Category, 0).text : "missing");
}

static json_t *number_value(const NumberFit *fit)
{
	static const double HALF = 0.5;
	double value;
	if (is_method(fit->params, "mean"))
		value = exact_moments_mean(&fit->moments);
	else if (is_method(fit->params, "mode"))
		value = value_counts_mode(&fit->values);
	else
		value_counts_quantiles(&fit->values, &HALF, 1, &value);
	return json_real(isfinite(value) ? value : 0);
}

static bool finish(void *context, json_t **ret_state, GError **error)
{
	const ImputeFit *fit = context;
	json_t *value = fit->is_text     ? most_frequent(fit->texts)
	                : fit->is_number ? number_value(fit->numbers)
	                                 : json_null();
	*ret_state = json_pack("{s:o}", "value", value);
	return true;
}

static void free_fit(void *context)
{
	ImputeFit *fit = context;
	number_fit_free(fit->numbers);
	category_counts_free(fit->texts);
	g_free(fit);
}

typedef struct Impute {
	char *column;
	char *text; /* NULL: only for numbers */
	size_t length;
	double number;
	bool is_either;  /* nothing was learnt: `text` for texts, `number` for numbers */
	char *indicator; /* name of that column; NULL: none */
} Impute;

static bool load(const json_t *params, const json_t *state, void **ret, GError **error)
{
	const json_t *value = json_object_get(learns(params) ? state : params, "value");
	bool is_either = json_is_null(value);
	if (!json_is_number(value) && !json_is_string(value) && !is_either)
		return fail(error, FAIL_BROKEN, "a value is expected");
	Impute *t = g_new0(Impute, 1);
	t->column = g_strdup(params_column(params, 0));
	t->text = g_strdup(is_either ? "missing" : json_string_value(value));
	t->length = t->text ? strlen(t->text) : 0;
	t->is_either = is_either;
	t->number = json_number_value(value);
	if (json_get_bool(params, "indicator", false))
		t->indicator = g_strdup_printf("%s_missing", t->column);
	*ret = t;
	return true;
}

static bool is_absent(const Column *c, size_t row)
{
	return c->type == COLUMN_TEXT ? column_is_missing(c, row) : !isfinite(column_number(c, row));
}

static Column *fill_text(const Impute *t, const Column *c)
{
	Column *filled = column_new(t->column, COLUMN_TEXT, c->rows, c->dictionary);
	uint32_t code = dictionary_code(filled->dictionary, t->text, strlen(t->text));
	for (size_t i = 0; i < c->rows; i++)
		filled->codes[i] = is_absent(c, i) ? code : c->codes[i];
	return filled;
}

static Column *fill_number(const Impute *t, const Column *c)
{
	Column *filled = column_new(t->column, COLUMN_REAL, c->rows, NULL);
	for (size_t i = 0; i < c->rows; i++)
		filled->reals[i] = is_absent(c, i) ? t->number : column_number(c, i);
	return filled;
}

static bool fits(const Impute *t, bool is_text)
{
	return is_text ? t->text != NULL : !t->text || t->is_either;
}

static bool apply(const void *context, Frame *rows, GError **error)
{
	const Impute *t = context;
	const Column *c = rows_find(rows, t->column);
	bool is_text = c->type == COLUMN_TEXT;
	if (!fits(t, is_text))
		return fail(error, FAIL_INVALID, "column \"%s\" is of type %s, but the value to fill in is %s", c->name,
		        column_type_name(c->type), t->text ? "a text" : "a number");
	if (t->indicator) {
		Column *said = column_new(t->indicator, COLUMN_BOOL, rows->rows, NULL);
		for (size_t i = 0; i < rows->rows; i++)
			said->bools[i] = is_absent(c, i);
		rows_append(rows, said);
	}
	rows_replace(rows, is_text ? fill_text(t, c) : fill_number(t, c));
	return true;
}

static void run(const RowStep *step, RowValue *values, Arena *texts)
{
	const Impute *t = step->t;
	const RowValue *v = &values[step->from[0]];
	RowValue *into = &values[step->into];
	bool is_text = v->type == COLUMN_TEXT;
	double number = row_number(v);
	bool absent = is_text ? v->is_missing : !isfinite(number);
	if (t->indicator)
		*into++ = row_bool(absent);
	if (!is_text)
		*into = row_real(absent ? t->number : number);
	else if (absent)
		*into = (RowValue){.type = COLUMN_TEXT, .length = (uint32_t)t->length, .text = t->text};
	else
		*into = *v;
}

static void compile(const void *context, RowCompiler *to)
{
	const Impute *t = context;
	bool is_text = row_type(to, 0) == COLUMN_TEXT;
	if (!fits(t, is_text))
		row_refuse(to);
	row_run(to, run);
	if (t->indicator)
		row_append(to, t->indicator, COLUMN_BOOL);
	row_replace(to, t->column, is_text ? COLUMN_TEXT : COLUMN_REAL);
}

static void free_impute(void *context)
{
	Impute *t = context;
	g_free(t->column);
	g_free(t->text);
	g_free(t->indicator);
	g_free(t);
}

static void outline(const json_t *params, Outline *columns)
{
	const char *name = params_column(params, 0);
	bool is_text = outline_find(columns, name)->type == COLUMN_TEXT;
	if (json_get_bool(params, "indicator", false))
		outline_setf(columns, COLUMN_BOOL, "%s_missing", name);
	outline_set(columns, name, is_text ? COLUMN_TEXT : COLUMN_REAL);
}

const TransformKind TRANSFORM_IMPUTE = {
        .name = "impute",
        .help = "fills in missing values",
        .params = PARAMS,
        .takes = TAKES_CATEGORIES,
        .each = true,
        .outline = outline,
        .learns = learns,
        .check = check,
        .begin = begin,
        .absorb = absorb,
        .merge = merge,
        .finish = finish,
        .free_fit = free_fit,
        .load = load,
        .apply = apply,
        .compile = compile,
        .free = free_impute,
};
