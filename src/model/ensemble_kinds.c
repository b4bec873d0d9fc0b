/* ensemble_kinds.c: the table of ensembles, and from candidates to the ensemble's params and scores. */
#include "model/ensemble_kinds.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/progress.h"
#include "model/ensemble.h"
#include "model/ensemble_pool.h"
#include "model/families.h"
#include "model/refit_time.h"

static const char *const METHODS[] = {"none", "vote", "bag", "select", "stack", NULL};
static const char *const KEEPS[] = {"auto", "bag", "refit", NULL};

const Param ENSEMBLE_PARAMS[] = {
        {.name = "method",
                .type = PARAM_TEXT,
                .preset = "\"select\"",
                .choices = METHODS,
                .help = "how models that were tried are put together"},
        {.name = "size",
                .type = PARAM_INT,
                .preset = "5",
                .min = 1,
                .max = ENSEMBLE_TRIALS_MOST,
                .help = "vote: the best so many take part"},
        {.name = "steps",
                .type = PARAM_INT,
                .preset = "25",
                .min = 1,
                .max = 1000,
                .help = "select: models added one after another, the same as often as it helps"},
        {.name = "folds",
                .type = PARAM_INT,
                .preset = "5",
                .min = 2,
                .max = 10,
                .help = "parts of a bag: as many models, each trained without one part"},
        {.name = "keep",
                .type = PARAM_TEXT,
                .preset = "\"auto\"",
                .choices = KEEPS,
                .help = "refit: each member is trained once, on all rows; bag: once without each part, and all of "
                        "these are "
                        "kept; auto: what the method is for, as far as the goal's latency allows"},
        {.name = "rows",
                .type = PARAM_INT,
                .preset = "500000",
                .min = 0,
                .max = LIMIT_ROWS,
                .help = "tables with more rows get the best single model: every member learns from all of them"},
        {NULL},
};

static bool vote_mix(const Pool *p, const json_t *settings, size_t most, Mix *ret, GError **error)
{
	size_t size = MIN((size_t)json_get_int(settings, "size", 5), most);
	double spent = 0;
	for (size_t m = 0; m < MIN(size, p->count); m++) {
		if (p->cost && m > 0 && spent + p->cost[m] > p->seconds)
			continue;
		spent += p->cost ? p->cost[m] : 0;
		ret->weights[m] = 1;
	}
	return true;
}

static bool bag_mix(const Pool *p, const json_t *settings, size_t most, Mix *ret, GError **error)
{
	ret->weights[0] = 1;
	return true;
}

static const EnsembleKind ENSEMBLE_NONE = {.name = "none", .help = "the best single model"};
static const EnsembleKind ENSEMBLE_VOTE = {
        .name = "vote", .help = "the mean of the best `size` models", .mix = vote_mix};
static const EnsembleKind ENSEMBLE_BAG = {.name = "bag",
        .help = "the best model `folds` times, each time without one part of the rows, and the mean of these",
        .keeps_bag = true,
        .mix = bag_mix};
static const EnsembleKind ENSEMBLE_SELECT = {.name = "select",
        .help = "a weighted mean: from all models, `steps` times the one is added that helps most (Caruana 2004)",
        .must_win = true,
        .mix = ensemble_select};
static const EnsembleKind ENSEMBLE_STACK = {.name = "stack",
        .help = "a layer that learns how far to trust each model, of weights or a model of the features too; taken "
                "only "
                "if it wins on rows neither has seen, else "
                "as select",
        .must_win = true,
        .mix = ensemble_stack};

const EnsembleKind *const ENSEMBLES[] = {
        &ENSEMBLE_NONE, &ENSEMBLE_VOTE, &ENSEMBLE_BAG, &ENSEMBLE_SELECT, &ENSEMBLE_STACK, NULL};

const EnsembleKind *ensemble_find(const char *name)
{
	for (const EnsembleKind *const *k = ENSEMBLES; name && *k; k++)
		if (strcmp((*k)->name, name) == 0)
			return *k;
	return NULL;
}

typedef struct Assembly {
	const TrialSetup *setup;
	const EnsembleKind *kind;
	const json_t *settings;
	Pool pool;
	Mix mix;
	bool is_limited; /* in time */
	size_t most, members, bag;
	double lead, uncertain; /* over the best single model, and its standard error; NaN: not compared */
} Assembly;

