/* test_step_features.c: the step `features` on Parquet files. */
#include "feature/step_features.h"

#include <glib/gstdio.h>
#include <math.h>

#include "base/error.h"
#include "base/file.h"
#include "data/engine.h"
#include "feature/recipe.h"
#include "rows.h"

static char *folder;
static Engine *engine;

static char *write_table(const char *name, const char *query)
{
	g_autoptr(GError) error = NULL;
	char *path = g_build_filename(folder, name, NULL);
	engine_write_parquet(engine, query, path, &error);
	g_assert_no_error(error);
	return path;
}

/* Runs the step; NULL and the error's text in *ret_error if it fails. */
static json_t *run(const char *table, const char *params, char **ret_error)
{
	json_auto_t *given = json_of(params);
	const char *inputs[] = {"train", table, NULL};
	g_autofree char *out = g_build_filename(folder, "out", NULL);
	g_autofree char *path = g_build_filename(out, "recipes", NULL);
	g_autoptr(GError) error = NULL;
	json_t *ret = NULL;
	g_assert_true(file_remove(out, NULL));
	if (!step_test_run(&STEP_FEATURES, given, inputs, out, 9, &error)) {
		*ret_error = g_strdup(error->message);
		return NULL;
	}
	recipes_read(path, &ret, &error);
	g_assert_no_error(error);
	return ret;
}

#define TABLE                                                                                                \
	"select range as _gyre_row, range % 4 - 1 as _gyre_fold, 'airport ' || (range * 7 % 120) as place, " \
	"case when range % 3 = 0 then 'a' when range % 3 = 1 then 'b' end as few, 'id ' || range as id, "    \
	"timestamp '2001-01-01' + interval (range * 37) minute as date, (range % 10) / 10 as share, "        \
	"(range * 7919 % 13 < 4)::bigint as late, range % 100 as delay from range(2400)"

static const char ROLES[] = "{\"roles\": {\"task\": \"classification\", \"target\": \"late\", \"positive\": \"1\", "
                            "\"drop\": [\"delay\"], \"time\": \"date\"}}";

static void test_defaults(void)
{
	g_autofree char *table = write_table("train.parquet", TABLE);
	json_auto_t *recipes = run(table, ROLES, NULL);
	g_autofree char *classes = json_canonical(json_at(recipes, "roles.classes"));
	g_autofree char *features = json_canonical(json_object_get(recipes, "features"));
	g_autofree char *inputs = json_canonical(json_at(recipes, "final.inputs"));
	g_assert_cmpstr(classes, ==, "[\"0\",\"1\"]");
	g_assert_cmpstr(features, ==,
	        "[\"share\",\"place_mean\",\"place_count\",\"few=a\",\"few=b\",\"few=missing\",\"date_weekday\","
	        "\"date_minute_of_day\",\"place_category\"]");
	g_autofree char *kinds = json_canonical(json_at(recipes, "final.kinds"));
	g_assert_cmpstr(
	        kinds, ==, "{\"place_category\":{\"categories\":120,\"twins\":[\"place_mean\",\"place_count\"]}}");
	g_assert_cmpstr(inputs, ==,
	        "[{\"name\":\"place\",\"type\":\"text\"},{\"name\":\"few\",\"type\":\"text\"},{\"name\":\"date\","
	        "\"type\":"
	        "\"time\"},{\"name\":\"share\",\"type\":\"real\"}]");
	g_assert_cmpuint(json_array_size(json_object_get(recipes, "folds")), ==, 3);
	const json_t *counts = json_at(recipes, "final.transforms[0].state.counts");
	const json_t *of_fold = json_at(recipes, "folds[1].transforms[0].state.counts");
	double all = 0, some = 0;
	for (size_t i = 0; i < json_array_size(counts); i++) {
		all += json_number_value(json_array_get(counts, i));
		some += json_number_value(json_array_get(of_fold, i));
	}
	g_assert_cmpfloat(all, ==, 2400);
	g_assert_cmpfloat(some, ==, 1800);
	/* It is the recipe that fitted rows can be read with, and others. */
	g_autoptr(Recipe) r = NULL;
	g_autoptr(Frame) rows = NULL;
	g_autoptr(GError) error = NULL;
	g_autofree char *query = sql_parquet(table);
	g_autofree char *select = g_strdup_printf("select * from %s", query);
	g_assert_true(recipe_load(json_object_get(recipes, "final"), &r, &error));
	g_assert_true(engine_frame(engine, select, &rows, &error));
	g_autofree float *values = g_new(float, rows->rows *recipe_features(r));
	g_assert_true(recipe_apply_training(r, rows, values, &error));
	g_assert_cmpfloat(values[9 + 3], ==, 0);
	g_assert_cmpfloat(values[9 + 4], ==, 1);
	g_assert_cmpfloat(values[9 + 7], ==, 37);
}

static double correlation(const float *x, size_t stride, const int64_t *y, size_t rows)
{
	double sx = 0, sy = 0, xx = 0, yy = 0, xy = 0, n = (double)rows;
	for (size_t i = 0; i < rows; i++) {
		double a = (double)x[i * stride], b = (double)y[i];
		sx += a;
		sy += b;
		xx += a * a;
		yy += b * b;
		xy += a * b;
	}
	return (xy - sx * sy / n) / sqrt((xx - sx * sx / n) * (yy - sy * sy / n));
}

