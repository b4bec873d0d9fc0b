/* test_command.c: programs of the user's: run within limits, talked to, given rows and asked for scores through files. */
#include "model/program.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "model/command_files.h"
#include "model/command_settings.h"
#include "model/rows_file.h"

static char *folder;

static json_t *shell(const char *script)
{
	return json_pack("[s,s,s]", "sh", "-c", script);
}

static void expect(const char *script, double seconds, int code, const char *part)
{
	json_auto_t *words = shell(script);
	ProgramPlan plan = {.folder = folder, .words = words, .seconds = seconds};
	g_autoptr(GError) error = NULL;
	g_autofree char *log = g_build_filename(folder, "log", NULL);
	g_remove(log);
	g_assert_cmpint(program_run(&plan, &error), ==, part == NULL);
	if (!part)
		return;
	g_assert_error(error, FAIL, code);
	if (!strstr(error->message, part))
		g_error("\"%s\" is not in: %s", part, error->message);
}

static void test_run(void)
{
	expect("exit 0", 0, 0, NULL);
	expect("test \"$(pwd -P)\" = \"$(cd . && pwd -P)\" && cat", 5, 0, NULL); /* nothing to read: it does not hang */
	expect("echo to the log; echo last words >&2; exit 3", 0, FAIL_INVALID,
	        "sh ended with status 3; its last lines:\nto the log\nlast words");
	expect("kill -11 $$", 0, FAIL_INVALID, "signal 11");
	expect("sleep 60 & sleep 60", 0.2, FAIL_LIMIT, "sh took longer than 0.2 s");
	json_auto_t *none = json_pack("[s]", "there-is-no-such-program");
	ProgramPlan plan = {.folder = folder, .words = none};
	g_autoptr(GError) error = NULL;
	g_autofree char *log = g_build_filename(folder, "log", NULL);
	g_remove(log);
	g_assert_false(program_run(&plan, &error));
	g_assert_error(error, FAIL, FAIL_NOT_FOUND);
}

static void test_talk(void)
{
	json_auto_t *echo = shell("while read line; do echo \"said $line\"; done");
	json_auto_t *once = shell("read line; echo one; echo gone >&2; exit 4");
	json_auto_t *slow = shell("sleep 60");
	json_auto_t *odd = shell("read line; printf 'o\\000k\\n'; sleep 60");
	ProgramPlan plans[] = {
	        {folder, echo, 10, 0}, {folder, once, 10, 0}, {folder, slow, 0.1, 0}, {folder, odd, 60, 0}};
	Program *p;
	g_autoptr(GError) error = NULL;
	char *answer;
	g_assert_true(program_open(&plans[0], &p, NULL));
	for (unsigned i = 0; i < 3; i++) {
		g_assert_true(program_ask(p, "a b", &answer, NULL));
		g_assert_cmpstr(answer, ==, "said a b");
		g_free(answer);
	}
	program_close(p);
	g_assert_true(program_open(&plans[1], &p, NULL));
	g_assert_true(program_ask(p, "first", &answer, NULL));
	g_free(answer);
	g_assert_false(program_ask(p, "second", &answer, &error));
	g_assert_nonnull(strstr(error->message, "sh ended with status 4; its last lines:\n"));
	g_clear_error(&error);
	program_close(p);
	g_assert_true(program_open(&plans[2], &p, NULL));
	g_assert_false(program_ask(p, "first", &answer, &error));
	g_assert_error(error, FAIL, FAIL_LIMIT);
	program_close(p);
	g_assert_true(program_open(&plans[3], &p, NULL));
	g_assert_true(program_ask(p, "first", &answer, NULL)); /* a zero is no end of the line */
	g_assert_cmpstr(answer, !=, "ok");
	g_free(answer);
	program_close(p);
}

static void test_rows(void)
{
	float x[] = {1.5f, NAN, -3e-20f, 0.1f, 5, 1e30f};
	char *names[] = {"plain", "with, \"both\"", NULL};
	Matrix m = {.rows = 3, .columns = 2, .values = x, .names = names};
	g_autofree char *csv = g_build_filename(folder, "x.csv", NULL);
	g_autofree char *npy = g_build_filename(folder, "x.npy", NULL);
	g_autofree char *text = NULL;
	double back[6];
	size_t columns;
	g_assert_true(rows_file_features(csv, "csv", &m, NULL) && rows_file_features(npy, "npy", &m, NULL));
	g_assert_true(g_file_get_contents(csv, &text, NULL, NULL));
	g_assert_cmpstr(text, ==, "plain,\"with, \"\"both\"\"\"\n1.5,\n-2.9999999e-20,0.100000001\n5,1.00000002e+30\n");
	g_assert_true(rows_file_columns(npy, "npy", &columns, NULL));
	g_assert_cmpuint(columns, ==, 2);
	g_assert_true(rows_file_read(npy, "npy", 3, 2, back, NULL));
	for (unsigned i = 0; i < 6; i++)
		g_assert_true(back[i] == (double)x[i] || (isnan(back[i]) && isnan(x[i])));
	double y[] = {0.1, -7, 1e300};
	for (const char *const *format = ROWS_FORMATS; *format; format++) {
		g_assert_true(rows_file_numbers(csv, *format, y, 3, NULL));
		g_assert_true(rows_file_columns(csv, *format, &columns, NULL));
		g_assert_cmpuint(columns, ==, 1);
		g_assert_true(rows_file_read(csv, *format, 3, 1, back, NULL));
		g_assert_cmpmem(back, sizeof y, y, sizeof y);
		g_assert_false(rows_file_read(csv, *format, 2, 1, back, NULL));
		g_assert_false(rows_file_read(csv, *format, 4, 1, back, NULL));
	}
}

