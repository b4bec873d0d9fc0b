/* alarm_series.c: points kept, replayed and summed up. */
#include "monitor/alarm_series.h"

#include <math.h>
#include <string.h>

#include "base/digest.h"
#include "base/error.h"
#include "base/json.h"

enum { ID_DIGITS = 32, PAGE = 64 };

void alarm_series_init(AlarmSeries *s, const MonitorWindow *w, const json_t *finding, const json_t *settings)
{
	s->names = json_pack("{s:s,s:i,s:s,s:s,s:s,s:s}", "model", w->model, "version", w->version, "route", w->route,
	        "look", json_get_text(finding, "look", ""), "measure", json_get_text(finding, "measure", ""), "subject",
	        json_get_text(finding, "subject", ""));
	s->id = digest_of_json(s->names);
	s->id[ID_DIGITS] = '\0';
	s->rule = alarm_rule(settings, s->names);
}

void alarm_series_clear(AlarmSeries *s)
{
	json_decref(s->names);
	g_free(s->id);
	*s = (AlarmSeries){0};
}

static FindingState state_of(const char *name)
{
	for (int i = 0; i < FINDING_STATES; i++)
		if (g_strcmp0(finding_state_name((FindingState)i), name) == 0)
			return (FindingState)i;
	return FINDING_TOO_FEW;
}

static bool is_known(Meta *m, const AlarmSeries *s, bool *ret, GError **error)
{
	json_auto_t *row = NULL;
	if (!meta_row(m, "SELECT 1 AS one FROM alarm_points WHERE series = $1 LIMIT 1", json_pack("[s]", s->id), &row,
	            error))
		return false;
	*ret = row != NULL;
	return true;
}

static bool put_point(Meta *m, const AlarmSeries *s, const json_t *point, GError **error)
{
	bool over = strcmp(json_get_text(point, "state", ""), "alarm") == 0;
	json_t *given = over ? json_object_get(point, "evidence") : NULL;
	json_auto_t *evidence = json_is_object(given) ? json_copy(given) : json_null(),
	            *cause = json_incref(json_object_get(evidence, "cause"));
	json_object_del(evidence, "cause"); /* it stands by itself */
	if (!cause)
		cause = json_null();
	return meta_run(m,
	        "INSERT INTO alarm_points (series, begin_at, end_at, window_id, finding, value, limit_value, p, "
	        "evidence, "
	        "cause, phase, recent, calm, worst, since, fired, alarm) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, "
	        "$10, 0, "
	        "0, 0, 0.0, 0, 0, NULL) ON CONFLICT (series, begin_at) DO UPDATE SET end_at = excluded.end_at, "
	        "window_id = "
	        "excluded.window_id, finding = excluded.finding, value = excluded.value, limit_value = "
	        "excluded.limit_value, "
	        "p = excluded.p, evidence = excluded.evidence, cause = excluded.cause",
	        json_pack("[s,O,O,O,O,O,O,O,O,O]", s->id, json_object_get(point, "begin"),
	                json_object_get(point, "end"), json_object_get(point, "window"),
	                json_object_get(point, "state"), json_object_get(point, "value"),
	                json_object_get(point, "limit"), json_object_get(point, "p"), evidence, cause),
	        NULL, error);
}

/* What later windows found of a series that had no alarm until now: it only happens when an old one is measured again. */
static bool put_later(Meta *m, const AlarmSeries *s, const MonitorWindow *w, GError **error)
{
	json_auto_t *rows = NULL;
	size_t i;
	json_t *row;
	if (!meta_run(m,
	            "SELECT w.id AS \"window\", w.begin_at AS \"begin\", w.end_at AS \"end\", f.state, f.value, "
	            "f.limit_value "
	            "AS \"limit\", f.p FROM monitor_windows w JOIN monitor_findings f ON f.window_id = w.id WHERE "
	            "w.model = "
	            "$1 AND w.version = $2 AND w.route = $3 AND w.begin_at > $4 AND f.look = $5 AND f.measure = $6 AND "
	            "f.subject = $7 AND f.state <> 'too_few'",
	            json_pack("[s,i,s,I,O,O,O]", w->model, w->version, w->route, (json_int_t)w->begin,
	                    json_object_get(s->names, "look"), json_object_get(s->names, "measure"),
	                    json_object_get(s->names, "subject")),
	            &rows, error))
		return false;
	json_array_foreach (rows, i, row)
		if (!put_point(m, s, row, error))
			return false;
	return true;
}

