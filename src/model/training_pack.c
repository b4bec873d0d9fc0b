/* training_pack.c: writes down what was found: the list of trials, and the bundle. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "feature/recipe.h"
#include "model/bundle.h"
#include "model/calibrate.h"
#include "model/out_of_fold.h"
#include "model/reference_scores.h"
#include "model/training.h"

static const char *status_of(const Trial *trial)
{
	return trial->result ? "done" : trial->pruned ? "pruned" : trial->failure ? "failed" : "cut";
}

static json_t *trial_json(const Trial *trial, size_t number)
{
	static const char *const KEPT[] = {"metrics", "sd", "threshold", "rounds", NULL};
	json_t *one = json_pack("{s:I,s:s,s:O,s:s}", "number", (json_int_t)number, "family", trial->family->name,
	        "params", trial->params, "status", status_of(trial));
	for (const char *const *key = KEPT; trial->result && *key; key++)
		json_object_set(one, *key, json_object_get(trial->result, *key));
	if (trial->failure && !trial->result)
		json_object_set_new(one, "error", json_text(trial->failure));
	if (trial->pruned) {
		json_object_set(one, "steps", json_object_get(trial->pruned, "steps"));
		json_object_set(one, "curve", json_object_get(trial->pruned, "curve"));
	}
	return one;
}

typedef struct Share {
	const char *feature;
	double share;
	size_t place;
} Share;

static int by_share(const void *a, const void *b)
{
	const Share *x = a, *y = b;
	if (x->share != y->share)
		return x->share < y->share ? 1 : -1;
	return (x->place > y->place) - (x->place < y->place);
}

static json_t *importance_json(const Training *t, GError **error)
{
	const ModelFamily *family = training_winner(t)->family;
	const json_t *names = json_object_get(t->data->recipe, "features");
	size_t count = json_array_size(names);
	void *model;
	if (!family->importance || count == 0)
		return json_null();
	if (!family->load(t->model, &model, error))
		return NULL;
	g_autofree double *share = g_new0(double, count);
	bool ok = family->importance(model, share, error);
	family->free(model);
	if (!ok && g_error_matches(*error, FAIL, FAIL_NOT_FOUND)) {
		g_clear_error(error);
		return json_null();
	}
	if (!ok)
		return NULL;
	g_autofree Share *sorted = g_new(Share, count);
	for (size_t i = 0; i < count; i++)
		sorted[i] = (Share){json_string_value(json_array_get(names, i)), share[i], i};
	qsort(sorted, count, sizeof *sorted, by_share);
	json_t *list = json_array();
	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, json_pack("[s,o]", sorted[i].feature, json_number(sorted[i].share)));
	return list;
}

static json_t *costs_json(const DecisionCosts *c)
{
	return c ? json_pack("{s:f,s:f,s:f,s:f}", "tp", c->tp, "fp", c->fp, "fn", c->fn, "tn", c->tn) : json_null();
}

static json_t *refit_json(const Training *t)
{
	return json_pack("{s:s,s:O,s:I,s:O}", "family", training_winner(t)->family->name, "params",
	        json_object_get(training_winner(t)->result, "refit"), "rows", (json_int_t)t->data->all.x.rows,
	        "threads", json_object_get(t->params, "threads"));
}

/* They are tried behind the families' defaults. */
static json_t *transferred_json(const Training *t)
{
	json_t *list = json_array(), *one;
	size_t i;
	json_array_foreach (t->transferred, i, one)
		json_array_append_new(
		        list, json_pack("{s:I,s:O,s:O,s:O}", "trial", (json_int_t)t->space.count + (json_int_t)i,
		                      "from", json_object_get(one, "from"), "number", json_object_get(one, "number"),
		                      "distance", json_object_get(one, "distance")));
	return list;
}

