/* test_behaviour.c: what a model must do, tried on models whose formula is known: 2 x + w g. */
#include "eval/behaviour.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"

enum { ROWS = 200 };

typedef struct Place {
	char *folder, *rows, *bundle;
	Engine *e;
} Place;

static void setup(Place *p, gconstpointer unused)
{
	g_autoptr(GError) error = NULL;
	EngineLimits limits = {.threads = 1};
	p->folder = g_dir_make_tmp("gyre-behaviour-XXXXXX", NULL);
	p->rows = g_build_filename(p->folder, "rows.parquet", NULL);
	p->bundle = g_build_filename(p->folder, "bundle", NULL);
	g_assert_true(engine_open(&limits, &p->e, NULL));
	engine_write_parquet(p->e,
	        "SELECT (i % 17)::DOUBLE AS x, i % 3 AS g, i::DOUBLE AS t, 'a' AS word FROM range(200) r(i)", p->rows,
	        &error);
	g_assert_no_error(error);
}

static void teardown(Place *p, gconstpointer unused)
{
	engine_close(p->e);
	g_assert_true(file_remove(p->folder, NULL));
	g_free(p->folder);
	g_free(p->rows);
	g_free(p->bundle);
}

/* A linear model 2 x + weight g: shift, scale, intercept, then for x and g: centres, slopes, missing, weights. */
static Bundle *model(const Place *p, double weight)
{
	const uint32_t shape[] = {2, 1, 0};
	const double numbers[] = {0, 1, 0, 0, 0, 2, weight, 0, 0, 0.5, 0.5};
	GByteArray *bytes = g_byte_array_new();
	g_byte_array_append(bytes, (const guint8 *)"GYLINE1\n", 8);
	g_byte_array_append(bytes, (const guint8 *)shape, sizeof shape);
	g_byte_array_append(bytes, (const guint8 *)numbers, sizeof numbers);
	g_autoptr(GBytes) part = g_byte_array_free_to_bytes(bytes);
	json_auto_t *header = json_pack("{s:s,s:{s:s,s:s},s:s,s:{},s:{s:[{s:s,s:s},{s:s,s:s}],s:[],s:[s,s]}}",
	        "project", "p", "roles", "task", "regression", "target", "t", "family", "linear", "params", "recipe",
	        "inputs", "name", "x", "type", "real", "name", "g", "type", "int", "transforms", "features", "x", "g");
	g_autoptr(GError) error = NULL;
	Bundle *b = NULL;
	bundle_write(p->bundle, header, part, &error);
	g_assert_no_error(error);
	bundle_load(p->bundle, &b, &error);
	g_assert_no_error(error);
	return b;
}

static void told(void *context, const char *path, const char *problem)
{
	g_string_append_printf(context, "%s: %s\n", path, problem);
}

/* One test run on a model; what it found. */
static json_t *tried(const Place *p, double weight, const char *test)
{
	g_autoptr(Bundle) b = model(p, weight);
	g_autoptr(GString) problems = g_string_new(NULL);
	g_autoptr(GError) error = NULL;
	json_auto_t *given = json_loads(test, 0, NULL), *list = json_pack("[O]", given), *found = NULL;
	json_auto_t *tests = behaviours_check(list, told, problems);
	TestSet t = {0};
	Answers a = {0};
	if (!tests)
		g_error("%s", problems->str);
	score_rows(p->e, p->rows, &b, 1, &t, &a, &error);
	g_assert_no_error(error);
	BehaviourInput in = {p->e, p->rows, p->bundle, b, &t, &a, 1};
	behaviours_run(&in, tests, &found, &error);
	g_assert_no_error(error);
	answers_clear(&a);
	test_set_clear(&t);
	return json_incref(json_array_get(json_object_get(found, "tests"), 0));
}

static void expect(const Place *p, double weight, const char *test, bool pass, double number)
{
	json_auto_t *found = tried(p, weight, test);
	g_autofree char *text = json_canonical(found);
	double value = json_get_number(found, "found", NAN);
	if (json_get_bool(found, "pass", !pass) != pass ||
	        !(isnan(number) ? isnan(value) : fabs(value - number) < 1e-9))
		g_error("%s\n%s", test, text);
	g_assert_true(json_array_size(json_object_get(found, "examples")) <= BEHAVIOUR_EXAMPLES);
}

