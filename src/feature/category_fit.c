/* category_fit.c: learning which categories one column has and how often. */
#include "feature/category_fit.h"

#include "feature/outline.h"
#include "feature/pick.h"

bool category_fit_begin(const json_t *params, void **ret_fit, GError **error)
{
	CategoryFit *fit = g_new0(CategoryFit, 1);
	fit->params = json_incref((json_t *)params);
	fit->counts = category_counts_new();
	*ret_fit = fit;
	return true;
}

bool category_fit_absorb(void *context, const Frame *rows, const double *target, GError **error)
{
	CategoryFit *fit = context;
	g_autoptr(Column) own = NULL;
	category_counts_add(fit->counts, category_view(rows_find(rows, params_column(fit->params, 0)), &own));
	return true;
}

bool category_fit_merge(void *into, const void *from, GError **error)
{
	category_counts_merge(((CategoryFit *)into)->counts, ((const CategoryFit *)from)->counts);
	return true;
}

void category_fit_free(void *context)
{
	CategoryFit *fit = context;
	json_decref(fit->params);
	category_counts_free(fit->counts);
	g_free(fit);
}
