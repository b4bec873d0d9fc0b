/* step_feasible.c: the step `feasible`: the sample is looked at from all sides, and an answer given (feasible.h). */
#include <math.h>

#include "base/error.h"
#include "base/json.h"
#include "feasible/curve.h"
#include "feasible/feasible.h"
#include "feasible/look.h"
#include "feasible/one_rule.h"
#include "feasible/verdict.h"
#include "goal/goal.h"

/* Reported beside the goal's own. */
static const char *const SHOWN[] = {
        "roc_auc", "pr_auc", "log_loss", "accuracy", "f1", "d2_log_loss", "rmse", "mae", "r2", NULL};

static json_t *names_to_keep(const json_t *goal, const MetricKind *metric)
{
	json_t *keep = json_object(), *criterion;
	size_t i;
	for (const char *const *name = SHOWN; *name; name++)
		json_object_set_new(keep, *name, json_true());
	json_object_set_new(keep, metric->name, json_true());
	json_array_foreach (json_object_get(goal, "success"), i, criterion) {
		const char *name = json_get_text(criterion, "metric", NULL);
		if (name)
			json_object_set_new(keep, name, json_true());
	}
	return keep;
}

static bool read_judged(Look *l, const char *sample, const char *recipes, Judged **ret, GError **error)
{
	JudgedWanted wanted = {.table = step_input(l->s, sample),
	        .recipes = step_input(l->s, recipes),
	        .seed = step_seed(l->s),
	        .threads = step_cores(l->s),
	        .memory_mb = step_memory_mb(l->s) / 2,
	        .scratch = step_scratch(l->s)};
	return judged_read(&wanted, ret, error);
}

static bool read_all(Look *l, GError **error)
{
	if (!read_judged(l, "sample", "recipes", &l->random, error))
		return false;
	if (step_input(l->s, "sample_time") && !read_judged(l, "sample_time", "recipes_time", &l->timed, error))
		return false;
	l->judged = l->timed ? l->timed : l->random;
	l->metric = metric_find(goal_metric(l->goal, l->judged->d->classes));
	unsigned task = l->judged->d->classes == 0   ? METRIC_REGRESSION
	                : l->judged->d->classes == 2 ? METRIC_BINARY
	                                             : METRIC_MULTICLASS;
	if (!l->metric || !(l->metric->tasks & task))
		return fail(error, FAIL_INVALID, "the goal's metric does not measure a target of %zu classes",
		        l->judged->d->classes);
	l->keep = names_to_keep(l->goal, l->metric);
	return true;
}

/* The bound the goal sets for its metric; NAN: none. */
static double wanted_of_metric(const Look *l)
{
	size_t i;
	json_t *criterion;
	json_array_foreach (json_object_get(l->goal, "success"), i, criterion) {
		if (g_strcmp0(json_get_text(criterion, "metric", NULL), l->metric->name) != 0)
			continue;
		double least = json_get_number(criterion, "at_least", NAN);
		return isnan(least) ? json_get_number(criterion, "at_most", NAN) : least;
	}
	return NAN;
}

/* There may be more rows than were looked at; the share of them that teaches is that of the sample. */
static bool add_curve(Look *l, const json_t *about, GError **error)
{
	json_auto_t *params = look_boosted_params();
	double sampled = json_get_number(about, "sampled", 1), rows = json_get_number(about, "rows", 1);
	CurveWanted wanted = {.metric = l->metric,
	        .params = params,
	        .scores = l->scores[LOOK_BOOSTED],
	        .rows = (double)l->judged->d->folds[0].train.x.rows * fmax(1, rows / fmax(1, sampled)),
	        .goal = wanted_of_metric(l)};
	json_t *curve;
	if (!curve_measure(l->judged, &wanted, &curve, error))
		return false;
	json_object_set_new(l->report, "curve", curve);
	return true;
}

static bool take_stretches(Look *l, GError **error)
{
	json_t *found = NULL;
	if (step_input(l->s, "stretches") && !step_input_json(l->s, "stretches", &found, error))
		return false;
	json_object_set_new(l->report, "stretches", found ? found : json_null());
	return true;
}

static void tell(const Look *l)
{
	const json_t *signal = json_object_get(l->report, "signal");
	step_metric(l->s, "difference", json_get_number(signal, "difference", NAN));
	step_note(l->s, "answer", json_incref(json_object_get(json_object_get(l->report, "verdict"), "answer")));
}

static bool look(Look *l, GError **error)
{
	json_auto_t *about = NULL;
	if (!step_input_json(l->s, "about", &about, error) || !read_all(l, error))
		return false;
	l->report = json_pack("{s:s,s:O,s:O,s:s,s:n,s:[]}", "metric", l->metric->name, "rows",
	        json_object_get(about, "rows"), "sampled", json_object_get(about, "sampled"), "judged",
	        l->timed ? "in time" : "in five folds", "verdict", "warnings");
	if (!look_models(l, error) || !look_time(l, error) || !add_curve(l, about, error) || !look_value(l, error))
		return false;
	if (!take_stretches(l, error))
		return false;
	look_leaks(l);
	look_labels(l);
	verdict_add(l->report, l->goal);
	tell(l);
	return step_output_json(l->s, "feasible", l->report, error);
}

static void look_clear(Look *l)
{
	if (l->shuffled != l->scores[LOOK_BOOSTED])
		g_free(l->shuffled);
	for (size_t i = 0; i < LOOK_MODELS; i++)
		g_free(l->scores[i]);
	one_rules_free(l->rules);
	judged_free(l->random);
	judged_free(l->timed);
	json_decref(l->keep);
	json_decref(l->report);
}

static bool run(StepRun *s, const json_t *params, GError **error)
{
	Look l = {.s = s, .goal = json_object_get(params, "goal"), .kpi = json_object_get(params, "kpi")};
	bool ok = look(&l, error);
	look_clear(&l);
	return ok;
}

static const Param PARAMS[] = {
        {"goal", PARAM_JSON, "the goal block", .flags = PARAM_REQUIRED},
        {"kpi", PARAM_JSON, "the kpi block", "{}"},
        {NULL},
};
static const char *const INPUTS[] = {"sample", "about", "recipes", "sample_time?", "recipes_time?", "stretches?", NULL};
static const char *const OUTPUTS[] = {"feasible", NULL};

const StepKind STEP_FEASIBLE = {
        .name = "feasible",
        .help = "tells whether the goal can be reached, before any long search",
        .version = 8,
        .params = PARAMS,
        .inputs = INPUTS,
        .outputs = OUTPUTS,
        .flags = STEP_ALL_CORES,
        .run = run,
};
