/* category_codes.c: categories as their places in a list that was learnt; missing and unknown ones are missing. */
#include "feature/category_codes.h"

#include <math.h>

#include "base/json.h"
#include "feature/categories.h"
#include "feature/pick.h"

typedef struct CategoryCodes {
	char *column, *name;
	Dictionary *known;
} CategoryCodes;

bool category_codes_load(const json_t *params, const json_t *state, const char *suffix, void **ret, GError **error)
{
	Dictionary *known;
	if (!categories_load(json_object_get(state, "categories"), &known, error))
		return false;
	CategoryCodes *t = g_new0(CategoryCodes, 1);
	t->column = g_strdup(params_column(params, 0));
	t->name = g_strconcat(t->column, suffix, NULL);
	t->known = known;
	*ret = t;
	return true;
}

static double code_of(uint32_t place)
{
	return place < CATEGORY_UNSEEN ? place : NAN;
}

bool category_codes_apply(const void *context, Frame *rows, GError **error)
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

void category_codes_compile(const void *t, RowCompiler *to)
{
	row_run(to, run);
	row_append(to, ((const CategoryCodes *)t)->name, COLUMN_REAL);
}

void category_codes_free(void *context)
{
	CategoryCodes *t = context;
	g_free(t->column);
	g_free(t->name);
	dictionary_unref(t->known);
	g_free(t);
}
