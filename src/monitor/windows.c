/* windows.c: the log cut into windows, and held against those that were measured.
 *
 * The engine counts rows by tick: a known window for the rows that lie in one, whatever rule it was cut by; for the others a whole
 * window where windows go by time, a single point in time where they go by count.
 * Ticks are walked through in order beside the windows that are known.  One inside a known window counts to it; one that lies
 * across its border (the rule was changed) counts nowhere; what is beyond makes new windows.  So no row is ever in two. */
#include "monitor/windows.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"

#define KNOWN "monitor_known"

/* Windows without a row that a pass makes; the next one goes on. */
enum { EMPTY_MOST = 1000 };

typedef struct Tick {
	int64_t version;
	const char *route;
	int64_t begin, end, rows, outcomes, changes;
} Tick;

typedef struct Walk {
	const WindowsQuery *q;
	json_t *known;          /* windows that were measured, by version, route and begin */
	size_t at, first, last; /* the known ones of this version and route: first .. last; at: not passed yet */
	DueWindow open;         /* under way: a known one, or a new one by count */
	bool is_open, is_known;
	int64_t known_rows, known_changes;
	bool is_immature;         /* when it was measured, outcomes of some rows were not to be expected yet */
	int64_t version, covered; /* of the group; end of its last known or new window */
	const char *route;
	GHashTable *asked; /* beginnings of windows by time that are not measured and have a row */
	int64_t oldest;    /* of those that are not due yet */
	GArray *due;
} Walk;

static bool read_known(Walk *w, GError **error)
{
	int64_t oldest = w->q->scope->from;
	size_t i;
	json_t *window;
	json_array_foreach (w->q->scope->touched, i, window)
		oldest = MIN(oldest, json_get_int(window, "begin_at", 0));
	return meta_run(w->q->meta,
	        "SELECT version, route, begin_at, end_at, \"rows\", outcome_changes, revision, CASE WHEN EXISTS "
	        "(SELECT 1 FROM "
	        "monitor_findings AS f WHERE f.window_id = w.id AND look = 'performance' AND measure = 'maturity' AND "
	        "value < 1) THEN 1 ELSE 0 END AS immature FROM monitor_windows AS w WHERE model = $1 AND end_at > $2 "
	        "ORDER BY version, route, begin_at",
	        json_pack("[s,I]", w->q->model, (json_int_t)oldest), &w->known, error);
}

static int64_t field(const Walk *w, size_t i, const char *key)
{
	return json_get_int(json_array_get(w->known, i), key, 0);
}

static bool is_replayed(const Walk *w, const MonitorWindow *window)
{
	return w->q->scope->arrived != INT64_MIN && window->begin <= w->q->scope->replayed_to;
}

static bool is_complete(const Walk *w, const MonitorWindow *window)
{
	const WindowRule *rule = &w->q->rule;
	const Scope *s = w->q->scope;
	if (is_replayed(w, window))
		return rule->without_wait || s->replayed_to >= window->end + rule->grace ||
		       w->q->now >= s->arrived + rule->grace;
	return w->q->now >= window->end + (rule->without_wait ? 0 : rule->grace);
}

static void close_open(Walk *w)
{
	DueWindow *d = &w->open;
	if (!w->is_open)
		return;
	w->is_open = false;
	d->rows_changed = d->window.rows != w->known_rows;
	d->now = is_replayed(w, &d->window) ? w->q->scope->replayed_to + MAX(w->q->now - w->q->scope->arrived, 0)
	                                    : w->q->now;
	bool matured = w->is_immature && d->now >= d->window.end + w->q->rule.delay;
	bool changed = d->rows_changed || d->outcome_changes != w->known_changes || matured;
	bool full = w->is_known || w->q->rule.rows == 0 || d->window.rows >= w->q->rule.rows;
	bool due = changed && full && is_complete(w, &d->window);
	if (!due && changed &&
	        d->window.end > d->now - w->q->rule.late) /* rows that wait longer for others are given up */
		w->oldest = MIN(w->oldest, d->window.begin);
	if (!due)
		return;
	g_autofree char *id = window_id(&d->window);
	g_strlcpy(d->id, id, sizeof d->id);
	g_array_append_val(w->due, *d);
}

static void open_window(Walk *w, int64_t begin, int64_t end)
{
	w->is_open = true;
	w->is_known = w->is_immature = false;
	w->known_rows = w->known_changes = 0;
	w->open = (DueWindow){.window = {w->q->model, (int)w->version, w->route, begin, end, 0}};
}

static void open_known(Walk *w, size_t i)
{
	open_window(w, field(w, i, "begin_at"), field(w, i, "end_at"));
	w->is_known = true;
	w->is_immature = field(w, i, "immature") != 0;
	w->known_rows = field(w, i, "rows");
	w->known_changes = field(w, i, "outcome_changes");
	w->open.revision = field(w, i, "revision");
}

