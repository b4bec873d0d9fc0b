/* concept_stream.c: labels taken once each, and the watch kept between passes. */
#include "monitor/concept_stream.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "monitor/answers.h"
#include "monitor/error_watch.h"

/* An error of a number is a share of so many mean ones: the watch takes 0 .. 1. */
#define LARGE_ERROR 4

typedef struct Stream {
	const LookInput *in;
	const json_t *settings;
	char *window, *text; /* the window's id; the settings as text */
	GHashTable *known;   /* ids of this window that were taken before */
	ErrorWatch *watch;
	int64_t labels, taken;
	double scale; /* numbers: of an error of 1 */
} Stream;

static void stream_clear(Stream *s)
{
	g_free(s->window);
	g_free(s->text);
	g_hash_table_unref(s->known);
	error_watch_free(s->watch);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Stream, stream_clear)

static bool read_known(Stream *s, GError **error)
{
	json_auto_t *rows = NULL;
	size_t i;
	json_t *row;
	if (!meta_run(s->in->meta, "SELECT id FROM concept_labels WHERE window_id = $1", json_pack("[s]", s->window),
	            &rows, error))
		return false;
	json_array_foreach (rows, i, row)
		g_hash_table_add(s->known, g_strdup(json_get_text(row, "id", "")));
	return true;
}

static bool open_watch(Stream *s, GError **error)
{
	const MonitorWindow *w = s->in->window;
	json_auto_t *row = NULL, *state = NULL;
	if (!meta_row(s->in->meta,
	            "SELECT settings, labels, state FROM concept_streams WHERE model = $1 AND version = $2",
	            json_pack("[o,i]", json_text(w->model), w->version), &row, error))
		return false;
	const char *kept = json_get_text(row, "state", NULL);
	s->labels = json_get_int(row, "labels", 0);
	if (kept && g_strcmp0(json_get_text(row, "settings", ""), s->text) == 0 &&
	        !json_parse("the watch over errors", kept, strlen(kept), &state, error))
		return false;
	return error_watch_open(s->settings, state, &s->watch, error);
}

static bool add_event(Stream *s, const char *what, int64_t observed, GError **error)
{
	const MonitorWindow *w = s->in->window;
	ErrorLevels levels = error_watch_levels(s->watch);
	return meta_run(s->in->meta,
	        "INSERT INTO concept_events (model, version, place, what, window_id, observed, before_rate, "
	        "after_rate) VALUES "
	        "($1, $2, $3, $4, $5, $6, $7, $8)",
	        json_pack("[o,i,I,s,s,I,o,o]", json_text(w->model), w->version, (json_int_t)s->labels, what, s->window,
	                (json_int_t)observed, json_number(levels.before), json_number(levels.after)),
	        NULL, error);
}

/* *ret false: it was taken already, as a row of a window that was cut otherwise. */
static bool take_id(Stream *s, const char *id, bool *ret, GError **error)
{
	const MonitorWindow *w = s->in->window;
	json_auto_t *row = NULL;
	*ret = false;
	if (g_hash_table_contains(s->known, id))
		return true;
	if (!meta_row(s->in->meta,
	            "INSERT INTO concept_labels (model, version, id, window_id) VALUES ($1, $2, $3, $4) ON CONFLICT "
	            "(model, "
	            "version, id) DO NOTHING RETURNING id",
	            json_pack("[o,i,o,s]", json_text(w->model), w->version, json_text(id), s->window), &row, error))
		return false;
	*ret = row != NULL;
	return true;
}

static bool take_error(Stream *s, double value, int64_t observed, GError **error)
{
	unsigned found = error_watch_add(s->watch, value);
	const char *what = found & ERROR_WATCH_ROSE   ? "rose"
	                   : found & ERROR_WATCH_FELL ? "fell"
	                   : found                    ? "warning"
	                                              : NULL;
	if (what && !add_event(s, what, observed, error))
		return false;
	s->labels++;
	s->taken++;
	return true;
}

