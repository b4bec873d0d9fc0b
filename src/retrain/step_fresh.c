/* step_fresh.c: rows that the model in use has not learnt from. */
#include "retrain/step_fresh.h"

#include "base/error.h"
#include "base/json.h"
#include "retrain/fresh_rows.h"

static const Param PARAMS[] = {{NULL}};
static const char *const INPUTS[] = {"rows", "learnt", NULL};
static const char *const OUTPUTS[] = {"fresh", "about", NULL};

static bool run(StepRun *s, const json_t *params, GError **error)
{
	EngineLimits limits = {
	        .threads = step_cores(s), .memory_mb = step_memory_mb(s) / 2, .scratch = step_scratch(s)};
	g_autoptr(Engine) e = NULL;
	FreshFrom from = {step_input(s, "rows"), step_input(s, "learnt"), NULL};
	FreshRows found;
	if (!engine_open(&limits, &e, error) || !fresh_rows_write(e, &from, step_output(s, "fresh"), &found, error))
		return false;
	if (found.rows == 0)
		return fail(error, FAIL_CONFLICT, "the model in use has learnt from every row there is");
	step_metric(s, "rows_fresh", (double)found.rows);
	json_auto_t *about = json_pack("{s:I,s:I}", "rows", (json_int_t)found.rows, "all", (json_int_t)found.all);
	return step_output_json(s, "about", about, error);
}

const StepKind STEP_FRESH = {
        .name = STEP_FRESH_NAME,
        .help = "leave out the rows that the model in use has learnt from",
        .version = 1,
        .params = PARAMS,
        .inputs = INPUTS,
        .outputs = OUTPUTS,
        .flags = STEP_ALL_CORES,
        .run = run,
};
