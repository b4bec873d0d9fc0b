/* cross.c: one text of several columns' values, "ABE|ATL" in "origin_x_destination", for an encoder behind it.
 *
 * Missing where one of them is missing (or NaN).  The columns stay: what is made of them by themselves is not
 * affected. */
#include "base/error.h"
#include "base/json.h"
#include "feature/categories.h"
#include "feature/kinds.h"
#include "feature/pick.h"

static const Param PARAMS[] = {
        PARAM_COLUMNS("two columns or more; missing in one is missing in all"),
        {.name = "separator", .type = PARAM_TEXT, .preset = "\"|\"", .help = "stands between the values"},
        {0},
};

static bool check(const json_t *params, GError **error)
{
	if (params_column(params, 1))
		return true;
	return fail(error, FAIL_INVALID, "at least two columns are needed");
}

static char *name_of(const json_t *params)
{
	g_autoptr(GString) name = g_string_new(params_column(params, 0));
	for (size_t i = 1; params_column(params, i); i++)
		g_string_append_printf(name, "_x_%s", params_column(params, i));
	return g_strdup(name->str);
}

typedef struct Cross {
	json_t *params;
	const char *separator; /* in params */
	char *name;
} Cross;

static bool load(const json_t *params, const json_t *state, void **ret, GError **error)
{
	if (!check(params, error))
		return false;
	Cross *t = g_new0(Cross, 1);
	t->params = json_incref((json_t *)params);
	t->separator = json_get_text(t->params, "separator", "|");
	t->name = name_of(params);
	*ret = t;
	return true;
}

static bool apply(const void *context, Frame *rows, GError **error)
{
	const Cross *t = context;
	rows_append(rows, category_join(rows, json_object_get(t->params, "columns"), t->separator, t->name));
	return true;
}

static void run(const RowStep *step, RowValue *values, Arena *texts)
{
	const Cross *t = step->t;
	values[step->into] = row_join(values, step->from, step->reads, t->separator, texts);
}

static void compile(const void *t, RowCompiler *to)
{
	row_run(to, run);
	row_append(to, ((const Cross *)t)->name, COLUMN_TEXT);
}

static void free_cross(void *context)
{
	Cross *t = context;
	json_decref(t->params);
	g_free(t->name);
	g_free(t);
}

static void outline(const json_t *params, Outline *columns)
{
	g_autofree char *name = name_of(params);
	outline_set(columns, name, COLUMN_TEXT);
}

const TransformKind TRANSFORM_CROSS = {
        .name = "cross",
        .help = "joins several columns into one text",
        .params = PARAMS,
        .takes = TAKES_CATEGORIES,
        .matches = TAKES_TEXT,
        .outline = outline,
        .check = check,
        .load = load,
        .apply = apply,
        .compile = compile,
        .free = free_cross,
};
