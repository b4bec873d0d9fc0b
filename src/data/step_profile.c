/* step_profile.c: the step `profile`: good -> profile (data/profile.h). */
#include "data/profile.h"

#include "base/json.h"

static void tell_metrics(StepRun *s, const json_t *profile)
{
	const json_t *columns = json_object_get(profile, "columns");
	double missing = 0;
	size_t i;
	json_t *c;
	json_array_foreach (columns, i, c)
		missing += json_get_number(c, "missing_share", 0);
	step_metric(s, "rows", json_get_number(profile, "rows", 0));
	step_metric(s, "columns", (double)json_array_size(columns));
	step_metric(s, "missing_share", json_array_size(columns) ? missing / (double)json_array_size(columns) : 0);
	step_metric(s, "duplicates", json_get_number(json_object_get(profile, "duplicates"), "rows", 0));
	step_metric(s, "alerts", (double)json_array_size(json_object_get(profile, "alerts")));
}

static bool run(StepRun *s, const json_t *params, GError **error)
{
	EngineLimits limits = {step_cores(s), step_memory_mb(s), step_scratch(s)};
	g_autoptr(Engine) e = NULL;
	json_auto_t *profile = NULL;
	if (!engine_open(&limits, &e, error) || !profile_table(e, step_input(s, "good"), params, &profile, error))
		return false;
	tell_metrics(s, profile);
	return step_output_json(s, "profile", profile, error);
}

static const char *const INPUTS[] = {"good", NULL};
static const char *const OUTPUTS[] = {"profile", NULL};

const StepKind STEP_PROFILE = {
        .name = "profile",
        .help = "tells what is in the data: every column, pairs, duplicates, what stands out",
        .version = 1,
        .params = PROFILE_PARAMS,
        .inputs = INPUTS,
        .outputs = OUTPUTS,
        .flags = STEP_ALL_CORES,
        .run = run,
};
