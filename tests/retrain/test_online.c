/* test_online.c: outcomes teach the model in use once each, whoever is killed when; what comes out is a version with its parent on
 * record. */
#include "retrain/online.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../monitor/world.h"
#include "base/error.h"
#include "retrain/fresh_rows.h"
#include "retrain/labelled.h"
#include "retrain/learning_gate.h"
#include "retrain/loop.h"
#include "retrain/online_round.h"
#include "retrain/retraining.h"
#include "retrain/settings.h"

static void open_world(World *w)
{
	world_open(w, "{}");
	g_assert_true(registry_move(w->meta, "half", ALIAS_CHAMPION, 1, "override", "test", NULL, NULL));
}

static void ask(World *w, int count)
{
	WorldRow row = {0};
	for (int i = 0; i < count; i++)
		world_ask(w, "stable", WORLD_START + w->next_id * INT64_C(1000000), &row);
	world_flush(w);
}

/* Of the predictions from .. end: yes and no by turns. */
static void tell(World *w, int from, int end)
{
	json_auto_t *outcomes = json_array(), *counts = NULL;
	for (int i = from; i < end; i++)
		json_array_append_new(
		        outcomes, json_pack("{s:o,s:s,s:I}", "id", json_sprintf("r%d", i), "value",
		                          i % 2 ? "yes" : "no", "observed", (json_int_t)(WORLD_START + i)));
	g_autoptr(GError) error = NULL;
	outcome_add(w->meta, "half", outcomes, &counts, &error);
	g_assert_no_error(error);
}

static bool learn(const char *state, int64_t least, int64_t most, json_t **ret, GError **error)
{
	g_autoptr(Meta) m = NULL;
	g_autoptr(Blobs) b = NULL;
	g_autofree char *scratch = g_dir_make_tmp("gyre-online-XXXXXX", NULL);
	json_auto_t *decision = json_object();
	if (!meta_open(state, &m, error) || !blobs_open(state, &b, error))
		return false;
	OnlineInput in = {.meta = m,
	        .blobs = b,
	        .state_folder = state,
	        .scratch = scratch,
	        .model = "half",
	        .decision = decision,
	        .keep = 1,
	        .least = least,
	        .most = most,
	        .seed = 1,
	        .now = WORLD_START};
	bool ok = online_learn(&in, ret, error);
	file_remove(scratch, NULL);
	return ok;
}

static json_t *learnt(const World *w, int64_t least, int64_t most)
{
	g_autoptr(GError) error = NULL;
	json_t *ret = NULL;
	learn(w->state, least, most, &ret, &error);
	g_assert_no_error(error);
	return ret;
}

static int64_t count(const World *w, const char *sql)
{
	json_auto_t *row = NULL;
	g_assert_true(meta_row(w->meta, sql, NULL, &row, NULL));
	return json_get_int(row, "n", -1);
}

/* [version, parent, root, outcomes, waiting]; version 0: nothing was done. */
static void expect(const World *w, json_t *got, const int64_t *wanted)
{
	json_auto_t *done = got;
	static const char *const KEYS[] = {"version", "parent", "root", "outcomes", "waiting"};
	for (size_t i = 0; i < G_N_ELEMENTS(KEYS); i++)
		if (json_get_int(done, KEYS[i], 0) != wanted[i])
			g_error("%s is %d instead of %d", KEYS[i], (int)json_get_int(done, KEYS[i], 0), (int)wanted[i]);
	g_assert_true(json_is_string(json_object_get(done, "reason")) == (wanted[0] == 0));
	g_assert_true(json_is_object(json_object_get(done, "metrics")) == (wanted[0] != 0));
}
#define EXPECT(w, got, ...) expect(w, got, (const int64_t[]){__VA_ARGS__})

