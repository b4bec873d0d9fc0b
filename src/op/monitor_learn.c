/* monitor_learn.c: the op `monitor learn`: a model in use learns from the outcomes that have come. */
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "op/desk.h"
#include "retrain/online_round.h"

static const Param PARAMS[] = {
        {"model", PARAM_TEXT, "name of the model; else the project's", .flags = PARAM_POSITIONAL},
        {"least", PARAM_INT, "outcomes that are waited for", "1", .min = 1, .max = 1e9},
        {"most", PARAM_INT, "outcomes to learn from at a time", "1000000", .min = 1, .max = 1e9},
        {"keep", PARAM_REAL, "how much of what was learnt before stays; else retrain.online.keep", .min = 0, .max = 1},
        {NULL},
};

static bool learn(const Desk *d, const json_t *in, const char *scratch, json_t **ret, GError **error)
{
	json_auto_t *decision = online_decision(d->project->config);
	OnlineInput input = online_input(d->project->config, decision);
	input.meta = d->meta;
	input.blobs = d->blobs;
	input.state_folder = d->project->state_folder;
	input.scratch = scratch;
	input.model = json_get_text(in, "model", project_name(d->project));
	input.keep = json_get_number(in, "keep", input.keep);
	input.least = json_get_int(in, "least", 1);
	input.most = json_get_int(in, "most", input.most);
	input.now = meta_now();
	return online_learn(&input, ret, error);
}

static bool run(App *app, const json_t *in, json_t **ret, GError **error)
{
	Desk d;
	if (!desk_make(app, &d, error))
		return false;
	g_autofree char *scratch = g_dir_make_tmp("gyre-learn-XXXXXX", error);
	bool ok = scratch && learn(&d, in, scratch, ret, error);
	if (scratch)
		file_remove(scratch, NULL);
	desk_clear(&d);
	return ok;
}

const Op OP_MONITOR_LEARN = {
        .name = "monitor.learn",
        .help = "let the model in use learn from the outcomes that have come",
        .more = "Joins outcomes that have taught nothing yet with the logged inputs of their predictions, lets the "
                "model learn "
                "on, and\n"
                "registers a version; the champion stays where it is.  May be killed and started again: no outcome is "
                "lost "
                "and none\n"
                "teaches twice.  For models of the families ftrl, linear, naive_bayes, boosted, forest and baseline.\n"
                "JSON: {\"model\", \"version\": number or null (nothing was done), \"parent\", \"root\", \"outcomes\", "
                "\"left_out\", \"waiting\",\n"
                "\"metrics\": what the parent said of them before, or null, \"gate\": {\"pass\", \"reasons\", "
                "\"rows\", \"comparison\"} or null, \"reason\": why nothing was done, or null}",
        .effect = OP_WRITE,
        .remote = true,
        .is_long = true,
        .params = PARAMS,
        .run = run,
};
