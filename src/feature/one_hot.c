/* one_hot.c: one column of 0 and 1 per category: "origin=ABE", "origin=ATL", ...
 *
 *   a category that was listed        1 in its column
 *   rare, beyond max_categories       1 in "origin=other"; the column is there only if training had such rows
 *   unseen in training                as rare ones; all zeros without that column
 *   missing (or NaN)                  1 in "origin=missing" if training had missing values, else all zeros
 *
 * Texts that read "other" or "missing" go where rare and missing ones go.  The most frequent categories are listed (of
 * equals the first in order), in the order of categories.h. */
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/limits.h"
#include "feature/category_fit.h"
#include "feature/kinds.h"
#include "feature/pick.h"

static const Param PARAMS[] = {
        PARAM_COLUMNS("columns of few distinct values; patterns match texts"),
        {.name = "max_categories",
                .type = PARAM_INT,
                .preset = "100",
                .min = 1,
                .max = LIMIT_ONE_HOT,
                .help = "the most frequent get a column each; the rest shares \"=other\", as do values unseen in "
                        "training"},
        {.name = "min_count",
                .type = PARAM_INT,
                .preset = "1",
                .min = 1,
                .max = LIMIT_ROWS,
                .help = "rows a category needs for a column of its own"},
        PARAM_KEEP,
        {0},
};

/* Takes a text out of the list; how often it was seen. */
static uint64_t take(GArray *categories, const char *text)
{
	for (guint i = 0; i < categories->len; i++) {
		Category c = g_array_index(categories, Category, i);
		if (strcmp(c.text, text) == 0) {
			g_array_remove_index(categories, i);
			return c.count;
		}
	}
	return 0;
}

static void drop_rare(GArray *categories, uint64_t min_count)
{
	guint kept = 0;
	for (guint i = 0; i < categories->len; i++)
		if (g_array_index(categories, Category, i).count >= min_count)
			g_array_index(categories, Category, kept++) = g_array_index(categories, Category, i);
	g_array_set_size(categories, kept);
}

static bool finish(void *context, json_t **ret_state, GError **error)
{
	CategoryFit *fit = context;
	g_autoptr(GArray) categories = category_counts_sorted(fit->counts, 1);
	uint64_t missing = fit->counts->missing + take(categories, "missing");
	uint64_t listed = 0;
	take(categories, "other");
	drop_rare(categories, (uint64_t)json_get_int(fit->params, "min_count", 1));
	categories_keep_frequent(categories, (size_t)json_get_int(fit->params, "max_categories", 100));
	for (guint i = 0; i < categories->len; i++)
		listed += g_array_index(categories, Category, i).count;
	*ret_state = json_pack("{s:o,s:b,s:b}", "categories", categories_json(categories), "other",
	        listed + missing<fit->counts->rows, "missing", missing> 0);
	return true;
}

typedef struct OneHot {
	char *column;
	Dictionary *known;
	GPtrArray *names;        /* of the columns made */
	uint32_t other, missing; /* their places among the names; UINT32_MAX: not made */
} OneHot;

static void free_one_hot(void *context)
{
	OneHot *t = context;
	g_free(t->column);
	dictionary_unref(t->known);
	g_ptr_array_unref(t->names);
	g_free(t);
}

static uint32_t name_column(OneHot *t, const char *category)
{
	g_ptr_array_add(t->names, g_strdup_printf("%s=%s", t->column, category));
	return t->names->len - 1;
}

static bool load(const json_t *params, const json_t *state, void **ret, GError **error)
{
	Dictionary *known;
	if (!categories_load(json_object_get(state, "categories"), &known, error))
		return false;
	OneHot *t = g_new0(OneHot, 1);
	t->column = g_strdup(params_column(params, 0));
	t->known = known;
	t->names = g_ptr_array_new_with_free_func(g_free);
	for (uint32_t i = 0; i < dictionary_size(known); i++)
		name_column(t, dictionary_text(known, i));
	t->other = json_get_bool(state, "other", false) ? name_column(t, "other") : UINT32_MAX;
	t->missing = json_get_bool(state, "missing", false) ? name_column(t, "missing") : UINT32_MAX;
	*ret = t;
	return true;
}

static bool is_word_missing(const Column *texts, size_t row)
{
	return strcmp(dictionary_text(texts->dictionary, texts->codes[row]), "missing") == 0;
}

/* Which of its columns says 1; UINT32_MAX: none. */
static uint32_t column_of(const OneHot *t, uint32_t place, bool is_word_missing)
{
	if (place == CATEGORY_UNSEEN)
		return is_word_missing ? t->missing : t->other;
	return place == CATEGORY_MISSING ? t->missing : place;
}

static bool apply(const void *context, Frame *rows, GError **error)
{
	const OneHot *t = context;
	g_autoptr(Column) own = NULL;
	const Column *texts = category_view(rows_find(rows, t->column), &own);
	g_autofree uint32_t *places = g_new(uint32_t, MAX(rows->rows, (size_t)1));
	categories_find(t->known, texts, places);
	guint first = rows->columns->len;
	for (guint i = 0; i < t->names->len; i++)
		rows_append(rows, column_new(t->names->pdata[i], COLUMN_BOOL, rows->rows, NULL));
	for (size_t row = 0; row < rows->rows; row++) {
		bool unseen = places[row] == CATEGORY_UNSEEN;
		uint32_t place = column_of(t, places[row], unseen && is_word_missing(texts, row));
		if (place != UINT32_MAX)
			((Column *)rows->columns->pdata[first + place])->bools[row] = 1;
	}
	return true;
}

static void run(const RowStep *step, RowValue *values, Arena *texts)
{
	const OneHot *t = step->t;
	RowValue category = row_category(&values[step->from[0]], texts), *into = &values[step->into];
	uint32_t place = row_find(t->known, &category);
	bool unseen = place == CATEGORY_UNSEEN;
	place = column_of(t, place, unseen && category.length == 7 && memcmp(category.text, "missing", 7) == 0);
	for (guint i = 0; i < t->names->len; i++)
		into[i] = row_bool(i == place);
}

static void compile(const void *context, RowCompiler *to)
{
	const OneHot *t = context;
	row_run(to, run);
	for (guint i = 0; i < t->names->len; i++)
		row_append(to, t->names->pdata[i], COLUMN_BOOL);
}

static void outline(const json_t *params, Outline *columns)
{
}

const TransformKind TRANSFORM_ONE_HOT = {
        .name = "one_hot",
        .help = "one column of 0 and 1 for each category",
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
        .free = free_one_hot,
};
