/* test_param.c: settings are checked by their table, with every problem in words. */
#include "base/param.h"

#include <math.h>
#include <string.h>

#include "base/json.h"

static const char *const COLOURS[] = {"red", "green", NULL};
static const Param PARAMS[] = {
        {"columns", PARAM_TEXTS, "which columns", .flags = PARAM_REQUIRED},
        {"rate", PARAM_REAL, "learning rate", "0.3", .min = 0, .max = 1, .flags = PARAM_TUNABLE | PARAM_LOG,
                .tune_min = 0.01, .tune_max = 0.5},
        {"depth", PARAM_INT, "depth of a tree", "6", .min = 1, .max = 30, .flags = PARAM_TUNABLE},
        {"colour", PARAM_TEXT, "a colour", "\"red\"", .choices = COLOURS},
        {NULL},
};

static void expect_problem(const char *in, const char *words)
{
	json_auto_t *value = json_loads(in, 0, NULL);
	json_auto_t *out = NULL;
	g_autoptr(GError) error = NULL;
	g_assert_false(param_fill(PARAMS, "features[0]", value, &out, &error));
	if (!strstr(error->message, words))
		g_error("expected \"%s\" in: %s", words, error->message);
}

static void test_problems(void)
{
	expect_problem("{}", "\"columns\" is missing");
	expect_problem("{\"columsn\":[\"a\"]}", "unknown key \"columsn\"; did you mean \"columns\"?");
	expect_problem("{\"columns\":[\"a\"],\"rtae\":1}", "did you mean \"rate\"?");
	expect_problem("{\"columns\":[\"a\"],\"ratte\":1}", "did you mean \"rate\"?");
	expect_problem("{\"columns\":[\"a\"],\"rate\":2}", "2 is not a number from 0 to 1");
	expect_problem("{\"columns\":[\"a\"],\"depth\":2.5}", "2.5 is not a whole number from 1 to 30");
	expect_problem("{\"columns\":[\"a\"],\"colour\":\"gren\"}", "did you mean \"green\"?");
}

static void test_defaults(void)
{
	json_auto_t *in = json_pack("{s:s,s:f}", "columns", "a", "depth", 4.0);
	json_auto_t *out = NULL;
	g_assert_true(param_fill(PARAMS, NULL, in, &out, NULL));
	g_autofree char *text = json_canonical(out);
	g_assert_cmpstr(text, ==, "{\"colour\":\"red\",\"columns\":[\"a\"],\"depth\":4,\"rate\":0.29999999999999999}");
}

static void test_draw(void)
{
	Rng rng = rng_stream(1, "draw");
	for (int i = 0; i < 1000; i++) {
		json_auto_t *rate = param_draw(&PARAMS[1], &rng);
		g_assert_true(json_real_value(rate) >= 0.01 && json_real_value(rate) <= 0.5);
		json_auto_t *depth = param_draw(&PARAMS[2], &rng);
		g_assert_true(json_integer_value(depth) >= 1 && json_integer_value(depth) <= 30);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/param/problems", test_problems);
	g_test_add_func("/param/defaults", test_defaults);
	g_test_add_func("/param/draw", test_draw);
	return g_test_run();
}
