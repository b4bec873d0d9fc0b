/* ensemble_cut.c: from the members that were trained to what they say together of rows they never saw. */
#include "model/ensemble_cut.h"

#include "base/error.h"
#include "base/json.h"
#include "model/refit_time.h"

/* The mean by weight of what the members' trials said. */
static bool mean_scores(const TrialSetup *setup, const Trials *t, const json_t *members, double *ret, GError **error)
{
	size_t cells = setup->data->valid_rows * setup->data->outputs, m;
	double total = 0;
	json_t *member;
	json_array_foreach ((json_t *)members, m, member) {
		const Trial *of = refit_trial_of(t, member);
		double weight = json_get_number(member, "weight", 1);
		g_autofree double *scores = NULL;
		if (!of)
			return fail(error, FAIL_BROKEN, "the ensemble's member %zu (%s) is of no trial", m,
			        json_get_text(member, "family", ""));
		if (!trial_scores(setup, of->name, &scores, error))
			return false;
		for (size_t c = 0; c < cells; c++)
			ret[c] += weight * scores[c];
		total += weight;
	}
	for (size_t c = 0; c < cells; c++)
		ret[c] /= total;
	return true;
}

bool ensemble_cut(const TrialSetup *setup, Trials *t, size_t place, const json_t *kept, GError **error)
{
	Trial *e = t->list->pdata[place];
	g_autofree double *scores = g_new0(double, setup->data->valid_rows * setup->data->outputs + 1);
	json_t *result = NULL;
	if (!mean_scores(setup, t, json_object_get(kept, "members"), scores, error) ||
	        !trial_combine(setup, e->name, e->family, kept, scores, error) ||
	        !trial_read(setup, e->name, e->family, kept, &result, error))
		return false;
	json_decref(e->params);
	json_decref(e->result);
	e->params = json_deep_copy(kept);
	e->result = result;
	return true;
}