/* What is aside leaks no more than any mean of the target: of a column that is random, the rows that taught it see nothing of their own
 * target.  It stands between the numbers and the categories. */
static void test_aside(void)
{
	g_autofree char *table = write_table("shops.parquet",
	        "select range as _gyre_row, -1 as _gyre_fold, 'shop ' || (hash(range) % 400) as shop, "
	        "(hash(range + 7) % 2)::bigint as late from range(2400)");
	json_auto_t *recipes = run(table,
	        "{\"features\": [{\"transform\": \"one_hot\", \"columns\": [\"shop\"], \"max_categories\": 1}, "
	        "{\"transform\": \"category\", \"columns\": [\"shop\"]}], "
	        "\"roles\": {\"task\": \"classification\", \"target\": \"late\", \"positive\": \"1\"}}",
	        NULL);
	g_autoptr(Recipe) r = NULL;
	g_autoptr(Frame) rows = NULL;
	g_autoptr(GError) error = NULL;
	g_autofree char *query = sql_parquet(table);
	g_autofree char *select = g_strdup_printf("select * from %s", query);
	g_assert_true(recipe_load(json_object_get(recipes, "final"), &r, &error));
	const FeatureKind *kinds = recipe_kinds(r);
	g_assert_true(recipe_features(r) == 4 && kinds[2].aside && kinds[2].twin == 3 && kinds[3].categories > 300);
	g_assert_true(engine_frame(engine, select, &rows, &error));
	g_autoptr(Frame) fresh = rows_slice(rows, NULL, 0, rows->rows);
	g_autofree float *taught = g_new(float, rows->rows * 4), *new = g_new(float, rows->rows * 4);
	g_assert_true(recipe_apply_training(r, rows, taught, &error));
	g_assert_true(recipe_apply(r, fresh, new, &error));
	const int64_t *late = frame_find(rows, "late")->ints;
	g_assert_cmpfloat(fabs(correlation(taught + 2, 4, late, rows->rows)), <, 0.07);
	g_assert_cmpfloat(correlation(new + 2, 4, late, rows->rows), >, 0.3);
}

/* The same rows in another order, twice: the same bytes. */
static void test_repeats(void)
{
	g_autofree char *table = write_table("train.parquet", TABLE);
	g_autofree char *turned = write_table("turned.parquet", "select * from (" TABLE ") order by hash(_gyre_row)");
	json_auto_t *a = run(table, ROLES, NULL);
	json_auto_t *b = run(turned, ROLES, NULL);
	g_assert_true(json_equal(a, b));
}

static void expect_problem(const char *query, const char *params, const char *words)
{
	g_autofree char *table = write_table("bad.parquet", query);
	g_autofree char *message = NULL;
	g_assert_null(run(table, params, &message));
	if (!strstr(message, words))
		g_error("expected \"%s\" in: %s", words, message);
}

#define FEW "select 0 as _gyre_row, 0 as _gyre_fold, 1.5 as x, 'a' as s, 7 as late from range(3)"

static void test_problems(void)
{
	expect_problem(FEW, ROLES, "the target \"late\" is always \"7\": there is nothing to learn");
	expect_problem("select 0 as _gyre_row, 0 as _gyre_fold, 1 as x, null::int as late", ROLES,
	        "the target \"late\" is missing in all rows");
	expect_problem("select 0 as _gyre_row, 0 as _gyre_fold, 1 as x, 1 as lte", ROLES,
	        "the target \"late\" is not in the data; did you mean \"lte\"?");
	expect_problem("select range as _gyre_row, 0 as _gyre_fold, 1 as x, range % 3 + 5 as late from range(9)", ROLES,
	        "the positive class \"1\" is not among the values of \"late\": [\"5\",\"6\",\"7\"]");
	expect_problem("select range as _gyre_row, 0 as _gyre_fold, 1 as x, range as late from range(2000)", ROLES,
	        "more than 1000 different values");
	expect_problem("select range as _gyre_row, 0 as _gyre_fold, 'x' as s, range % 2 as late from range(9)", ROLES,
	        "no features are left");
	expect_problem("select range as _gyre_row, 0 as _gyre_fold, 1 as x, 's' as late from range(9)",
	        "{\"roles\": {\"task\": \"regression\", \"target\": \"late\"}, \"features\": [{\"transform\": "
	        "\"target_mean\", \"columns\": [\"x\"]}]}",
	        "the target \"late\" is of type text; a regression needs a number");
	expect_problem(TABLE,
	        "{\"roles\": {\"task\": \"classification\", \"target\": \"late\"}, \"features\": [{\"transform\": "
	        "\"target_mean\", \"columns\": [\"plce\"]}]}",
	        "features[0] (target_mean): column \"plce\" is not in the data; did you mean \"place\"?");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	EngineLimits limits = {.threads = 2};
	g_autoptr(GError) error = NULL;
	folder = g_dir_make_tmp("gyre-features-XXXXXX", NULL);
	engine_open(&limits, &engine, &error);
	g_assert_no_error(error);
	g_test_add_func("/step_features/defaults", test_defaults);
	g_test_add_func("/step_features/aside", test_aside);
	g_test_add_func("/step_features/repeats", test_repeats);
	g_test_add_func("/step_features/problems", test_problems);
	int status = g_test_run();
	engine_close(engine);
	file_remove(folder, NULL);
	return status;
}
