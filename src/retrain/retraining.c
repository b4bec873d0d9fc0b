/* retraining.c: the record of a retraining, from the wish to its end. */
#include "retrain/retraining.h"

#include <string.h>

#include "base/error.h"
#include "base/json.h"

#define COLUMNS                                                                                                        \
	"SELECT id, model, number, phase, causes, reasons, evidence, mode, run_id, champion, candidate, deployment, "  \
	"attempts, cpu_seconds, wanted_at AS wanted, started_at AS started, ended_at AS ended, changed_at AS changed " \
	"FROM retrainings "
#define UNDER_WAY "('running', 'judged', 'deploying')"

/* Columns that hold JSON come as text. */
static bool unpack(json_t *row, GError **error)
{
	static const char *const PACKED[] = {"causes", "reasons", "evidence"};
	for (size_t i = 0; i < G_N_ELEMENTS(PACKED); i++) {
		const char *text = json_get_text(row, PACKED[i], "null");
		json_t *value = NULL;
		if (!json_parse("the record of a retraining", text, strlen(text), &value, error))
			return false;
		json_object_set_new(row, PACKED[i], value);
	}
	return true;
}

/* The first row, unpacked; NULL in *ret when there is none.  Steals args. */
static bool one(Meta *m, const char *sql, json_t *args, json_t **ret, GError **error)
{
	json_auto_t *row = NULL;
	if (!meta_row(m, sql, args, &row, error) || (row && !unpack(row, error)))
		return false;
	*ret = g_steal_pointer(&row);
	return true;
}

static bool many(Meta *m, const char *sql, json_t *args, json_t **ret, GError **error)
{
	json_auto_t *rows = NULL;
	size_t i;
	json_t *row;
	if (!meta_run(m, sql, args, &rows, error))
		return false;
	json_array_foreach (rows, i, row)
		if (!unpack(row, error))
			return false;
	*ret = g_steal_pointer(&rows);
	return true;
}

static bool add_event(Meta *m, const char *id, const char *phase, int64_t now, const char *note, GError **error)
{
	return meta_run(m,
	        "INSERT INTO retraining_events (retraining, number, phase, at, note) SELECT $1, count(*) + 1, $2, $3, "
	        "$4 FROM retraining_events WHERE retraining = $1",
	        json_pack("[s,s,I,o]", id, phase, (json_int_t)now, json_text(note ? note : "")), NULL, error);
}

static json_t *cause_at(const json_t *cause, int64_t now)
{
	json_t *stamped = json_deep_copy(cause);
	json_object_set_new(stamped, "at", json_integer(now));
	if (!json_object_get(stamped, "evidence"))
		json_object_set_new(stamped, "evidence", json_object());
	return stamped;
}

static bool has_cause(const json_t *record, const char *key)
{
	size_t i;
	json_t *cause;
	json_array_foreach (json_object_get(record, "causes"), i, cause)
		if (g_strcmp0(json_get_text(cause, "key", NULL), key) == 0)
			return true;
	return false;
}

static bool begin_record(Meta *m, const char *model, const json_t *cause, int64_t now, json_t **ret, GError **error)
{
	g_autofree char *id = meta_new_id();
	json_t *causes = json_pack("[o]", cause_at(cause, now));
	return meta_run(m,
	               "INSERT INTO retrainings (id, model, number, phase, causes, reasons, evidence, mode, attempts, "
	               "cpu_seconds, wanted_at, changed_at) SELECT $1, $2, coalesce(max(number), 0) + 1, 'wanted', $3, "
	               "'[]', '{}', '', 0, 0, $4, $4 FROM retrainings WHERE model = $2",
	               json_pack("[s,s,o,I]", id, model, causes, (json_int_t)now), NULL, error) &&
	       add_event(m, id, PHASE_WANTED, now, json_get_text(cause, "reason", NULL), error) &&
	       one(m, COLUMNS "WHERE id = $1", json_pack("[s]", id), ret, error);
}

static bool join_record(Meta *m, json_t *record, const json_t *cause, int64_t now, GError **error)
{
	const char *id = json_get_text(record, "id", "");
	json_array_append_new(json_object_get(record, "causes"), cause_at(cause, now));
	return meta_run(m, "UPDATE retrainings SET causes = $2, changed_at = $3 WHERE id = $1",
	               json_pack("[s,O,I]", id, json_object_get(record, "causes"), (json_int_t)now), NULL, error) &&
	       add_event(m, id, PHASE_WANTED, now, json_get_text(cause, "reason", NULL), error);
}

static bool want(
        Meta *m, const char *model, const json_t *cause, int64_t now, json_t **ret, bool *ret_new, GError **error)
{
	json_auto_t *record = NULL;
	if (!one(m, COLUMNS "WHERE model = $1 AND phase = 'wanted'", json_pack("[s]", model), &record, error))
		return false;
	bool known = record && has_cause(record, json_get_text(cause, "key", NULL));
	if (record && !known && !join_record(m, record, cause, now, error))
		return false;
	if (!record && !begin_record(m, model, cause, now, &record, error))
		return false;
	*ret_new = !known;
	*ret = g_steal_pointer(&record);
	return true;
}

bool retraining_want(
        Meta *m, const char *model, const json_t *cause, int64_t now, json_t **ret, bool *ret_new, GError **error)
{
	return meta_begin_durable(m, error) && meta_end(m, want(m, model, cause, now, ret, ret_new, error), error);
}

