/* records.c: keys, results and executions in the metadata store. */
#include "pipeline/records.h"

#include "base/error.h"
#include "base/json.h"

#include <math.h>
#include <string.h>

/* Texts of JSON that this program wrote itself. */
static bool unpack(json_t *row, const char *column, GError **error)
{
	const char *text = json_get_text(row, column, "null");
	json_t *value = NULL;
	if (!json_parse(column, text, strlen(text), &value, error))
		return false;
	json_object_set_new(row, column, value);
	return true;
}

static const char *missing_output(const Blobs *b, const json_t *outputs)
{
	const char *name;
	json_t *output;
	json_object_foreach ((json_t *)outputs, name, output)
		if (!blobs_has(b, json_get_text(output, "digest", ""), json_get_int(output, "size", -1)))
			return name;
	return NULL;
}

static bool stored_result(Meta *m, const char *key, json_t **ret, GError **error)
{
	json_auto_t *row = NULL;
	if (!meta_row(m, "SELECT outputs, told, run_id, step FROM step_results WHERE key = $1", json_pack("[s]", key),
	            &row, error))
		return false;
	if (row && (!unpack(row, "outputs", error) || !unpack(row, "told", error)))
		return false;
	*ret = g_steal_pointer(&row);
	return true;
}

bool records_result(Meta *m, const Blobs *b, const char *key, json_t **ret, char **ret_missing, GError **error)
{
	json_auto_t *row = NULL;
	if (!stored_result(m, key, &row, error))
		return false;
	const char *missing = row ? missing_output(b, json_object_get(row, "outputs")) : NULL;
	*ret_missing = g_strdup(missing);
	*ret = missing ? NULL : g_steal_pointer(&row);
	return true;
}

bool records_last(Meta *m, const char *step, json_t **ret, GError **error)
{
	json_auto_t *row = NULL;
	if (!meta_row(m,
	            "SELECT e.key, e.status, e.error, k.components FROM executions e JOIN step_keys k ON k.key = e.key"
	            " WHERE e.step = $1 ORDER BY e.started DESC LIMIT 1",
	            json_pack("[s]", step), &row, error))
		return false;
	if (row && !unpack(row, "components", error))
		return false;
	*ret = g_steal_pointer(&row);
	return true;
}

bool records_last_seconds(Meta *m, const char *step, double *ret, GError **error)
{
	json_auto_t *row = NULL;
	if (!meta_row(m,
	            "SELECT ended - started AS us FROM executions WHERE step = $1 AND status = 'ran'"
	            " ORDER BY started DESC LIMIT 1",
	            json_pack("[s]", step), &row, error))
		return false;
	*ret = row ? (double)json_get_int(row, "us", 0) / G_USEC_PER_SEC : NAN;
	return true;
}

static json_t *count_or_null(uint64_t value)
{
	return value ? json_integer((json_int_t)value) : json_null();
}

static bool add_execution(Meta *m, const Execution *x, GError **error)
{
	json_t *args = json_pack("[s,s,I,o,s,o,I,I]", x->run_id, x->step, (json_int_t)x->position, json_text(x->key),
	        x->status, json_text(x->why), (json_int_t)x->started, (json_int_t)x->ended);
	json_array_append_new(args, json_number(x->cpu_seconds));
	json_array_append_new(args, count_or_null(x->peak_kb));
	json_array_append_new(args, count_or_null(x->bytes_in));
	json_array_append_new(args, count_or_null(x->bytes_out));
	json_array_append_new(args, json_text(x->log));
	json_array_append_new(args, json_text(x->error_code));
	json_array_append_new(args, json_text(x->error));
	return meta_run(m,
	        "INSERT INTO executions (run_id, step, position, key, status, why, started, ended, cpu_seconds,"
	        " peak_kb, bytes_in, bytes_out, log, error_code, error)"
	        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
	        args, NULL, error);
}

static bool add_key(Meta *m, const Execution *x, GError **error)
{
	return meta_run(m,
	        "INSERT INTO step_keys (key, kind, components) VALUES ($1, $2, $3) ON CONFLICT (key) DO NOTHING",
	        json_pack("[s,s,O]", x->key, x->kind, x->components), NULL, error);
}