static void test_once(void)
{
	World w;
	open_world(&w);
	tell(&w, 0, 3);
	EXPECT(&w, learnt(&w, 1, 1000), 0, 1, 1, 0, 3); /* nothing was predicted yet */
	ask(&w, 300);
	tell(&w, 3, 200);
	EXPECT(&w, learnt(&w, 201, 1000), 0, 1, 1, 0, 200); /* more are waited for */
	EXPECT(&w, learnt(&w, 1, 150), 2, 1, 1, 150, 50);
	EXPECT(&w, learnt(&w, 1, 1000), 3, 2, 1, 50, 0);
	EXPECT(&w, learnt(&w, 1, 1000), 0, 3, 1, 0, 0);
	tell(&w, 1, 200); /* the same word again */
	tell(&w, 400, 401);
	EXPECT(&w, learnt(&w, 1, 1000), 0, 3, 1, 0, 1); /* its prediction is not there yet */
	ask(&w, 101);
	EXPECT(&w, learnt(&w, 1, 1000), 4, 3, 1, 1, 0);
	json_auto_t *version = NULL, *few = NULL;
	g_assert_true(registry_get(w.meta, "half@4", &few, NULL));
	g_assert_false(json_get_bool(json_at(few, "about.gate"), "pass", true)); /* one outcome proves nothing */
	g_assert_true(registry_get(w.meta, "half@2", &version, NULL));
	g_assert_true(json_get_bool(json_at(version, "about.gate"), "pass", false));
	g_assert_cmpint(json_get_int(json_at(version, "about.gate"), "rows", 0), ==, 30);
	json_decref(version);
	g_assert_true(registry_get(w.meta, "half@3", &version, NULL));
	g_assert_cmpint(json_integer_value(json_at(version, "about.lineage.parent_version")), ==, 2);
	g_assert_true(json_is_string(json_at(version, "about.lineage.outcomes")));
	/* Another champion begins a row of its own. */
	g_assert_true(registry_move(w.meta, "half", ALIAS_CHAMPION, 2, "override", "test", NULL, NULL));
	tell(&w, 200, 210);
	EXPECT(&w, learnt(&w, 1, 1000), 5, 4, 1, 10, 0); /* one of its own checkpoints */
	bool fresh;
	int number;
	g_autofree char *digest = NULL;
	g_assert_true(blobs_put_bytes(w.blobs, "no bundle", 9, &digest, NULL));
	g_assert_true(registry_add(w.meta, "half", digest, NULL, &number, &fresh, NULL));
	g_assert_true(registry_move(w.meta, "half", ALIAS_CHAMPION, number, "override", "test", NULL, NULL));
	tell(&w, 210, 220);
	g_autoptr(GError) error = NULL;
	json_t *none = NULL;
	g_assert_false(learn(w.state, 1, 1000, &none, &error));
	g_assert_error(error, FAIL, FAIL_BROKEN);
	world_close(&w);
}

/* The same answers pass, those turned round do not, nor does what nobody can tell. */
static void test_gate(void)
{
	enum { ROWS = 200 };
	World w;
	open_world(&w);
	g_autofree char *path = g_build_filename(w.state, "bundle", NULL);
	g_autoptr(Bundle) b = NULL;
	double y[ROWS], old[2 * ROWS], turned[2 * ROWS];
	Rng rng = rng_stream(2, "gate");
	g_assert_true(bundle_load(path, &b, NULL));
	for (size_t i = 0; i < ROWS; i++) {
		double p = rng_unit(&rng);
		y[i] = rng_unit(&rng) < p;
		turned[2 * i] = old[2 * i + 1] = p;
		turned[2 * i + 1] = old[2 * i] = 1 - p;
	}
	static const char *const METRICS_TRIED[] = {"roc_auc", "log_loss"};
	for (size_t i = 0; i < G_N_ELEMENTS(METRICS_TRIED); i++) {
		LearningGate gate = {
		        .b = b, .metric = metric_find(METRICS_TRIED[i]), .rows = ROWS, .y = y, .old = old, .seed = 1};
		json_auto_t *untold = learning_gate(&gate), *same = NULL, *worse = NULL;
		gate.learnt = old;
		same = learning_gate(&gate);
		gate.learnt = turned;
		worse = learning_gate(&gate);
		g_assert_false(json_get_bool(untold, "pass", true));
		g_assert_true(json_get_bool(same, "pass", false));
		g_assert_false(json_get_bool(worse, "pass", true));
		g_assert_cmpuint(json_array_size(json_object_get(worse, "reasons")), ==, 1);
	}
	world_close(&w);
}

