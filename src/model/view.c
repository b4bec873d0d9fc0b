/* view.c: choosing features by what they are made of. */
#include "model/view.h"

#include <string.h>

typedef struct ViewName {
	const char *name;
	bool has_twins, has_categories; /* are columns of numbers made of categories there; are the categories there */
	bool as_sets;                   /* the categories are no numbers */
	bool splits_single;
} ViewName;

static const ViewName VIEWS[] = {
        {"encoded", true, false, false, false},
        {"category", false, true, true, false},
        {"one_hot", false, true, true, true},
        {"ordinal", false, true, false, false},
        {"both", true, true, true, false},
};

const char *const VIEW_NAMES[] = {"encoded", "category", "one_hot", "ordinal", "both", NULL};

static const ViewName *find(const char *name)
{
	for (size_t i = 0; i < G_N_ELEMENTS(VIEWS); i++)
		if (strcmp(VIEWS[i].name, name) == 0)
			return &VIEWS[i];
	g_return_val_if_reached(&VIEWS[0]);
}

static bool has_column(const ViewName *view, const FeatureKind *kind)
{
	if (kind->categories)
		return view->has_categories;
	return view->has_twins || kind->twin == FEATURE_ALONE;
}

View *view_new(const Matrix *x, const char *name)
{
	const ViewName *view = find(name);
	View *v = g_new0(View, 1);
	v->column = g_new0(uint32_t, MAX(x->columns, (size_t)1));
	v->categories = g_new0(uint32_t, MAX(x->columns, (size_t)1));
	v->splits_single = view->splits_single;
	for (size_t j = 0; j < x->columns; j++) {
		if (x->kinds && !has_column(view, &x->kinds[j]))
			continue;
		v->column[v->columns] = (uint32_t)j;
		v->categories[v->columns++] = x->kinds && view->as_sets ? x->kinds[j].categories : 0;
	}
	v->is_whole = v->columns == x->columns;
	return v;
}

void view_free(View *v)
{
	if (!v)
		return;
	g_free(v->column);
	g_free(v->categories);
	g_free(v);
}

void view_rows(const View *v, const Matrix *x, size_t from, size_t rows, float *ret)
{
	for (size_t i = from; i < from + rows; i++) {
		const float *row = x->values + i * x->columns;
		for (size_t j = 0; j < v->columns; j++)
			*ret++ = row[v->column[j]];
	}
}
