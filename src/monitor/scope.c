/* scope.c: what came since the last pass, and which files hold the windows it belongs to. */
#include "monitor/scope.h"

#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/json.h"
#include "monitor/outcomes.h"
#include "serve/predlog.h"

void scope_clear(Scope *s)
{
	json_decref(s->touched);
	json_decref(s->files);
	json_decref(s->found);
}

static bool read_kept(Scope *s, GError **error)
{
	json_auto_t *row = NULL, *place = NULL, *rows = NULL;
	size_t i;
	json_t *one;
	const char *model = s->in->model;
	if (!meta_row(s->in->meta, "SELECT open_from, place, replayed_to, arrived FROM monitor_scopes WHERE model = $1",
	            json_pack("[s]", model), &row, error) ||
	        !meta_row(s->in->meta, "SELECT max(place) AS place FROM outcomes WHERE model = $1",
	                json_pack("[s]", model), &place, error) ||
	        !meta_run(s->in->meta, "SELECT file, first_at, last_at FROM monitor_files WHERE model = $1",
	                json_pack("[s]", model), &rows, error))
		return false;
	s->is_first = row == NULL;
	s->open_from = json_get_int(row, "open_from", INT64_MIN);
	s->seen_place = json_get_int(row, "place", -1);
	s->place = MAX(json_get_int(place, "place", 0), s->seen_place);
	s->replayed_to = json_get_int(row, "replayed_to", INT64_MIN);
	s->arrived = json_get_int(row, "arrived", INT64_MIN);
	json_array_foreach (rows, i, one)
		json_object_set_new(s->files, json_get_text(one, "file", ""),
		        json_pack("[O,O]", json_object_get(one, "first_at"), json_object_get(one, "last_at")));
	return true;
}

/* Times of the first and the last row of a table, and how far a replay goes in it.  A table without a row has none. */
static bool read_times(Scope *s, const char *table, int64_t *ret_first, int64_t *ret_last, GError **error)
{
	g_autofree char *sql = g_strdup_printf(
	        "SELECT epoch_us(min(_gyre_time)) AS first, epoch_us(max(_gyre_time)) AS last, "
	        "epoch_us(max(_gyre_time) FILTER "
	        "(_gyre_arrived IS NOT NULL)) AS replayed_to, epoch_us(max(_gyre_arrived)) AS arrived FROM ((SELECT "
	        "NULL::TIMESTAMP AS _gyre_arrived LIMIT 0) UNION ALL BY NAME (SELECT * FROM %s))",
	        table);
	json_auto_t *row = NULL;
	if (!engine_row(s->in->engine, sql, &row, error))
		return false;
	*ret_first = json_get_int(row, "first", INT64_MAX);
	*ret_last = json_get_int(row, "last", INT64_MIN);
	s->replayed_to = MAX(s->replayed_to, json_get_int(row, "replayed_to", INT64_MIN));
	s->arrived = MAX(s->arrived, json_get_int(row, "arrived", INT64_MIN));
	s->from = MIN(s->from, *ret_first);
	return true;
}

static bool read_new_files(Scope *s, GError **error)
{
	g_autoptr(GPtrArray) names = NULL;
	if (!predlog_sealed(s->in->state_folder, s->in->model, &names, error))
		return false;
	for (guint i = 0; i < names->len; i++) {
		g_autofree char *path = predlog_sealed_path(s->in->state_folder, s->in->model, names->pdata[i]);
		g_autofree char *table = sql_parquet(path);
		int64_t first, last;
		if (json_object_get(s->files, names->pdata[i]))
			continue;
		if (!read_times(s, table, &first, &last, error))
			return false;
		json_object_set_new(s->found, names->pdata[i], json_pack("[I,I]", (json_int_t)first, (json_int_t)last));
	}
	return true;
}

/* Files that were seen and may hold rows whose outcomes are still looked for, as "'path', 'path'". */
static char *young_files(const Scope *s)
{
	GString *files = g_string_new(NULL);
	const char *name;
	json_t *times;
	json_object_foreach (s->files, name, times) {
		g_autofree char *path = predlog_sealed_path(s->in->state_folder, s->in->model, name);
		struct stat about;
		if (stat(path, &about) != 0 || (int64_t)about.st_mtim.tv_sec * 1000000 < s->in->now - s->in->rule.late)
			continue;
		g_autofree char *quoted = sql_path(path);
		g_string_append_printf(files, "%s%s", files->len ? ", " : "", quoted);
	}
	return g_string_free(files, FALSE);
}

static bool find_asked(Scope *s, const char *files, json_t **ret, GError **error)
{
	g_autofree char *sql =
	        g_strdup_printf("SELECT DISTINCT _gyre_version::BIGINT AS version, coalesce(_gyre_route, '') AS route, "
	                        "epoch_us(_gyre_time) AS "
	                        "moment FROM read_parquet([%s], union_by_name = true, hive_partitioning = false) SEMI "
	                        "JOIN monitor_said ON "
	                        "_gyre_id = id WHERE _gyre_time IS NOT NULL ORDER BY version, route, moment",
	                files);
	return engine_rows(s->in->engine, sql, ret, error);
}