static void assembly_clear(Assembly *a)
{
	pool_clear(&a->pool);
	g_free(a->mix.weights);
	g_free(a->mix.intercepts);
	g_free(a->mix.scores);
	json_decref(a->mix.layer);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Assembly, assembly_clear)

/* Seconds to train each member once. */
static double members_cost(const Assembly *a)
{
	double sum = 0;
	for (size_t m = 0; m < a->pool.count; m++)
		sum += a->pool.cost && a->mix.weights[m] > 0 ? a->pool.cost[m] : 0;
	return sum;
}

/* Is each member kept as a bag?  Parts, or 0. */
static size_t bag_parts(const Assembly *a)
{
	size_t folds = (size_t)json_get_int(a->settings, "folds", 5);
	const char *keep = json_get_text(a->settings, "keep", "auto");
	bool wanted = strcmp(keep, "bag") == 0 || (strcmp(keep, "auto") == 0 && a->kind->keeps_bag);
	bool is_in_time = !a->pool.cost || members_cost(a) * (double)folds <= a->pool.seconds;
	return wanted && is_in_time && a->members * folds <= a->most ? folds : 0;
}

static json_t *members_json(const Assembly *a)
{
	json_t *members = json_array();
	json_int_t input = 0;
	for (size_t m = 0; m < a->pool.count; m++) {
		const Trial *t = a->pool.trials[m];
		if (a->mix.weights[m] == 0)
			continue;
		json_t *one = json_pack("{s:s,s:O,s:f}", "family", t->family->name, "params",
		        json_object_get(t->result, "refit"), "weight", a->mix.weights[m]);
		if (a->mix.layer)
			json_object_set_new(one, "input", json_integer(input++));
		for (size_t part = 0; part < a->bag; part++) {
			json_t *bagged = json_copy(one);
			json_object_set_new(bagged, "weight", json_real(a->mix.weights[m] / (double)a->bag));
			json_object_set_new(bagged, "bag",
			        json_pack("{s:I,s:I}", "part", (json_int_t)part, "of", (json_int_t)a->bag));
			json_array_append_new(members, bagged);
		}
		if (!a->bag)
			json_array_append(members, one);
		json_decref(one);
	}
	return members;
}

static json_t *layer_json(const Assembly *a, const json_t *members)
{
	json_t *layer = json_pack("{s:[],s:[]}", "weights", "intercepts");
	for (size_t m = 0; m < json_array_size(members); m++)
		json_array_append(
		        json_object_get(layer, "weights"), json_object_get(json_array_get(members, m), "weight"));
	for (size_t k = 0; k < a->pool.outputs; k++)
		json_array_append_new(json_object_get(layer, "intercepts"), json_real(a->mix.intercepts[k]));
	return layer;
}

static json_t *params_json(const Assembly *a)
{
	json_t *members = members_json(a);
	json_t *params = json_pack("{s:o}", "members", members);
	if (a->mix.layer) {
		json_t *layer = json_copy(a->mix.layer);
		json_object_set(layer, "folds", json_object_get(a->settings, "folds"));
		json_object_set_new(params, "layer", layer);
	} else if (a->mix.intercepts) {
		json_object_set_new(params, "layer", layer_json(a, members));
	}
	return params;
}

/* What the mixture says of all validation rows. */
static bool mixed_scores(const Assembly *a, double **ret, GError **error)
{
	const TrainData *d = a->setup->data;
	size_t cells = d->valid_rows * d->outputs;
	g_autofree double *mixed = g_new(double, cells);
	if (a->mix.layer) {
		*ret = g_memdup2(a->mix.scores, cells * sizeof *mixed);
		return true;
	}
	mix_begin(&a->mix, cells, d->outputs, mixed);
	for (size_t m = 0; m < a->pool.count; m++) {
		g_autofree double *scores = NULL;
		if (a->mix.weights[m] == 0)
			continue;
		if (!trial_scores(a->setup, a->pool.trials[m]->name, &scores, error))
			return false;
		mix_add(&a->mix, a->mix.weights[m], scores, cells, d->outputs, mixed);
	}
	mix_end(&a->mix, a->pool.count, cells, d->outputs, mixed);
	*ret = g_steal_pointer(&mixed);
	return true;
}

