/* test_version.c: what changed between two snapshots, against figures done by hand. */
#include "data/version.h"

#include <math.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"

static json_t *diff(const char *a, const char *b)
{
	g_autofree char *folder = g_dir_make_tmp("gyre-version-XXXXXX", NULL);
	g_autofree char *path_a = g_build_filename(folder, "a", NULL), *path_b = g_build_filename(folder, "b", NULL);
	g_autoptr(Engine) e = NULL;
	g_autoptr(GError) error = NULL;
	json_t *found = NULL;
	if (!engine_open(NULL, &e, &error) || !engine_write_parquet(e, a, path_a, &error) ||
	        !engine_write_parquet(e, b, path_b, &error) || !version_diff(e, path_a, path_b, &found, &error))
		g_error("%s", error->message);
	file_remove(folder, NULL);
	return found;
}

static const json_t *change_of(const json_t *diff, const char *column)
{
	size_t i;
	json_t *change;
	json_array_foreach (json_object_get(diff, "changes"), i, change)
		if (strcmp(json_get_text(change, "column", ""), column) == 0)
			return change;
	g_error("no column %s", column);
}

static void test_same(void)
{
	const char *rows =
	        "SELECT range AS id, range / 3 AS x, 'w' || range % 5 AS w, DATE '2020-01-01' + range::INT AS d, "
	        "range % 2 = 0 AS ok FROM range(1000)";
	json_auto_t *d = diff(rows, rows);
	g_assert_cmpint(json_get_int(d, "only_a", -1), ==, 0);
	g_assert_cmpint(json_get_int(d, "only_b", -1), ==, 0);
	g_assert_cmpuint(json_array_size(json_object_get(d, "changes")), ==, 5);
	size_t i;
	json_t *change;
	json_array_foreach (json_object_get(d, "changes"), i, change)
		g_assert_cmpfloat(json_get_number(change, "value", -1), ==, 0);
}

static void test_rows_and_columns(void)
{
	json_auto_t *d = diff("SELECT * FROM (VALUES (1, 'x', 1.5::DOUBLE, NULL), (1, 'x', 1.5, NULL), (2, NULL, NULL, "
	                      "3)) t(k, w, x, gone)",
	        "SELECT * FROM (VALUES (1, 'x', 1.5::DOUBLE, true, 1), (2, NULL, NULL, false, 1), (3, 'y', 'nan', "
	        "true, 1)) t(k, w, x, fresh, gone) "
	        "ORDER BY k");
	g_autofree char *columns = json_canonical(json_object_get(d, "columns"));
	g_assert_cmpstr(columns, ==,
	        "{\"added\":[{\"name\":\"fresh\",\"type\":\"bool\"}],\"removed\":[],\"retyped\":[],\"same\":4}");
	json_auto_t *typed = diff("SELECT 1 AS k, 'a' AS v, 5 AS old", "SELECT 1 AS k, 2 AS v");
	g_autofree char *retyped = json_canonical(json_object_get(typed, "columns"));
	g_assert_cmpstr(retyped, ==,
	        "{\"added\":[],\"removed\":[{\"name\":\"old\",\"type\":\"int\"}],\"retyped\":[{\"a\":\"text\",\"b\":"
	        "\"int\",\"name\":\"v\"}],\"same\":1}");
	/* Without `gone`, which differs in every row: (1, x, 1.5) stands once more in a, (3, y, nan) only in b. */
	json_auto_t *rows =
	        diff("SELECT * FROM (VALUES (1, 'x', 1.5::DOUBLE), (1, 'x', 1.5), (2, NULL, NULL)) t(k, w, x)",
	                "SELECT * FROM (VALUES (2, NULL, NULL::DOUBLE), (1, 'x', 1.5), (3, 'y', 'nan')) t(k, w, x)");
	g_assert_cmpint(json_get_int(rows, "only_a", -1), ==, 1);
	g_assert_cmpint(json_get_int(rows, "only_b", -1), ==, 1);
	json_auto_t *none = diff("SELECT 1 AS k", "SELECT 2 AS j");
	g_assert_cmpint(json_get_int(none, "only_a", -1), ==, 1);
	g_assert_cmpuint(json_array_size(json_object_get(none, "changes")), ==, 0);
}