static bool add_touched(Scope *s, const char *condition, json_t *args, GError **error)
{
	json_auto_t *rows = NULL;
	g_autofree char *sql = g_strdup_printf(
	        "SELECT version, route, begin_at, end_at FROM monitor_windows AS w WHERE model = $1 AND %s", condition);
	if (!meta_run(s->in->meta, sql, args, &rows, error))
		return false;
	json_array_extend(s->touched, rows);
	return true;
}

static bool is_in_last(const Scope *s, const json_t *asked, int64_t moment)
{
	const json_t *last = json_array_get(s->touched, json_array_size(s->touched) - 1);
	return last && json_equal(json_object_get(last, "version"), json_object_get(asked, "version")) &&
	       json_equal(json_object_get(last, "route"), json_object_get(asked, "route")) &&
	       json_get_int(last, "begin_at", 0) <= moment && moment < json_get_int(last, "end_at", 0);
}

/* The measured windows that rows with these times are in.  One window often holds many of them, one after the other. */
static bool touch_asked(Scope *s, const json_t *asked, GError **error)
{
	size_t i;
	json_t *one;
	json_array_foreach ((json_t *)asked, i, one) {
		int64_t moment = json_get_int(one, "moment", 0);
		if (!is_in_last(s, one, moment) &&
		        !add_touched(s, "version = $2 AND route = $3 AND begin_at <= $4 AND end_at > $4",
		                json_pack("[s,O,O,I]", s->in->model, json_object_get(one, "version"),
		                        json_object_get(one, "route"), (json_int_t)moment),
		                error))
			return false;
	}
	return true;
}

/* Windows of rows that were sealed and seen, to which outcomes came since. */
static bool touch_told(Scope *s, GError **error)
{
	json_auto_t *asked = NULL;
	g_autofree char *files = young_files(s), *sorted = NULL;
	int64_t said = 0;
	if (!*files || !outcomes_said_since(
	                       s->in->engine, s->in->meta, s->in->model, s->seen_place, "monitor_said", &said, error))
		return !*files;
	return said == 0 || (find_asked(s, files, &asked, error) && touch_asked(s, asked, error));
}

/* Measured windows of which outcomes were not to be expected yet, and are now by a clock. */
static bool touch_ripe(Scope *s, int64_t clock, GError **error)
{
	return add_touched(s,
	        "end_at > $2 AND end_at <= $3 AND EXISTS (SELECT 1 FROM monitor_findings AS f WHERE f.window_id = w.id "
	        "AND look = "
	        "'performance' AND measure = 'maturity' AND value < 1)",
	        json_pack("[s,I,I]", s->in->model, (json_int_t)(clock - s->in->rule.late - s->in->rule.delay),
	                (json_int_t)(clock - s->in->rule.delay)),
	        error);
}

/* A replay's clock is the time of its latest row, and what passed since. */
static bool touch_all_ripe(Scope *s, GError **error)
{
	bool is_replay = s->arrived != INT64_MIN;
	return touch_ripe(s, s->in->now, error) &&
	       (!is_replay || touch_ripe(s, s->replayed_to + MAX(s->in->now - s->arrived, 0), error));
}

/* A measured window that begins before and ends after is read whole. */
static bool widen_to_measured(Scope *s, GError **error)
{
	while (s->from != INT64_MAX && s->from != INT64_MIN) {
		json_auto_t *row = NULL;
		if (!meta_row(s->in->meta,
		            "SELECT min(begin_at) AS begin_at FROM monitor_windows WHERE model = $1 AND end_at > $2 "
		            "AND begin_at "
		            "< $2",
		            json_pack("[s,I]", s->in->model, (json_int_t)s->from), &row, error))
			return false;
		if (!json_is_integer(json_object_get(row, "begin_at")))
			break;
		s->from = json_get_int(row, "begin_at", 0);
	}
	return true;
}

/* So is one to be made; and where it begins another one may have been measured, by the rule of then. */
static bool widen(Scope *s, GError **error)
{
	bool is_bound = s->from != INT64_MAX && s->from != INT64_MIN;
	if (!is_bound || !widen_to_measured(s, error))
		return !is_bound;
	if (s->in->rule.rows)
		return true;
	s->from = window_floor(&s->in->rule, s->from);
	return widen_to_measured(s, error);
}

static bool take_unsealed(Engine *e, const char *rows, void *context, GError **error)
{
	Scope *s = context;
	int64_t first, last;
	g_autofree char *table = rows ? g_strdup_printf("(%s)", rows) : NULL;
	if ((table && !read_times(s, table, &first, &last, error)) || (!s->is_first && !touch_all_ripe(s, error)))
		return false;
	return widen(s, error);
}