static json_t *told_json(const Assembly *a, bool taken, const char *why)
{
	const char *layer = a->mix.layer        ? json_get_text(a->mix.layer, "family", "")
	                    : a->mix.intercepts ? "weights"
	                                        : NULL;
	return json_pack("{s:s,s:I,s:I,s:I,s:s?,s:o,s:o,s:b,s:s}", "method", a->kind->name, "candidates",
	        (json_int_t)a->pool.count, "members", (json_int_t)a->members, "bag", (json_int_t)a->bag, "layer", layer,
	        "lead", json_number(a->lead), "error", json_number(a->uncertain), "taken", (int)taken, "why", why);
}

/* Is the mixture better than the best single model by more than the error of its lead? */
static bool wins(Assembly *a)
{
	g_autofree double *mixed = g_new(double, MAX(a->pool.rows * a->pool.outputs, 1));
	pool_mix(&a->pool, &a->mix, mixed);
	pool_lead(&a->pool, mixed, a->pool.scores[0], &a->lead, &a->uncertain);
	return a->lead > (a->is_limited ? ENSEMBLE_SURE_IN_TIME : ENSEMBLE_SURE) * a->uncertain;
}

static bool add_ensemble(Assembly *a, Trials *t, size_t *best, json_t **ret_told, GError **error)
{
	json_auto_t *params = params_json(a);
	g_autofree double *scores = NULL;
	json_auto_t *result = NULL;
	if (!mixed_scores(a, &scores, error) ||
	        !trial_combine(a->setup, "ensemble", &FAMILY_ENSEMBLE, params, scores, error) ||
	        !trial_read(a->setup, "ensemble", &FAMILY_ENSEMBLE, params, &result, error))
		return false;
	bool better = wins(a), taken = better || !a->kind->must_win;
	if (taken)
		*best = trials_add(t, "ensemble", &FAMILY_ENSEMBLE, json_incref(params), json_incref(result));
	*ret_told = told_json(a, taken,
	        better  ? "better than the best single model by more than the error of its lead"
	        : taken ? "asked for"
	                : "not better than the best single model by more than the error of its lead");
	return true;
}

/* Why there is nothing to put together; NULL: there is. */
static const char *why_not(const Assembly *a)
{
	if (!a->kind->mix)
		return "not asked for";
	if (a->setup->data->all.x.rows > (size_t)json_get_int(a->settings, "rows", 500000))
		return "the table has more rows than ensemble.rows";
	return a->pool.count == 0 ? "no model but the baseline was tried" : NULL;
}

static void count_the_cost(Assembly *a, const Trials *t, double seconds)
{
	a->pool.seconds = seconds;
	a->pool.cost = g_new(double, MAX(a->pool.count, 1));
	for (size_t m = 0; m < a->pool.count; m++)
		a->pool.cost[m] = refit_seconds(a->setup, t, a->pool.trials[m]);
}

bool ensemble_assemble(const TrialSetup *setup, Trials *t, const EnsembleWanted *wanted, size_t *best,
        json_t **ret_told, GError **error)
{
	const json_t *settings = wanted->settings;
	double latency = wanted->latency_ms;
	g_auto(Assembly) a = {.setup = setup, .settings = settings, .lead = NAN, .uncertain = NAN};
	a.kind = ensemble_find(json_get_text(settings, "method", "select"));
	a.most = latency > 0 ? (size_t)CLAMP(latency / ENSEMBLE_MEMBER_MS, 1, ENSEMBLE_MEMBERS_MOST)
	                     : ENSEMBLE_MEMBERS_MOST;
	if (a.kind->mix && !pool_read(setup, t, &a.pool, error))
		return false;
	const char *why = why_not(&a);
	if (why) {
		*ret_told = told_json(&a, false, why);
		return true;
	}
	progress_report("putting models together", 0, 1);
	a.is_limited = wanted->is_limited;
	if (a.is_limited)
		count_the_cost(&a, t, wanted->seconds);
	a.mix.weights = g_new0(double, a.pool.count);
	if (!a.kind->mix(&a.pool, settings, a.most, &a.mix, error))
		return false;
	for (size_t m = 0; m < a.pool.count; m++)
		a.members += a.mix.weights[m] > 0;
	a.bag = bag_parts(&a);
	progress_report("putting models together", 1, 1);
	if (a.members == 1 && !a.bag && !a.mix.intercepts && !a.mix.layer) {
		*ret_told = told_json(&a, false, "one model alone is best");
		return true;
	}
	return add_ensemble(&a, t, best, ret_told, error);
}
