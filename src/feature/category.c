/* category.c: categories kept as such: "origin_category" holds the place of the row's category in a list that stays with the
 * recipe.  Families of models that know categories split them into sets, or weigh each by itself; others do not see the
 * column.
 *
 *   rare, beyond max_categories, unseen in training, missing     missing (NaN)
 *
 * So a value that training has never seen goes the way of the rare ones that it has seen.  The column itself stays what it
 * is: other transforms make numbers of it beside, before or after. */
#include <math.h>

#include "base/error.h"
#include "base/json.h"
#include "base/limits.h"
#include "feature/category_fit.h"
#include "feature/kinds.h"
#include "feature/pick.h"

static const Param PARAMS[] = {
        PARAM_COLUMNS("columns of categories; patterns match texts; missing, rare and unseen values become missing"),
        {.name = "max_categories",
                .type = PARAM_INT,
                .preset = "1000",
                .min = 1,
                .max = LIMIT_CATEGORIES,
                .help = "the most frequent are told apart; the rest is as if unseen"},
        {.name = "min_count",
                .type = PARAM_INT,
                .preset = "2",
                .min = 1,
                .max = LIMIT_ROWS,
                .help = "rows a category needs to be told apart"},
        {0},
};

static bool finish(void *context, json_t **ret_state, GError **error)
{
	CategoryFit *fit = context;
	g_autoptr(GArray) categories =
	        category_counts_sorted(fit->counts, (uint64_t)json_get_int(fit->params, "min_count", 2));
	categories_keep_frequent(categories, (size_t)json_get_int(fit->params, "max_categories", 1000));
	*ret_state = json_pack("{s:o}", "categories", categories_json(categories));
	return true;
}

typedef struct CategoryCodes {
	char *column, *name;
	Dictionary *known;
} CategoryCodes;

static bool load(const json_t *params, const json_t *state, void **ret, GError **error)
{
	Dictionary *known;
	if (!categories_load(json_object_get(state, "categories"), &known, error))
		return false;
	CategoryCodes *t = g_new0(CategoryCodes, 1);
	t->column = g_strdup(params_column(params, 0));
	t->name = g_strdup_printf("%s_category", t->column);
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
	const CategoryCodes *t = context;
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
	const CategoryCodes *t = step->t;
	RowValue category = row_category(&values[step->from[0]], texts);
	values[step->into] = row_real(code_of(row_find(t->known, &category)));
}

static void compile(const void *t, RowCompiler *to)
{
	row_run(to, run);
	row_append(to, ((const CategoryCodes *)t)->name, COLUMN_REAL);
}

static void free_category(void *context)
{
	CategoryCodes *t = context;
	g_free(t->column);
	g_free(t->name);
	dictionary_unref(t->known);
	g_free(t);
}

static void outline(const json_t *params, Outline *columns)
{
	g_autofree char *name = g_strdup_printf("%s_category", params_column(params, 0));
	outline_set(columns, name, COLUMN_REAL);
	outline_find(columns, name)->categories = true;
}

const TransformKind TRANSFORM_CATEGORY = {
        .name = "category",
        .help = "the category as such, for families of models that know categories",
        .params = PARAMS,
        .takes = TAKES_CATEGORIES,
        .matches = TAKES_TEXT,
        .each = true,
        .makes_categories = true,
        .outline = outline,
        .begin = category_fit_begin,
        .absorb = category_fit_absorb,
        .merge = category_fit_merge,
        .finish = finish,
        .free_fit = category_fit_free,
        .load = load,
        .apply = apply,
        .compile = compile,
        .free = free_category,
};
