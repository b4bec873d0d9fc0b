/* test_online.c: outcomes teach the model in use once each, whoever is killed when; what comes out is a version with its parent on
 * record. */
#include "retrain/online.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../monitor/world.h"
#include "base/error.h"
#include "retrain/learning_gate.h"

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

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/online/once", test_once);
	g_test_add_func("/online/gate", test_gate);
	g_test_add_func("/online/killed", test_killed);
	return g_test_run();
}