/* 0 .. 1; NaN: the outcome, or the answer, is none the model knows. */
static double error_of(const Stream *s, const char *answer, const char *outcome)
{
	double said = answer_truth(s->in->bundle, answer), truth = answer_truth(s->in->bundle, outcome);
	bool classifies = bundle_classifies(s->in->bundle);
	if (isnan(said) || isnan(truth) || (!classifies && !(s->scale > 0)))
		return NAN;
	return classifies ? said != truth : MIN(fabs(said - truth) / s->scale, 1);
}

static bool take_frame(Stream *s, const Frame *f, GError **error)
{
	const Column *const *c = (const Column *const *)f->columns->pdata;
	for (size_t i = 0; i < f->rows; i++) {
		bool fresh;
		const char *text[3];
		for (int k = 0; k < 3; k++)
			text[k] = column_is_missing(c[k], i) ? NULL : dictionary_text(c[k]->dictionary, c[k]->codes[i]);
		double value = error_of(s, text[1], text[2]);
		if (!text[0] || isnan(value))
			continue;
		if (!take_id(s, text[0], &fresh, error) || (fresh && !take_error(s, value, c[3]->ints[i], error)))
			return false;
	}
	return true;
}

static bool take_rows(Stream *s, GError **error)
{
	g_autofree char *prediction = look_output_sql(s->in, "prediction");
	g_autofree char *sql = g_strdup_printf("SELECT _gyre_id, %s::VARCHAR, _gyre_outcome, epoch_us(_gyre_observed) "
	                                       "AS o FROM %s WHERE _gyre_outcome IS NOT "
	                                       "NULL AND _gyre_error IS NULL ORDER BY o, _gyre_time, _gyre_id",
	        prediction, s->in->view);
	g_autoptr(FrameReader) reader = NULL;
	if (!engine_read(s->in->engine, sql, 0, &reader, error))
		return false;
	for (;;) {
		g_autoptr(Frame) f = NULL;
		if (!frame_reader_next(reader, &f, error) || (f && !take_frame(s, f, error)))
			return false;
		if (!f)
			return true;
	}
}

static bool keep(Stream *s, GError **error)
{
	const MonitorWindow *w = s->in->window;
	return meta_run(s->in->meta,
	        "INSERT INTO concept_streams (model, version, settings, labels, state) VALUES ($1, $2, $3, $4, $5) ON "
	        "CONFLICT "
	        "(model, version) DO UPDATE SET settings = excluded.settings, labels = excluded.labels, state = "
	        "excluded.state",
	        json_pack("[o,i,s,I,o]", json_text(w->model), w->version, s->text, (json_int_t)s->labels,
	                error_watch_save(s->watch)),
	        NULL, error);
}

static bool take_new(Stream *s, GError **error)
{
	return read_known(s, error) && open_watch(s, error) && take_rows(s, error) && (s->taken == 0 || keep(s, error));
}

bool concept_stream_take(const LookInput *in, const json_t *settings, json_t **ret, GError **error)
{
	g_auto(Stream) s = {.in = in, .settings = settings};
	json_auto_t *events = NULL;
	s.window = window_id(in->window);
	s.text = json_canonical(settings);
	s.known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	s.scale =
	        LARGE_ERROR * json_get_number(json_at(bundle_header(in->bundle), "reference.errors"), "absolute", NAN);
	if (!meta_begin(in->meta, error))
		return false;
	if (!meta_end(in->meta, take_new(&s, error), error))
		return false;
	if (!meta_run(in->meta,
	            "SELECT what, place, observed, before_rate AS \"before\", after_rate AS \"after\" FROM "
	            "concept_events "
	            "WHERE window_id = $1 ORDER BY place",
	            json_pack("[s]", s.window), &events, error))
		return false;
	*ret = json_pack(
	        "{s:I,s:I,s:O}", "labels", (json_int_t)s.labels, "taken", (json_int_t)s.taken, "events", events);
	return true;
}
