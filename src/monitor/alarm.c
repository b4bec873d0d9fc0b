/* alarm.c: alarms after a window, and alarms read back. */
#include "monitor/alarm.h"

#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "monitor/alarm_series.h"
#include "monitor/outbox.h"
#include "monitor/silence.h"

/* Of the past the newest; of what is open all there can be: triggers and people must not miss one behind a thousand columns. */
enum { ALARMS_SHOWN = 1000, ALARMS_OPEN = 1000000 };

/* A pending one of which nobody was told is gone; the memory behind its last window is empty, so that it begins anew. */
static bool end_one(Meta *m, const json_t *row, int64_t at, const char *why, GError **error)
{
	return meta_run(m, "DELETE FROM alarms WHERE id = $1 AND state = 'pending' AND notices = 0",
	               json_pack("[O]", json_object_get(row, "id")), NULL, error) &&
	       meta_run(m, "UPDATE alarms SET state = 'resolved', resolved = $2, why = $3 WHERE id = $1",
	               json_pack("[O,I,s]", json_object_get(row, "id"), (json_int_t)at, why), NULL, error) &&
	       meta_run(m,
	               "UPDATE alarm_points SET phase = 0, recent = 0, calm = 0, worst = 0.0 WHERE series = $1 AND "
	               "begin_at = $2",
	               json_pack("[O,O]", json_object_get(row, "series"), json_object_get(row, "last_begin")), NULL,
	               error);
}

/* Alarms of versions and routes that answered nothing in the whole length of a window before this one, while others did: of this one's
 * window and of its own, which lasts longer where windows go by count and few are answered. */
static bool end_superseded(Meta *m, const MonitorWindow *w, GError **error)
{
	json_auto_t *rows = NULL;
	int64_t quiet_from = w->begin - (w->end - w->begin);
	size_t i;
	json_t *row;
	if (!meta_run(m,
	            "SELECT a.id, a.series, a.version, a.route, a.last_begin FROM alarms a WHERE a.model = $1 AND "
	            "a.state <> "
	            "'resolved' AND a.last_end <= $2 AND a.last_end + (a.last_end - a.last_begin) <= $3 AND NOT EXISTS "
	            "(SELECT 1 FROM monitor_windows x WHERE x.model = "
	            "a.model "
	            "AND x.version = a.version AND x.route = a.route AND x.end_at > $2)",
	            json_pack("[s,I,I]", w->model, (json_int_t)quiet_from, (json_int_t)w->begin), &rows, error))
		return false;
	json_array_foreach (rows, i, row) {
		g_autofree char *why = g_strdup_printf("version %d no longer answers on %s",
		        (int)json_get_int(row, "version", 0), json_get_text(row, "route", ""));
		if (!end_one(m, row, w->begin, why, error))
			return false;
	}
	return true;
}

static bool has_bound(const json_t *project, const char *metric)
{
	size_t i;
	json_t *criterion;
	json_array_foreach ((json_t *)json_at(project, "goal.success"), i, criterion)
		if (g_strcmp0(json_get_text(criterion, "metric", NULL), metric) == 0)
			return true;
	return false;
}

/* Does gyre.yaml leave it out: its look, its column, its figure, or the bound of its metric? */
static bool is_left_out(const json_t *project, const json_t *alarm)
{
	static const char *const OF_COLUMNS[] = {"quality", "drift", "skew", NULL};
	const json_t *monitor = json_object_get(project, "monitor");
	const char *look = json_get_text(alarm, "look", ""), *measure = json_get_text(alarm, "measure", ""),
	           *subject = json_get_text(alarm, "subject", "");
	size_t i;
	json_t *name;
	if (json_is_false(json_object_get(json_object_get(monitor, "looks"), look)))
		return true;
	if (strcmp(look, "kpi") == 0)
		return !json_object_get(json_object_get(project, "figures"), measure);
	if (strcmp(measure, "goal") == 0)
		return !has_bound(project, subject);
	json_array_foreach (json_object_get(monitor, "skip"), i, name)
		if (g_strv_contains(OF_COLUMNS, look) && g_strcmp0(json_string_value(name), subject) == 0)
			return true;
	return false;
}

bool alarm_end_left_out(Meta *m, const MonitorWindow *w, const json_t *project, GError **error)
{
	json_auto_t *rows = NULL;
	size_t i;
	json_t *row;
	if (!meta_run(m,
	            "SELECT id, series, look, measure, subject, last_begin FROM alarms WHERE model = $1 AND version = "
	            "$2 AND "
	            "route "
	            "= $3 AND state <> 'resolved' AND last_end <= $4",
	            json_pack("[s,i,s,I]", w->model, w->version, w->route, (json_int_t)w->begin), &rows, error))
		return false;
	json_array_foreach (rows, i, row)
		if (is_left_out(project, row) &&
		        !end_one(m, row, w->end, "gyre.yaml leaves it out now: it is not looked at any more", error))
			return false;
	return true;
}

