/* world.h: a store with a registered model, and a prediction log written for it: what the tests of monitoring start from.
 *
 * The model has the inputs x (real, N(3, 1) in training, 2 % missing), n (int, 0 .. 9), word (text: a, b, c by halves), place (text: 1,000
 * of them), and the classes "no" and "yes". */
#pragma once

#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "base/rng.h"
#include "model/reference.h"
#include "monitor/history.h"
#include "monitor/look.h"
#include "monitor/pass.h"
#include "monitor/settings.h"
#include "registry/registry.h"
#include "serve/outcome.h"
#include "serve/predlog.h"

enum { WORLD_TRAINED = 5000 };

#define HOUR INT64_C(3600000000)
#define WORLD_START (INT64_C(1700000000) / 3600 * HOUR)

typedef struct World {
	char *state;
	Meta *meta;
	Blobs *blobs;
	Served *served;
	json_t *project;
	PredLog *log;
	Rng rng;
	int next_id;
} World;

/* One request's values; the defaults are as in training. */
typedef struct WorldRow {
	double x_shift, x_missing;
	const char *word, *place; /* NULL: as in training */
	bool refused;
} WorldRow;

static inline double world_x(Rng *rng)
{
	return 3 + rng_normal(rng);
}

static inline const char *world_word(Rng *rng)
{
	double u = rng_unit(rng);
	return u < 0.5 ? "a" : u < 0.75 ? "b" : "c";
}

static inline GBytes *world_model(void)
{
	GByteArray *to = g_byte_array_new();
	static const uint32_t SHAPE[] = {2, 1, 1};
	static const double NUMBERS[] = {0, 1, 1, 3, 0, 2, 0.5, 0, 4, 0.75, 0.25};
	g_byte_array_append(to, (const guint8 *)"GYLINE1\n", 8);
	g_byte_array_append(to, (const guint8 *)SHAPE, sizeof SHAPE);
	g_byte_array_append(to, (const guint8 *)NUMBERS, sizeof NUMBERS);
	return g_byte_array_free_to_bytes(to);
}

static inline Column *world_text(const char *name)
{
	return column_new(name, COLUMN_TEXT, WORLD_TRAINED, NULL);
}

static inline void world_set(Column *c, size_t row, const char *text)
{
	c->codes[row] = dictionary_code(c->dictionary, text, strlen(text));
}

static inline char *world_place(Rng *rng)
{
	return g_strdup_printf("place %d", (int)rng_below(rng, 1000));
}

static inline Frame *world_training(void)
{
	Frame *f = frame_new(WORLD_TRAINED);
	Rng rng = rng_stream(7, "training");
	Column *x = column_new("x", COLUMN_REAL, WORLD_TRAINED, NULL),
	       *n = column_new("n", COLUMN_INT, WORLD_TRAINED, NULL), *word = world_text("word"),
	       *place = world_text("place");
	for (size_t i = 0; i < WORLD_TRAINED; i++) {
		g_autofree char *where = world_place(&rng);
		x->reals[i] = world_x(&rng);
		if (rng_unit(&rng) < 0.02)
			column_set_missing(x, i);
		n->ints[i] = (int64_t)rng_below(&rng, 10);
		world_set(word, i, world_word(&rng));
		world_set(place, i, where);
	}
	frame_add(f, x);
	frame_add(f, n);
	frame_add(f, word);
	frame_add(f, place);
	return f;
}

static inline json_t *world_reference(const json_t *inputs, const Frame *rows)
{
	json_auto_t *about = json_pack("{s:O}", "columns", inputs);
	g_autoptr(Reference) r = reference_new(about);
	g_autofree uint8_t *keep = g_malloc(WORLD_TRAINED);
	memset(keep, 1, WORLD_TRAINED);
	reference_add(r, rows, keep);
	return reference_json(r, WORLD_TRAINED);
}

