/* ordinal.c: categories as numbers 0, 1, 2, ... in their order (by value if all are numbers, else by bytes):
 * "origin_code". Missing and unseen ones are missing (NaN): a number of their own would claim a place in the order. */
#include "base/error.h"
#include "base/json.h"
#include "feature/category_codes.h"
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

static bool load(const json_t *params, const json_t *state, void **ret, GError **error)
{
	return category_codes_load(params, state, "_code", ret, error);
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
        .apply = category_codes_apply,
        .compile = category_codes_compile,
        .free = category_codes_free,
};
