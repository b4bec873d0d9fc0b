/* run.c: runs: started, ended, found, listed, deleted. */
#include "track/track.h"

#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "track/rules.h"

enum { PREFIX_CHARACTERS = 4, CANDIDATES = 4 };

const char *run_status_name(RunStatus status)
{
	static const char *const NAMES[] = {
	        [RUN_RUNNING] = "RUNNING",
	        [RUN_SCHEDULED] = "SCHEDULED",
	        [RUN_FINISHED] = "FINISHED",
	        [RUN_FAILED] = "FAILED",
	        [RUN_KILLED] = "KILLED",
	};
	return NAMES[status];
}

static bool check_exists(Meta *m, const char *run_id, GError **error)
{
	json_auto_t *row = NULL;
	if (!meta_row(m, "SELECT 1 AS found FROM runs WHERE run_id = $1", json_pack("[s]", run_id), &row, error))
		return false;
	return row || fail(error, FAIL_NOT_FOUND, "there is no run with id %s", run_id);
}

static bool insert(Meta *m, const char *id, int64_t experiment, const char *name, GError **error)
{
	json_auto_t *user = json_text(g_get_user_name());
	return meta_run(m,
	        "INSERT INTO runs (run_id, experiment_id, name, user_id, status, started) VALUES ($1, $2, $3, $4, $5, "
	        "$6)",
	        json_pack("[sIsOsI]", id, experiment, name, user, run_status_name(RUN_RUNNING), meta_now()), NULL,
	        error);
}

static bool start(
        Meta *m, const char *id, const char *experiment_id, const char *name, const char *parent, GError **error)
{
	int64_t experiment;
	return rules_experiment(m, experiment_id, &experiment, error) && (!parent || check_exists(m, parent, error)) &&
	       insert(m, id, experiment, name, error) && write_tag(m, id, TAG_NAME, name, error) &&
	       (!parent || write_tag(m, id, TAG_PARENT, parent, error));
}

bool track_start(
        Meta *m, const char *experiment_id, const char *name, const char *parent, char **ret_id, GError **error)
{
	g_autofree char *id = meta_new_id();
	g_autofree char *made = g_strdup_printf("run-%.8s", id);
	if (!meta_begin(m, error))
		return false;
	bool ok = start(m, id, experiment_id, name && *name ? name : made, parent, error);
	if (!meta_end(m, ok, error))
		return false;
	*ret_id = g_steal_pointer(&id);
	return true;
}

static bool end(Meta *m, const char *run_id, RunStatus status, GError **error)
{
	bool is_over = status != RUN_RUNNING && status != RUN_SCHEDULED;
	json_auto_t *when = is_over ? json_integer(meta_now()) : json_null();
	return rules_run(m, run_id, error) &&
	       meta_run(m, "UPDATE runs SET status = $2, ended = $3 WHERE run_id = $1",
	               json_pack("[ssO]", run_id, run_status_name(status), when), NULL, error);
}

bool track_end(Meta *m, const char *run_id, RunStatus status, GError **error)
{
	if (!meta_begin(m, error))
		return false;
	return meta_end(m, end(m, run_id, status, error), error);
}

bool track_delete(Meta *m, const char *run_id, GError **error)
{
	return check_exists(m, run_id, error) &&
	       meta_run(m,
	               "UPDATE runs SET lifecycle = 'deleted', deleted = $2 WHERE run_id = $1 AND lifecycle = 'active'",
	               json_pack("[sI]", run_id, meta_now()), NULL, error);
}

bool track_restore(Meta *m, const char *run_id, GError **error)
{
	return check_exists(m, run_id, error) &&
	       meta_run(m, "UPDATE runs SET lifecycle = 'active', deleted = NULL WHERE run_id = $1",
	               json_pack("[s]", run_id), NULL, error);
}

/* Rows of (key, value) as one member of the run. */
static bool add_values(Meta *m, json_t *run, const char *member, const char *sql, GError **error)
{
	json_auto_t *rows = NULL;
	if (!meta_run(m, sql, json_pack("[O]", json_object_get(run, "run_id")), &rows, error))
		return false;
	json_t *values = json_object(), *row;
	size_t i;
	json_array_foreach (rows, i, row)
		json_object_set(values, json_get_text(row, "key", ""), json_object_get(row, "value"));
	json_object_set_new(run, member, values);
	return true;
}

static bool add_all(Meta *m, json_t *run, GError **error)
{
	return add_values(m, run, "params", "SELECT key, value FROM params WHERE run_id = $1 ORDER BY key", error) &&
	       add_values(m, run, "metrics",
	               "SELECT key, CASE WHEN is_nan = 1 THEN NULL ELSE value END AS value FROM latest_metrics"
	               " WHERE run_id = $1 ORDER BY key",
	               error) &&
	       add_values(m, run, "tags", "SELECT key, value FROM tags WHERE run_id = $1 ORDER BY key", error);
}

