/* value.c: parameters, metrics and tags: what is logged of a run. */
#include "track/track.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "track/rules.h"

bool write_param(Meta *m, const char *run_id, const char *key, const char *value, GError **error)
{
	g_autofree char *kept = NULL;
	json_auto_t *row = NULL;
	if (!rules_check_key("parameter", key, error) ||
	        !rules_cut("parameter", key, value, PARAM_CHARACTERS, &kept, error) ||
	        !meta_run(m, "INSERT INTO params (run_id, key, value) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
	                json_pack("[sss]", run_id, key, kept), NULL, error) ||
	        !meta_row(m, "SELECT value FROM params WHERE run_id = $1 AND key = $2", json_pack("[ss]", run_id, key),
	                &row, error))
		return false;
	const char *found = json_get_text(row, "value", "");
	return strcmp(found, kept) == 0 || fail(error, FAIL_CONFLICT,
	                                           "the parameter \"%s\" of run %s is \"%s\" already and cannot become "
	                                           "\"%s\": a run's parameters are "
	                                           "written once",
	                                           key, run_id, found, kept);
}

/* Key columns cannot hold NaN (it equals nothing), and JSON no infinity. */
static double storable(double value)
{
	if (isnan(value))
		return 0;
	return CLAMP(value, -DBL_MAX, DBL_MAX);
}

bool write_metric(Meta *m, const char *run_id, const char *key, Point point, GError **error)
{
	if (!rules_check_key("metric", key, error))
		return false;
	if (point.timestamp_ms < 0)
		return fail(error, FAIL_INVALID, "the metric \"%s\" has a time before 1970", key);
	json_auto_t *args = json_pack("[ssIIfi]", run_id, key, (json_int_t)point.step, (json_int_t)point.timestamp_ms,
	        storable(point.value), isnan(point.value) ? 1 : 0);
	return meta_run(m,
	               "INSERT INTO metrics (run_id, key, step, timestamp_ms, value, is_nan)"
	               " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
	               json_incref(args), NULL, error) &&
	       meta_run(m,
	               "INSERT INTO latest_metrics (run_id, key, step, timestamp_ms, value, is_nan)"
	               " VALUES ($1, $2, $3, $4, $5, $6)"
	               " ON CONFLICT (run_id, key) DO UPDATE SET step = excluded.step,"
	               "  timestamp_ms = excluded.timestamp_ms, value = excluded.value, is_nan = excluded.is_nan"
	               " WHERE (excluded.step, excluded.timestamp_ms, excluded.value) >"
	               "  (latest_metrics.step, latest_metrics.timestamp_ms, latest_metrics.value)",
	               json_incref(args), NULL, error);
}

/* Two tags are also columns of the run. */
static bool write_column(Meta *m, const char *run_id, const char *key, const char *value, GError **error)
{
	const char *sql = NULL;
	if (strcmp(key, TAG_NAME) == 0)
		sql = "UPDATE runs SET name = $2 WHERE run_id = $1";
	if (strcmp(key, TAG_PARENT) == 0)
		sql = "UPDATE runs SET parent_id = $2 WHERE run_id = $1";
	return !sql || meta_run(m, sql, json_pack("[ss]", run_id, value), NULL, error);
}

bool write_tag(Meta *m, const char *run_id, const char *key, const char *value, GError **error)
{
	g_autofree char *kept = NULL;
	return rules_check_key("tag", key, error) && rules_cut("tag", key, value, TAG_CHARACTERS, &kept, error) &&
	       meta_run(m,
	               "INSERT INTO tags (run_id, key, value) VALUES ($1, $2, $3)"
	               " ON CONFLICT (run_id, key) DO UPDATE SET value = excluded.value",
	               json_pack("[sss]", run_id, key, kept), NULL, error) &&
	       write_column(m, run_id, key, kept, error);
}

bool track_param(Meta *m, const char *run_id, const char *key, const char *value, GError **error)
{
	if (!meta_begin(m, error))
		return false;
	bool ok = rules_run(m, run_id, error) && write_param(m, run_id, key, value, error);
	return meta_end(m, ok, error);
}

bool track_metric(
        Meta *m, const char *run_id, const char *key, double value, int64_t timestamp_ms, int64_t step, GError **error)
{
	if (!meta_begin(m, error))
		return false;
	bool ok =
	        rules_run(m, run_id, error) && write_metric(m, run_id, key, (Point){value, timestamp_ms, step}, error);
	return meta_end(m, ok, error);
}

bool track_tag(Meta *m, const char *run_id, const char *key, const char *value, GError **error)
{
	if (!meta_begin(m, error))
		return false;
	bool ok = rules_run(m, run_id, error) && write_tag(m, run_id, key, value, error);
	return meta_end(m, ok, error);
}

bool track_history(Meta *m, const char *run_id, const char *key, json_t **ret, GError **error)
{
	json_auto_t *row = NULL;
	if (!meta_row(m, "SELECT 1 AS found FROM runs WHERE run_id = $1", json_pack("[s]", run_id), &row, error))
		return false;
	if (!row)
		return fail(error, FAIL_NOT_FOUND, "there is no run with id %s", run_id);
	return meta_run(m,
	        "SELECT timestamp_ms AS timestamp, step, CASE WHEN is_nan = 1 THEN NULL ELSE value END AS value"
	        " FROM metrics m WHERE run_id = $1 AND key = $2 ORDER BY m.step, m.timestamp_ms, m.value, m.is_nan",
	        json_pack("[ss]", run_id, key), ret, error);
}
