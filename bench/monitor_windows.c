/* monitor_windows.c: windows of predictions looked at as in production, by the profile of a bundle: how often is there an alarm where nothing changed,
 * and how often is a change found?  Markdown: monitor_windows WINDOWS.
 *
 * Each table entry is WINDOWS windows, ten to a profile; training rows, and so the profile and the sample of rows, are drawn anew for every ten. */
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "drift_windows.h"
#include "model/reference.h"
#include "monitor/look.h"
#include "serve/predlog.h"

enum { PER_PROFILE = 10 };

static const char *const LOOKED[] = {"quality", "drift", "multivariate", NULL};

/* What is changed in the newer rows: the first column, or how the first two go together. */
typedef struct Change {
	WindowChange first;
	double together; /* correlation of columns 0 and 1, both still N(0, 1) */
	double missing;  /* share of the first column */
} Change;

typedef struct Bench {
	char *folder;
	Meta *meta;
	Engine *engine;
	json_t *project;
	Bundle *bundle;
	Rng rng;
} Bench;

static char *column_name(int column)
{
	return g_strdup_printf("c%d", column);
}

static void draw_numbers(Rng *r, int column, const Change *change, Column *c, const Column *before)
{
	for (size_t i = 0; i < c->rows; i++) {
		double value = windows_number(r, column);
		if (change && column == 0)
			value = value * change->first.scale + change->first.shift;
		if (change && column == 1)
			value = change->together * before->reals[i] +
			        sqrt(1 - change->together * change->together) * value;
		c->reals[i] = value;
		if (change && column == 0 && rng_unit(r) < change->missing)
			column_set_missing(c, i);
	}
	if (change && column == 0 && change->first.outlier != 0)
		c->reals[0] = change->first.outlier;
}

static void add_columns(Rng *r, const Change *change, Frame *f)
{
	const Column *before = NULL;
	for (int column = 0; column < WINDOW_COLUMNS; column++) {
		g_autofree char *name = column_name(column);
		Column *c = column_new(name, column < 7 ? COLUMN_REAL : COLUMN_TEXT, f->rows, NULL);
		if (column < 7)
			draw_numbers(r, column, change, c, before);
		for (size_t i = 0; column >= 7 && i < f->rows; i++) {
			g_autofree char *text = g_strdup_printf("k%d", windows_category(r, column));
			c->codes[i] = dictionary_code(c->dictionary, text, strlen(text));
		}
		before = c;
		frame_add(f, c);
	}
}

/* margin = 1 + 2 (c0 - 0) + 0.5 c1 */
static GBytes *model_bytes(void)
{
	GByteArray *to = g_byte_array_new();
	static const uint32_t SHAPE[] = {2, 1, 1};
	static const double NUMBERS[] = {0, 1, 0, 0, 0, 2, 0.5, 0, 0, 0, 0.25};
	g_byte_array_append(to, (const guint8 *)"GYLINE1\n", 8);
	g_byte_array_append(to, (const guint8 *)SHAPE, sizeof SHAPE);
	g_byte_array_append(to, (const guint8 *)NUMBERS, sizeof NUMBERS);
	return g_byte_array_free_to_bytes(to);
}

static json_t *header_of(void)
{
	json_t *inputs = json_array();
	for (int column = 0; column < WINDOW_COLUMNS; column++) {
		g_autofree char *name = column_name(column);
		json_array_append_new(
		        inputs, json_pack("{s:s,s:s}", "name", name, "type", column < 7 ? "real" : "text"));
	}
	return json_pack("{s:s,s:{s:s,s:s,s:[s,s]},s:s,s:s,s:f,s:{},s:{s:o,s:[],s:[s,s]}}", "project", "p", "roles",
	        "task", "classification", "target", "t", "classes", "no", "yes", "positive", "yes", "family", "linear",
	        "threshold", 0.5, "params", "recipe", "inputs", inputs, "transforms", "features", "c0", "c1");
}

static void must(bool ok, const GError *error)
{
	if (!ok)
		g_error("%s", error ? error->message : "failed");
}