static bool wants_file(const char *name, const char *path, void *context)
{
	const Scope *s = context;
	const json_t *times = json_object_get(s->files, name);
	size_t i;
	json_t *window;
	(void)path;
	if (!times)
		times = json_object_get(s->found, name);
	if (!times) /* sealed since they were listed */
		return true;
	int64_t first = json_integer_value(json_array_get(times, 0)),
	        last = json_integer_value(json_array_get(times, 1));
	if (last >= s->from)
		return true;
	json_array_foreach (s->touched, i, window)
		if (first < json_get_int(window, "end_at", 0) && last >= json_get_int(window, "begin_at", 0))
			return true;
	return false;
}

static bool lend_touched(const Scope *s, GError **error)
{
	static const char *const NUMBERS[] = {"version", "begin_at", "end_at"};
	size_t size = json_array_size(s->touched), i;
	json_t *window;
	g_autoptr(Frame) f = frame_new(size);
	Column *route = column_new("route", COLUMN_TEXT, size, NULL);
	for (size_t k = 0; k < G_N_ELEMENTS(NUMBERS); k++) {
		Column *c = column_new(NUMBERS[k], COLUMN_INT, size, NULL);
		json_array_foreach (s->touched, i, window)
			c->ints[i] = json_get_int(window, NUMBERS[k], 0);
		frame_add(f, c);
	}
	json_array_foreach (s->touched, i, window) {
		const char *text = json_get_text(window, "route", "");
		route->codes[i] = dictionary_code(route->dictionary, text, strlen(text));
	}
	frame_add(f, route);
	return engine_run(s->in->engine,
	               "CREATE OR REPLACE TABLE monitor_touched_all (version BIGINT, begin_at BIGINT, end_at BIGINT, "
	               "route "
	               "VARCHAR)",
	               error) &&
	       (size == 0 || engine_append(s->in->engine, "monitor_touched_all", f, error)) &&
	       engine_runf(s->in->engine, error,
	               "CREATE OR REPLACE TABLE " SCOPE_TOUCHED
	               " AS SELECT DISTINCT * FROM monitor_touched_all WHERE begin_at < %" G_GINT64_FORMAT,
	               s->from);
}

static bool read_outcomes(const Scope *s, GError **error)
{
	const ScopeInput *in = s->in;
	int64_t count;
	if (s->is_first)
		return outcomes_table(in->engine, in->meta, in->model, in->outcomes, &count, error);
	g_autofree char *ids = g_strdup_printf(
	        "SELECT _gyre_id FROM %s WHERE epoch_us(_gyre_time) >= %" G_GINT64_FORMAT
	        " UNION ALL SELECT l._gyre_id FROM (SELECT _gyre_id, _gyre_version AS v, coalesce(_gyre_route, '') AS "
	        "r, "
	        "epoch_us(_gyre_time) AS moment FROM %s) AS l ASOF JOIN " SCOPE_TOUCHED
	        " AS t ON l.v = t.version AND l.r = t.route AND l.moment >= t.begin_at WHERE l.moment < t.end_at",
	        in->log, s->from, in->log);
	return outcomes_of(in->engine, in->meta, in->model, ids, in->outcomes, error);
}

bool scope_open(const ScopeInput *in, Scope *ret, GError **error)
{
	*ret = (Scope){
	        .in = in, .from = INT64_MAX, .touched = json_array(), .files = json_object(), .found = json_object()};
	Scope *s = ret;
	PredLogChoice choice = {wants_file, s, take_unsealed};
	if (!read_kept(s, error) || !read_new_files(s, error))
		return false;
	s->from = MIN(s->from, s->open_from);
	if (!s->is_first && !touch_told(s, error))
		return false;
	return predlog_view_of(in->engine, in->state_folder, in->model, in->log, &choice, error) &&
	       lend_touched(s, error) && read_outcomes(s, error);
}

static bool write_scope(const Scope *s, int64_t open_from, GError **error)
{
	const char *name;
	json_t *times;
	json_object_foreach (s->found, name, times)
		if (!meta_run(s->in->meta,
		            "INSERT INTO monitor_files (model, file, first_at, last_at) VALUES ($1, $2, $3, $4) ON "
		            "CONFLICT (model, "
		            "file) DO NOTHING",
		            json_pack("[s,s,O,O]", s->in->model, name, json_array_get(times, 0),
		                    json_array_get(times, 1)),
		            NULL, error))
			return false;
	return meta_run(s->in->meta,
	        "INSERT INTO monitor_scopes (model, open_from, place, replayed_to, arrived) VALUES ($1, $2, $3, $4, "
	        "$5) ON "
	        "CONFLICT (model) DO UPDATE SET open_from = excluded.open_from, place = CASE WHEN monitor_scopes.place "
	        "> "
	        "excluded.place THEN monitor_scopes.place ELSE excluded.place END, replayed_to = excluded.replayed_to, "
	        "arrived = excluded.arrived",
	        json_pack("[s,I,I,I,I]", s->in->model, (json_int_t)open_from, (json_int_t)s->place,
	                (json_int_t)s->replayed_to, (json_int_t)s->arrived),
	        NULL, error);
}

bool scope_save(const Scope *s, int64_t open_from, GError **error)
{
	return meta_begin(s->in->meta, error) && meta_end(s->in->meta, write_scope(s, open_from, error), error);
}