static void test_invariance(Place *p, gconstpointer unused)
{
	expect(p, 0, "{\"test\": \"invariance\", \"column\": \"g\"}", true, 0);
	expect(p, 1, "{\"test\": \"invariance\", \"column\": \"g\", \"values\": [7]}", false, 1);
	/* g is 0, 1, 2 by turns: putting 1 moves two of three by 1, none by more. */
	expect(p, 1, "{\"test\": \"invariance\", \"column\": \"g\", \"values\": [1]}", false, 133.0 / 200);
	expect(p, 1, "{\"test\": \"invariance\", \"column\": \"g\", \"values\": [1], \"at_most\": 0.7}", true,
	        133.0 / 200);
	expect(p, 1, "{\"test\": \"invariance\", \"column\": \"g\", \"values\": [1], \"tolerance\": 1.5}", true, 0);
	expect(p, 1, "{\"test\": \"invariance\", \"column\": \"g\", \"values\": [0, 2], \"tolerance\": 1.5}", false,
	        133.0 / 200);
	expect(p, 1, "{\"test\": \"invariance\", \"column\": \"h\"}", false, NAN);
	json_auto_t *found =
	        tried(p, 1, "{\"test\": \"invariance\", \"column\": \"g\", \"name\": \"no g\", \"values\": [7]}");
	g_assert_cmpstr(json_get_text(found, "name", ""), ==, "no g");
	g_assert_cmpuint(json_array_size(json_object_get(found, "examples")), ==, BEHAVIOUR_EXAMPLES);
	g_assert_nonnull(json_object_get(json_array_get(json_object_get(found, "examples"), 0), "x"));
}

static void test_direction(Place *p, gconstpointer unused)
{
	expect(p, 1, "{\"test\": \"direction\", \"column\": \"x\", \"score\": \"rises\"}", true, 0);
	expect(p, 1, "{\"test\": \"direction\", \"column\": \"x\", \"score\": \"falls\", \"add\": 2}", false, 1);
	expect(p, -1, "{\"test\": \"direction\", \"column\": \"g\", \"score\": \"falls\", \"times\": 1.5}", true, 0);
	expect(p, 0, "{\"test\": \"direction\", \"column\": \"g\", \"score\": \"rises\"}", true, 0);
	expect(p, -1,
	        "{\"test\": \"direction\", \"column\": \"g\", \"score\": \"rises\", \"add\": 1, \"tolerance\": 1.1}",
	        true, 0);
	expect(p, 0, "{\"test\": \"direction\", \"column\": \"word\", \"score\": \"rises\"}", false, NAN);
}

static void test_must_get_right(Place *p, gconstpointer unused)
{
	expect(p, 1,
	        "{\"test\": \"must_get_right\", \"rows\": [{\"x\": 3, \"g\": 1, \"expect\": 7}, {\"x\": \"0.5\", "
	        "\"g\": 0, \"expect\": 1}]}",
	        true, 1);
	expect(p, 1,
	        "{\"test\": \"must_get_right\", \"rows\": [{\"x\": 3, \"g\": 1, \"expect\": 7}, {\"x\": 0, \"g\": 0, "
	        "\"expect\": 1}]}",
	        false, 0.5);
	expect(p, 1,
	        "{\"test\": \"must_get_right\", \"tolerance\": 1, \"rows\": [{\"x\": 0, \"g\": 0, \"expect\": 1}]}",
	        true, 1);
	expect(p, 1,
	        "{\"test\": \"must_get_right\", \"at_least\": 0.5, \"rows\": [{\"x\": 3, \"g\": 1, \"expect\": 7}, "
	        "{\"x\": 0, \"g\": 0, \"expect\": 1}]}",
	        true, 0.5);
	expect(p, 1, "{\"test\": \"must_get_right\", \"rows\": [{\"x\": 3, \"expect\": 7}]}", false,
	        NAN); /* g is nowhere */
	/* A number may be written as text; what is none is a mistake in the test. */
	expect(p, 1, "{\"test\": \"must_get_right\", \"rows\": [{\"x\": 3, \"g\": 1, \"expect\": \"7.0\"}]}", true, 1);
	json_auto_t *found =
	        tried(p, 1, "{\"test\": \"must_get_right\", \"rows\": [{\"x\": 0, \"g\": 0, \"expect\": \"low\"}]}");
	g_assert_false(json_get_bool(found, "pass", true));
	g_assert_nonnull(strstr(json_get_text(found, "sentence", ""), "expects low, which is no number"));
}

static void test_size_and_fairness(Place *p, gconstpointer unused)
{
	g_autofree char *text = NULL;
	gsize size;
	g_autoptr(Bundle) b = model(p, 1);
	g_assert_true(g_file_get_contents(p->bundle, &text, &size, NULL));
	double mb = (double)size / (1 << 20);
	expect(p, 1, "{\"test\": \"size\", \"at_most_mb\": 1}", true, mb);
	expect(p, 1, "{\"test\": \"size\", \"at_most_mb\": 1e-5}", false, mb);
	json_auto_t *quick = tried(p, 1, "{\"test\": \"latency\", \"p99_ms\": 1e6}");
	g_assert_true(json_get_bool(quick, "pass", false));
	expect(p, 1,
	        "{\"test\": \"fairness\", \"column\": \"g\", \"measure\": \"demographic_parity_difference\", "
	        "\"at_most\": 1}",
	        false, NAN); /* two classes only */
}