/* Of a bias either side of 0 is off: from -5 to 0 is no loss, from 0 to -5 is. */
static void test_gate_of_bias(void)
{
	enum { ROWS = 200 };
	World w;
	open_world(&w);
	g_autofree char *path = g_build_filename(w.state, "number", NULL);
	g_autoptr(GBytes) binary = world_model();
	g_autofree guint8 *bytes = g_memdup2(g_bytes_get_data(binary, NULL), g_bytes_get_size(binary));
	((uint32_t *)(void *)(bytes + 8))[2] = 0; /* of a number */
	g_autoptr(GBytes) model = g_bytes_new(bytes, g_bytes_get_size(binary));
	g_autoptr(Bundle) b = NULL;
	json_auto_t *header = world_header();
	double y[ROWS], off[ROWS], right[ROWS];
	Rng rng = rng_stream(3, "gate");
	json_object_set_new(header, "roles", json_pack("{s:s,s:s}", "task", "regression", "target", "t"));
	json_object_del(header, "positive");
	json_object_del(header, "threshold");
	g_autoptr(GError) error = NULL;
	if (!bundle_write(path, header, model, &error) || !bundle_load(path, &b, &error))
		g_error("%s", error->message);
	for (size_t i = 0; i < ROWS; i++) {
		y[i] = rng_normal(&rng);
		right[i] = y[i] + 0.1 * rng_normal(&rng);
		off[i] = right[i] - 5;
	}
	LearningGate gate = {.b = b, .metric = metric_find("mean_error"), .rows = ROWS, .y = y, .seed = 1};
	gate.old = off;
	gate.learnt = right;
	json_auto_t *better = learning_gate(&gate), *worse = NULL;
	g_assert_true(json_get_bool(better, "pass", false));
	gate.old = right;
	gate.learnt = off;
	worse = learning_gate(&gate);
	g_assert_false(json_get_bool(worse, "pass", true));
	world_close(&w);
}

/* Killed at any moment: each outcome has taught once, and every checkpoint's version is there and whole. */
static void test_killed(void)
{
	World w;
	open_world(&w);
	ask(&w, 240);
	int64_t wait = 2000;
	for (int round = 0; round < 12; round++) {
		tell(&w, 20 * round, 20 * (round + 1));
		pid_t child = fork();
		if (child == 0) {
			json_t *got = NULL;
			_exit(learn(w.state, 1, 1000, &got, NULL) ? 0 : 1);
		}
		g_usleep((gulong)wait);
		kill(child, SIGKILL);
		int status;
		waitpid(child, &status, 0);
		wait = WIFSIGNALED(status) ? wait * 3 / 2 : wait / 2;
	}
	json_auto_t *rest = learnt(&w, 1, 1000);
	g_assert_cmpint(json_get_int(rest, "waiting", -1), ==, 0);
	g_assert_cmpint(count(&w, "SELECT count(*) AS n FROM online_taken"), ==, 240);
	g_assert_cmpint(count(&w, "SELECT sum(outcomes) AS n FROM online_checkpoints"), ==, 240);
	int64_t versions = count(&w, "SELECT count(*) AS n FROM online_checkpoints");
	for (int64_t v = 2; v <= versions + 1; v++) {
		g_autofree char *name = g_strdup_printf("half@%d", (int)v), *path = NULL;
		json_auto_t *version = NULL;
		g_autoptr(Bundle) b = NULL;
		g_assert_true(registry_get(w.meta, name, &version, NULL));
		g_assert_true(blobs_path(w.blobs, json_get_text(version, "digest", ""), &path, NULL));
		g_assert_true(bundle_load(path, &b, NULL));
		if (v == versions + 1)
			g_assert_cmpint(json_get_int(bundle_header(b), "rows", 0), ==, 240); /* the first was of none */
	}
	g_assert_cmpint(count(&w, "SELECT count(*) AS n FROM model_versions"), ==, versions + 1);
	world_close(&w);
}

static json_t *watched(void)
{
	json_auto_t *retrain = json_loads("{\"mode\": \"online\", \"online\": {\"outcomes\": 100, \"every\": \"1h\"}, "
	                                  "\"judge\": {\"rule\": \"no_worse\", \"min_rows\": 50}}",
	        0, NULL);
	json_t *filled = retrain_check(retrain, world_report, NULL);
	g_assert_nonnull(filled);
	return json_pack("{s:s,s:i,s:{},s:o,s:{s:s},s:{s:s}}", "project", "half", "seed", 1, "goal", "retrain", filled,
	        "monitor", "late", "30d", "deploy", "strategy", "all_at_once");
}

/* A round at a time; *ret_due: was there anything to look at? */
static char *round_at(World *w, const json_t *config, int64_t now, bool *ret_due)
{
	g_autoptr(GError) error = NULL;
	json_auto_t *decision = online_decision(config);
	OnlineInput in = online_input(config, decision);
	g_autofree char *scratch = g_dir_make_tmp("gyre-online-XXXXXX", NULL);
	char *told = NULL;
	bool idle;
	in.meta = w->meta;
	in.blobs = w->blobs;
	in.state_folder = w->state;
	in.scratch = scratch;
	in.now = now;
	online_due(&in, config, ret_due, &error);
	g_assert_no_error(error);
	if (*ret_due)
		online_round(&in, config, &idle, &told, &error);
	g_assert_no_error(error);
	file_remove(scratch, NULL);
	return told;
}

