/* search_watch.c: the op `search watch`: how a search goes, or went: a study of the store, or the models of the last training.
 *
 * A training that runs leaves a file for each trial where others may go on from it; one that is done, its artifact `trials`.  Both become the
 * same list of trials that watch_trials takes, with parameters named FAMILY.PARAM. */
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/json.h"
#include "op/desk.h"
#include "search/study_store.h"
#include "search/watch.h"
#include "stats/metric.h"

static const Param PARAMS[] = {
        {"study", PARAM_TEXT, "a study's name; the newest training of models when absent", .flags = PARAM_POSITIONAL},
        {NULL},
};

static bool of_study(const Desk *d, const char *name, json_t **ret, GError **error)
{
	g_autoptr(Study) s = NULL;
	json_auto_t *trials = json_array();
	if (!study_store_load(d->meta, name, &s, error))
		return false;
	for (guint i = 0; i < s->trials->len; i++) {
		json_t *trial = study_trial_json(s, s->trials->pdata[i]);
		json_t *first = json_array_get(json_object_get(trial, "values"), 0);
		if (first)
			json_object_set(trial, "value", first);
		json_array_append_new(trials, trial);
	}
	bool up = study_larger_is_better(s, 0);
	json_t *about = watch_trials(trials, up);
	json_object_set_new(about, "of", json_text(name));
	json_object_set(about, "method", json_object_get(s->settings, "method"));
	json_object_set_new(about, "metric", json_string("value"));
	json_object_set_new(about, "direction", json_string(up ? "max" : "min"));
	json_object_set_new(about, "running", json_boolean(json_at(about, "counts.running") != NULL));
	*ret = about;
	return true;
}

/* {"family": .., "FAMILY.PARAM": ..}: parameters of different families never mix. */
static json_t *flat_trial(const json_t *trial, const char *metric, const char *state)
{
	const char *family = json_get_text(trial, "family", ""), *name;
	json_t *params = json_pack("{s:s}", "family", family), *value;
	json_object_foreach (json_object_get(trial, "params"), name, value) {
		g_autofree char *full = g_strdup_printf("%s.%s", family, name);
		if (!json_is_object(value) && !json_is_array(value))
			json_object_set(params, full, value);
	}
	value = json_object_get(json_object_get(trial, "metrics"), metric);
	return json_pack("{s:o,s:O,s:s}", "params", params, "value", value ? value : json_null(), "state", state);
}

/* An ensemble was made of the others: it says nothing of their parameters. */
static bool is_own(const json_t *trial)
{
	return !json_object_get(json_object_get(trial, "params"), "members");
}

static void finish(json_t *about, const char *metric, bool up, bool running)
{
	json_object_set_new(about, "of", json_string("train"));
	json_object_set_new(about, "metric", json_string(metric));
	json_object_set_new(about, "direction", json_string(up ? "max" : "min"));
	json_object_set_new(about, "running", json_boolean(running));
}

static bool newest_trials(const Desk *d, json_t **ret, GError **error)
{
	json_auto_t *row = NULL, *outputs = NULL;
	if (!meta_row(d->meta,
	            "SELECT r.outputs FROM step_results r JOIN step_keys k ON k.key = r.key WHERE k.kind = 'train' AND "
	            "r.step = 'train' "
	            "ORDER BY "
	            "r.created DESC LIMIT 1",
	            NULL, &row, error))
		return false;
	if (!row)
		return fail(error, FAIL_NOT_FOUND, "no models were trained here yet; try: gyre run");
	const char *text = json_get_text(row, "outputs", "{}");
	return json_parse("outputs", text, strlen(text), &outputs, error) &&
	       desk_json(d, json_get_text(json_object_get(outputs, "trials"), "digest", ""), ret, error);
}

static bool of_training(const Desk *d, json_t **ret, GError **error)
{
	json_auto_t *artifact = NULL, *trials = json_array();
	size_t i;
	json_t *trial;
	if (!newest_trials(d, &artifact, error))
		return false;
	const char *metric = json_get_text(artifact, "metric", "");
	bool up = strcmp(json_get_text(artifact, "direction", ""), "max") == 0;
	json_array_foreach (json_object_get(artifact, "trials"), i, trial)
		if (is_own(trial))
			json_array_append_new(
			        trials, flat_trial(trial, metric, json_get_text(trial, "status", "done")));
	*ret = watch_trials(trials, up);
	json_object_set(*ret, "method", json_object_get(artifact, "method"));
	json_object_set(*ret, "transferred", json_object_get(artifact, "transferred"));
	finish(*ret, metric, up, false);
	return true;
}