static void test_judged(void)
{
	json_auto_t *verdict = json_pack("{s:b,s:[],s:[]}", "pass", true, "reasons", "criteria");
	json_auto_t *behaviour = json_pack("{s:b,s:[{s:s,s:b,s:s,s:s,s:f},{s:s,s:b,s:s,s:s,s:n}]}", "pass", false,
	        "tests", "name", "size", "pass", true, "sentence", "fine", "wanted", "at most 1", "found", 0.5, "name",
	        "no sex", "pass", false, "sentence", "it changes", "wanted", "0 %", "found");
	behaviours_judge(NULL, verdict);
	g_assert_true(json_get_bool(verdict, "pass", false));
	behaviours_judge(behaviour, verdict);
	g_assert_false(json_get_bool(verdict, "pass", true));
	g_assert_cmpuint(json_array_size(json_object_get(verdict, "criteria")), ==, 2);
	g_assert_cmpstr(
	        json_string_value(json_at(verdict, "reasons[0]")), ==, "the test \"no sex\" failed: it changes");
	g_assert_cmpuint(json_array_size(json_object_get(verdict, "reasons")), ==, 1);
}

static void test_refused(void)
{
	static const struct {
		const char *test, *path, *words;
	} BAD[] = {
	        {"{\"test\": \"invarance\", \"column\": \"x\"}", "tests[0].test", "mean \"invariance\""},
	        {"{\"column\": \"x\"}", "tests[0]", "such as"},
	        {"{\"test\": \"invariance\"}", "tests[0].column", ""},
	        {"{\"test\": \"invariance\", \"column\": \"x\", \"values\": [[1]]}", "tests[0].values", "texts"},
	        {"{\"test\": \"invariance\", \"column\": \"x\", \"valus\": [1]}", "tests[0].valus", "values"},
	        {"{\"test\": \"direction\", \"column\": \"x\", \"score\": \"up\"}", "tests[0].score", "rises"},
	        {"{\"test\": \"direction\", \"column\": \"x\", \"score\": \"rises\", \"add\": 1, \"times\": 2}",
	                "tests[0]", "both"},
	        {"{\"test\": \"direction\", \"column\": \"x\", \"score\": \"rises\", \"times\": 0.5}", "tests[0]",
	                "more than 1"},
	        {"{\"test\": \"must_get_right\", \"rows\": []}", "tests[0].rows", "list of rows"},
	        {"{\"test\": \"must_get_right\", \"rows\": [{\"x\": 1}]}", "tests[0].rows[0]", "expect"},
	        {"{\"test\": \"fairness\", \"column\": \"x\", \"measure\": \"nice\", \"at_most\": 1}",
	                "tests[0].measure", "one of"},
	        {"{\"test\": \"fairness\", \"column\": \"x\", \"measure\": \"demographic_parity_difference\"}",
	                "tests[0]", "one bound"},
	};
	for (size_t i = 0; i < G_N_ELEMENTS(BAD); i++) {
		g_autoptr(GString) problems = g_string_new(NULL);
		json_auto_t *list = json_pack("[o]", json_loads(BAD[i].test, 0, NULL));
		json_auto_t *filled = behaviours_check(list, told, problems);
		if (filled && !problems->len)
			g_error("nothing is wrong with %s", BAD[i].test);
		if (!g_str_has_prefix(problems->str, BAD[i].path) || !strstr(problems->str, BAD[i].words))
			g_error("%s: %s", BAD[i].test, problems->str);
	}
	g_autoptr(GString) problems = g_string_new(NULL);
	json_auto_t *none = behaviours_check(NULL, told, problems), *word = json_string("x");
	g_assert_cmpuint(json_array_size(none), ==, 0);
	g_assert_null(behaviours_check(word, told, problems));
}

#define ADD(name, f) g_test_add("/behaviour/" name, Place, NULL, setup, f, teardown)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD("invariance", test_invariance);
	ADD("direction", test_direction);
	ADD("must_get_right", test_must_get_right);
	ADD("size_and_fairness", test_size_and_fairness);
	g_test_add_func("/behaviour/judged", test_judged);
	g_test_add_func("/behaviour/refused", test_refused);
	return g_test_run();
}