/* A series worked out anew from a window on, and its episodes: those that were there, to be found again or taken back, and those that
 * are now. */
typedef struct Replay {
	Meta *m;
	const AlarmSeries *s;
	int64_t from;
	bool is_whole;      /* windows behind it were added too: none of them is settled */
	json_t *before;     /* [{"id","since","last_begin"}], the oldest first */
	GHashTable *now;    /* ids */
	AlarmMemory memory; /* after the window at hand */
	char *alarm;        /* the episode it stands in */
	int64_t names_to;   /* begin of the last window that had one of the names taken up again */
	int64_t settled;    /* end of the window behind which all is as it was; INT64_MAX: none */
} Replay;

/* An episode that lasts to this window or beyond keeps its name, though it may now begin elsewhere. */
static bool name_episode(Replay *r, int64_t begin, GError **error)
{
	size_t i;
	json_t *old, *row = NULL;
	json_array_foreach (r->before, i, old) {
		const char *id = json_get_text(old, "id", "");
		if (json_get_int(old, "last_begin", 0) >= begin && !g_hash_table_contains(r->now, id)) {
			r->alarm = g_strdup(id);
			r->names_to = MAX(r->names_to, json_get_int(old, "last_begin", 0));
			return true;
		}
	}
	for (int n = 0;; n++) {
		json_auto_t *names = json_pack("[s,I,i]", r->s->id, (json_int_t)begin, n);
		g_autofree char *id = digest_of_json(names);
		id[ID_DIGITS] = '\0';
		if (!meta_row(r->m, "SELECT id FROM alarms WHERE id = $1", json_pack("[s]", id), &row, error))
			return false;
		bool taken = row || g_hash_table_contains(r->now, id);
		json_decref(row);
		row = NULL;
		if (taken)
			continue;
		r->alarm = g_steal_pointer(&id);
		return true;
	}
}

static AlarmMemory memory_of(const json_t *row)
{
	return (AlarmMemory){.phase = (AlarmPhase)json_get_int(row, "phase", 0),
	        .recent = (uint32_t)json_get_int(row, "recent", 0),
	        .calm = (int)json_get_int(row, "calm", 0),
	        .worst = json_get_number(row, "worst", 0),
	        .since = json_get_int(row, "since", 0),
	        .fired = json_get_int(row, "fired", 0)};
}

static bool memory_before(Replay *r, GError **error)
{
	json_auto_t *row = NULL;
	if (!meta_row(r->m,
	            "SELECT phase, recent, calm, worst, since, fired, alarm FROM alarm_points WHERE series = $1 AND "
	            "begin_at < $2 ORDER BY begin_at DESC LIMIT 1",
	            json_pack("[s,I]", r->s->id, (json_int_t)r->from), &row, error))
		return false;
	r->memory = row ? memory_of(row) : (AlarmMemory){0};
	r->alarm = r->memory.phase == ALARM_NONE ? NULL : g_strdup(json_get_text(row, "alarm", NULL));
	if (r->alarm)
		g_hash_table_add(r->now, g_strdup(r->alarm));
	return true;
}

static bool save_point(const Replay *r, int64_t begin, GError **error)
{
	const AlarmMemory *a = &r->memory;
	return meta_run(r->m,
	        "UPDATE alarm_points SET phase = $3, recent = $4, calm = $5, worst = $6, since = $7, fired = $8, alarm "
	        "= $9 WHERE series = $1 AND begin_at = $2",
	        json_pack("[s,I,i,I,i,f,I,I,s?]", r->s->id, (json_int_t)begin, (int)a->phase, (json_int_t)a->recent,
	                a->calm, a->worst, (json_int_t)a->since, (json_int_t)a->fired, r->alarm),
	        NULL, error);
}

static bool is_same(const AlarmMemory *a, const AlarmMemory *b)
{
	return a->phase == b->phase && a->recent == b->recent && a->calm == b->calm && a->worst == b->worst &&
	       a->since == b->since && a->fired == b->fired;
}

/* One window.  What comes to what was kept of it settles all behind it: they follow from it alone.  Not the first one, though: where it
 * is new, what is behind it follows from the one before; nor where an episode got the name of one behind. */