/* As the step train would have it, were all rows for validation. */
static inline json_t *world_scores(const char *path, const Frame *rows)
{
	g_autoptr(Bundle) b = NULL;
	g_autoptr(Frame) copy = frame_copy(rows);
	g_autofree double *scores = g_new(double, 2 * WORLD_TRAINED), *yes = g_new(double, WORLD_TRAINED);
	size_t decided = 0;
	g_assert_true(bundle_load(path, &b, NULL) && bundle_predict(b, copy, scores, NULL));
	for (size_t i = 0; i < WORLD_TRAINED; i++) {
		yes[i] = scores[2 * i + 1];
		decided += bundle_decide(b, scores + 2 * i);
	}
	json_t *about = reference_numbers(yes, WORLD_TRAINED);
	double share = (double)decided / WORLD_TRAINED;
	json_object_set_new(about, "rows", json_integer(WORLD_TRAINED));
	json_object_set_new(about, "decided", json_pack("{s:f,s:f}", "no", 1 - share, "yes", share));
	return about;
}

static inline GBytes *world_sample(const World *w, const Frame *rows)
{
	g_autofree char *path = g_build_filename(w->state, "sample", NULL);
	g_autoptr(Engine) e = NULL;
	g_autoptr(GError) error = NULL;
	EngineLimits limits = {.threads = 1};
	char *bytes;
	gsize size;
	engine_open(&limits, &e, &error);
	g_assert_no_error(error);
	g_assert_true(engine_append(e, "sample", rows, NULL));
	g_assert_true(engine_write_parquet(e, "SELECT * FROM sample LIMIT 2000", path, NULL));
	g_assert_true(g_file_get_contents(path, &bytes, &size, NULL));
	return g_bytes_new_take(bytes, size);
}

static inline json_t *world_header(void)
{
	json_t *header = json_loads(
	        "{\"project\": \"half\", \"roles\": {\"task\": \"classification\", \"target\": \"t\", \"classes\": "
	        "[\"no\", "
	        "\"yes\"]}, \"positive\": \"yes\", \"family\": \"linear\", \"threshold\": 0.5, \"params\": {}, "
	        "\"metrics\": {\"valid\": {\"accuracy\": 0.8973, \"roc_auc\": 0.9002, \"log_loss\": 0.2495}}, "
	        "\"recipe\": "
	        "{\"inputs\": [{\"name\": \"x\", \"type\": \"real\"}, {\"name\": \"n\", \"type\": \"int\"}, {\"name\": "
	        "\"word\", \"type\": \"text\"}, {\"name\": \"place\", \"type\": \"text\"}], \"transforms\": [], "
	        "\"features\": "
	        "[\"x\", \"n\"]}}",
	        0, NULL);
	g_assert_nonnull(header);
	return header;
}

static inline void world_bundle(World *w)
{
	g_autofree char *path = g_build_filename(w->state, "bundle", NULL), *digest = NULL, *kept = NULL;
	g_autoptr(GBytes) model = world_model();
	g_autoptr(Frame) rows = world_training();
	g_autoptr(GBytes) sample = world_sample(w, rows);
	g_autoptr(GError) error = NULL;
	json_auto_t *header = world_header();
	int version;
	bool fresh;
	json_t *reference = world_reference(json_object_get(json_object_get(header, "recipe"), "inputs"), rows);
	json_object_set_new(header, "reference", reference);
	g_assert_true(bundle_write(path, header, model, NULL));
	json_object_set_new(reference, "scores", world_scores(path, rows));
	json_object_set_new(reference, "errors", json_pack("{s:i,s:n}", "rows", 4 * WORLD_TRAINED, "calibration"));
	bundle_write_with(path, header, model, sample, &error);
	g_assert_no_error(error);
	blobs_put_file(w->blobs, path, false, &digest, NULL, &error);
	g_assert_no_error(error);
	registry_add(w->meta, "half", digest, NULL, &version, &fresh, &error);
	g_assert_no_error(error);
	g_assert_true(blobs_path(w->blobs, digest, &kept, NULL));
	served_load("half", version, digest, kept, &w->served, &error);
	g_assert_no_error(error);
}

static inline void world_report(void *context, const char *path, const char *problem)
{
	g_error("%s: %s", path, problem);
}

static inline void world_log_open(World *w)
{
	PredLogOptions options = {.state_folder = w->state, .share = 1, .flush_ms = 1};
	g_autoptr(GError) error = NULL;
	predlog_open(&options, &w->log, &error);
	g_assert_no_error(error);
	predlog_announce(w->log, w->served, &error);
	g_assert_no_error(error);
}

/* Closes the log, so that its rows can be read, and begins another journal with the next row. */
static inline void world_flush(World *w)
{
	g_clear_pointer(&w->log, predlog_close);
}

