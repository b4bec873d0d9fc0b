/* count.c: how common the row's category is: "origin_count", the share of the training rows that have it.
 *
 *   unseen in training, fewer than min_count rows     0
 *   missing (or NaN)                                  the share of rows where it is missing
 *
 * A share, not a number of rows, so that recipes fitted on parts of the data say the same as the one of all. */
#include "base/error.h"
#include "base/json.h"
#include "base/limits.h"
#include "feature/category_fit.h"
#include "feature/kinds.h"
#include "feature/pick.h"

static const Param PARAMS[] = {
        PARAM_COLUMNS("columns to count; patterns match texts; unseen values get 0, missing ones their own share"),
        {.name = "min_count",
                .type = PARAM_INT,
                .preset = "2",
                .min = 1,
                .max = LIMIT_ROWS,
                .help = "rows a category needs; rarer ones get 0 as unseen ones do"},
        PARAM_KEEP,
        {0},
};

static bool finish(void *context, json_t **ret_state, GError **error)
{
	CategoryFit *fit = context;
	g_autoptr(GArray) categories =
	        category_counts_sorted(fit->counts, (uint64_t)json_get_int(fit->params, "min_count", 2));
	json_t *counts = json_array();
	for (guint i = 0; i < categories->len; i++)
		json_array_append_new(counts, json_integer((json_int_t)g_array_index(categories, Category, i).count));
	*ret_state = json_pack("{s:I,s:I,s:o,s:o}", "rows", (json_int_t)fit->counts->rows, "missing",
	        (json_int_t)fit->counts->missing, "categories", categories_json(categories), "counts", counts);
	return true;
}

typedef struct Count {
	char *column, *name;
	Dictionary *known;
	double *shares; /* by category */
	double missing;
} Count;

static void free_count(void *context)
{
	Count *t = context;
	g_free(t->column);
	g_free(t->name);
	dictionary_unref(t->known);
	g_free(t->shares);
	g_free(t);
}

static bool load(const json_t *params, const json_t *state, void **ret, GError **error)
{
	const json_t *counts = json_object_get(state, "counts");
	double rows = MAX(json_get_number(state, "rows", 0), 1);
	Dictionary *known;
	if (!categories_load(json_object_get(state, "categories"), &known, error))
		return false;
	Count *t = g_new0(Count, 1);
	t->column = g_strdup(params_column(params, 0));
	t->name = g_strdup_printf("%s_count", t->column);
	t->known = known;
	t->missing = json_get_number(state, "missing", 0) / rows;
	t->shares = g_new(double, dictionary_size(known) + 1u);
	for (uint32_t i = 0; i < dictionary_size(known); i++)
		t->shares[i] = json_number_value(json_array_get(counts, i)) / rows;
	*ret = t;
	return true;
}

static double share_of(const Count *t, uint32_t place)
{
	return place < CATEGORY_UNSEEN ? t->shares[place] : place == CATEGORY_MISSING ? t->missing : 0;
}

static bool apply(const void *context, Frame *rows, GError **error)
{
	const Count *t = context;
	g_autoptr(Column) own = NULL;
	const Column *texts = category_view(rows_find(rows, t->column), &own);
	g_autofree uint32_t *places = g_new(uint32_t, MAX(rows->rows, (size_t)1));
	categories_find(t->known, texts, places);
	Column *shares = column_new(t->name, COLUMN_REAL, rows->rows, NULL);
	for (size_t i = 0; i < rows->rows; i++)
		shares->reals[i] = share_of(t, places[i]);
	rows_append(rows, shares);
	return true;
}

static void run(const RowStep *step, RowValue *values, Arena *texts)
{
	const Count *t = step->t;
	RowValue category = row_category(&values[step->from[0]], texts);
	values[step->into] = row_real(share_of(t, row_find(t->known, &category)));
}

static void compile(const void *t, RowCompiler *to)
{
	row_run(to, run);
	row_append(to, ((const Count *)t)->name, COLUMN_REAL);
}

static void outline(const json_t *params, Outline *columns)
{
	outline_setf(columns, COLUMN_REAL, "%s_count", params_column(params, 0));
}

const TransformKind TRANSFORM_COUNT = {
        .name = "count",
        .help = "the share of training rows with the same category",
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
        .free = free_count,
};
