/* test_looks.c: the looks at drift find what changed, name it, stay calm where nothing did, and say where there is too little to tell. */
#include "monitor/look.h"

#include "monitor/subject.h"
#include "world.h"

/* What the looks find in an hour of requests. */
static json_t *hour_of(World *w, int hour, int rows, WorldRow row)
{
	world_hour(w, "stable", WORLD_START + hour * HOUR, rows, row);
	json_decref(world_pass(w, true, meta_now()));
	json_t *windows = NULL, *findings = NULL;
	g_assert_true(history_windows(w->meta, "half", WORLD_START + hour * HOUR, 1, &windows, NULL));
	g_assert_cmpint(json_get_int(json_array_get(windows, 0), "rows", 0), ==, rows);
	g_assert_true(history_findings(w->meta, json_get_text(json_array_get(windows, 0), "id", ""), &findings, NULL));
	json_decref(windows);
	return findings;
}

static void check(const json_t *findings, const char *measure, const char *subject, const char *state)
{
	const json_t *f = world_finding(findings, measure, subject);
	if (!f || strcmp(json_get_text(f, "state", ""), state) != 0)
		g_error("%s of %s is %s, not %s", measure, subject, f ? json_get_text(f, "state", "") : "not there",
		        state);
}

static size_t count_state(const json_t *findings, const char *state)
{
	size_t i, count = 0;
	json_t *f;
	json_array_foreach ((json_t *)findings, i, f)
		count += strcmp(json_get_text(f, "state", ""), state) == 0;
	return count;
}

#define DRIFT "{\"every\": \"1h\", \"looks\": {\"drift\": "

static void test_drift(void)
{
	World w;
	world_open(&w, DRIFT "{}}}");
	world_only(&w, "drift");
	json_auto_t *calm = hour_of(&w, 0, 1000, (WorldRow){0});
	g_assert_cmpuint(json_array_size(calm), ==, 6);
	g_assert_cmpuint(count_state(calm, "ok"), ==, 6);
	/* N(0, 1) shifted by 0.5: the gap is 2 Phi(d/2) - 1 = 0.19741 and Wasserstein's distance 0.5, in closed form */
	json_auto_t *moved = hour_of(&w, 1, 4000, (WorldRow){.x_shift = 0.5});
	check(moved, "ks", "x", "alarm");
	check(moved, "ks", "n", "ok");
	check(moved, "ks", "score", "alarm");
	check(moved, "total_variation", "decision", "alarm");
	check(moved, "total_variation", "word", "ok");
	check(moved, "total_variation", "place", "ok");
	const json_t *x = world_finding(moved, "ks", "x"), *tests = json_at(x, "evidence.tests");
	g_assert_cmpfloat_with_epsilon(json_get_number(x, "value", 0), 0.19741, 0.03);
	g_assert_cmpfloat_with_epsilon(json_number_value(json_at(tests, "wasserstein.value")), 0.5, 0.06);
	g_assert_cmpfloat_with_epsilon(json_number_value(json_at(tests, "psi.value")), 0.25, 0.07);
	g_assert_cmpfloat(json_get_number(x, "p", 1), <, 1e-9);
	g_assert_cmpfloat_with_epsilon(json_number_value(json_at(x, "evidence.quantiles.window[2]")), 3.5, 0.1);
	json_auto_t *words = hour_of(&w, 2, 1000, (WorldRow){.word = "b"});
	check(words, "total_variation", "word", "alarm");
	check(words, "ks", "x", "ok");
	const json_t *b = json_at(world_finding(words, "total_variation", "word"), "evidence.moved[0]");
	g_assert_cmpstr(json_get_text(b, "value", ""), ==, "b");
	g_assert_cmpfloat(json_get_number(b, "window", 0), ==, 1);
	json_auto_t *places =
	        hour_of(&w, 3, 1000, (WorldRow){.place = "place 7"}); /* one of many, known by its bucket only */
	check(places, "total_variation", "place", "alarm");
	json_auto_t *few = hour_of(&w, 4, 20, (WorldRow){.x_shift = 5});
	g_assert_cmpuint(count_state(few, "too_few"), ==, 6);
	world_close(&w);
}

static void test_other_measures(void)
{
	World w;
	world_open(&w, DRIFT "{\"numbers\": \"psi\", \"number_effect\": 0.05, \"categories\": \"jensen_shannon\", "
	                     "\"category_effect\": 0.1}}}");
	world_only(&w, "drift");
	json_auto_t *calm = hour_of(&w, 0, 1000, (WorldRow){0});
	g_assert_cmpuint(count_state(calm, "ok"), ==, 6);
	json_auto_t *moved = hour_of(&w, 1, 1000, (WorldRow){.x_shift = 0.5, .word = "a"});
	check(moved, "psi", "x", "alarm");
	check(moved, "psi", "n", "ok");
	check(moved, "jensen_shannon", "word", "alarm");
	check(moved, "jensen_shannon", "place", "ok");
	world_close(&w);
}

/* A column that changes by its nature is not looked at. */
static void test_skip(void)
{
	World w;
	world_open(&w, "{\"every\": \"1h\", \"skip\": [\"x\"]}");
	world_only(&w, "drift");
	json_object_set_new(w.project, "data", json_pack("{s:s}", "time", "n"));
	json_auto_t *found = hour_of(&w, 0, 100, (WorldRow){.x_shift = 5});
	g_assert_null(world_finding(found, "ks", "x"));
	g_assert_null(world_finding(found, "ks", "n"));
	g_assert_cmpuint(json_array_size(found), ==, 4);
	world_close(&w);
}

/* The bucket of a text is the same here and in the data engine. */
static void test_buckets(void)
{
	static const char *const TEXTS[] = {"", "a", "place 7", "Zürich", "it's"};
	g_autoptr(Engine) e = NULL;
	EngineLimits limits = {.threads = 1};
	g_assert_true(engine_open(&limits, &e, NULL));
	for (size_t i = 0; i < G_N_ELEMENTS(TEXTS); i++) {
		g_autofree char *text = sql_text(TEXTS[i]);
		g_autofree char *sql = g_strdup_printf("SELECT substr(md5(%s), 1, 2) AS d", text);
		json_auto_t *row = NULL;
		g_assert_true(engine_row(e, sql, &row, NULL));
		g_assert_cmpuint(sketch_bucket_of_md5(json_get_text(row, "d", "")), ==, sketch_bucket(TEXTS[i]));
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/looks/drift", test_drift);
	g_test_add_func("/looks/other_measures", test_other_measures);
	g_test_add_func("/looks/skip", test_skip);
	g_test_add_func("/looks/buckets", test_buckets);
	return g_test_run();
}