static void expect_round(World *w, const json_t *config, int64_t now, const char *told)
{
	bool due;
	g_autofree char *said = round_at(w, config, now, &due);
	g_assert_cmpstr(said, ==, told);
}

static json_t *step(World *w, const json_t *config, int64_t now)
{
	LoopOptions options = {.folder = w->state, .state_folder = w->state};
	g_autoptr(RetrainLoop) loop = retrain_loop_new(&options);
	g_autoptr(GError) error = NULL;
	LoopInput in = {.meta = w->meta, .blobs = w->blobs, .config = config, .now = now};
	bool busy;
	json_t *record = NULL;
	retrain_loop_step(loop, &in, &busy, &error);
	g_assert_no_error(error);
	g_assert_true(retraining_get(w->meta, "half", 0, &record, NULL));
	return record;
}

static void expect_phase(json_t *record, const char *phase)
{
	g_assert_cmpstr(json_get_text(record, "phase", ""), ==, phase);
	json_decref(record);
}

/* Outcomes judge what was learnt before they came, and teach when that is decided. */
static void test_rounds(void)
{
	World w;
	open_world(&w);
	json_auto_t *config = watched(), *record = NULL;
	int64_t now = meta_now();
	ask(&w, 600);
	tell(&w, 0, 99);
	expect_round(&w, config, now, NULL);
	tell(&w, 99, 101);
	expect_round(&w, config, now, "version 2 has learnt from 101 outcomes");
	tell(&w, 101, 161);
	expect_round(&w, config, now, NULL);
	expect_round(&w, config, now + HOUR, "version 2 has learnt from 101 outcomes, and 60 came after it");
	expect_round(&w, config, now + HOUR, NULL); /* they teach nothing while it is judged */
	expect_phase(step(&w, config, now + HOUR), "running");
	record = step(&w, config, now + HOUR);
	g_assert_cmpint(json_get_int(json_at(record, "evidence.challenge"), "rows", 0), ==, 60);
	g_assert_cmpstr(json_get_text(record, "mode", ""), ==, "online");
	g_assert_cmpint(json_get_int(record, "candidate", 0), ==, 2);
	expect_phase(json_incref(record), "judged");
	expect_round(&w, config, now + HOUR, "version 3 has learnt from 60 outcomes");
	expect_phase(step(&w, config, now + HOUR), "deploying");
	/* A clock that was set back holds nothing up. */
	tell(&w, 161, 162);
	expect_round(&w, config, now, "version 4 has learnt from 1 outcome");
	g_assert_cmpint(count(&w, "SELECT count(*) AS n FROM online_taken"), ==, 162);
	world_close(&w);
}

/* Where a retraining learns from outcomes too, those that came before its model was registered teach no second time. */
static void test_after_root(void)
{
	World w;
	open_world(&w);
	json_auto_t *config = watched(), *root = NULL;
	json_object_set_new(json_object_get(config, "retrain"), "labelled", json_string("answered.parquet"));
	ask(&w, 300);
	tell(&w, 0, 150);
	g_assert_true(registry_get(w.meta, "half@1", &root, NULL));
	g_assert_true(meta_run(w.meta, "UPDATE outcomes SET received = $1 WHERE id IN ('r0', 'r1', 'r2')",
	        json_pack("[I]", (json_int_t)(json_get_int(root, "created", 0) - 1)), NULL, NULL));
	expect_round(&w, config, meta_now(), "version 2 has learnt from 147 outcomes");
	world_close(&w);
}

