/* refit_time.c: guesses at the time of the last training. */
#include "model/refit_time.h"

#include <math.h>

#include "base/json.h"
#include "model/trials_list.h"

/* Rows that all folds' trainings went through, for one that will go through all rows. */
static double rows_share(const TrainData *d)
{
	double rows = 0;
	for (size_t k = 0; k < d->fold_count; k++)
		rows += (double)(d->folds[k].train.x.rows + d->folds[k].valid.x.rows);
	return rows > 0 ? (double)d->all.x.rows / rows : 1;
}

/* The trial with which a member of an ensemble was found: by family and what it would be trained with. */
static const Trial *trial_of(const Trials *t, const json_t *member)
{
	const char *name = json_get_text(member, "family", "");
	for (guint i = 0; i < t->list->len; i++) {
		const Trial *one = t->list->pdata[i];
		if (one->result && g_str_equal(one->family->name, name) &&
		        json_equal(json_object_get(one->result, "refit"), json_object_get(member, "params")))
			return one;
	}
	return NULL;
}

double refit_seconds(const TrialSetup *setup, const Trials *t, const Trial *trial)
{
	const json_t *refit = json_object_get(trial->result, "refit"), *members = json_object_get(refit, "members");
	double own = json_get_number(trial->result, "seconds", 0) * rows_share(setup->data), sum = 0;
	size_t i;
	json_t *member;
	json_array_foreach (members, i, member) {
		const Trial *one = trial_of(t, member);
		sum += one ? json_get_number(one->result, "seconds", 0) * rows_share(setup->data) : 0;
	}
	/* A layer that is a model has each member without a bag trained anew without each part. */
	const json_t *layer = json_object_get(refit, "layer");
	bool again = json_object_get(layer, "family") && !json_object_get(json_array_get(members, 0), "bag");
	return members ? sum * (again ? 1 + json_get_number(layer, "folds", 5) : 1) : own;
}

double refit_reserve(const TrialSetup *setup, const Trials *t, double limit, bool is_ensemble)
{
	size_t best;
	if (!trials_find_best(t, setup->metric, &best))
		return 0; /* nothing to train: whatever comes in time is better */
	double needed = 1.5 * refit_seconds(setup, t, t->list->pdata[best]);
	return MIN(MAX(needed, is_ensemble ? limit / 4 : limit / 50), limit / 2);
}

const Trial *refit_soonest(const TrialSetup *setup, const Trials *t, size_t *ret_place)
{
	const Trial *soonest = NULL;
	for (size_t i = 0; i < trials_candidates(t); i++) {
		const Trial *one = t->list->pdata[i];
		if (!one->result || json_object_get(json_object_get(one->result, "refit"), "members"))
			continue;
		if (!soonest || refit_seconds(setup, t, one) < refit_seconds(setup, t, soonest)) {
			soonest = one;
			*ret_place = i;
		}
	}
	return soonest;
}
