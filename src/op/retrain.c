/* retrain.c: the ops on retrainings: ask for one, list them, show one, take a wish back. */
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "op/watch.h"
#include "retrain/retraining.h"
#include "retrain/trigger.h"

static const Param ASK_PARAMS[] = {
        {"reason", PARAM_TEXT, "why; kept on record"},
        {"by", PARAM_TEXT, "who asks; kept on record"},
        {"ask", PARAM_BOOL, "only put it on record: whoever watches takes it up", "false"},
        {NULL},
};

/* Times as text, in the record, its causes and events. */
static void tell_times(json_t *record)
{
	static const char *const TIMES[] = {"wanted", "started", "ended", "changed", "at"}, *const LISTS[] = {
	                                                                                            "causes", "events"};
	size_t i;
	json_t *one;
	for (size_t k = 0; k < G_N_ELEMENTS(TIMES); k++)
		if (json_object_get(record, TIMES[k]))
			json_object_set_new(record, TIMES[k], time_json(json_get_int(record, TIMES[k], 0)));
	for (size_t k = 0; k < G_N_ELEMENTS(LISTS); k++)
		json_array_foreach (json_object_get(record, LISTS[k]), i, one)
			json_object_set_new(one, "at", time_json(json_get_int(one, "at", 0)));
}

static bool ask(const App *app, const json_t *in, json_t **ret, bool *ret_watched, GError **error)
{
	Desk d;
	json_auto_t *record = NULL;
	const char *by = json_get_text(in, "by", app->is_remote ? "a caller" : g_get_user_name());
	json_auto_t *cause = trigger_manual_cause(by, json_get_text(in, "reason", NULL));
	bool is_new, free = false;
	if (!desk_make(app, &d, error))
		return false;
	LoopOptions options = {.folder = d.project->folder, .state_folder = d.project->state_folder};
	g_autoptr(RetrainLoop) probe = retrain_loop_new(&options);
	bool ok = retraining_want(d.meta, project_name(d.project), cause, meta_now(), &record, &is_new, error) &&
	          retrain_loop_leads(probe, project_name(d.project), &free, error);
	desk_clear(&d);
	if (ok) {
		*ret = g_steal_pointer(&record);
		*ret_watched = !free;
	}
	return ok;
}

/* Nobody watches: then it is done here, to its end or to a deployment that takes its time. */
static bool do_here(App *app, GError **error)
{
	WatchOptions options = {.folder = app->folder, .every_s = 1, .memory_mb = 512, .is_quiet = app->is_quiet};
	g_autoptr(Watch) w = NULL;
	sigset_t signals;
	if (!watch_open(&options, &w, error))
		return false;
	watch_block_signals(&signals);
	if (!watch_begin(w, error))
		return false;
	int signal = watch_finish(w, &signals);
	if (signal)
		return fail(
		        error, FAIL_UNAVAILABLE, "stopped by a signal; the retraining goes on when somebody watches");
	return !watch_problem(w) || fail(error, FAIL_UNAVAILABLE, "%s", watch_problem(w));
}

static bool read_one(const App *app, int64_t number, json_t **ret, GError **error)
{
	Desk d;
	if (!desk_open(app, &d, error))
		return false;
	bool ok = retraining_get(d.meta, json_get_text(yaml_root(d.project->yaml), "project", ""), number, ret, error);
	desk_clear(&d);
	if (ok)
		tell_times(*ret);
	return ok;
}

static void set_status(App *app, const json_t *record)
{
	const char *phase = json_get_text(record, "phase", "");
	if (strcmp(phase, PHASE_REJECTED) == 0)
		app->status = STATUS_NO;
	else if (strcmp(phase, PHASE_FAILED) == 0)
		app->status = STATUS_OUTSIDE;
}

static bool run_ask(App *app, const json_t *in, json_t **ret, GError **error)
{
	json_auto_t *record = NULL;
	bool watched = false, only_ask = app->is_remote || json_get_bool(in, "ask", false);
	if (!ask(app, in, &record, &watched, error))
		return false;
	if (!only_ask && !watched && !do_here(app, error))
		return false;
	if (!read_one(app, json_get_int(record, "number", 0), ret, error))
		return false;
	json_object_set_new(*ret, "watched", json_boolean(watched));
	set_status(app, *ret);
	return true;
}

static const Param LS_PARAMS[] = {
        {"limit", PARAM_INT, "how many, the newest first", "20", .min = 1, .max = 100000},
        {NULL},
};

static bool run_ls(App *app, const json_t *in, json_t **ret, GError **error)
{
	Desk d;
	json_auto_t *list = NULL;
	size_t i;
	json_t *one;
	if (!desk_open(app, &d, error))
		return false;
	bool ok = retraining_list(d.meta, json_get_text(yaml_root(d.project->yaml), "project", ""),
	        (int)json_get_int(in, "limit", 20), &list, error);
	desk_clear(&d);
	if (!ok)
		return false;
	json_array_foreach (list, i, one)
		tell_times(one);
	*ret = json_pack("{s:O}", "retrainings", list);
	return true;
}