/* Takes the folder if a trial in it is newer. */
static void consider(const char *folder, time_t *best, char **newest)
{
	g_autofree char *first = g_build_filename(folder, "trial-0.json", NULL);
	struct stat status;
	if (stat(first, &status) != 0 || (*newest && status.st_mtime < *best))
		return;
	*best = status.st_mtime;
	g_free(*newest);
	*newest = g_strdup(folder);
}

static void consider_all_below(const char *folder, time_t *best, char **newest)
{
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	for (const char *name; dir && (name = g_dir_read_name(dir));) {
		g_autofree char *path = g_build_filename(folder, name, NULL);
		consider(path, best, newest);
	}
}

/* Where a training under way leaves its trials: in the folder that other settings may go on from, or in its own; the one whose first
 * trial is the newest. */
static char *work_under_way(const Desk *d)
{
	g_autofree char *work = g_build_filename(d->project->state_folder, "work", NULL);
	g_autoptr(GDir) folder = g_dir_open(work, 0, NULL);
	char *newest = NULL;
	time_t best = 0;
	for (const char *name; folder && (name = g_dir_read_name(folder));) {
		g_autofree char *spec = g_build_filename(work, name, "spec.json", NULL);
		g_autofree char *scratch = g_build_filename(work, name, "scratch", NULL);
		json_auto_t *about = NULL;
		if (!json_read_file(spec, &about, NULL) || strcmp(json_get_text(about, "step", ""), "train") != 0)
			continue;
		g_autofree char *memory = g_build_filename(
		        d->project->state_folder, "memory", json_get_text(about, "step", "train"), NULL);
		consider(scratch, &best, &newest);
		consider_all_below(memory, &best, &newest);
	}
	return newest;
}

static bool under_way(const char *scratch, json_t **ret, GError **error)
{
	json_auto_t *trials = json_array();
	const MetricKind *metric = NULL;
	for (unsigned n = 0, missing = 0; missing < 64; n++) {
		g_autofree char *path = g_strdup_printf("%s/trial-%u.json", scratch, n);
		json_auto_t *trial = NULL;
		if (!g_file_test(path, G_FILE_TEST_EXISTS)) { /* it runs, or there are no more */
			missing++;
			continue;
		}
		for (; missing > 0; missing--) /* so that places are the trials' numbers */
			json_array_append_new(
			        trials, json_pack("{s:{},s:n,s:s}", "params", "value", "state", "running"));
		if (!json_read_file(path, &trial, error))
			return false;
		const MetricKind *own = metric_find(json_get_text(trial, "metric", NULL));
		metric = own ? own : metric;
		json_array_append_new(trials, flat_trial(trial, metric ? metric->name : "",
		                                      json_get_bool(trial, "pruned", false) ? "pruned" : "done"));
	}
	bool up = !metric || metric->larger_is_better;
	*ret = watch_trials(trials, up);
	json_object_set_new(*ret, "method", json_null());
	finish(*ret, metric ? metric->name : "", up, true);
	return true;
}

static bool watch(App *app, const json_t *in, json_t **ret, GError **error)
{
	Desk d;
	const char *name = json_get_text(in, "study", NULL);
	if (!desk_open(app, &d, error))
		return false;
	g_autofree char *scratch = name ? NULL : work_under_way(&d);
	bool ok = name      ? of_study(&d, name, ret, error)
	          : scratch ? under_way(scratch, ret, error)
	                    : of_training(&d, ret, error);
	desk_clear(&d);
	return ok;
}

const Op OP_SEARCH_WATCH = {
        .name = "search.watch",
        .remote = true,
        .help = "show how a search goes, or went: the best so far, its path, and which parameters matter",
        .more = "Of a study, or of the newest training of models, also while it runs; one that was stopped counts as\n"
                "running: it goes on from there.\n"
                "JSON: {\"of\": study or \"train\", \"method\"|null, \"metric\", \"direction\": \"min\"|\"max\",\n"
                "\"running\": bool, \"best\": {\"trial\", \"params\", \"value\"}|null, \"counts\": {state: n},\n"
                "\"transferred\": [{\"trial\", \"from\": digest of an earlier study, \"number\" there, \"distance\" of "
                "the "
                "data}] (of a\n"
                "training that is done),\n"
                "\"path\": [[trial, best so far]...], \"importance\": [[parameter, share of the variance of "
                "ranks]...]}",
        .params = PARAMS,
        .run = watch,
};
