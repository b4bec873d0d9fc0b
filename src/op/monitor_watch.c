/* monitor_watch.c: the op `monitor watch`: monitoring and retraining, round after round. */
#include <signal.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "op/watch.h"
#include "retrain/retraining.h"

static const Param PARAMS[] = {
        {"every", PARAM_INT, "from one look at the triggers to the next", "10", .min = 1, .max = 86400, .unit = "s"},
        {"once", PARAM_BOOL, "one look, and what follows from it; then end", "false"},
        {"memory_mb", PARAM_INT, "memory of a monitoring pass", "512", .min = 128, .max = 1e9, .unit = "MiB"},
        {NULL},
};

static bool answer(const App *app, int signal, const char *problem, json_t **ret, GError **error)
{
	Desk d;
	json_auto_t *newest = NULL;
	if (!desk_open(app, &d, error))
		return false;
	bool ok = retraining_list(d.meta, project_name(d.project), 1, &newest, error);
	desk_clear(&d);
	if (!ok)
		return false;
	json_t *last = json_array_get(newest, 0);
	*ret = json_pack("{s:o,s:o,s:o}", "stopped", json_text(signal ? g_strsignal(signal) : NULL), "problem",
	        json_text(problem), "retraining", last ? json_incref(last) : json_null());
	return true;
}

static bool run(App *app, const json_t *in, json_t **ret, GError **error)
{
	WatchOptions options = {.folder = app->folder,
	        .every_s = (unsigned)json_get_int(in, "every", 10),
	        .memory_mb = (size_t)json_get_int(in, "memory_mb", 512),
	        .is_quiet = app->is_quiet};
	Watch *w;
	sigset_t signals;
	int signal;
	if (!watch_open(&options, &w, error))
		return false;
	watch_block_signals(&signals);
	if (json_get_bool(in, "once", false)) {
		watch_look(w);
		signal = watch_finish(w, &signals);
	} else {
		signal = watch_rounds(w, &signals);
	}
	g_autofree char *problem = g_strdup(watch_problem(w));
	watch_close(w);
	if (problem)
		app->status = STATUS_OUTSIDE;
	return answer(app, signal, problem, ret, error);
}

const Op OP_MONITOR_WATCH = {
        .name = "monitor.watch",
        .help = "watch a project in production: monitor, and retrain when the triggers say so",
        .more = "Goes on until SIGTERM or SIGINT; SIGHUP means look now.  Takes a monitoring pass a minute, lets the "
                "triggers of the block\n"
                "`retrain` look, and takes retrainings from phase to phase; training is a child process.  May be "
                "killed at "
                "any moment and\n"
                "started again: nothing is lost, nothing done twice.  Of several, one leads and the others wait.  gyre "
                "serve --watch\n"
                "starts it beside the server.  docs/continuous-training.md has the rest.\n"
                "JSON, at its end: {\"stopped\": signal|null, \"problem\": what could not be done|null, "
                "\"retraining\": the newest|null}",
        .effect = OP_WRITE,
        .params = PARAMS,
        .run = run,
};
