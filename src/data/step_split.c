/* step_split.c: the step `split`: good -> train, test, split (data/split.h). */
#include "data/split.h"

static bool run(StepRun *s, const json_t *params, GError **error)
{
	EngineLimits limits = {step_cores(s), step_memory_mb(s), step_scratch(s)};
	g_autoptr(Engine) e = NULL;
	json_auto_t *report = NULL;
	if (!engine_open(&limits, &e, error) ||
	        !split_table(e, step_input(s, "good"), params, step_seed(s), step_output(s, "train"),
	                step_output(s, "test"), &report, error))
		return false;
	static const char *const PARTS[] = {"train", "valid", "test", "dropped"};
	for (size_t i = 0; i < G_N_ELEMENTS(PARTS); i++) {
		g_autofree char *key = g_strdup_printf("rows_%s", PARTS[i]);
		step_metric(s, key, json_number_value(json_object_get(json_object_get(report, "rows"), PARTS[i])));
	}
	return step_output_json(s, "split", report, error);
}

static const char *const INPUTS[] = {"good", NULL};
static const char *const OUTPUTS[] = {"train", "test", "split", NULL};

const StepKind STEP_SPLIT = {
        .name = "split",
        .help = "divides the rows into those to learn from, to choose by and to judge by",
        .version = 2,
        .params = SPLIT_PARAMS,
        .inputs = INPUTS,
        .outputs = OUTPUTS,
        .flags = STEP_ALL_CORES,
        .run = run,
};
