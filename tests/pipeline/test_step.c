/* test_step.c: a step kind run by hand, as the tests of other modules do it. */
#include "pipeline/step.h"

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"

#include <glib/gstdio.h>
#include <string.h>

static const Param PARAMS[] = {{"factor", PARAM_INT, "by what to multiply", "2"}, {NULL}};
static const char *const INPUTS[] = {"number", "other?", "source*", NULL};
static const char *const OUTPUTS[] = {"product", NULL};

static bool multiply(StepRun *s, const json_t *params, GError **error)
{
	json_auto_t *number = NULL;
	if (!step_input_json(s, "number", &number, error))
		return false;
	int64_t product = json_get_int(params, "factor", 0) * json_get_int(number, "value", 0);
	if (product < 0)
		return true; /* leaves its output out */
	step_metric(s, "size", (double)product);
	step_note(s, "other", json_text(step_input(s, "other")));
	step_child_run(s, json_pack("{s:s}", "name", "trial 1"));
	json_auto_t *out = json_pack("{s:I,s:I}", "value", (json_int_t)product, "seed", (json_int_t)step_seed(s));
	return step_output_json(s, "product", out, error);
}

static const StepKind KIND = {"multiply", "multiplies", 1, PARAMS, INPUTS, OUTPUTS, 0, multiply};

static char *folder;

static const char *write_number(const char *text)
{
	static char *path;
	g_free(path);
	path = g_build_filename(folder, "number.json", NULL);
	g_assert_true(g_file_set_contents(path, text, -1, NULL));
	return path;
}

static void test_runs(void)
{
	const char *path = write_number("{\"value\": 21}");
	const char *inputs[] = {"number", path, "source.0", path, NULL};
	g_autoptr(GError) error = NULL;
	g_autofree char *out = g_build_filename(folder, "out", NULL);
	step_test_run(&KIND, NULL, inputs, out, 7, &error);
	g_assert_no_error(error);
	g_autofree char *product = g_build_filename(out, "product", NULL);
	g_autofree char *result = g_build_filename(out, "result.json", NULL);
	json_auto_t *value = NULL;
	json_auto_t *told = NULL;
	g_assert_true(json_read_file(product, &value, NULL));
	g_assert_true(json_read_file(result, &told, NULL));
	g_assert_cmpint(json_get_int(value, "value", 0), ==, 42);
	g_assert_cmpint(json_get_int(value, "seed", 0), ==, 7);
	g_assert_cmpfloat(json_get_number(json_object_get(told, "metrics"), "size", 0), ==, 42);
	g_assert_true(json_is_null(json_at(told, "notes.other")));
	g_assert_cmpstr(json_string_value(json_at(told, "runs[0].name")), ==, "trial 1");
}

static void expect_failure(const char *const *inputs, const char *params, int code, const char *words)
{
	json_auto_t *given = json_loads(params, 0, NULL);
	g_autofree char *out = g_build_filename(folder, "out2", NULL);
	g_autoptr(GError) error = NULL;
	g_assert_false(step_test_run(&KIND, given, inputs, out, 0, &error));
	g_assert_error(error, FAIL, code);
	if (!strstr(error->message, words))
		g_error("expected \"%s\" in: %s", words, error->message);
}

static void test_refuses(void)
{
	const char *path = write_number("{\"value\": 21}");
	const char *fine[] = {"number", path, "source.0", path, NULL};
	const char *unknown[] = {"number", path, "source.0", path, "numbr", path, NULL};
	const char *odd[] = {"number", path, "source.x", path, NULL};
	const char *missing[] = {"source.0", path, NULL};
	const char *absent[] = {"number", "/nonexistent", "source.0", path, NULL};
	expect_failure(unknown, "{}", FAIL_INVALID, "no input \"numbr\"");
	expect_failure(odd, "{}", FAIL_INVALID, "no input \"source.x\"");
	expect_failure(missing, "{}", FAIL_INVALID, "\"number\" is missing");
	expect_failure(absent, "{}", FAIL_NOT_FOUND, "/nonexistent");
	expect_failure(fine, "{\"factr\": 1}", FAIL_INVALID, "did you mean \"factor\"");
	expect_failure(fine, "{\"factor\": -1}", FAIL_BROKEN, "\"product\" was not written");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	folder = g_dir_make_tmp("gyre-step-XXXXXX", NULL);
	g_test_add_func("/step/runs", test_runs);
	g_test_add_func("/step/refuses", test_refuses);
	int failed = g_test_run();
	file_remove(folder, NULL);
	return failed;
}
