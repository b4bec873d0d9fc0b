/* run_record.c: runs as they were written down, and the ones whose engine died. */
#include "pipeline/run.h"

#include "base/digest.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "pipeline/lock.h"
#include "pipeline/records.h"
#include "track/track.h"

#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define RESUMABLE_S (7 * 24 * 3600) /* how long a work folder that could be resumed is kept */

static json_t *parsed(const json_t *row, const char *column)
{
	const char *text = json_get_text(row, column, "{}");
	json_t *value = NULL;
	return json_parse(column, text, strlen(text), &value, NULL) ? value : json_object();
}

static void add_made(json_t *step, const json_t *row)
{
	json_auto_t *outputs = parsed(row, "outputs");
	json_auto_t *told = parsed(row, "told");
	json_t *digests = json_object();
	const char *name;
	json_t *output;
	json_object_foreach (outputs, name, output)
		json_object_set(digests, name, json_object_get(output, "digest"));
	json_object_set_new(step, "outputs", digests);
	json_object_set(step, "metrics", json_object_get(told, "metrics"));
	json_object_set(step, "notes", json_object_get(told, "notes"));
	json_object_set(step, "run", json_object_get(row, "made_by"));
}

static json_t *describe(const json_t *row)
{
	const char *status = json_get_text(row, "status", "");
	double seconds = (double)(json_get_int(row, "ended", 0) - json_get_int(row, "started", 0)) / G_USEC_PER_SEC;
	json_t *step = json_pack("{s:O,s:O,s:f,s:O,s:O}", "name", json_object_get(row, "step"), "status",
	        json_object_get(row, "status"), "seconds", seconds, "key", json_object_get(row, "key"), "why",
	        json_object_get(row, "why"));
	json_object_set(step, "cpu_seconds", json_object_get(row, "cpu_seconds"));
	json_object_set_new(step, "peak_mb", json_number(json_get_number(row, "peak_kb", NAN) / 1024));
	json_object_set(step, "bytes_in", json_object_get(row, "bytes_in"));
	json_object_set(step, "bytes_out", json_object_get(row, "bytes_out"));
	json_object_set(step, "log", json_object_get(row, "log"));
	if (strcmp(status, "ran") == 0 || strcmp(status, "cached") == 0)
		add_made(step, row);
	if (strcmp(status, "failed") == 0) {
		json_object_set(step, "error", json_object_get(row, "error"));
		json_object_set(step, "error_code", json_object_get(row, "error_code"));
	}
	return step;
}

bool plan_run_record(Meta *m, const char *run_id, json_t **ret, GError **error)
{
	json_auto_t *run = NULL, *rows = NULL;
	if (!meta_row(m, "SELECT status FROM pipeline_runs WHERE run_id = $1", json_pack("[s]", run_id), &run, error))
		return false;
	if (!run)
		return fail(error, FAIL_NOT_FOUND, "%s is not the run of a pipeline", run_id);
	if (!meta_run(m,
	            "SELECT e.step, e.status, e.key, e.why, e.started, e.ended, e.cpu_seconds, e.peak_kb, e.bytes_in,"
	            " e.bytes_out, COALESCE(e.log, o.log) AS log, e.error, e.error_code, r.outputs, r.told,"
	            " r.run_id AS made_by FROM executions e LEFT JOIN step_results r ON r.key = e.key"
	            " LEFT JOIN executions o ON o.run_id = r.run_id AND o.step = r.step AND e.status = 'cached'"
	            " WHERE e.run_id = $1 ORDER BY e.position",
	            json_pack("[s]", run_id), &rows, error))
		return false;
	json_t *steps = json_array();
	size_t i;
	json_t *row;
	json_array_foreach (rows, i, row)
		json_array_append_new(steps, describe(row));
	*ret = json_pack("{s:s,s:O,s:o}", "run", run_id, "status", json_object_get(run, "status"), "steps", steps);
	return true;
}

/* It may have ended in order since it was listed: its engine lets go of the lock only after that is written down. */
static bool mark_killed_inside(Meta *m, const char *run_id, GError **error)
{
	json_auto_t *run = NULL;
	if (!meta_row(m, "SELECT status FROM pipeline_runs WHERE run_id = $1", json_pack("[s]", run_id), &run, error))
		return false;
	if (strcmp(json_get_text(run, "status", ""), "running") != 0)
		return true;
	return track_end(m, run_id, RUN_KILLED, error) && records_end_run(m, run_id, "killed", error);
}

static bool mark_killed(Meta *m, const char *run_id, GError **error)
{
	return meta_begin(m, error) && meta_end(m, mark_killed_inside(m, run_id, error), error);
}

static bool recover_run(Meta *m, const char *state_folder, const char *run_id, GError **error)
{
	int fd;
	if (!lock_try(state_folder, run_id, &fd, error))
		return false;
	if (fd < 0)
		return true;
	bool ok = mark_killed(m, run_id, error);
	close(fd);
	return ok;
}

static bool can_be_resumed(const char *folder)
{
	g_autofree char *path = g_build_filename(folder, "spec.json", NULL);
	json_auto_t *spec = NULL;
	struct stat about;
	return stat(path, &about) == 0 && time(NULL) - about.st_mtime < RESUMABLE_S &&
	       json_read_file(path, &spec, NULL) && json_get_bool(spec, "resumes", false);
}

/* Folders that dead runs left.  Whatever is in use has a locked key and is let be; a folder that was renamed to be
 * thrown away begins with its key, too. */
static void sweep(const char *state_folder)
{
	g_autofree char *path = g_build_filename(state_folder, "work", NULL);
	g_autoptr(GDir) entries = g_dir_open(path, 0, NULL);
	const char *name;
	while (entries && (name = g_dir_read_name(entries))) {
		g_autofree char *key = g_strndup(name, DIGEST_TEXT);
		g_autofree char *entry = g_build_filename(path, name, NULL);
		int fd = -1;
		if (!digest_is_valid(key) || !lock_try(state_folder, key, &fd, NULL) || fd < 0)
			continue;
		if (strlen(name) > DIGEST_TEXT || !can_be_resumed(entry))
			file_remove(entry, NULL);
		close(fd);
	}
}

bool plan_run_recover(Meta *m, const char *state_folder, GError **error)
{
	json_auto_t *runs = NULL;
	if (!records_running(m, &runs, error))
		return false;
	size_t i;
	json_t *run;
	json_array_foreach (runs, i, run)
		if (!recover_run(m, state_folder, json_get_text(run, "run_id", ""), error))
			return false;
	sweep(state_folder);
	return true;
}