static void answer(const Bundle *b, Frame *f)
{
	g_autoptr(Frame) copy = frame_copy(f);
	g_autoptr(GError) error = NULL;
	g_autofree double *scores = g_new(double, 2 * f->rows);
	Column *yes = column_new("probability_yes", COLUMN_REAL, f->rows, NULL),
	       *label = column_new("prediction", COLUMN_TEXT, f->rows, NULL),
	       *id = column_new("_gyre_id", COLUMN_TEXT, f->rows, NULL),
	       *wrong = column_new("_gyre_error", COLUMN_TEXT, f->rows, NULL);
	must(bundle_predict(b, copy, scores, &error), error);
	for (size_t i = 0; i < f->rows; i++) {
		const char *decided = bundle_class(b, bundle_decide(b, scores + 2 * i));
		g_autofree char *name = g_strdup_printf("%zu", i);
		yes->reals[i] = scores[2 * i + 1];
		label->codes[i] = dictionary_code(label->dictionary, decided, strlen(decided));
		id->codes[i] = dictionary_code(id->dictionary, name, strlen(name));
		column_set_missing(wrong, i);
	}
	frame_add(f, yes);
	frame_add(f, label);
	frame_add(f, id);
	frame_add(f, wrong);
}

static json_t *scores_of(const Bundle *b, const Frame *rows)
{
	g_autoptr(Frame) copy = frame_copy(rows);
	answer(b, copy);
	const Column *yes = frame_find(copy, "probability_yes");
	double share = 0;
	for (size_t i = 0; i < rows->rows; i++)
		share += yes->reals[i] >= 0.5 ? 1 / (double)rows->rows : 0;
	json_t *about = reference_numbers(yes->reals, rows->rows);
	json_object_set_new(about, "rows", json_integer((json_int_t)rows->rows));
	json_object_set_new(about, "decided", json_pack("{s:f,s:f}", "no", 1 - share, "yes", share));
	return about;
}

static GBytes *sample_of(const Bench *b, const Frame *rows)
{
	g_autofree char *path = g_build_filename(b->folder, "sample", NULL);
	g_autoptr(GError) error = NULL;
	char *bytes;
	gsize size;
	must(engine_run(b->engine, "DROP TABLE IF EXISTS sample", &error) &&
	                engine_append(b->engine, "sample", rows, &error) &&
	                engine_write_parquet(b->engine, "SELECT * FROM sample LIMIT 2000", path, &error),
	        error);
	must(g_file_get_contents(path, &bytes, &size, &error), error);
	return g_bytes_new_take(bytes, size);
}

static void new_profile(Bench *b, size_t rows)
{
	g_autofree char *path = g_build_filename(b->folder, "bundle", NULL);
	g_autoptr(Frame) f = frame_new(rows);
	g_autoptr(GBytes) model = model_bytes();
	g_autoptr(GError) error = NULL;
	g_autofree uint8_t *keep = g_malloc(rows);
	json_auto_t *header = header_of(), *inputs = json_pack("{s:O}", "columns", json_at(header, "recipe.inputs"));
	g_autoptr(Reference) r = reference_new(inputs);
	memset(keep, 1, rows);
	add_columns(&b->rng, NULL, f);
	reference_add(r, f, keep);
	json_t *reference = reference_json(r, rows);
	json_object_set_new(header, "reference", reference);
	g_clear_pointer(&b->bundle, bundle_free);
	must(bundle_write(path, header, model, &error) && bundle_load(path, &b->bundle, &error), error);
	json_object_set_new(reference, "scores", scores_of(b->bundle, f));
	g_autoptr(GBytes) sample = sample_of(b, f);
	g_clear_pointer(&b->bundle, bundle_free);
	must(bundle_write_with(path, header, model, sample, &error) && bundle_load(path, &b->bundle, &error), error);
}

/* Which looks raise an alarm; with a change, drift only where it names the first column or what follows from it. */
static unsigned look_at(Bench *b, size_t rows, const Change *change)
{
	g_autoptr(Frame) f = frame_new(rows);
	g_autoptr(GError) error = NULL;
	MonitorWindow window = {
	        .model = "p", .version = 1, .route = "stable", .begin = 0, .end = 1000000, .rows = (int64_t)rows};
	LookInput in = {.window = &window,
	        .engine = b->engine,
	        .view = "w",
	        .bundle = b->bundle,
	        .project = b->project,
	        .meta = b->meta,
	        .state_folder = b->folder};
	unsigned alarms = 0;
	add_columns(&b->rng, change, f);
	answer(b->bundle, f);
	must(engine_run(b->engine, "DROP TABLE IF EXISTS w", &error) && engine_append(b->engine, "w", f, &error),
	        error);
	for (int k = 0; LOOKED[k]; k++) {
		const LookKind *kind = look_kind(LOOKED[k]);
		json_auto_t *params = NULL;
		g_autoptr(GArray) findings = findings_new();
		must(param_fill(kind->params, NULL, NULL, &params, &error) && kind->run(&in, params, findings, &error),
		        error);
		for (guint i = 0; i < findings->len; i++) {
			const Finding *found = &g_array_index(findings, Finding, i);
			bool counts = !change || found->subject[0] == '\0' || strcmp(found->subject, "c0") == 0;
			alarms |= found->state == FINDING_ALARM && counts ? 1u << k : 0;
		}
	}
	return alarms;
}

