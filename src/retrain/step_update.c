/* step_update.c: learning on as a step: keyed, cached and in the lineage like every other. */
#include "retrain/step_update.h"

#include <math.h>

#include "base/error.h"
#include "base/json.h"
#include "model/bundle_update.h"
#include "model/calibrate.h"
#include "model/update.h"
#include "retrain/decision.h"

static const Param PARAMS[] = {
        {.name = "how", .type = PARAM_JSON, .preset = "{}", .help = "keep, trees, share"},
        {.name = "held_out",
                .type = PARAM_REAL,
                .preset = "0.2",
                .min = 0,
                .max = 0.9,
                .help = "share of the fresh rows, the newest, that calibration and threshold are judged on"},
        DECISION_PARAMS,
        {.name = "calibration",
                .type = PARAM_TEXT,
                .preset = "\"auto\"",
                .help = "auto keeps the old one where it still helps; none, or one of the calibrations, learnt anew"},
        {.name = "threads",
                .type = PARAM_INT,
                .preset = "2",
                .min = 1,
                .max = 256,
                .help = "threads of the training: part of the result, as sums depend on it"},
        {NULL},
};

/* The bundle is read for its roles alone: what the settings mean depends on the task. */
static bool settle(const json_t *params, BundleUpdate *u, Decision *ret, GError **error)
{
	g_autoptr(Bundle) b = NULL;
	if (!bundle_load(u->bundle, &b, error) || !decision_read(params, b, u->rows, ret, error))
		return false;
	u->metric = ret->metric;
	u->threshold_by = ret->threshold_by;
	u->costs = ret->has_costs ? &ret->costs : NULL;
	return calibrate_known(u->calibration) ||
	       fail(error, FAIL_INVALID, "there is no calibration \"%s\"", u->calibration);
}

static void tell(StepRun *s, const json_t *about)
{
	const char *metric = json_get_text(about, "metric", "");
	json_t *before = json_object_get(json_object_get(about, "old"), metric);
	json_t *after = json_object_get(json_object_get(about, "new"), metric);
	if (json_is_number(before))
		step_metric(s, "before", json_number_value(before));
	if (json_is_number(after))
		step_metric(s, "after", json_number_value(after));
	step_metric(s, "rows_fresh", json_get_number(json_object_get(about, "rows"), "fresh", NAN));
	if (json_array_size(json_object_get(about, "warnings")))
		step_note(s, "warnings", json_incref(json_object_get(about, "warnings")));
}

static bool run(StepRun *s, const json_t *params, GError **error)
{
	json_auto_t *how = NULL, *about = NULL;
	Decision decision;
	if (!param_fill(UPDATE_PARAMS, "how", json_object_get(params, "how"), &how, error))
		return false;
	BundleUpdate u = {.bundle = step_input(s, "bundle"),
	        .digest = step_input_digest(s, "bundle"),
	        .rows = step_input(s, "rows"),
	        .rows_digest = step_input_digest(s, "rows"),
	        .how = how,
	        .held_out = json_get_number(params, "held_out", 0.2),
	        .calibration = json_get_text(params, "calibration", "auto"),
	        .seed = step_seed(s),
	        .threads = (unsigned)json_get_int(params, "threads", 2),
	        .scratch = step_scratch(s),
	        .memory_mb = step_memory_mb(s) / 2};
	if (!settle(params, &u, &decision, error) || !bundle_update(&u, step_output(s, "bundle"), &about, error))
		return false;
	tell(s, about);
	return step_output_json(s, "about", about, error);
}

static const char *const INPUTS[] = {"bundle", "rows", NULL};
static const char *const OUTPUTS[] = {"bundle", "about", NULL};

const StepKind STEP_UPDATE = {
        .name = "update",
        .help = "lets a bundle learn on from fresh rows",
        .version = 1,
        .params = PARAMS,
        .inputs = INPUTS,
        .outputs = OUTPUTS,
        .flags = STEP_ALL_CORES,
        .run = run,
};