/* A retraining's rows without those that the champion learnt online: one row for each outcome, whatever else has its values. */
static void test_left_out(void)
{
	World w;
	open_world(&w);
	ask(&w, 40);
	tell(&w, 0, 30);
	json_auto_t *done = learnt(&w, 1, 1000), *version = NULL;
	g_autofree char *test = g_build_filename(w.state, "test.parquet", NULL), *taken = NULL,
	                *fresh = g_build_filename(w.state, "fresh.parquet", NULL);
	g_autoptr(Engine) e = NULL;
	g_autoptr(GPtrArray) outcomes = g_ptr_array_new();
	EngineLimits limits = {.threads = 1};
	g_autoptr(GError) error = NULL;
	FreshRows found;
	g_assert_true(registry_get(w.meta, "half@2", &version, NULL));
	g_assert_true(
	        blobs_path(w.blobs, json_get_text(json_at(version, "about.lineage"), "outcomes", ""), &taken, NULL));
	g_assert_true(engine_open(&limits, &e, NULL));
	/* The rows it learnt from twice over, with columns the model has not, and 5 of its own. */
	g_autofree char *table = sql_parquet(taken);
	g_autofree char *query = g_strdup_printf(
	        "SELECT *, row_number() OVER () AS _gyre_row FROM (SELECT 1 AS source, * EXCLUDE (_gyre_id, "
	        "_gyre_observed, "
	        "_gyre_row) FROM %s UNION ALL SELECT 2, * EXCLUDE (_gyre_id, _gyre_observed, _gyre_row) FROM %s UNION "
	        "ALL "
	        "SELECT 3, x + 100, * EXCLUDE (_gyre_id, _gyre_observed, _gyre_row, x) FROM (FROM %s LIMIT 5))",
	        table, table, table);
	engine_write_parquet(e, query, test, &error);
	g_assert_no_error(error);
	g_ptr_array_add(outcomes, taken);
	FreshFrom from = {test, NULL, outcomes};
	fresh_rows_write(e, &from, fresh, &found, &error);
	g_assert_no_error(error);
	g_assert_cmpint(found.all, ==, 65);
	g_assert_cmpint(found.rows, ==, 35);
	world_close(&w);
}

/* The types of the labelled rows as "x real, n int, ...". */
static char *labelled_types(const World *w, const char *schema)
{
	g_autoptr(Engine) e = NULL;
	g_autoptr(GError) error = NULL;
	g_autoptr(GString) types = g_string_new(NULL);
	g_autofree char *path = g_build_filename(w->state, "labelled.parquet", NULL), *table = sql_parquet(path),
	                *query = g_strdup_printf("SELECT * FROM %s", table);
	json_auto_t *known = json_loads(schema, 0, NULL), *columns = NULL;
	LabelledInput in = {.meta = w->meta,
	        .state_folder = w->state,
	        .model = "half",
	        .target = "t",
	        .schema = known,
	        .memory_mb = 256};
	EngineLimits limits = {.threads = 1};
	int64_t rows;
	bool changed;
	size_t i;
	json_t *column;
	labelled_write(&in, path, &rows, &changed, &error);
	g_assert_no_error(error);
	g_assert_cmpint(rows, ==, 10);
	g_assert_true(engine_open(&limits, &e, NULL) && engine_describe(e, query, &columns, NULL));
	json_array_foreach (columns, i, column)
		g_string_append_printf(types, "%s%s %s", i ? ", " : "", json_get_text(column, "name", ""),
		        json_get_text(column, "type", ""));
	return g_strdup(types->str);
}

/* Another version has other types under the same names: the log is text there, and the rows to learn from are what the project knows. */
static void test_labelled_types(void)
{
	World w;
	open_world(&w);
	ask(&w, 10);
	tell(&w, 0, 10);
	g_autofree char *other = g_build_filename(w.state, "predictions", "model=half", "2.json", NULL);
	g_assert_true(g_file_set_contents(
	        other, "[{\"name\": \"x\", \"type\": \"text\"}, {\"name\": \"n\", \"type\": \"text\"}]", -1, NULL));
#define SCHEMA(x)                                                                                       \
	"{\"columns\": [{\"name\": \"x\", \"type\": \"" x "\"}, {\"name\": \"n\", \"type\": \"int\"}, " \
	"{\"name\": \"word\", \"type\": \"text\"}, {\"name\": \"t\", \"type\": \"text\"}]}"
	g_autofree char *types = labelled_types(&w, SCHEMA("real")), *fractions = labelled_types(&w, SCHEMA("int"));
	g_assert_cmpstr(types, ==, "x real, n int, word text, place text, t text");
	g_assert_cmpstr(fractions, ==, types); /* x has fractions: they are not cut off */
	world_close(&w);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/online/once", test_once);
	g_test_add_func("/online/gate", test_gate);
	g_test_add_func("/online/gate_of_bias", test_gate_of_bias);
	g_test_add_func("/online/killed", test_killed);
	g_test_add_func("/online/rounds", test_rounds);
	g_test_add_func("/online/left_out", test_left_out);
	g_test_add_func("/online/after_root", test_after_root);
	g_test_add_func("/online/labelled_types", test_labelled_types);
	return g_test_run();
}
