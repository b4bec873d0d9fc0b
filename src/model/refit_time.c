/* refit_time.c: guesses at the time of the last training. */
#include "model/refit_time.h"

#include <math.h>

#include "base/json.h"
#include "model/families.h"
#include "model/transfer.h"
#include "model/trials_list.h"

#define MEMBERS 6 /* of an ensemble, as many as there mostly are */

#define SPARE_UNSURE 1.5 /* an estimate of the model that stands in for one that was too slow may be so far off */
#define SPARE_LEAST 0.1  /* seconds */

/* Rows that all folds' trainings went through, for one that will go through all rows. */
static double rows_share(const TrainData *d)
{
	double rows = 0;
	for (size_t k = 0; k < d->fold_count; k++)
		rows += (double)(d->folds[k].train.x.rows + d->folds[k].valid.x.rows);
	return rows > 0 ? (double)d->all.x.rows / rows : 1;
}

/* Rounds that early stopping needed to see that there is nothing more are not trained again. */
static double rounds_share(const Trial *t)
{
	double patience = json_get_number(t->params, "patience", 0), most = json_get_number(t->params, "rounds", 0),
	       best = json_get_number(t->result, "rounds", 0);
	return best > 0 && patience > 0 ? best / MAX(best, MIN(best + patience, most)) : 1;
}

/* Of a trial that was trained and judged itself. */
static double own_seconds(const TrialSetup *setup, const Trial *t)
{
	return json_get_number(t->result, "seconds", 0) * rows_share(setup->data) * rounds_share(t);
}

const Trial *refit_trial_of(const Trials *t, const json_t *member)
{
	const ModelFamily *family = family_find(json_get_text(member, "family", ""));
	g_autofree char *wanted = family ? transfer_spelt(family, json_object_get(member, "params")) : NULL;
	for (guint i = 0; i < t->list->len; i++) {
		const Trial *one = t->list->pdata[i];
		if (!family || !one->result || one->family != family)
			continue;
		g_autofree char *found = transfer_spelt(family, json_object_get(one->result, "refit"));
		if (g_str_equal(found, wanted))
			return one;
	}
	return NULL;
}

double refit_seconds(const TrialSetup *setup, const Trials *t, const Trial *trial)
{
	const json_t *refit = json_object_get(trial->result, "refit"), *members = json_object_get(refit, "members");
	double sum = 0;
	size_t i;
	json_t *member;
	json_array_foreach (members, i, member) {
		const Trial *one = refit_trial_of(t, member);
		sum += one ? own_seconds(setup, one) : 0;
	}
	/* A layer that is a model has each member without a bag trained anew without each part. */
	const json_t *layer = json_object_get(refit, "layer");
	bool again = json_object_get(layer, "family") && !json_object_get(json_array_get(members, 0), "bag");
	return members ? sum * (again ? 1 + json_get_number(layer, "folds", 5) : 1) : own_seconds(setup, trial);
}

#define UNSURE 1.25 /* an estimate may be so far off */

/* To put models together, to calibrate, to write all down. */
static double rest(double limit)
{
	return CLAMP(limit / 40, 0.05, 4);
}

double refit_affordable(double left, double limit)
{
	return MAX(0, left - rest(limit)) / UNSURE;
}

/* The seconds of those trials that are best, put in at their places. */
static void put_in(double *value, double *seconds, const MetricKind *metric, double new_value, double new_seconds)
{
	for (size_t i = 0; i < MEMBERS; i++) {
		bool is_better = isnan(value[i]) || metric_compare(metric, new_value, value[i]) > 0;
		double was = value[i], took = seconds[i];
		if (!is_better)
			continue;
		value[i] = new_value;
		seconds[i] = new_seconds;
		new_value = was;
		new_seconds = took;
		if (isnan(was))
			return;
	}
}

double refit_reserve(const TrialSetup *setup, const Trials *t, double limit, bool is_ensemble)
{
	double value[MEMBERS], seconds[MEMBERS] = {0}, sum = 0;
	for (size_t i = 0; i < MEMBERS; i++)
		value[i] = NAN;
	for (size_t i = 0; i < trials_candidates(t); i++) {
		const Trial *one = t->list->pdata[i];
		double found = trial_value(one, setup->metric);
		if (!isnan(found))
			put_in(value, seconds, setup->metric, found, refit_seconds(setup, t, one));
	}
	if (isnan(value[0]))
		return 0; /* nothing to train: whatever comes in time is better */
	for (size_t i = 0; i < MEMBERS; i++)
		sum += seconds[i];
	double alone = UNSURE * seconds[0] + rest(limit), all = UNSURE * sum + rest(limit);
	return MIN(is_ensemble ? MAX(alone, MIN(all, limit / 3)) : alone, limit / 2);
}

double refit_spare_seconds(const TrialSetup *setup, const Trials *t, const Trial *spare)
{
	return SPARE_UNSURE * refit_seconds(setup, t, spare) + SPARE_LEAST;
}

/* Two models of which one is to stand in for another. */
typedef struct Spare {
	const TrialSetup *setup;
	const Trials *trials;
	double seconds;
} Spare;

static bool is_better_spare(const Spare *s, const Trial *a, const Trial *b)
{
	bool a_learns = a->family != &FAMILY_BASELINE, b_learns = b->family != &FAMILY_BASELINE;
	double a_takes = refit_spare_seconds(s->setup, s->trials, a),
	       b_takes = refit_spare_seconds(s->setup, s->trials, b);
	bool a_fits = a_takes <= s->seconds, b_fits = b_takes <= s->seconds;
	const MetricKind *metric = s->setup->metric;
	if (a_learns != b_learns)
		return a_learns;
	if (a_fits != b_fits)
		return a_fits;
	return a_fits ? metric_compare(metric, trial_value(a, metric), trial_value(b, metric)) > 0 : a_takes < b_takes;
}

const Trial *refit_spare(const TrialSetup *setup, const Trials *t, const Trial *late, double seconds, size_t *ret_place)
{
	const Spare s = {.setup = setup, .trials = t, .seconds = seconds};
	const Trial *spare = NULL;
	for (size_t i = 0; i < trials_candidates(t); i++) {
		const Trial *one = t->list->pdata[i];
		if (one == late || !one->result || json_object_get(json_object_get(one->result, "refit"), "members"))
			continue;
		if (!spare || is_better_spare(&s, one, spare)) {
			spare = one;
			*ret_place = i;
		}
	}
	return spare;
}
