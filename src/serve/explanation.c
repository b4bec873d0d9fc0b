/* explanation.c: contributions of a request's rows. */
#include "serve/explanation.h"

#include "base/error.h"
#include "base/limits.h"

bool explanations_allowed(const Batch *b, GError **error)
{
	const Served *s = batch_served(b);
	if (!s->explainer)
		return fail(error, FAIL_INVALID,
		        "%s@%d cannot explain its answers: models of its family tell no contributions", s->name,
		        s->version);
	if (batch_rows(b) > LIMIT_EXPLAINED_REQUEST)
		return fail(error, FAIL_LIMIT, "a request may have at most %d rows explained", LIMIT_EXPLAINED_REQUEST);
	return true;
}

bool explanations_make(const Batch *b, const Scores *s, Explanations *ret, GError **error)
{
	if (!explanations_allowed(b, error))
		return false;
	g_autoptr(Frame) rows = batch_frame(b, error);
	Contributions *all;
	if (!rows || !explainer_contributions(s->served->explainer, rows, true, &all, error))
		return false;
	*ret = (Explanations){.scores = s, .all = all};
	return true;
}

void explanations_clear(Explanations *x)
{
	g_clear_pointer(&x->all, contributions_free);
}

void explanation_write(const Explanations *x, size_t row, GString *to)
{
	const Scores *s = x->scores;
	json_auto_t *told = explainer_row(s->served->explainer, x->all, row, scores_row(s, row), -1);
	json_object_del(told, "prediction"); /* stands beside it */
	char *text = json_dumps(told, JSON_COMPACT | JSON_REAL_PRECISION(17));
	g_string_append(to, text ? text : "null");
	free(text);
}
