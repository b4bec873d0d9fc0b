/* step_evaluate.c: the step `evaluate`. */
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "eval/assess.h"
#include "eval/evaluate.h"
#include "goal/goal.h"

static const Param PARAMS[] = {
        {"goal", PARAM_JSON, "the goal block", .flags = PARAM_REQUIRED},
        {"kpi", PARAM_JSON, "the kpi block", "{}"},
        {"slices", PARAM_TEXTS, "columns whose values the gate looks at one by one", "[]"},
        {"fairness", PARAM_JSON, "the fairness block", "{}"},
        {NULL},
};
static const char *const INPUTS[] = {"bundle", "test", "champion?", "train?", "out_of_fold?", "nested?", NULL};
static const char *const OUTPUTS[] = {"evaluation", "scored", NULL};

/* A champion that answers another question, or needs columns that are gone, cannot be compared: told, not fatal. */
static bool load_champion(StepRun *s, Assess *as, GError **error)
{
	const char *path = step_input(s, "champion");
	if (!path)
		return true;
	if (!bundle_load(path, &as->bundles[1], error))
		return false;
	if (!question_differs(as->bundles[0], as->bundles[1])) {
		as->digests[1] = step_input_digest(s, "champion");
		as->count = 2;
	} else {
		as->mismatch = g_strdup("the champion predicts another target or other classes: not compared");
	}
	return true;
}

static bool score_together(Assess *as, GError **error)
{
	g_autoptr(GError) problem = NULL;
	if (score_rows(as->e, as->test_path, as->bundles, as->count, &as->t, as->answers, &problem))
		return true;
	if (as->count == 1 || problem->code != FAIL_INVALID) {
		g_propagate_error(error, g_steal_pointer(&problem));
		return false;
	}
	as->count = 1;
	as->mismatch = g_strdup_printf("the champion cannot score these rows (%s): not compared", problem->message);
	return score_rows(as->e, as->test_path, as->bundles, 1, &as->t, as->answers, error);
}

static void note_metrics(StepRun *s, const json_t *evaluation)
{
	const char *name;
	json_t *figure;
	json_object_foreach ((json_t *)json_at(evaluation, "model.metrics"), name, figure)
		if (json_is_number(json_object_get(figure, "value")))
			step_metric(s, name, json_get_number(figure, "value", 0));
}

static bool read_nested(StepRun *s, Assess *as, GError **error)
{
	return !step_input(s, "nested") || step_input_json(s, "nested", &as->nested, error);
}

static bool assess(StepRun *s, Assess *as, GError **error)
{
	json_auto_t *evaluation = NULL;
	bool ok = read_nested(s, as, error) && load_champion(s, as, error) && score_together(as, error) &&
	          score_baseline(as->bundles[0], &as->t, &as->baseline, error) &&
	          evaluation_of(as, &evaluation, error) &&
	          engine_write_parquet(as->e, "SELECT * FROM scored", step_output(s, "scored"), error) &&
	          step_output_json(s, "evaluation", evaluation, error);
	if (ok)
		note_metrics(s, evaluation);
	return ok;
}

static void assess_clear(Assess *as)
{
	for (size_t i = 0; i < 2; i++) {
		bundle_free(as->bundles[i]);
		answers_clear(&as->answers[i]);
	}
	answers_clear(&as->baseline);
	test_set_clear(&as->t);
	engine_close(as->e);
	json_decref(as->nested);
	g_free(as->mismatch);
}

static bool run(StepRun *s, const json_t *params, GError **error)
{
	EngineLimits limits = {
	        .threads = step_cores(s), .memory_mb = step_memory_mb(s) / 2, .scratch = step_scratch(s)};
	Assess as = {.test_path = step_input(s, "test"),
	        .train_path = step_input(s, "train"),
	        .out_of_fold = step_input(s, "out_of_fold"),
	        .count = 1,
	        .seed = step_seed(s),
	        .kpi = json_object_get(params, "kpi"),
	        .slice_columns = json_object_get(params, "slices"),
	        .fairness = json_object_get(params, "fairness"),
	        .digests = {step_input_digest(s, "bundle")}};
	bool ok = engine_open(&limits, &as.e, error) && bundle_load(step_input(s, "bundle"), &as.bundles[0], error);
	if (ok) {
		as.metric = metric_find(goal_metric(json_object_get(params, "goal"), bundle_classes(as.bundles[0])));
		ok = assess(s, &as, error);
	}
	assess_clear(&as);
	return ok;
}

const StepKind STEP_EVALUATE = {
        .name = "evaluate",
        .help = "measure the bundle on rows it never saw, beside the baseline and the champion",
        .version = 11,
        .params = PARAMS,
        .inputs = INPUTS,
        .outputs = OUTPUTS,
        .flags = STEP_ALL_CORES,
        .run = run,
};