static bool add_lineage(Meta *m, const char *key, const char *role, const json_t *artifacts, GError **error)
{
	const char *name;
	json_t *artifact;
	json_object_foreach ((json_t *)artifacts, name, artifact)
		if (!meta_run(m,
		            "INSERT INTO lineage (key, role, name, digest) VALUES ($1, $2, $3, $4)"
		            " ON CONFLICT (key, role, name, digest) DO NOTHING",
		            json_pack("[s,s,s,O]", key, role, name, json_object_get(artifact, "digest")), NULL, error))
			return false;
	return true;
}

static bool add_divergences(Meta *m, const Execution *x, const json_t *kept, const json_t *other, GError **error)
{
	const char *name;
	json_t *output;
	json_object_foreach ((json_t *)kept, name, output) {
		json_t *a = json_object_get(output, "digest");
		json_t *b = json_object_get(json_object_get(other, name), "digest");
		if (json_equal(a, b))
			continue;
		if (!meta_run(m,
		            "INSERT INTO divergences (key, run_id, name, kept, other, found)"
		            " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (key, run_id, name) DO NOTHING",
		            json_pack("[s,s,s,O,O,I]", x->key, x->run_id, name, a, b, (json_int_t)meta_now()), NULL,
		            error))
			return false;
	}
	return true;
}

static bool put_result(Meta *m, const Execution *x, GError **error)
{
	return meta_run(m,
	        "INSERT INTO step_results (key, outputs, told, run_id, step, created)"
	        " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (key) DO UPDATE SET outputs = excluded.outputs,"
	        " told = excluded.told, run_id = excluded.run_id, step = excluded.step, created = excluded.created",
	        json_pack("[s,O,O,s,s,I]", x->key, x->outputs, x->told, x->run_id, x->step, (json_int_t)meta_now()),
	        NULL, error);
}

/* The first result stays while all its bytes are there: what was made from it stays right, and later steps stay fresh. */
static bool add_result(Meta *m, const Blobs *b, const Execution *x, json_t **ret_kept, GError **error)
{
	json_auto_t *first = NULL;
	if (!stored_result(m, x->key, &first, error))
		return false;
	const json_t *before = json_object_get(first, "outputs");
	bool stays = first && !missing_output(b, before);
	const json_t *kept = stays ? before : x->outputs;
	const json_t *other = stays ? x->outputs : before;
	if (first && !add_divergences(m, x, kept, other, error))
		return false;
	if (!stays && !put_result(m, x, error))
		return false;
	*ret_kept = stays ? g_steal_pointer(&first)
	                  : json_pack("{s:O,s:O,s:s,s:s}", "outputs", x->outputs, "told", x->told, "run_id", x->run_id,
	                            "step", x->step);
	return true;
}

static bool add_all(Meta *m, const Blobs *b, const Execution *x, json_t **ret_kept, GError **error)
{
	if (x->key && x->components && !add_key(m, x, error))
		return false;
	if (!add_execution(m, x, error))
		return false;
	return strcmp(x->status, "ran") != 0 ||
	       (add_lineage(m, x->key, "input", x->inputs, error) &&
	               add_lineage(m, x->key, "output", x->outputs, error) && add_result(m, b, x, ret_kept, error));
}

bool records_add(Meta *m, const Blobs *b, const Execution *x, json_t **ret_kept, GError **error)
{
	json_auto_t *kept = NULL;
	if (!meta_begin(m, error))
		return false;
	if (!meta_end(m, add_all(m, b, x, &kept, error), error))
		return false;
	if (ret_kept)
		*ret_kept = g_steal_pointer(&kept);
	return true;
}

bool records_begin_run(Meta *m, const char *run_id, GError **error)
{
	return meta_run(m, "INSERT INTO pipeline_runs (run_id, status, started) VALUES ($1, 'running', $2)",
	        json_pack("[s,I]", run_id, (json_int_t)meta_now()), NULL, error);
}

bool records_end_run(Meta *m, const char *run_id, const char *status, GError **error)
{
	return meta_run(m, "UPDATE pipeline_runs SET status = $2, ended = $3 WHERE run_id = $1",
	        json_pack("[s,s,I]", run_id, status, (json_int_t)meta_now()), NULL, error);
}

bool records_running(Meta *m, json_t **ret, GError **error)
{
	return meta_run(m, "SELECT run_id FROM pipeline_runs WHERE status = 'running'", NULL, ret, error);
}