typedef struct Counts {
	size_t any, of[3];
} Counts;

static Counts count_alarms(Bench *b, size_t trained, size_t rows, size_t windows, const Change *change)
{
	Counts counts = {0};
	b->rng = rng_stream(trained * 1000003 + rows, change ? change->first.name : "nothing");
	for (size_t w = 0; w < windows; w++) {
		if (w % PER_PROFILE == 0)
			new_profile(b, trained);
		unsigned alarms = look_at(b, rows, change);
		counts.any += alarms != 0;
		for (int k = 0; k < 3; k++)
			counts.of[k] += (alarms >> k) & 1;
	}
	return counts;
}

static void print_counts(const Counts *c, size_t windows)
{
	printf(" %.1f %% | %.1f %% | %.1f %% | %.1f %% |\n", 100.0 * (double)c->any / (double)windows,
	        100.0 * (double)c->of[0] / (double)windows, 100.0 * (double)c->of[1] / (double)windows,
	        100.0 * (double)c->of[2] / (double)windows);
}

static void false_alarms(Bench *b, size_t windows)
{
	static const size_t SIZES[][2] = {{300, 100}, {1001, 100}, {1001, 200}, {1000, 1000}, {10000, 100},
	        {10000, 300}, {10000, 1000}, {10000, 10000}};
	puts("| training rows | rows of the window | any alarm | quality | drift | multivariate "
	     "|\n|---|---|---|---|---|---|");
	for (size_t i = 0; i < G_N_ELEMENTS(SIZES); i++) {
		Counts c = count_alarms(b, SIZES[i][0], SIZES[i][1], windows, NULL);
		printf("| %zu | %zu |", SIZES[i][0], SIZES[i][1]);
		print_counts(&c, windows);
		fflush(stdout);
	}
}

static void found(Bench *b, size_t windows)
{
	static const Change CHANGES[] = {{{"mean + 0.1 sd", 0.1, 1, 0}, 0, 0}, {{"mean + 0.25 sd", 0.25, 1, 0}, 0, 0},
	        {{"mean + 0.5 sd", 0.5, 1, 0}, 0, 0}, {{"mean + 1 sd", 1, 1, 0}, 0, 0},
	        {{"mean + 2 sd and one value of 1e6", 2, 1, 1e6}, 0, 0}, {{"sd x 1.5", 0, 1.5, 0}, 0, 0},
	        {{"columns 0 and 1 correlated, 0.9", 0, 1, 0}, 0.9, 0}, {{"20 % missing", 0, 1, 0}, 0, 0.2}};
	puts("\n| change of one of ten columns, 10,000 training rows, 1,000 in the window | found | quality | drift | "
	     "multivariate "
	     "|\n|---|---|---|---|---|");
	for (size_t i = 0; i < G_N_ELEMENTS(CHANGES); i++) {
		Counts c = count_alarms(b, 10000, 1000, windows, &CHANGES[i]);
		printf("| %s |", CHANGES[i].first.name);
		print_counts(&c, windows);
		fflush(stdout);
	}
}

int main(int argc, char **argv)
{
	size_t windows = argc > 1 ? (size_t)atol(argv[1]) : 500;
	EngineLimits limits = {.threads = 1, .memory_mb = 512};
	g_autoptr(GError) error = NULL;
	Bench b = {.folder = g_dir_make_tmp("gyre-windows-XXXXXX", NULL), .project = json_object()};
	must(engine_open(&limits, &b.engine, &error) && meta_open(b.folder, &b.meta, &error), error);
	false_alarms(&b, windows);
	found(&b, windows / 10);
	bundle_free(b.bundle);
	engine_close(b.engine);
	meta_close(b.meta);
	json_decref(b.project);
	file_remove(b.folder, NULL);
	g_free(b.folder);
	return 0;
}
