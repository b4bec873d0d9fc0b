/* experiment.c: experiments and their tags. */
#include "track/track.h"

#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "track/rules.h"

static bool check_name(const char *name, GError **error)
{
	if (!name || !*name)
		return fail(error, FAIL_INVALID, "an experiment needs a name");
	if (!g_utf8_validate(name, -1, NULL))
		return fail(error, FAIL_INVALID, "the name of an experiment is not valid UTF-8");
	return g_utf8_strlen(name, -1) <= EXPERIMENT_NAME_CHARACTERS ||
	       fail(error, FAIL_INVALID, "the name of the experiment \"%.40s...\" is longer than %d characters", name,
	               EXPERIMENT_NAME_CHARACTERS);
}

static bool insert(Meta *m, const char *name, json_t **ret, GError **error)
{
	json_int_t now = meta_now();
	return meta_row(m,
	        "INSERT INTO experiments (experiment_id, name, created, updated)"
	        " SELECT max(experiment_id) + 1, $1, $2, $2 FROM experiments RETURNING experiment_id, lifecycle",
	        json_pack("[sI]", name, now), ret, error);
}

/* In one transaction: two processes that ask for a new name get the same experiment. */
static bool find_or_insert(Meta *m, const char *name, json_t **ret, GError **error)
{
	if (!meta_begin(m, error))
		return false;
	json_auto_t *row = NULL;
	bool ok = meta_row(m, "SELECT experiment_id, lifecycle FROM experiments WHERE name = $1",
	        json_pack("[s]", name), &row, error);
	if (ok && !row)
		ok = insert(m, name, &row, error);
	if (!meta_end(m, ok, error))
		return false;
	*ret = g_steal_pointer(&row);
	return true;
}

bool track_experiment(Meta *m, const char *name, char **ret_id, GError **error)
{
	json_auto_t *row = NULL;
	if (!check_name(name, error) || !find_or_insert(m, name, &row, error))
		return false;
	if (strcmp(json_get_text(row, "lifecycle", ""), "active") != 0)
		return fail(error, FAIL_CONFLICT,
		        "the experiment \"%s\" is deleted: restore it, or choose another name", name);
	*ret_id = g_strdup_printf("%" JSON_INTEGER_FORMAT, (json_int_t)json_get_int(row, "experiment_id", 0));
	return true;
}

static bool write_experiment_tag(Meta *m, const char *id, const char *key, const char *value, GError **error)
{
	int64_t number;
	return rules_experiment(m, id, &number, error) &&
	       meta_run(m,
	               "INSERT INTO experiment_tags (experiment_id, key, value) VALUES ($1, $2, $3)"
	               " ON CONFLICT (experiment_id, key) DO UPDATE SET value = excluded.value",
	               json_pack("[Iss]", number, key, value), NULL, error);
}

bool track_experiment_tag(Meta *m, const char *experiment_id, const char *key, const char *value, GError **error)
{
	g_autofree char *kept = NULL;
	if (!rules_check_key("tag", key, error) ||
	        !rules_cut("tag", key, value, EXPERIMENT_TAG_CHARACTERS, &kept, error))
		return false;
	if (strlen(kept) < strlen(value)) /* MLflow cuts tags of runs, but not of experiments */
		return fail(error, FAIL_INVALID, "the value of the tag \"%s\" is longer than %d characters", key,
		        EXPERIMENT_TAG_CHARACTERS);
	if (!meta_begin(m, error))
		return false;
	return meta_end(m, write_experiment_tag(m, experiment_id, key, value, error), error);
}

static bool move(Meta *m, int64_t id, const char *from, const char *to, GError **error)
{
	json_auto_t *row = NULL;
	if (!meta_row(m, "SELECT lifecycle, updated FROM experiments WHERE experiment_id = $1", json_pack("[I]", id),
	            &row, error))
		return false;
	if (!row || strcmp(json_get_text(row, "lifecycle", ""), from) != 0)
		return fail(error, FAIL_NOT_FOUND, "there is no %s experiment with id %" JSON_INTEGER_FORMAT, from,
		        (json_int_t)id);
	return meta_run(m, "UPDATE experiments SET lifecycle = $2, updated = $3 WHERE experiment_id = $1",
	        json_pack("[IsI]", id, to, meta_now()), NULL, error);
}

/* The runs carry the moment of the experiment's deletion, negative so that it differs from a deletion of their own. */
static bool delete_with_runs(Meta *m, int64_t id, GError **error)
{
	return move(m, id, "active", "deleted", error) && meta_run(m,
	                                                          "UPDATE runs SET lifecycle = 'deleted', deleted = -$2"
	                                                          " WHERE experiment_id = $1 AND lifecycle = 'active'",
	                                                          json_pack("[II]", id, meta_now()), NULL, error);
}

static bool restore_with_runs(Meta *m, int64_t id, GError **error)
{
	return move(m, id, "deleted", "active", error) &&
	       meta_run(m,
	               "UPDATE runs SET lifecycle = 'active', deleted = NULL WHERE experiment_id = $1 AND deleted < 0",
	               json_pack("[I]", id), NULL, error);
}

bool track_experiment_delete(Meta *m, const char *experiment_id, GError **error)
{
	int64_t id;
	if (!rules_experiment_number(experiment_id, &id, error) || !meta_begin(m, error))
		return false;
	return meta_end(m, delete_with_runs(m, id, error), error);
}

bool track_experiment_restore(Meta *m, const char *experiment_id, GError **error)
{
	int64_t id;
	if (!rules_experiment_number(experiment_id, &id, error) || !meta_begin(m, error))
		return false;
	return meta_end(m, restore_with_runs(m, id, error), error);
}

static bool add_tags(Meta *m, json_t *experiment, GError **error)
{
	json_auto_t *rows = NULL;
	if (!meta_run(m, "SELECT key, value FROM experiment_tags WHERE experiment_id = CAST($1 AS BIGINT) ORDER BY key",
	            json_pack("[s]", json_get_text(experiment, "experiment_id", "")), &rows, error))
		return false;
	json_t *tags = json_object(), *row;
	size_t i;
	json_array_foreach (rows, i, row)
		json_object_set(tags, json_get_text(row, "key", ""), json_object_get(row, "value"));
	json_object_set_new(experiment, "tags", tags);
	return true;
}

bool track_experiments(Meta *m, json_t **ret, GError **error)
{
	json_auto_t *rows = NULL;
	if (!meta_run(m,
	            "SELECT CAST(e.experiment_id AS TEXT) AS experiment_id, e.name, e.lifecycle, e.created, e.updated,"
	            " (SELECT count(*) FROM runs r WHERE r.experiment_id = e.experiment_id AND r.parent_id IS NULL"
	            "  AND r.lifecycle = 'active') AS runs"
	            " FROM experiments e ORDER BY e.created DESC, e.experiment_id DESC",
	            NULL, &rows, error))
		return false;
	json_t *row;
	size_t i;
	json_array_foreach (rows, i, row)
		if (!add_tags(m, row, error))
			return false;
	*ret = g_steal_pointer(&rows);
	return true;
}