/* monitor: the block as text. */
static inline void world_open(World *w, const char *monitor)
{
	g_autoptr(GError) error = NULL;
	json_auto_t *block = json_loads(monitor, 0, NULL);
	*w = (World){.state = g_dir_make_tmp("gyre-monitor-XXXXXX", NULL), .rng = rng_stream(11, "requests")};
	meta_open(w->state, &w->meta, &error);
	g_assert_no_error(error);
	blobs_open(w->state, &w->blobs, &error);
	g_assert_no_error(error);
	world_bundle(w);
	w->project = json_pack("{s:o}", "monitor", monitor_check(block, world_report, NULL));
	g_assert_nonnull(w->project);
}

/* All other looks are left out. */
static inline void world_only(World *w, const char *look)
{
	json_t *looks = json_object_get(json_object_get(w->project, "monitor"), "looks");
	for (const LookKind *const *k = LOOKS; *k; k++)
		if (strcmp((*k)->name, look) != 0)
			json_object_set_new(looks, (*k)->name, json_false());
}

static inline void world_close(World *w)
{
	world_flush(w);
	served_unref(w->served);
	blobs_close(w->blobs);
	meta_close(w->meta);
	json_decref(w->project);
	g_assert_true(file_remove(w->state, NULL));
	g_free(w->state);
}

/* time: when a replay asked; 0: now. */
static inline void world_ask(World *w, const char *route, int64_t time, const WorldRow *row)
{
	g_autoptr(Batch) b = batch_new(w->served, 1);
	g_autofree char *id = g_strdup_printf("r%d", w->next_id++);
	PredLogEntry entry = {.id = id,
	        .protocol = "test",
	        .route = route,
	        .begun = g_get_monotonic_time(),
	        .time = time,
	        .is_timed = time != 0};
	double x = world_x(&w->rng) + row->x_shift;
	const char *word = world_word(&w->rng);
	bool missing = rng_unit(&w->rng) < 0.02 + row->x_missing;
	int n = (int)rng_below(&w->rng, 10);
	if (!w->log)
		world_log_open(w);
	if (row->refused) {
		predlog_add_error(w->log, &entry, w->served, "x is no number");
		return;
	}
	char value[64] = "null";
	if (!missing)
		g_snprintf(value, sizeof value, "%.6f", x);
	g_autofree char *place = world_place(&w->rng);
	g_autofree char *text = g_strdup_printf(
	        "[[%s,%d,\"%s\",\"%s\"]]", value, n, row->word ? row->word : word, row->place ? row->place : place);
	Scan scan;
	Scores scores;
	scan_start(&scan, text, strlen(text));
	g_assert_true(batch_scan_rows(b, &scan, NULL) && scan_finish(&scan, NULL));
	g_assert_true(serve_predict(b, &scores, NULL));
	predlog_add(w->log, &entry, &scores, b);
	scores_clear(&scores);
}

/* `count` requests spread evenly over an hour. */
static inline void world_hour(World *w, const char *route, int64_t begin, int count, WorldRow row)
{
	for (int i = 0; i < count; i++)
		world_ask(w, route, begin + HOUR / count * i, &row);
}

static inline json_t *world_pass(World *w, bool without_wait, int64_t now)
{
	json_t *result = NULL;
	g_autoptr(GError) error = NULL;
	PassInput in = {.meta = w->meta,
	        .blobs = w->blobs,
	        .state_folder = w->state,
	        .project = w->project,
	        .memory_mb = 512,
	        .now = now,
	        .without_wait = without_wait};
	world_flush(w);
	monitor_pass(&in, &result, &error);
	g_assert_no_error(error);
	if (json_array_size(json_object_get(result, "problems")))
		g_error("%s", json_get_text(json_array_get(json_object_get(result, "problems"), 0), "problem", ""));
	return result;
}

/* A finding of a window; NULL: there is none. */
static inline json_t *world_finding(const json_t *findings, const char *measure, const char *subject)
{
	size_t i;
	json_t *f;
	json_array_foreach ((json_t *)findings, i, f)
		if (strcmp(json_get_text(f, "measure", ""), measure) == 0 &&
		        strcmp(json_get_text(f, "subject", ""), subject) == 0)
			return f;
	return NULL;
}
