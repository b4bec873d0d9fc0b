/* predict.c: rows of a request through the bundle: what bundle_predict answers, which evaluation measured, by its compiled form. */
#include "serve/predict.h"

bool serve_predict(const Batch *b, Scores *ret, GError **error)
{
	const Served *s = batch_served(b);
	if (!batch_is_whole(b, error))
		return false;
	size_t count = batch_rows(b);
	g_autofree double *values = g_new(double, count * s->outputs);
	if (!bundle_is_compiled(s->bundle)) {
		g_autoptr(Frame) rows = batch_frame(b, error);
		if (!rows || !bundle_predict(s->bundle, rows, values, error))
			return false;
	} else if (!bundle_predict_rows(s->bundle, batch_values(b), count, values, error)) {
		return false;
	}
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
