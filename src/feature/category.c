/* category.c: categories kept as such: "origin_category" holds the place of the row's category in a list that stays with the
 * recipe.  Families of models that know categories split them into sets, or weigh each by itself; others do not see the
 * column.
 *
 *   rare, beyond max_categories, unseen in training, missing     missing (NaN)
 *
 * So a value that training has never seen goes the way of the rare ones that it has seen.  The column itself stays what it
 * is: other transforms make numbers of it beside, before or after. */
#include "base/error.h"
#include "base/json.h"
#include "base/limits.h"
#include "feature/category_codes.h"
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

static bool load(const json_t *params, const json_t *state, void **ret, GError **error)
{
	return category_codes_load(params, state, "_category", ret, error);
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
        .apply = category_codes_apply,
        .compile = category_codes_compile,
        .free = category_codes_free,
};