static bool replay_point(Replay *r, const json_t *row, GError **error)
{
	AlarmMemory kept = memory_of(row);
	AlarmPoint p = {.begin = json_get_int(row, "begin_at", 0),
	        .end = json_get_int(row, "end_at", 0),
	        .state = state_of(json_get_text(row, "finding", "")),
	        .value = json_get_number(row, "value", NAN),
	        .limit = json_get_number(row, "limit_value", NAN),
	        .either_way = look_is_either_way(
	                json_get_text(r->s->names, "look", ""), json_get_text(r->s->names, "measure", ""))};
	bool was_open = r->memory.phase != ALARM_NONE;
	alarm_step(&r->s->rule, &p, &r->memory);
	if (!was_open && r->memory.phase != ALARM_NONE) {
		if (!name_episode(r, p.begin, error))
			return false;
		g_hash_table_add(r->now, g_strdup(r->alarm));
	}
	bool same = is_same(&kept, &r->memory) && g_strcmp0(json_get_text(row, "alarm", NULL), r->alarm) == 0;
	if (!same && !save_point(r, p.begin, error))
		return false;
	if (r->memory.phase == ALARM_NONE)
		g_clear_pointer(&r->alarm, g_free);
	if (same && !r->is_whole && p.begin > r->from && p.begin >= r->names_to)
		r->settled = p.end;
	return true;
}

/* Page by page: mostly few windows are touched, and there may be many behind them. */
static bool replay(Replay *r, GError **error)
{
	int64_t at = r->from;
	if (!memory_before(r, error))
		return false;
	for (;;) {
		json_auto_t *points = NULL;
		size_t i;
		json_t *row;
		if (!meta_run(r->m,
		            "SELECT begin_at, end_at, finding, value, limit_value, phase, recent, calm, worst, since, "
		            "fired, alarm FROM alarm_points WHERE series = $1 AND begin_at >= $2 ORDER BY begin_at "
		            "LIMIT $3",
		            json_pack("[s,I,i]", r->s->id, (json_int_t)at, PAGE), &points, error))
			return false;
		json_array_foreach (points, i, row) {
			if (!replay_point(r, row, error))
				return false;
			if (r->settled != INT64_MAX)
				return true;
			at = json_get_int(row, "begin_at", 0) + 1;
		}
		if (json_array_size(points) < PAGE)
			return true;
	}
}

/* Never was one: gone, or, where people were told of it, ended. */
static bool take_back(Meta *m, const char *id, int64_t at, GError **error)
{
	return meta_run(m, "DELETE FROM alarms WHERE id = $1 AND notices = 0", json_pack("[s]", id), NULL, error) &&
	       meta_run(m,
	               "UPDATE alarms SET state = 'resolved', resolved = coalesce(resolved, $2), why = 'measured "
	               "again, it "
	               "was none' WHERE id = $1",
	               json_pack("[s,I]", id, (json_int_t)at), NULL, error);
}

/* The row of an alarm from its points: when it began, fired and ended; figures of the last window over the limit. */
static bool sum_up(Meta *m, const AlarmSeries *s, const char *id, int64_t from, GError **error)
{
	json_auto_t *sum = NULL, *last = NULL, *over = NULL;
	if (!meta_row(m,
	            "SELECT max(since) AS since, max(fired) AS fired, sum(CASE WHEN finding = "
	            "'alarm' THEN "
	            "1 ELSE 0 END) AS windows FROM alarm_points WHERE alarm = $1",
	            json_pack("[s]", id), &sum, error))
		return false;
	if (!meta_row(m,
	            "SELECT begin_at, end_at, phase FROM alarm_points WHERE alarm = $1 ORDER BY begin_at DESC LIMIT 1",
	            json_pack("[s]", id), &last, error) ||
	        !meta_row(m,
	                "SELECT window_id, value, limit_value, p, evidence, cause FROM alarm_points WHERE alarm = $1 "
	                "AND "
	                "finding = 'alarm' ORDER BY begin_at DESC LIMIT 1",
	                json_pack("[s]", id), &over, error))
		return false;
	int phase = (int)json_get_int(last, "phase", 0);
	if (phase == ALARM_NONE &&
	        json_get_int(sum, "fired", 0) == 0) /* pending, and came to nothing; or no point is left */
		return take_back(m, id, from, error);
	json_t *fired = json_get_int(sum, "fired", 0) ? json_incref(json_object_get(sum, "fired")) : json_null();
	json_t *resolved = phase ? json_null() : json_incref(json_object_get(last, "end_at"));
	const json_t *n = s->names;
	return meta_run(m,
	        "INSERT INTO alarms (id, series, model, version, route, look, measure, subject, state, severity, "
	        "runbook, "
	        "since, fired, resolved, why, window_id, last_begin, last_end, windows, value, limit_value, p, "
	        "evidence, "
	        "cause, told, notices, recorded) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, "
	        "$25, $15, $16, "
	        "$17, $18, $19, $20, $21, $22, $23, 'no', 0, $24) ON CONFLICT (id) DO UPDATE SET state = "
	        "excluded.state, "
	        "severity = excluded.severity, runbook = excluded.runbook, since = excluded.since, fired = "
	        "excluded.fired, "
	        "resolved = excluded.resolved, why = excluded.why, window_id = excluded.window_id, last_begin = "
	        "excluded.last_begin, last_end = excluded.last_end, windows = excluded.windows, value = "
	        "excluded.value, "
	        "limit_value = excluded.limit_value, p = excluded.p, evidence = excluded.evidence, cause = "
	        "excluded.cause",
	        json_pack("[s,s,O,O,O,O,O,O,s,s,s?,O,o,o,O,O,O,O,O,O,O,O,O,I,s?]", id, s->id,
	                json_object_get(n, "model"), json_object_get(n, "version"), json_object_get(n, "route"),
	                json_object_get(n, "look"), json_object_get(n, "measure"), json_object_get(n, "subject"),
	                phase ? alarm_phase_name((AlarmPhase)phase) : "resolved", s->rule.severity, s->rule.runbook,
	                json_object_get(sum, "since"), fired, resolved, json_object_get(over, "window_id"),
	                json_object_get(last, "begin_at"), json_object_get(last, "end_at"),
	                json_object_get(sum, "windows"), json_object_get(over, "value"),
	                json_object_get(over, "limit_value"), json_object_get(over, "p"),
	                json_object_get(over, "evidence"), json_object_get(over, "cause"), (json_int_t)meta_now(),
	                phase ? NULL : "calm again"),
	        NULL, error);
}

