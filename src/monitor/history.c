/* history.c: windows and findings read back. */
#include "monitor/history.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"

#define WINDOW_COLUMNS \
	"id, model, version, route, begin_at AS \"begin\", end_at AS \"end\", \"rows\", outcomes, measured, revision"

bool history_windows(Meta *m, const char *model, int64_t since, int limit, json_t **ret, GError **error)
{
	return meta_run(m,
	        "SELECT " WINDOW_COLUMNS
	        " FROM monitor_windows WHERE (model = $1 OR $1 = '') AND end_at > $2 ORDER BY begin_at DESC, model, "
	        "version DESC, route LIMIT $3",
	        json_pack("[s,I,i]", model ? model : "", (json_int_t)since, limit), ret, error);
}

bool history_window(Meta *m, const char *id, json_t **ret, GError **error)
{
	json_auto_t *rows = NULL;
	if (!*id || strspn(id, "0123456789abcdef") != strlen(id))
		return fail(error, FAIL_INVALID, "\"%s\" is not the id of a window", id);
	g_autofree char *above = g_strconcat(id, "g", NULL);
	if (!meta_run(m,
	            "SELECT " WINDOW_COLUMNS " FROM monitor_windows WHERE id >= $1 AND id < $2 ORDER BY id LIMIT 2",
	            json_pack("[s,s]", id, above), &rows, error))
		return false;
	if (json_array_size(rows) == 0)
		return fail(error, FAIL_NOT_FOUND, "there is no window %s", id);
	if (json_array_size(rows) > 1)
		return fail(error, FAIL_INVALID, "several windows begin with %s: give more of its id", id);
	*ret = json_incref(json_array_get(rows, 0));
	return true;
}

bool history_before(Meta *m, const char *model, int version, const char *route, int64_t begin, int limit, json_t **ret,
        GError **error)
{
	return meta_run(m,
	        "SELECT " WINDOW_COLUMNS " FROM monitor_windows WHERE model = $1 AND version = $2 AND route = $3 AND "
	        "begin_at < $4 ORDER BY begin_at DESC LIMIT $5",
	        json_pack("[s,i,s,I,i]", model, version, route, (json_int_t)begin, limit), ret, error);
}

bool history_findings(Meta *m, const char *window_id, json_t **ret, GError **error)
{
	json_auto_t *rows = NULL;
	size_t i;
	json_t *row;
	if (!meta_run(m,
	            "SELECT look, measure, subject, value, limit_value AS \"limit\", p, state, evidence FROM "
	            "monitor_findings WHERE window_id = $1 ORDER BY place",
	            json_pack("[s]", window_id), &rows, error))
		return false;
	json_array_foreach (rows, i, row) {
		const char *text = json_get_text(row, "evidence", NULL);
		json_t *evidence = text ? json_loads(text, JSON_DECODE_ANY, NULL) : NULL;
		json_object_set_new(row, "evidence", evidence ? evidence : json_null());
	}
	*ret = json_incref(rows);
	return true;
}

/* The ends of the interval stand in the evidence; the rest of it is not told here. */
static void lift_interval(json_t *row)
{
	const char *text = json_get_text(row, "evidence", NULL);
	json_auto_t *evidence = text ? json_loads(text, JSON_DECODE_ANY, NULL) : NULL;
	json_object_set_new(row, "low", json_number(json_get_number(evidence, "low", NAN)));
	json_object_set_new(row, "high", json_number(json_get_number(evidence, "high", NAN)));
	json_object_del(row, "evidence");
}

bool history_points(Meta *m, const HistoryQuery *q, json_t **ret, GError **error)
{
	json_auto_t *rows = NULL;
	json_t *points = json_array();
	if (!meta_run(m,
	            "SELECT w.begin_at AS \"begin\", w.end_at AS \"end\", w.version, w.route, f.look, f.measure, "
	            "f.subject, f.value, "
	            "f.limit_value AS \"limit\", f.p, f.state, f.evidence FROM monitor_windows w JOIN monitor_findings "
	            "f ON "
	            "f.window_id = w.id WHERE w.model = $1 AND w.end_at > $2 AND ($3 = 0 OR w.version = $3) AND ($4 = "
	            "'' OR "
	            "w.route = $4) AND ($5 = '' OR f.look = $5) AND ($6 = '' OR f.measure = $6) AND ($7 = '' OR "
	            "f.subject = $7) "
	            "ORDER BY w.begin_at DESC, w.version DESC, w.route DESC, f.place DESC LIMIT $8",
	            json_pack("[s,I,i,s,s,s,s,i]", q->model, (json_int_t)q->since, q->version, q->route ? q->route : "",
	                    q->look ? q->look : "", q->measure ? q->measure : "", q->subject ? q->subject : "",
	                    q->limit),
	            &rows, error)) {
		json_decref(points);
		return false;
	}
	for (size_t i = json_array_size(rows); i-- > 0;) {
		lift_interval(json_array_get(rows, i));
		json_array_append(points, json_array_get(rows, i));
	}
	*ret = points;
	return true;
}