/* Above a million rows the comparison goes by hash. */
static void test_many_rows(void)
{
	json_auto_t *d = diff("SELECT range AS id FROM range(600000)", "SELECT range AS id FROM range(100, 600200)");
	g_assert_cmpint(json_get_int(d, "only_a", -1), ==, 100);
	g_assert_cmpint(json_get_int(d, "only_b", -1), ==, 200);
}

static void test_numbers(void)
{
	/* a: 1..1000, one tenth each; b: half of the rows are missing, the others lie in a's last tenth. */
	json_auto_t *d = diff("SELECT (range + 1)::DOUBLE AS x FROM range(1000)",
	        "SELECT CASE WHEN range < 500 THEN NULL ELSE 950 END::DOUBLE AS x FROM range(1000)");
	const json_t *x = change_of(d, "x");
	/* nine tenths fall from 0.1 to the least share 0.0001, one rises from 0.1 to 0.5, missing from 0.0001 to 0.5 */
	double expected = 9 * (0.0001 - 0.1) * log(0.0001 / 0.1) + (0.5 - 0.1) * log(0.5 / 0.1) +
	                  (0.5 - 0.0001) * log(0.5 / 0.0001);
	g_assert_cmpfloat_with_epsilon(json_get_number(x, "value", 0), expected, 1e-12);
	g_assert_cmpfloat(json_get_number(json_object_get(x, "a"), "mean", 0), ==, 500.5);
	/* the sample's standard deviation of 1..n is sqrt(n (n + 1) / 12) */
	g_assert_cmpfloat_with_epsilon(
	        json_get_number(json_object_get(x, "a"), "sd", 0), sqrt(1000.0 * 1001 / 12), 1e-9);
	g_assert_cmpfloat(json_get_number(json_object_get(x, "b"), "missing", 0), ==, 0.5);
	g_assert_cmpfloat(json_get_number(json_object_get(x, "b"), "min", 0), ==, 950);
	json_auto_t *times = diff("SELECT TIMESTAMP '2020-01-01' + INTERVAL (range) DAY AS d FROM range(3)",
	        "SELECT TIMESTAMP '2021-01-01' AS d");
	const json_t *day = change_of(times, "d");
	g_assert_cmpstr(json_get_text(json_object_get(day, "a"), "mean", ""), ==, "2020-01-02 00:00:00");
	g_assert_cmpstr(json_get_text(json_object_get(day, "b"), "max", ""), ==, "2021-01-01 00:00:00");
}

static void test_texts(void)
{
	json_auto_t *d = diff("SELECT unnest(['x', 'x', 'y', NULL]) AS w",
	        "SELECT unnest(['x', 'z', 'z', 'z', 'y', NULL, NULL, NULL]) AS w");
	const json_t *w = change_of(d, "w");
	/* shares of a: x 1/2, y 1/4, missing 1/4; of b: x 1/8, y 1/8, z 3/8, missing 3/8 */
	g_assert_cmpfloat(json_get_number(w, "value", 0), ==, 0.375);
	g_autofree char *top = json_canonical(json_object_get(w, "top"));
	g_assert_cmpstr(top, ==,
	        "[{\"a\":0.5,\"b\":0.125,\"value\":\"x\"},{\"a\":0.0,\"b\":0.375,\"value\":\"z\"},{\"a\":0.25,\"b\":0."
	        "125,\"value\":\"y\"},"
	        "{\"a\":0.25,\"b\":0.375,\"value\":null}]");
	g_assert_cmpint(json_get_int(json_object_get(w, "b"), "distinct", 0), ==, 3);
	g_assert_cmpfloat(json_get_number(json_object_get(w, "a"), "missing", 0), ==, 0.25);
	g_assert_cmpstr(json_get_text(w, "sentence", ""), ==, "\"x\" is 12.5% of the rows, before 50.0%");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/version/same", test_same);
	g_test_add_func("/version/rows-and-columns", test_rows_and_columns);
	g_test_add_func("/version/many-rows", test_many_rows);
	g_test_add_func("/version/numbers", test_numbers);
	g_test_add_func("/version/texts", test_texts);
	return g_test_run();
}