static bool sum_up_all(const Replay *r, GError **error)
{
	size_t i;
	json_t *old;
	json_array_foreach (r->before, i, old) {
		const char *id = json_get_text(old, "id", "");
		bool behind = json_get_int(old, "since", 0) > r->settled;
		if (!behind && !g_hash_table_contains(r->now, id) && !sum_up(r->m, r->s, id, r->from, error))
			return false;
	}
	GHashTableIter iter;
	gpointer id;
	g_hash_table_iter_init(&iter, r->now);
	while (g_hash_table_iter_next(&iter, &id, NULL))
		if (!sum_up(r->m, r->s, id, r->from, error))
			return false;
	return true;
}

static bool replay_and_sum(Meta *m, const AlarmSeries *s, int64_t from, bool is_whole, GError **error)
{
	g_autoptr(GHashTable) now = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	json_auto_t *before = NULL;
	if (!meta_run(m,
	            "SELECT id, since, last_begin FROM alarms WHERE series = $1 AND last_begin >= $2 ORDER BY since",
	            json_pack("[s,I]", s->id, (json_int_t)from), &before, error))
		return false;
	Replay r = {.m = m,
	        .s = s,
	        .from = from,
	        .is_whole = is_whole,
	        .before = before,
	        .now = now,
	        .names_to = INT64_MIN,
	        .settled = INT64_MAX};
	bool ok = replay(&r, error) && sum_up_all(&r, error);
	g_free(r.alarm);
	return ok;
}

/* A window as a point: what put_point reads. */
static json_t *point_of(const MonitorWindow *w, const json_t *finding)
{
	g_autofree char *id = window_id(w);
	json_t *point = json_copy((json_t *)finding);
	json_object_set_new(point, "window", json_string(id));
	json_object_set_new(point, "begin", json_integer(w->begin));
	json_object_set_new(point, "end", json_integer(w->end));
	return point;
}

bool alarm_series_take(Meta *m, const AlarmSeries *s, const MonitorWindow *w, const json_t *finding, GError **error)
{
	FindingState state = state_of(json_get_text(finding, "state", ""));
	bool known;
	if (!is_known(m, s, &known, error))
		return false;
	if (!known && (state != FINDING_ALARM || s->rule.off))
		return true;
	json_auto_t *point = point_of(w, finding);
	bool ok = state == FINDING_TOO_FEW ? meta_run(m, "DELETE FROM alarm_points WHERE series = $1 AND begin_at = $2",
	                                             json_pack("[s,I]", s->id, (json_int_t)w->begin), NULL, error)
	                                   : put_point(m, s, point, error);
	return ok && (known || put_later(m, s, w, error)) && replay_and_sum(m, s, w->begin, !known, error);
}