static const Param SHOW_PARAMS[] = {
        {"number", PARAM_INT, "which one; the newest when absent", "0", .min = 0, .max = 9e15,
                .flags = PARAM_POSITIONAL},
        {NULL},
};

static bool run_show(App *app, const json_t *in, json_t **ret, GError **error)
{
	return read_one(app, json_get_int(in, "number", 0), ret, error);
}

static const Param CANCEL_PARAMS[] = {
        {"reason", PARAM_TEXT, "why; kept on record"},
        {"by", PARAM_TEXT, "who takes it back; kept on record"},
        {NULL},
};

static bool cancel(const App *app, const Desk *d, const json_t *in, json_t **ret, GError **error)
{
	json_auto_t *wanted = NULL, *under_way = NULL;
	const char *model = project_name(d->project), *reason = json_get_text(in, "reason", NULL);
	if (!retraining_open(d->meta, model, &wanted, &under_way, error))
		return false;
	if (!wanted && under_way)
		return fail(error, FAIL_CONFLICT,
		        "retraining %d is %s already: what it makes is stopped with gyre deploy rollback",
		        (int)json_get_int(under_way, "number", 0), json_get_text(under_way, "phase", ""));
	if (!wanted)
		return fail(error, FAIL_NOT_FOUND, "no retraining of %s is wanted", model);
	g_autofree char *note = g_strdup_printf("%s took it back%s%s",
	        json_get_text(in, "by", app->is_remote ? "a caller" : g_get_user_name()), reason ? ": " : "",
	        reason ? reason : "");
	json_auto_t *changes = json_pack("{s:[o]}", "reasons", json_text(note));
	RetrainingMove move = {json_get_text(wanted, "id", ""), PHASE_WANTED, PHASE_REJECTED, note, changes};
	return retraining_move(d->meta, &move, meta_now(), ret, error);
}

static bool run_cancel(App *app, const json_t *in, json_t **ret, GError **error)
{
	Desk d;
	if (!desk_make(app, &d, error))
		return false;
	bool ok = cancel(app, &d, in, ret, error);
	desk_clear(&d);
	if (ok)
		tell_times(*ret);
	return ok;
}

#define RECORD                                                                                                      \
	"{\"id\", \"model\", \"number\", \"phase\": "                                                               \
	"\"wanted\"|\"running\"|\"judged\"|\"deploying\"|\"done\"|\"rejected\"|\"failed\"|"                         \
	"\"nothing_to_do\",\n\"causes\": [{\"trigger\", \"key\", \"reason\", \"at\", \"evidence\"}], \"reasons\": " \
	"[sentences], "                                                                                             \
	"\"evidence\": {\"run\", \"challenge\",\n\"deployment\"}, \"mode\", \"run_id\", \"champion\": version "     \
	"before, \"candidate\": "                                                                                   \
	"version, \"deployment\", \"attempts\", \"cpu_seconds\",\n\"wanted\", \"started\", \"ended\", \"changed\"}"

const Op OP_RETRAIN = {
        .name = "retrain",
        .help = "retrain the project's model, and put the new one into use if it is better",
        .more = "Runs the pipeline on the data as it is now, sets the challenger beside the champion on fresh rows, "
                "and deploys "
                "it by the\n"
                "project's strategy.  Where a process watches the project, that one does it; else it is done here.  "
                "Over HTTP "
                "it is only\n"
                "asked for.  Cool-down and budget do not hold for what a person asks for.  Status 1: the challenger "
                "was "
                "rejected.\n"
                "JSON: as gyre retrain show, with \"watched\": does another process do it?",
        .effect = OP_WRITE,
        .remote = true,
        .params = ASK_PARAMS,
        .run = run_ask,
};

const Op OP_RETRAIN_LS = {
        .name = "retrain.ls",
        .help = "list retrainings: why, what came of them, and why",
        .more = "JSON: {\"retrainings\": [as gyre retrain show, without events]}",
        .remote = true,
        .params = LS_PARAMS,
        .run = run_ls,
};

const Op OP_RETRAIN_SHOW = {
        .name = "retrain.show",
        .help = "show one retraining: its causes, phases, evidence and decision",
        .more = "JSON: " RECORD ", and\n\"events\": [{\"phase\", \"at\", \"note\"}]",
        .remote = true,
        .params = SHOW_PARAMS,
        .run = run_show,
};

const Op OP_RETRAIN_CANCEL = {
        .name = "retrain.cancel",
        .help = "take back a retraining that is wanted and not begun",
        .more = "JSON: as gyre retrain show, without events",
        .effect = OP_WRITE,
        .remote = true,
        .params = CANCEL_PARAMS,
        .run = run_cancel,
};
