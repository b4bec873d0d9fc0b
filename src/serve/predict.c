/* predict.c: rows of a request through the bundle: the same bundle_predict that evaluation measured. */
#include "serve/predict.h"

bool serve_predict(Batch *b, Scores *ret, GError **error)
{
	const Served *s = batch_served(b);
	g_autoptr(Frame) rows = batch_take(b, error);
	if (!rows)
		return false;
	size_t count = rows->rows;
	g_autofree double *values = g_new(double, count * s->outputs);
	if (!bundle_predict(s->bundle, rows, values, error))
		return false;
	*ret = (Scores){.served = s, .rows = count, .values = g_steal_pointer(&values)};
	return true;
}

void scores_clear(Scores *s)
{
	g_clear_pointer(&s->values, g_free);
}

const char *scores_label(const Scores *s, size_t i)
{
	if (!bundle_classifies(s->served->bundle))
		return NULL;
	return bundle_class(s->served->bundle, bundle_decide(s->served->bundle, scores_row(s, i)));
}
