/* ordinal.c: categories as numbers 0, 1, 2, ... in their order (by value if all are numbers, else by bytes):
 * "origin_code". Missing and unseen ones are missing (NaN): a number of their own would claim a place in the order. */
#include <math.h>

#include "base/error.h"
#include "base/json.h"
#include "feature/category_fit.h"
#include "feature/kinds.h"
#include "feature/pick.h"

static const Param PARAMS[] = {
        PARAM_COLUMNS("columns to number; patterns match texts; missing and unseen values become missing"),
        PARAM_KEEP,
        {0},
};

static bool finish(void *context, json_t **ret_state, GError **error)
{
	CategoryFit *fit = context;
	g_autoptr(GArray) categories = category_counts_sorted(fit->counts, 1);
	*ret_state = json_pack("{s:o}", "categories", categories_json(categories));
	return true;
}

typedef struct Ordinal {
	char *column, *name;
	Dictionary *known;
} Ordinal;

static bool load(const json_t *params, const json_t *state, void **ret, GError **error)
{
	Dictionary *known;
	if (!categories_load(json_object_get(state, "categories"), &known, error))
		return false;
	Ordinal *t = g_new0(Ordinal, 1);
	t->column = g_strdup(params_column(params, 0));
	t->name = g_strdup_printf("%s_code", t->column);
	t->known = known;
	*ret = t;
	return true;
}

static double code_of(uint32_t place)
{
	return place < CATEGORY_UNSEEN ? place : NAN;
}

static bool apply(const void *context, Frame *rows, GError **error)
{
	const Ordinal *t = context;
	g_autoptr(Column) own = NULL;
	const Column *texts = category_view(rows_find(rows, t->column), &own);
	g_autofree uint32_t *places = g_new(uint32_t, MAX(rows->rows, (size_t)1));
	categories_find(t->known, texts, places);
	Column *codes = column_new(t->name, COLUMN_REAL, rows->rows, NULL);
	for (size_t i = 0; i < rows->rows; i++)
		codes->reals[i] = code_of(places[i]);
	rows_append(rows, codes);
	return true;
}

static void run(const RowStep *step, RowValue *values, Arena *texts)
{
	const Ordinal *t = step->t;
	RowValue category = row_category(&values[step->from[0]], texts);
	values[step->into] = row_real(code_of(row_find(t->known, &category)));
}

static void compile(const void *t, RowCompiler *to)
{
	row_run(to, run);
	row_append(to, ((const Ordinal *)t)->name, COLUMN_REAL);
}

static void free_ordinal(void *context)
{
	Ordinal *t = context;
	g_free(t->column);
	g_free(t->name);
	dictionary_unref(t->known);
	g_free(t);
}

static void outline(const json_t *params, Outline *columns)
{
	outline_setf(columns, COLUMN_REAL, "%s_code", params_column(params, 0));
}

const TransformKind TRANSFORM_ORDINAL = {
        .name = "ordinal",
        .help = "numbers the categories in their order",
        .params = PARAMS,
        .takes = TAKES_CATEGORIES,
        .matches = TAKES_TEXT,
        .each = true,
        .consumes = true,
        .outline = outline,
        .begin = category_fit_begin,
        .absorb = category_fit_absorb,
        .merge = category_fit_merge,
        .finish = finish,
        .free_fit = category_fit_free,
        .load = load,
        .apply = apply,
        .compile = compile,
        .free = free_ordinal,
};
