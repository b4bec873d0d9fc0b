/* monitor_run.c: the op `monitor run`: one round of monitoring. */
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "monitor/outbox.h"
#include "monitor/pass.h"
#include "op/desk.h"
#include "op/window_times.h"

static const Param PARAMS[] = {
        {"model", PARAM_TEXT, "name of the model; every model when absent", .flags = PARAM_POSITIONAL},
        {"now", PARAM_BOOL, "take windows whose last row is there without waiting for late ones", "false"},
        {"memory_mb", PARAM_INT, "memory to stay within", "1024", .min = 128, .max = 1e9, .unit = "MiB"},
        {NULL},
};

static bool run_pass(const Desk *d, const json_t *in, const char *scratch, json_t **ret, GError **error)
{
	const json_t *alarms = json_object_get(json_object_get(d->project->config, "monitor"), "alarms");
	PassInput input = {.meta = d->meta,
	        .blobs = d->blobs,
	        .state_folder = d->project->state_folder,
	        .project = d->project->config,
	        .model = json_get_text(in, "model", NULL),
	        .memory_mb = (size_t)json_get_int(in, "memory_mb", 1024),
	        .scratch = scratch,
	        .now = meta_now(),
	        .without_wait = json_get_bool(in, "now", false)};
	json_auto_t *done = NULL;
	json_t *notices;
	if (!monitor_pass(&input, &done, error) || !outbox_deliver(d->meta, alarms, &notices, error))
		return false;
	json_object_set_new(done, "notices", notices);
	*ret = json_incref(done);
	return true;
}

static bool run(App *app, const json_t *in, json_t **ret, GError **error)
{
	Desk d;
	if (!desk_make(app, &d, error))
		return false;
	g_autofree char *scratch = g_dir_make_tmp("gyre-monitor-XXXXXX", error);
	bool ok = scratch && run_pass(&d, in, scratch, ret, error);
	if (ok)
		window_times(json_object_get(*ret, "windows"));
	if (scratch)
		file_remove(scratch, NULL);
	desk_clear(&d);
	return ok;
}

const Op OP_MONITOR_RUN = {
        .name = "monitor.run",
        .help = "look at every window of predictions that is due",
        .more = "Measures the windows that are complete and not measured yet, and again those to which late rows or "
                "outcomes "
                "came.\nThe block `monitor` of gyre.yaml says how long a window is and what is looked at.  May be "
                "killed "
                "and started again.\n\n"
                "JSON: {\"windows\": [{\"id\", \"model\", \"version\", \"route\", \"begin\", \"end\", \"rows\", "
                "\"outcomes\", "
                "\"measured\", \"revision\",\n\"states\": {\"ok\", \"warning\", \"alarm\", \"too_few\"}}], "
                "\"problems\": "
                "[{\"model\", \"window\", \"problem\"}], \"notices\": {\"sent\", \"failed\", \"waiting\"}}: "
                "those measured now, and what receivers of\nalarms were told",
        .effect = OP_WRITE,
        .remote = true,
        .is_long = true,
        .params = PARAMS,
        .run = run,
};