static void test_odd_scores(void)
{
	static const struct {
		const char *bytes, *problem;
	} CASES[] = {{"1,2\n3\n", "s has not as many numbers in each line as it should"},
	        {"1,2\n3,x\n", "s has too few numbers, or something else than numbers"},
	        {"", "s has too few numbers, or something else than numbers"},
	        {"1,2\n3,4\n5,6\n", "s has more lines than rows"}, {"1,2\r\n3,4", NULL}};
	g_autofree char *path = g_build_filename(folder, "s", NULL);
	double p[4];
	for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
		g_autoptr(GError) error = NULL;
		g_assert_true(g_file_set_contents(path, CASES[i].bytes, -1, NULL));
		g_assert_cmpint(rows_file_read(path, "csv", 2, 2, p, &error), ==, !CASES[i].problem);
		g_assert_cmpstr(error ? error->message : NULL, ==, CASES[i].problem);
		g_assert_false(rows_file_read(path, "npy", 2, 2, p, NULL));
	}
	static const char HUGE[] =
	        "\x93NUMPY\x01\x00\x46\x00{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999, 2), }     ";
	g_assert_true(g_file_set_contents(path, HUGE, sizeof HUGE - 1, NULL));
	g_assert_false(rows_file_read(path, "npy", 99999999999, 2, p, NULL));
}

static void test_settings(void)
{
	json_auto_t *settings =
	        json_loads("{\"fixed\": [1, 2], \"rate\": {\"min\": 0.01, \"max\": 100, \"log\": true}, "
	                   "\"k\": {\"min\": 1, \"max\": 9, \"default\": 4}, "
	                   "\"kind\": {\"choices\": [\"a\", \"b\", \"c\"]}}",
	                0, NULL);
	json_auto_t *preset = command_settings(settings, 0);
	json_auto_t *wanted = json_loads("{\"fixed\": [1, 2], \"rate\": 1.0, \"k\": 4, \"kind\": \"a\"}", 0, NULL);
	g_assert_true(json_equal(preset, wanted));
	unsigned below = 0, seen = 0;
	for (unsigned draw = 1; draw <= 300; draw++) {
		json_auto_t *drawn = command_settings(settings, draw);
		json_auto_t *again = command_settings(settings, draw);
		double rate = json_number_value(json_object_get(drawn, "rate"));
		json_int_t k = json_integer_value(json_object_get(drawn, "k"));
		g_assert_true(json_equal(drawn, again) && rate >= 0.01 && rate <= 100 && k >= 1 && k <= 9);
		below += rate < 1;
		seen |= 1u << (json_string_value(json_object_get(drawn, "kind"))[0] - 'a');
	}
	g_assert_cmpuint(seen, ==, 7);
	g_assert_true(below > 100 && below < 200); /* half of a logarithmic range */
}

static void test_files(void)
{
	g_autofree char *path = g_build_filename(folder, "learn.py", NULL);
	g_autofree char *other = g_build_filename(folder, "b.txt", NULL);
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GError) error = NULL;
	g_assert_true(g_file_set_contents(path, "", 0, NULL) && g_file_set_contents(other, "", 0, NULL));
	json_auto_t *params = json_pack("{s:[s,s,s],s:[s,s],s:[s]}", "train", "python3", "learn.py", "--x", "predict",
	        "python3", "learn.py", "files", "b.txt");
	g_assert_true(command_files(folder, params, names, NULL));
	g_assert_cmpuint(names->len, ==, 2);
	g_assert_cmpstr(names->pdata[0], ==, "b.txt");
	json_object_set_new(params, "files", json_pack("[s]", "../b.txt"));
	g_assert_false(command_files(folder, params, names, &error));
	g_assert_error(error, FAIL, FAIL_INVALID);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	folder = g_dir_make_tmp("gyre-test-XXXXXX", NULL);
	g_test_add_func("/command/run", test_run);
	g_test_add_func("/command/talk", test_talk);
	g_test_add_func("/command/rows", test_rows);
	g_test_add_func("/command/odd scores", test_odd_scores);
	g_test_add_func("/command/settings", test_settings);
	g_test_add_func("/command/files", test_files);
	int status = g_test_run();
	file_remove(folder, NULL);
	g_free(folder);
	return status;
}