static void count(Walk *w, const Tick *t)
{
	w->open.window.rows += t->rows;
	w->open.outcomes += t->outcomes;
	w->open.outcome_changes += t->changes;
}

static bool is_of(const Walk *w, size_t i, const Tick *t)
{
	return field(w, i, "version") == t->version &&
	       g_strcmp0(json_get_text(json_array_get(w->known, i), "route", ""), t->route) == 0;
}

static void begin_group(Walk *w, const Tick *t)
{
	size_t size = json_array_size(w->known);
	close_open(w);
	w->version = t->version;
	w->route = t->route;
	w->covered = INT64_MIN;
	for (w->first = 0; w->first < size && !is_of(w, w->first, t);)
		w->first++;
	for (w->last = w->first; w->last < size && is_of(w, w->last, t); w->last++)
		w->covered = MAX(w->covered, field(w, w->last, "end_at"));
	w->at = w->first;
}

static void take_new(Walk *w, const Tick *t)
{
	bool by_count = w->q->rule.rows > 0;
	if (by_count && t->begin < w->covered) /* a late row between windows that are done */
		return;
	if (!by_count || !w->is_open || w->is_known || w->open.window.rows >= w->q->rule.rows) {
		close_open(w);
		open_window(w, t->begin, t->end);
	}
	w->open.window.end = t->end;
	if (!by_count)
		g_hash_table_add(w->asked, g_memdup2(&t->begin, sizeof t->begin));
	count(w, t);
}

static void take(Walk *w, const Tick *t)
{
	if (t->version != w->version || t->route != w->route)
		begin_group(w, t);
	while (w->at < w->last && field(w, w->at, "end_at") <= t->begin)
		w->at++;
	if (w->at == w->last || field(w, w->at, "begin_at") >= t->end) {
		take_new(w, t);
		return;
	}
	if (t->begin < field(w, w->at, "begin_at") || t->end > field(w, w->at, "end_at"))
		return;
	if (!w->is_open || w->open.window.begin != field(w, w->at, "begin_at")) {
		close_open(w);
		open_known(w, w->at);
	}
	count(w, t);
}

/* SQL of the beginning of the tick a row lies in. */
static char *tick_sql(const WindowRule *rule)
{
	if (rule->rows)
		return g_strdup("epoch_us(_gyre_time)");
	if (rule->by_month)
		return g_strdup("epoch_us(date_trunc('month', _gyre_time)::TIMESTAMP)");
	int64_t zero = window_floor(rule, 0), every = rule->every;
	return g_strdup_printf("epoch_us(_gyre_time) - (((epoch_us(_gyre_time) - (%" G_GINT64_FORMAT
	                       ")) %% %" G_GINT64_FORMAT ") + %" G_GINT64_FORMAT ") %% %" G_GINT64_FORMAT,
	        zero, every, every, every);
}

/* The known windows as the engine's table KNOWN. */
static bool lend_known(const Walk *w, GError **error)
{
	size_t size = json_array_size(w->known);
	g_autoptr(Frame) f = frame_new(size);
	static const char *const NUMBERS[] = {"version", "begin_at", "end_at"};
	for (size_t k = 0; k < G_N_ELEMENTS(NUMBERS); k++) {
		Column *c = column_new(NUMBERS[k], COLUMN_INT, size, NULL);
		for (size_t i = 0; i < size; i++)
			c->ints[i] = field(w, i, NUMBERS[k]);
		frame_add(f, c);
	}
	Column *route = column_new("route", COLUMN_TEXT, size, NULL);
	for (size_t i = 0; i < size; i++) {
		const char *text = json_get_text(json_array_get(w->known, i), "route", "");
		route->codes[i] = dictionary_code(route->dictionary, text, strlen(text));
	}
	frame_add(f, route);
	return engine_run(w->q->engine,
	               "CREATE OR REPLACE TABLE " KNOWN
	               " (version BIGINT, begin_at BIGINT, end_at BIGINT, route VARCHAR)",
	               error) &&
	       (size == 0 || engine_append(w->q->engine, KNOWN, f, error));
}

static void take_frame(Walk *w, const Frame *f)
{
	const Column *const *c = (const Column *const *)f->columns->pdata;
	for (size_t i = 0; i < f->rows; i++) {
		Tick t = {c[0]->ints[i], g_intern_string(dictionary_text(c[1]->dictionary, c[1]->codes[i])),
		        c[2]->ints[i], c[3]->ints[i], c[4]->ints[i], c[5]->ints[i], c[6]->ints[i]};
		if (t.begin == t.end) /* of no known window */
			t.end = w->q->rule.rows ? t.begin + 1 : window_next(&w->q->rule, t.begin);
		take(w, &t);
	}
}