#define SELECT_RUN                                                                                                     \
	"SELECT r.run_id, r.name, e.name AS experiment, CAST(r.experiment_id AS TEXT) AS experiment_id,"               \
	" r.user_id AS \"user\", r.lifecycle, r.status, r.started AS start, r.ended AS \"end\", r.parent_id AS parent" \
	" FROM runs r JOIN experiments e ON e.experiment_id = r.experiment_id "

bool track_get(Meta *m, const char *run_id, json_t **ret, GError **error)
{
	json_auto_t *run = NULL;
	if (!meta_row(m, SELECT_RUN "WHERE r.run_id = $1", json_pack("[s]", run_id), &run, error))
		return false;
	if (!run)
		return fail(error, FAIL_NOT_FOUND, "there is no run with id %s", run_id);
	if (!add_all(m, run, error))
		return false;
	*ret = g_steal_pointer(&run);
	return true;
}

#define NEWEST_FIRST " AND r.lifecycle = 'active' ORDER BY r.started DESC, r.run_id LIMIT $1"

static bool select_runs(Meta *m, const int64_t *experiment, const char *parent, int limit, json_t **ret, GError **error)
{
	if (parent && experiment)
		return meta_run(m, SELECT_RUN "WHERE r.experiment_id = $2 AND r.parent_id = $3" NEWEST_FIRST,
		        json_pack("[iIs]", limit, *experiment, parent), ret, error);
	if (parent)
		return meta_run(m, SELECT_RUN "WHERE r.parent_id = $2" NEWEST_FIRST, json_pack("[is]", limit, parent),
		        ret, error);
	if (experiment)
		return meta_run(m, SELECT_RUN "WHERE r.experiment_id = $2 AND r.parent_id IS NULL" NEWEST_FIRST,
		        json_pack("[iI]", limit, *experiment), ret, error);
	return meta_run(m, SELECT_RUN "WHERE r.parent_id IS NULL" NEWEST_FIRST, json_pack("[i]", limit), ret, error);
}

bool track_list(Meta *m, const char *experiment_id, const char *parent, int limit, json_t **ret, GError **error)
{
	int64_t experiment;
	json_auto_t *runs = NULL;
	if (experiment_id && !rules_experiment_number(experiment_id, &experiment, error))
		return false;
	if (!select_runs(m, experiment_id ? &experiment : NULL, parent, MAX(limit, 0), &runs, error))
		return false;
	json_t *run;
	size_t i;
	json_array_foreach (runs, i, run)
		if (!add_all(m, run, error))
			return false;
	*ret = g_steal_pointer(&runs);
	return true;
}

static bool fail_several(const char *prefix, const json_t *rows, GError **error)
{
	GString *names = g_string_new(NULL);
	for (size_t i = 0; i < MIN(json_array_size(rows), CANDIDATES - 1); i++)
		g_string_append_printf(
		        names, "%s%s", i ? ", " : "", json_get_text(json_array_get(rows, i), "run_id", ""));
	if (json_array_size(rows) >= CANDIDATES)
		g_string_append(names, ", ...");
	fail(error, FAIL_INVALID, "several runs begin with \"%s\": %s", prefix, names->str);
	g_string_free(names, TRUE);
	return false;
}

bool track_find(Meta *m, const char *id_or_prefix, char **ret_id, GError **error)
{
	g_autofree char *prefix = g_ascii_strdown(id_or_prefix, -1);
	if (strlen(prefix) < PREFIX_CHARACTERS || strspn(prefix, "0123456789abcdef") != strlen(prefix))
		return fail(error, FAIL_INVALID,
		        "\"%s\" is not the id of a run, nor its first %d or more characters (0-9 and a-f)",
		        id_or_prefix, PREFIX_CHARACTERS);
	g_autofree char *beyond = g_strconcat(prefix, "g", NULL);
	json_auto_t *rows = NULL;
	if (!meta_run(m, "SELECT run_id FROM runs WHERE run_id >= $1 AND run_id < $2 ORDER BY run_id LIMIT $3",
	            json_pack("[ssi]", prefix, beyond, (int)CANDIDATES), &rows, error))
		return false;
	if (json_array_size(rows) > 1)
		return fail_several(prefix, rows, error);
	if (json_array_size(rows) == 0)
		return fail(error, FAIL_NOT_FOUND, "no run begins with \"%s\"", prefix);
	*ret_id = g_strdup(json_get_text(json_array_get(rows, 0), "run_id", ""));
	return true;
}