static bool take_findings(
        Meta *m, const MonitorWindow *w, const json_t *findings, const json_t *settings, GError **error)
{
	size_t i;
	json_t *finding;
	json_array_foreach ((json_t *)findings, i, finding) {
		g_auto(AlarmSeries) series = {0};
		alarm_series_init(&series, w, finding, settings);
		if (!alarm_series_take(m, &series, w, finding, error))
			return false;
	}
	return true;
}

bool alarm_update(Meta *m, const MonitorWindow *w, const json_t *findings, const json_t *settings, GError **error)
{
	if (!meta_begin_durable(m, error))
		return false;
	bool ok = take_findings(m, w, findings, settings, error) && end_superseded(m, w, error) &&
	          outbox_tell(m, settings, error);
	return meta_end(m, ok, error);
}

#define ALARM_COLUMNS                                                                                                \
	"id, model, version, route, look, measure, subject, state, severity, runbook, since, fired, resolved, why, " \
	"window_id "                                                                                                 \
	"AS \"window\", windows, value, limit_value AS \"limit\", p, evidence, cause"

static void open_json(json_t *row, const char *key)
{
	const char *text = json_get_text(row, key, NULL);
	json_t *value = text ? json_loads(text, JSON_DECODE_ANY, NULL) : NULL;
	json_object_set_new(row, key, value ? value : json_null());
}

static bool finish_rows(Meta *m, json_t *rows, GError **error)
{
	json_auto_t *silences = NULL;
	size_t i;
	json_t *row;
	if (!silence_list(m, meta_now(), &silences, error))
		return false;
	json_array_foreach (rows, i, row) {
		open_json(row, "evidence");
		open_json(row, "cause");
		const json_t *silence = silence_of(silences, row);
		json_object_set(row, "silence", silence ? json_object_get(silence, "id") : json_null());
	}
	return true;
}

bool alarm_list(Meta *m, const char *model, bool open_only, json_t **ret, GError **error)
{
	json_auto_t *rows = NULL;
	if (!meta_run(m,
	            "SELECT " ALARM_COLUMNS
	            " FROM alarms WHERE (model = $1 OR $1 = '') AND ($2 = 0 OR state <> 'resolved') "
	            "ORDER BY since DESC, id LIMIT $3",
	            json_pack("[s,b,i]", model ? model : "", open_only, open_only ? ALARMS_OPEN : ALARMS_SHOWN), &rows,
	            error) ||
	        !finish_rows(m, rows, error))
		return false;
	*ret = json_incref(rows);
	return true;
}

static bool find_one(Meta *m, const char *id, json_t **ret, GError **error)
{
	json_auto_t *rows = NULL;
	g_autofree char *above = g_strconcat(id, "g", NULL);
	if (!*id || strspn(id, "0123456789abcdef") != strlen(id))
		return fail(error, FAIL_INVALID, "\"%.60s\" is not the id of an alarm", id);
	if (!meta_run(m, "SELECT " ALARM_COLUMNS ", series FROM alarms WHERE id >= $1 AND id < $2 ORDER BY id LIMIT 2",
	            json_pack("[s,s]", id, above), &rows, error) ||
	        !finish_rows(m, rows, error))
		return false;
	if (json_array_size(rows) == 0)
		return fail(error, FAIL_NOT_FOUND, "there is no alarm %s", id);
	if (json_array_size(rows) > 1)
		return fail(error, FAIL_INVALID, "several alarms begin with %s: give more of its id", id);
	*ret = json_incref(json_array_get(rows, 0));
	return true;
}

bool alarm_get(Meta *m, const char *id, int limit, json_t **ret, GError **error)
{
	json_auto_t *alarm = NULL, *points = NULL;
	size_t i;
	json_t *point;
	if (!find_one(m, id, &alarm, error) ||
	        !meta_run(m,
	                "SELECT begin_at AS \"begin\", end_at AS \"end\", window_id AS \"window\", finding, value, "
	                "limit_value "
	                "AS \"limit\", phase FROM alarm_points WHERE series = $1 ORDER BY begin_at DESC LIMIT $2",
	                json_pack("[O,i]", json_object_get(alarm, "series"), limit), &points, error))
		return false;
	json_array_foreach (points, i, point)
		json_object_set_new(
		        point, "phase", json_string(alarm_phase_name((AlarmPhase)json_get_int(point, "phase", 0))));
	json_object_del(alarm, "series");
	json_object_set(alarm, "history", points);
	*ret = json_incref(alarm);
	return true;
}