static bool walk(Walk *w, GError **error)
{
	const WindowsQuery *q = w->q;
	g_autofree char *tick = tick_sql(&q->rule);
	g_autofree char *sql = g_strdup_printf(
	        "WITH a AS (SELECT _gyre_id, _gyre_version::BIGINT AS v, coalesce(_gyre_route, '') AS r, "
	        "epoch_us(_gyre_time) "
	        "AS moment, (%s)::BIGINT AS tick FROM %s WHERE _gyre_time IS NOT NULL AND _gyre_version IS NOT NULL), "
	        "l AS "
	        "(SELECT * FROM a WHERE moment >= %" G_GINT64_FORMAT
	        " UNION ALL SELECT a.* FROM a ASOF JOIN " SCOPE_TOUCHED
	        " AS t ON a.v = t.version AND a.r = t.route AND a.moment >= t.begin_at WHERE a.moment < t.end_at), "
	        "placed AS (SELECT l._gyre_id, v, r, CASE WHEN moment < k.end_at THEN k.begin_at ELSE "
	        "tick "
	        "END "
	        "AS t, CASE WHEN moment < k.end_at THEN k.end_at ELSE tick END AS e FROM l ASOF LEFT JOIN " KNOWN
	        " AS k ON l.v = k.version AND l.r = k.route AND l.moment >= k.begin_at) SELECT v, r, t, e, "
	        "count(*)::BIGINT "
	        "AS n, count(o.value)::BIGINT AS known, coalesce(sum(o.changes), 0)::BIGINT AS changes FROM placed "
	        "LEFT "
	        "JOIN %s AS o ON placed._gyre_id = o.id GROUP BY ALL ORDER BY v, r, t, e",
	        tick, q->log, q->scope->from, q->outcomes);
	g_autoptr(FrameReader) reader = NULL;
	if (!engine_read(q->engine, sql, 0, &reader, error))
		return false;
	for (;;) {
		g_autoptr(Frame) rows = NULL;
		if (!frame_reader_next(reader, &rows, error))
			return false;
		if (!rows)
			break;
		take_frame(w, rows);
	}
	close_open(w);
	return true;
}

static int by_time(const void *a, const void *b)
{
	const DueWindow *x = a, *y = b;
	if (x->window.begin != y->window.begin)
		return x->window.begin < y->window.begin ? -1 : 1;
	return strcmp(x->id, y->id);
}

static bool last_measured(const WindowsQuery *q, json_t **ret, GError **error)
{
	return meta_row(q->meta,
	        "SELECT version, route, begin_at, end_at FROM monitor_windows WHERE model = $1 ORDER BY end_at DESC, "
	        "CASE route "
	        "WHEN 'stable' THEN 0 ELSE 1 END, version DESC LIMIT 1",
	        json_pack("[s]", q->model), ret, error);
}

static void add_empty(Walk *w, const json_t *last, int64_t begin, int64_t end)
{
	DueWindow d = {.window = {w->q->model, (int)json_get_int(last, "version", 0),
	                       g_intern_string(json_get_text(last, "route", "")), begin, end, 0},
	        .rows_changed = true,
	        .now = w->q->now};
	g_autofree char *id = window_id(&d.window);
	g_strlcpy(d.id, id, sizeof d.id);
	g_array_append_val(w->due, d);
}

/* Windows that are over, and in which nobody asked. */
static bool add_empties(Walk *w, GError **error)
{
	const WindowRule *rule = &w->q->rule;
	json_auto_t *last = NULL;
	if (rule->rows)
		return true;
	if (!last_measured(w->q, &last, error))
		return false;
	MonitorWindow before = {.begin = json_get_int(last, "begin_at", 0)};
	if (!last || is_replayed(w, &before))
		return true;
	int64_t end = json_get_int(last, "end_at", 0), begin = window_floor(rule, end);
	if (begin < end)
		begin = window_next(rule, begin);
	for (int made = 0; made < EMPTY_MOST && window_next(rule, begin) + rule->grace <= w->q->now;) {
		int64_t next = window_next(rule, begin);
		if (!g_hash_table_contains(w->asked, &begin)) {
			add_empty(w, last, begin, next);
			made++;
		}
		begin = next;
	}
	return true;
}

bool windows_due(const WindowsQuery *q, GArray **ret, int64_t *ret_open, GError **error)
{
	g_autoptr(GArray) due = g_array_new(FALSE, FALSE, sizeof(DueWindow));
	Walk w = {.q = q,
	        .due = due,
	        .version = INT64_MIN,
	        .oldest = INT64_MAX,
	        .asked = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL)};
	bool ok = read_known(&w, error) && lend_known(&w, error) && walk(&w, error) && add_empties(&w, error);
	json_decref(w.known);
	g_hash_table_unref(w.asked);
	if (!ok)
		return false;
	g_array_sort(due, by_time);
	*ret_open = w.oldest;
	*ret = g_steal_pointer(&due);
	return true;
}