/* Reasons are added to the list, evidence by its keys, counts to what is there; the rest is set. */
static void apply(json_t *record, const json_t *changes)
{
	const char *key;
	json_t *value;
	json_object_foreach ((json_t *)changes, key, value) {
		json_t *old = json_object_get(record, key);
		if (json_is_array(old) && json_is_array(value))
			json_array_extend(old, value);
		else if (json_is_object(old) && json_is_object(value))
			json_object_update(old, value);
		else if (strcmp(key, "attempts") == 0)
			json_object_set_new(
			        record, key, json_integer(json_integer_value(old) + json_integer_value(value)));
		else if (strcmp(key, "cpu_seconds") == 0)
			json_object_set_new(record, key, json_real(json_number_value(old) + json_number_value(value)));
		else
			json_object_set(record, key, value);
	}
}

static bool is_end(const char *phase)
{
	static const char *const ENDS[] = {PHASE_DONE, PHASE_REJECTED, PHASE_FAILED, PHASE_NOTHING, NULL};
	return g_strv_contains(ENDS, phase);
}

static bool write_record(Meta *m, const json_t *r, GError **error)
{
	json_t *args = json_array();
	static const char *const KEYS[] = {"id", "phase", "reasons", "evidence", "mode", "run_id", "champion",
	        "candidate", "deployment", "attempts", "cpu_seconds", "started", "ended", "changed"};
	for (size_t i = 0; i < G_N_ELEMENTS(KEYS); i++)
		json_array_append(args, json_object_get(r, KEYS[i]) ?: json_null());
	return meta_run(m,
	        "UPDATE retrainings SET phase = $2, reasons = $3, evidence = $4, mode = $5, run_id = $6, champion = "
	        "$7, "
	        "candidate = $8, deployment = $9, attempts = $10, cpu_seconds = $11, started_at = $12, ended_at = $13, "
	        "changed_at = $14 WHERE id = $1",
	        args, NULL, error);
}

static bool move_record(Meta *m, const RetrainingMove *move, int64_t now, json_t **ret, GError **error)
{
	json_auto_t *r = NULL;
	if (!one(m, COLUMNS "WHERE id = $1", json_pack("[s]", move->id), &r, error))
		return false;
	const char *phase = json_get_text(r, "phase", "unknown");
	if (strcmp(phase, move->from) != 0)
		return fail(error, FAIL_CONFLICT, "retraining %d is %s, not %s: another process was there first",
		        (int)json_get_int(r, "number", 0), phase, move->from);
	apply(r, move->changes);
	json_object_set_new(r, "phase", json_string(move->to));
	json_object_set_new(r, "changed", json_integer(now));
	if (strcmp(move->from, PHASE_WANTED) == 0 && !is_end(move->to)) /* a wish that is taken back never began */
		json_object_set_new(r, "started", json_integer(now));
	if (is_end(move->to))
		json_object_set_new(r, "ended", json_integer(now));
	if (!write_record(m, r, error) || !add_event(m, move->id, move->to, now, move->note, error))
		return false;
	*ret = g_steal_pointer(&r);
	return true;
}

bool retraining_move(Meta *m, const RetrainingMove *move, int64_t now, json_t **ret, GError **error)
{
	return meta_begin_durable(m, error) && meta_end(m, move_record(m, move, now, ret, error), error);
}

bool retraining_open(Meta *m, const char *model, json_t **ret_wanted, json_t **ret_under_way, GError **error)
{
	json_auto_t *wanted = NULL;
	if (!one(m, COLUMNS "WHERE model = $1 AND phase = 'wanted'", json_pack("[s]", model), &wanted, error) ||
	        !one(m, COLUMNS "WHERE model = $1 AND phase IN " UNDER_WAY, json_pack("[s]", model), ret_under_way,
	                error))
		return false;
	*ret_wanted = g_steal_pointer(&wanted);
	return true;
}

bool retraining_list(Meta *m, const char *model, int limit, json_t **ret, GError **error)
{
	return many(m, COLUMNS "WHERE model = $1 ORDER BY number DESC LIMIT $2", json_pack("[s,i]", model, limit), ret,
	        error);
}

bool retraining_get(Meta *m, const char *model, int64_t number, json_t **ret, GError **error)
{
	json_auto_t *r = NULL, *events = NULL;
	if (!one(m, COLUMNS "WHERE model = $1 AND (number = $2 OR $2 = 0) ORDER BY number DESC LIMIT 1",
	            json_pack("[s,I]", model, (json_int_t)number), &r, error))
		return false;
	if (!r && number)
		return fail(error, FAIL_NOT_FOUND, "%s has no retraining %d", model, (int)number);
	if (!r)
		return fail(error, FAIL_NOT_FOUND, "%s was never retrained", model);
	if (!meta_run(m,
	            "SELECT phase, at, nullif(note, '') AS note FROM retraining_events WHERE retraining = $1 ORDER BY "
	            "number",
	            json_pack("[s]", json_get_text(r, "id", "")), &events, error))
		return false;
	json_object_set_new(r, "events", g_steal_pointer(&events));
	*ret = g_steal_pointer(&r);
	return true;
}

bool retraining_of_version(
        Meta *m, const char *model, int64_t version, const char *not_id, json_t **ret, GError **error)
{
	return one(m,
	        COLUMNS "WHERE model = $1 AND candidate = $2 AND id <> $3 AND phase IN ('done', 'rejected') ORDER BY "
	                "number DESC LIMIT 1",
	        json_pack("[s,I,s]", model, (json_int_t)version, not_id), ret, error);
}
