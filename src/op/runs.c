/* runs.c: the ops on tracked runs, and the logs of their steps. */
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "op/desk.h"
#include "op/summary.h"
#include "pipeline/run.h"
#include "track/track.h"

static const Param LIST_PARAMS[] = {
        {"limit", PARAM_INT, "how many at most", "20", .min = 1, .max = 100000, .letter = 'n'},
        {"of", PARAM_TEXT, "runs below this run (the trials of a training)"},
        {NULL},
};

static json_t *run_line(const json_t *run)
{
	int64_t start = json_get_int(run, "start", 0), end = json_get_int(run, "end", 0);
	json_t *seconds = end > start ? json_real((double)(end - start) / 1e6) : json_null();
	return json_pack("{s:O,s:O,s:O,s:o,s:o,s:O,s:O}", "run", json_object_get(run, "run_id"), "name",
	        json_object_get(run, "name"), "status", json_object_get(run, "status"), "started", time_json(start),
	        "seconds", seconds, "params", json_object_get(run, "params"), "metrics",
	        json_object_get(run, "metrics"));
}

static bool list_in(const Desk *d, const json_t *in, json_t **ret, GError **error)
{
	g_autofree char *experiment = NULL, *parent = NULL;
	json_auto_t *runs = NULL;
	const char *of = json_get_text(in, "of", NULL);
	if (!track_experiment(d->meta, json_get_text(yaml_root(d->project->yaml), "project", ""), &experiment, error) ||
	        (of && !track_find(d->meta, of, &parent, error)) ||
	        !track_list(d->meta, experiment, parent, (int)json_get_int(in, "limit", 20), &runs, error))
		return false;
	json_t *lines = json_array();
	size_t i;
	json_t *run;
	json_array_foreach (runs, i, run)
		json_array_append_new(lines, run_line(run));
	*ret = json_pack("{s:o}", "runs", lines);
	return true;
}

static bool with_desk(App *app, const json_t *in, json_t **ret, GError **error,
        bool (*work)(const Desk *d, const json_t *in, json_t **ret, GError **error))
{
	Desk d;
	if (!desk_open(app, &d, error))
		return false;
	bool ok = work(&d, in, ret, error);
	desk_clear(&d);
	return ok;
}

static bool list(App *app, const json_t *in, json_t **ret, GError **error)
{
	return with_desk(app, in, ret, error, list_in);
}

const Op OP_RUNS = {
        .name = "runs",
        .help = "list the runs of the project, newest first",
        .more = "JSON: {\"runs\": [{\"run\", \"name\", \"status\", \"started\", \"seconds\", \"params\", "
                "\"metrics\"}]}",
        .remote = true,
        .params = LIST_PARAMS,
        .run = list,
};

static const Param SHOW_PARAMS[] = {
        {"run", PARAM_TEXT, "its id, or the first characters of it; the newest when absent", .flags = PARAM_POSITIONAL},
        {NULL},
};

static bool newest(const Desk *d, char **ret, GError **error)
{
	g_autofree char *experiment = NULL;
	json_auto_t *runs = NULL;
	if (!track_experiment(d->meta, json_get_text(yaml_root(d->project->yaml), "project", ""), &experiment, error) ||
	        !track_list(d->meta, experiment, NULL, 1, &runs, error))
		return false;
	if (!json_array_size(runs))
		return fail(error, FAIL_NOT_FOUND, "nothing has run in %s yet; try: gyre run", d->project->folder);
	*ret = g_strdup(json_get_text(json_array_get(runs, 0), "run_id", ""));
	return true;
}

static bool find_run(const Desk *d, const char *given, char **ret, GError **error)
{
	return given ? track_find(d->meta, given, ret, error) : newest(d, ret, error);
}

static bool show_in(const Desk *d, const json_t *in, json_t **ret, GError **error)
{
	g_autofree char *id = NULL;
	json_auto_t *run = NULL, *steps = NULL;
	g_autoptr(GError) problem = NULL;
	if (!find_run(d, json_get_text(in, "run", NULL), &id, error) || !track_get(d->meta, id, &run, error))
		return false;
	if (plan_run_record(d->meta, id, &steps, &problem))
		json_object_set(run, "steps", json_object_get(steps, "steps"));
	else if (problem->code != FAIL_NOT_FOUND) {
		g_propagate_error(error, g_steal_pointer(&problem));
		return false;
	}
	json_object_set_new(run, "start", time_json(json_get_int(run, "start", 0)));
	json_object_set_new(run, "end", time_json(json_get_int(run, "end", 0)));
	*ret = json_incref(run);
	return true;
}

static bool show(App *app, const json_t *in, json_t **ret, GError **error)
{
	return with_desk(app, in, ret, error, show_in);
}

