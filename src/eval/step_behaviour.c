/* step_behaviour.c: the step `behaviour`: what a model must do whatever its metrics say. */
#include "base/json.h"
#include "eval/behaviour.h"

static const Param PARAMS[] = {
        {"tests", PARAM_JSON, "the block tests", .flags = PARAM_REQUIRED},
        {NULL},
};
static const char *const INPUTS[] = {"bundle", "test", NULL};
static const char *const OUTPUTS[] = {"behaviour", NULL};

static bool test_model(StepRun *s, const json_t *tests, Engine *e, Bundle *b, GError **error)
{
	TestSet t = {0};
	Answers a = {0};
	json_auto_t *found = NULL;
	const BehaviourInput in = {.e = e,
	        .test_path = step_input(s, "test"),
	        .bundle_path = step_input(s, "bundle"),
	        .b = b,
	        .t = &t,
	        .a = &a,
	        .seed = step_seed(s)};
	bool ok = score_rows(e, in.test_path, &b, 1, &t, &a, error) && behaviours_run(&in, tests, &found, error);
	if (ok)
		step_note(s, "pass", json_incref(json_object_get(found, "pass")));
	ok = ok && step_output_json(s, "behaviour", found, error);
	answers_clear(&a);
	test_set_clear(&t);
	return ok;
}

static bool run(StepRun *s, const json_t *params, GError **error)
{
	EngineLimits limits = {
	        .threads = step_cores(s), .memory_mb = step_memory_mb(s) / 2, .scratch = step_scratch(s)};
	g_autoptr(Engine) e = NULL;
	g_autoptr(Bundle) b = NULL;
	return engine_open(&limits, &e, error) && bundle_load(step_input(s, "bundle"), &b, error) &&
	       test_model(s, json_object_get(params, "tests"), e, b, error);
}

const StepKind STEP_BEHAVIOUR = {
        .name = "behaviour",
        .help = "try what the model must do whatever its metrics say: the tests of gyre.yaml",
        .version = 2,
        .params = PARAMS,
        .inputs = INPUTS,
        .outputs = OUTPUTS,
        .flags = STEP_ALL_CORES,
        .run = run,
};
