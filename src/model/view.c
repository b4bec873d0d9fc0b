/* view.c: choosing features by what they are made of. */
#include "model/view.h"

#include <string.h>

typedef struct ViewName {
	const char *name;
	bool has_twins, has_categories; /* are columns of numbers made of categories there; are the categories there */
	bool as_sets;                   /* the categories are no numbers */
	bool splits_single;
	bool has_asides; /* the numbers for views only are there, in place of the twins of the same column */
} ViewName;

static const ViewName VIEWS[] = {
        {"encoded", true, false, false, false, false},
        {"target", true, false, false, false, true},
        {"category", false, true, true, false, false},
        {"one_hot", false, true, true, true, false},
        {"ordinal", false, true, false, false, false},
        {"both", true, true, true, false, false},
};

const char *const VIEW_NAMES[] = {"encoded", "target", "category", "one_hot", "ordinal", "both", NULL};

static const ViewName *find(const char *name)
{
	for (size_t i = 0; i < G_N_ELEMENTS(VIEWS); i++)
		if (strcmp(VIEWS[i].name, name) == 0)
			return &VIEWS[i];
	g_return_val_if_reached(&VIEWS[0]);
}

/* By place of a feature with categories: are there numbers for views only of the same column? */
static bool *with_asides(const Matrix *x)
{
	bool *ret = g_new0(bool, MAX(x->columns, (size_t)1));
	for (size_t j = 0; x->kinds && j < x->columns; j++)
		if (x->kinds[j].aside && x->kinds[j].twin < x->columns)
			ret[x->kinds[j].twin] = true;
	return ret;
}

static bool has_column(const ViewName *view, const FeatureKind *kind, const bool *has_aside)
{
	if (kind->categories)
		return view->has_categories;
	if (kind->aside)
		return view->has_asides;
	if (kind->twin == FEATURE_ALONE)
		return true;
	return view->has_twins && !(view->has_asides && has_aside[kind->twin]);
}

View *view_new(const Matrix *x, const char *name)
{
	const ViewName *view = find(name);
	g_autofree bool *has_aside = with_asides(x);
	View *v = g_new0(View, 1);
	v->column = g_new0(uint32_t, MAX(x->columns, (size_t)1));
	v->categories = g_new0(uint32_t, MAX(x->columns, (size_t)1));
	v->splits_single = view->splits_single;
	for (size_t j = 0; j < x->columns; j++) {
		if (x->kinds && !has_column(view, &x->kinds[j], has_aside))
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