const Op OP_RUNS_SHOW = {
        .name = "runs.show",
        .help = "show a run: steps, parameters, metrics, tags",
        .more = "JSON: {\"run_id\", \"name\", \"status\", \"start\", \"end\", \"parent\", \"params\", \"metrics\", "
                "\"tags\", \"steps\"}",
        .remote = true,
        .params = SHOW_PARAMS,
        .run = show,
};

static const Param COMPARE_PARAMS[] = {
        {"runs", PARAM_TEXTS, "two or more ids", .flags = PARAM_POSITIONAL | PARAM_REQUIRED},
        {NULL},
};

/* {"key", "values": [one a run], "differs"} for every key any of them has. */
static json_t *compare_part(const json_t *runs, const char *part)
{
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
	json_t *lines = json_array();
	size_t i, k;
	json_t *run, *other, *value;
	const char *key;
	json_array_foreach ((json_t *)runs, i, run)
		json_object_foreach (json_object_get(run, part), key, value) {
			if (!g_hash_table_add(seen, (void *)key))
				continue;
			json_t *values = json_array();
			bool differs = false;
			json_array_foreach ((json_t *)runs, k, other) {
				json_t *its = json_object_get(json_object_get(other, part), key);
				json_array_append(values, its ? its : json_null());
				differs |= !its || !json_equal(its, json_array_get(values, 0));
			}
			json_array_append_new(
			        lines, json_pack("{s:s,s:o,s:b}", "key", key, "values", values, "differs", differs));
		}
	return lines;
}

static bool compare_in(const Desk *d, const json_t *in, json_t **ret, GError **error)
{
	json_auto_t *runs = json_array();
	json_t *ids = json_array();
	size_t i;
	json_t *name;
	json_array_foreach (json_object_get(in, "runs"), i, name) {
		g_autofree char *id = NULL;
		json_auto_t *run = NULL;
		if (!track_find(d->meta, json_string_value(name), &id, error) || !track_get(d->meta, id, &run, error)) {
			json_decref(ids);
			return false;
		}
		json_array_append(runs, run);
		json_array_append_new(ids, json_string(id));
	}
	*ret = json_pack("{s:o,s:o,s:o,s:o}", "runs", ids, "params", compare_part(runs, "params"), "metrics",
	        compare_part(runs, "metrics"), "tags", compare_part(runs, "tags"));
	return true;
}

static bool compare(App *app, const json_t *in, json_t **ret, GError **error)
{
	if (json_array_size(json_object_get(in, "runs")) < 2)
		return fail(error, FAIL_INVALID, "name two runs or more (gyre runs lists them)");
	return with_desk(app, in, ret, error, compare_in);
}

const Op OP_RUNS_COMPARE = {
        .name = "runs.compare",
        .help = "set two or more runs side by side",
        .more = "JSON: {\"runs\": [ids], \"params\"|\"metrics\"|\"tags\": [{\"key\", \"values\": [one a run], "
                "\"differs\"}]}",
        .remote = true,
        .params = COMPARE_PARAMS,
        .run = compare,
};

static const Param LOG_PARAMS[] = {
        {"run", PARAM_TEXT, "its id, or the first characters of it", .flags = PARAM_POSITIONAL | PARAM_REQUIRED},
        {"step", PARAM_TEXT, "name of the step", .flags = PARAM_POSITIONAL | PARAM_REQUIRED},
        {NULL},
};

static bool log_in(const Desk *d, const json_t *in, json_t **ret, GError **error)
{
	g_autofree char *id = NULL, *text = NULL;
	json_auto_t *record = NULL;
	size_t size;
	if (!track_find(d->meta, json_get_text(in, "run", ""), &id, error) ||
	        !plan_run_record(d->meta, id, &record, error))
		return false;
	const char *name = json_get_text(in, "step", "");
	const json_t *step = summary_step(record, name);
	if (!step)
		return fail(error, FAIL_NOT_FOUND, "run %s has no step \"%s\" (gyre runs show %.8s)", id, name, id);
	const char *log = json_get_text(step, "log", NULL);
	if (!log)
		return fail(error, FAIL_NOT_FOUND, "step %s did not run in run %s (%s): it has no log", name, id,
		        json_get_text(step, "status", "?"));
	g_autofree char *path =
	        g_path_is_absolute(log) ? g_strdup(log) : g_build_filename(d->project->state_folder, log, NULL);
	if (!file_read(path, G_MAXINT32, &text, &size, error))
		return false;
	*ret = json_pack("{s:o}", "text", json_text(text));
	return true;
}

static bool logs(App *app, const json_t *in, json_t **ret, GError **error)
{
	return with_desk(app, in, ret, error, log_in);
}

const Op OP_LOGS = {
        .name = "logs",
        .help = "print the log of a step",
        .more = "JSON: {\"text\"}",
        .params = LOG_PARAMS,
        .run = logs,
};