bool training_write_trials(const Training *t, GError **error)
{
	const TrainData *d = t->data;
	const json_t *won = training_result(t), *baseline = trials_baseline(t->trials);
	json_t *list = json_array(), *importance = importance_json(t, error);
	if (!importance) {
		json_decref(list);
		return false;
	}
	for (guint i = 0; i < t->trials->list->len - (t->trials->has_yardstick ? 1 : 0); i++)
		json_array_append_new(list, trial_json(t->trials->list->pdata[i], i));
	json_auto_t *transferred = transferred_json(t);
	json_auto_t *out =
	        json_pack("{s:s,s:s,s:s,s:o,s:I,s:b,s:o,s:O,s:s,s:O,s:O,s:{s:I,s:I,s:I,s:I},s:I,s:o,s:O,s:O,s:o}",
	                "metric", t->setup.metric->name, "direction", t->setup.metric->larger_is_better ? "max" : "min",
	                "method", search_of(t->search)->name, "trials", list, "best", (json_int_t)t->best, "cut",
	                (int)t->trials->is_cut, "refit", refit_json(t), "threshold", json_object_get(won, "threshold"),
	                "threshold_metric", t->setup.costs ? "costs" : t->setup.threshold_by->name, "baseline",
	                baseline ? json_object_get(baseline, "metrics") : json_null(), "valid_metrics",
	                json_object_get(won, "metrics"), "rows", "train", (json_int_t)d->rows, "left_out",
	                (json_int_t)d->left_out, "searched", (json_int_t)d->folds[0].train.x.rows, "valid",
	                (json_int_t)d->valid_rows, "folds", (json_int_t)d->fold_count, "importance", importance,
	                "ensemble", t->assembled, "calibration", t->calibrated, "costs", costs_json(t->setup.costs));
	json_object_set(out, "about", t->about);
	json_object_set(out, "transferred", transferred);
	return step_output_json(t->s, "trials", out, error);
}

/* What the bundle would say of the rows that were judged. */
static bool final_scores(const Training *t, double **ret, GError **error)
{
	return trial_scores(&t->setup, t->final ? CALIBRATED_NAME : training_winner(t)->name, ret, error);
}

bool training_write_out_of_fold(const Training *t, GError **error)
{
	EngineLimits limits = {.threads = 1, .memory_mb = step_memory_mb(t->s) / 2, .scratch = step_scratch(t->s)};
	g_autofree double *scores = NULL;
	g_autoptr(Engine) e = NULL;
	if (!final_scores(t, &scores, error) || !engine_open(&limits, &e, error))
		return false;
	OutOfFold o = {t->data, scores, json_get_number(training_result(t), "threshold", 0.5)};
	return out_of_fold_write(e, &o, step_output(t->s, "out_of_fold"), error);
}

/* model/reference.h: "scores" */
static json_t *scores_json(const Training *t, const double *scores, double threshold)
{
	const TrainData *d = t->data;
	Scored s = {.rows = d->valid_rows, .classes = d->classes, .scores = scores, .positive = d->positive};
	return reference_scores(&s, json_object_get(d->roles, "classes"), threshold);
}

static bool add_scores(const Training *t, json_t *reference, double threshold, GError **error)
{
	g_autofree double *scores = NULL;
	json_t *errors;
	if (!final_scores(t, &scores, error) || !training_errors(t, scores, &errors, error))
		return false;
	json_object_set_new(reference, "scores", scores_json(t, scores, threshold));
	json_object_set_new(reference, "errors", errors ? errors : json_null());
	return true;
}

bool training_write_bundle(const Training *t, GError **error)
{
	const TrainData *d = t->data;
	const json_t *won = training_result(t), *classes = json_object_get(d->roles, "classes");
	json_t *threshold = json_object_get(won, "threshold");
	const char *digests[] = {step_input_digest(t->s, "train"), step_input_digest(t->s, "recipes")};
	json_auto_t *reference = json_copy(d->reference);
	if (!add_scores(t, reference, json_is_number(threshold) ? json_number_value(threshold) : 0.5, error))
		return false;
	json_t *positive = d->task == TASK_BINARY ? json_incref(json_array_get(classes, d->positive)) : json_null();
	json_auto_t *header = json_pack("{s:O,s:O,s:o,s:{s:O},s:o,s:s,s:O,s:O,s:{s:O},s:I,s:O,s:{s:s?,s:s?,s:I,s:s}}",
	        "project", json_object_get(t->params, "project"), "roles", d->roles, "positive", positive, "schema",
	        "columns", json_object_get(d->recipe, "inputs"), "recipe", recipe_strip(d->recipe), "family",
	        training_winner(t)->family->name, "params", json_object_get(won, "refit"), "threshold", threshold,
	        "metrics", "valid", json_object_get(won, "metrics"), "rows", (json_int_t)d->all.x.rows, "reference",
	        reference, "provenance", "train_digest", digests[0], "recipe_digest", digests[1], "seed",
	        (json_int_t)step_seed(t->s), "gyre", GYRE_VERSION);
	json_object_set(header, "calibration", t->calibration ? t->calibration : json_null());
	if (d->weight_scale != 1)
		json_object_set_new(header, "weight_scale", json_real(d->weight_scale));
	return bundle_write_with(step_output(t->s, "bundle"), header, t->model, d->sample, error);
}
