/* test_folds.c: who teaches and who is judged in each fold: repeats, windows, gaps, folds of the user's own, groups dealt out; and
 * what is learnt for a fold is learnt from those who teach in it. */
#include "data/folds.h"

#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "data/split.h"
#include "data/steps.h"
#include "feature/recipe.h"
#include "feature/step_features.h"

static char *folder, *good, *train, *test;
static Engine *engine;

static json_t *row(const char *sql)
{
	g_autoptr(GError) error = NULL;
	json_t *ret = NULL;
	engine_row(engine, sql, &ret, &error);
	g_assert_no_error(error);
	return ret;
}

static int64_t number(const char *sql)
{
	json_auto_t *found = row(sql);
	return json_get_int(found, "n", -1);
}

static bool try_split(const char *query, const char *params, json_t **ret, GError **error)
{
	json_auto_t *given = json_loads(params, 0, NULL), *filled = NULL;
	g_assert_nonnull(given);
	return engine_write_parquet(engine, query, good, error) &&
	       param_fill(SPLIT_PARAMS, NULL, given, &filled, error) &&
	       split_table(engine, good, filled, 1, train, test, ret, error);
}

/* The parts become the views train and test; `roles` has a line for each row and fold: r its letter, k the fold. */
static json_t *split(const char *query, const char *params)
{
	g_autoptr(GError) error = NULL;
	json_t *report = NULL;
	try_split(query, params, &report, &error);
	g_assert_no_error(error);
	g_autofree char *from = sql_parquet(train), *other = sql_parquet(test);
	engine_runf(engine, &error,
	        "CREATE OR REPLACE VIEW train AS SELECT * FROM %s; CREATE OR REPLACE VIEW test AS SELECT * FROM %s",
	        from, other);
	g_assert_no_error(error);
	if (number("SELECT count(*) AS n FROM (DESCRIBE train) WHERE column_name = '_gyre_folds'"))
		engine_run(engine,
		        "CREATE OR REPLACE VIEW roles AS SELECT t.*, k, substr(_gyre_folds, CAST(k + 1 AS INT), 1) AS "
		        "r FROM "
		        "train AS t, range(200) AS x(k) WHERE k < length(_gyre_folds)",
		        &error);
	g_assert_no_error(error);
	return report;
}

static void refuse(const char *params, const char *words)
{
	g_autoptr(GError) error = NULL;
	json_auto_t *report = NULL;
	g_assert_false(try_split("SELECT i, i % 3 AS y, i % 500 AS g FROM range(1000) t(i)", params, &report, &error));
	if (!strstr(error->message, words))
		g_error("expected \"%s\" in: %s", words, error->message);
}

#define TABLE "SELECT i AS id, (i * 7919 % 10 < 3)::BIGINT AS y, i % 50 AS g, sqrt(i) AS x FROM range(2000) t(i)"
#define DAYS "SELECT i AS id, TIMESTAMP '2001-01-01' + INTERVAL (i // 10) DAY AS t, i % 3 AS y FROM range(2000) t(i)"

/* Every row is judged once in each repeat and teaches in its other folds; two repeats divide the rows differently; classes keep their
 * shares in every fold. */
static void test_repeats(void)
{
	json_auto_t *report = split(TABLE, "{\"target\":\"y\",\"folds\":4,\"repeats\":3}");
	g_assert_cmpint(json_get_int(report, "repeats", 0), ==, 3);
	g_assert_cmpint(number("SELECT count(*) AS n FROM train WHERE length(_gyre_folds) <> 12"), ==, 0);
	g_assert_cmpint(number("SELECT count(*) AS n FROM (SELECT id, k // 4 AS again, count(*) FILTER (r = 'v') AS v, "
	                       "count(*) FILTER (r = 't') AS t FROM roles GROUP BY ALL) WHERE v <> 1 OR t <> 3"),
	        ==, 0);
	g_assert_cmpint(number("SELECT count(*) AS n FROM roles WHERE k < 4 AND r = 'v' AND k <> _gyre_fold"), ==, 0);
	int64_t same = number(
	        "SELECT count(*) AS n FROM roles AS a JOIN roles AS b USING (id) WHERE a.r = 'v' AND b.r = 'v' AND "
	        "a.k < 4 AND b.k = a.k + 4");
	g_assert_cmpint(same, >, 300); /* a quarter of 1,600, by chance */
	g_assert_cmpint(same, <, 500);
	json_auto_t *rates =
	        row("SELECT min(n) AS a, max(n) AS b FROM (SELECT k, count(*) AS n FROM roles WHERE r = 'v' AND y = 1 "
	            "GROUP BY k)");
	g_assert_cmpint(json_get_int(rates, "a", 0), >=, 119);
	g_assert_cmpint(json_get_int(rates, "b", 0), <=, 121);
	json_auto_t *groups = split(TABLE, "{\"target\":\"y\",\"group\":\"g\",\"folds\":5,\"repeats\":2}");
	g_assert_cmpint(json_get_int(groups, "folds", 0), ==, 5);
	g_assert_cmpint(
	        number("SELECT count(*) AS n FROM (SELECT g, count(DISTINCT _gyre_folds) AS f FROM train GROUP BY g) "
	               "WHERE f > 1"),
	        ==, 0);
}

/* By time with a gap: only rows before a fold's block teach, none within the gap, none from later; the first block is judged by
 * nobody, and the gap before the test part is left out. */
static void test_expanding(void)
{
	json_auto_t *report = split(
	        DAYS, "{\"by\":\"time\",\"time\":\"t\",\"target\":\"y\",\"folds\":4,\"gap\":\"5d\",\"test\":0.2}");
	g_assert_cmpint(json_get_int(json_object_get(report, "dropped"), "in_gap", 0), ==, 50);
	json_auto_t *edge = row("SELECT date_diff('day', max(a.t), min(b.t)) AS days FROM train AS a, test AS b");
	g_assert_cmpint(json_get_int(edge, "days", 0), ==, 6);
	g_assert_cmpint(number("SELECT count(*) AS n FROM (SELECT k, min(t) FILTER (r = 'v') AS judged, max(t) FILTER "
	                       "(r = 't') AS "
	                       "taught FROM roles GROUP BY k) WHERE date_diff('day', taught, judged) <> 6"),
	        ==, 0);
	g_assert_cmpint(number("SELECT count(*) AS n FROM roles AS a JOIN (SELECT k, max(t) AS last FROM roles WHERE r "
	                       "= 'v' GROUP "
	                       "BY k) AS b USING (k) WHERE a.t > b.last AND a.r <> '-'"),
	        ==, 0);
	g_assert_cmpint(number("SELECT count(DISTINCT k) AS n FROM roles WHERE r = 'v'"), ==, 4);
	g_assert_cmpint(number("SELECT count(*) AS n FROM train WHERE _gyre_fold = -1"), >, 250);
	g_assert_cmpint(
	        number("SELECT count(*) AS n FROM train WHERE (_gyre_fold >= 0) <> contains(_gyre_folds, 'v')"), ==, 0);
	g_assert_cmpuint(
	        json_array_size(json_object_get(report, "warnings")), ==, 1); /* of the gap: no more of later rows */
}

/* A length slides along; window all with gap and embargo leaves both sides of the block bare; so does a hold-out. */
static void test_windows(void)
{
	json_auto_t *sliding =
	        split(DAYS, "{\"by\":\"time\",\"time\":\"t\",\"target\":\"y\",\"folds\":4,\"window\":\"20d\"}");
	g_assert_nonnull(sliding);
	g_assert_cmpint(number("SELECT count(*) AS n FROM (SELECT k, count(*) FILTER (r = 't') AS t FROM roles GROUP "
	                       "BY k) WHERE t "
	                       "<> 200"),
	        ==, 0);
	json_auto_t *all = split(DAYS, "{\"by\":\"order\",\"target\":\"y\",\"folds\":4,\"window\":\"all\",\"gap\":10,"
	                               "\"embargo\":30,\"test\":0.2}");
	g_assert_nonnull(all);
	json_auto_t *second = row(
	        "SELECT count(*) FILTER (r = 'v') AS v, count(*) FILTER (r = '-') AS none, count(*) FILTER (r = 't') "
	        "AS t FROM roles WHERE k = 1");
	g_assert_cmpint(json_get_int(second, "none", 0), ==, 40);
	g_assert_cmpint(json_get_int(second, "v", 0) + json_get_int(second, "t", 0), ==, 1590 - 40);
	json_auto_t *held = split(DAYS, "{\"by\":\"order\",\"target\":\"y\",\"valid\":0.2,\"gap\":25,\"test\":0.2}");
	g_assert_cmpint(json_get_int(held, "folds", -1), ==, 0);
	g_assert_cmpint(number("SELECT count(*) AS n FROM train WHERE _gyre_folds = '-'"), ==, 25);
	g_assert_cmpint(number("SELECT count(*) AS n FROM train WHERE (_gyre_folds = 'v') <> (_gyre_fold = 0)"), ==, 0);
}

/* Folds of the user's own, in the order of their values; the column is in neither part. */
static void test_own_column(void)
{
	json_auto_t *report = split("SELECT *, CASE WHEN id % 7 < 6 THEN 2010 + id % 3 END AS year FROM (" TABLE ")",
	        "{\"target\":\"y\",\"fold_column\":\"year\"}");
	g_assert_cmpint(json_get_int(report, "folds", 0), ==, 3);
	g_assert_cmpint(number("SELECT count(*) AS n FROM train WHERE _gyre_fold <> CASE WHEN id % 7 < 6 THEN id % 3 "
	                       "ELSE -1 END"),
	        ==, 0);
	g_assert_cmpint(number("SELECT count(*) AS n FROM (DESCRIBE train) WHERE column_name = 'year'"), ==, 0);
	g_assert_cmpint(number("SELECT count(*) AS n FROM (DESCRIBE test) WHERE column_name = 'year'"), ==, 0);
	json_auto_t *each = split(TABLE, "{\"target\":\"y\",\"group\":\"g\",\"each_group\":true,\"test\":0.5}");
	g_assert_cmpint(json_get_int(each, "folds", 0), ==, number("SELECT count(DISTINCT g) AS n FROM train"));
	g_assert_cmpint(number("SELECT count(*) AS n FROM (SELECT _gyre_fold, count(DISTINCT g) AS g FROM train GROUP "
	                       "BY 1) WHERE g "
	                       "<> 1"),
	        ==, 0);
}

/* Half of the groups are all of one class: dealt out, every fold has the class's share to within a group; by hash it has not. */
static void test_stratified_groups(void)
{
	static const char UNEVEN[] =
	        "SELECT i AS id, i // 20 AS g, (i // 20 % 5 = 0 OR i % 20 = 0)::BIGINT AS y FROM range(4000) t(i)";
	static const char SPREAD[] =
	        "SELECT CAST(1000 * (max(p) - min(p)) AS BIGINT) AS n FROM (SELECT avg(y) AS p FROM train GROUP BY "
	        "_gyre_fold)";
	json_auto_t *dealt =
	        split(UNEVEN, "{\"by\":\"stratified_group\",\"target\":\"y\",\"group\":\"g\",\"folds\":4}");
	g_assert_cmpint(json_get_int(dealt, "folds", 0), ==, 4);
	int64_t even = number(SPREAD);
	g_assert_cmpint(number("SELECT count(*) AS n FROM (SELECT g, count(DISTINCT _gyre_fold) AS f FROM train GROUP "
	                       "BY g) WHERE f > "
	                       "1"),
	        ==, 0);
	g_assert_cmpint(
	        number("SELECT max(n) - min(n) AS n FROM (SELECT count(*) AS n FROM train GROUP BY _gyre_fold)"), <=,
	        40);
	json_auto_t *hashed = split(UNEVEN, "{\"by\":\"group\",\"target\":\"y\",\"group\":\"g\",\"folds\":4}");
	g_assert_nonnull(hashed);
	g_test_message("spread of the class over the folds in thousandths: dealt %d, by hash %d", (int)even,
	        (int)number(SPREAD));
	g_assert_cmpint(even, <, 30);
	g_assert_cmpint(even, <, number(SPREAD));
}

static void test_refusals(void)
{
	refuse("{\"target\":\"y\",\"folds\":3,\"gap\":5}", "need a split by time or by order");
	refuse("{\"target\":\"y\",\"by\":\"order\",\"folds\":3,\"gap\":\"5d\"}",
	        "is not a length in the units of the order");
	refuse("{\"target\":\"y\",\"by\":\"order\",\"folds\":3,\"window\":\"wide\"}", "split.window");
	refuse("{\"target\":\"y\",\"by\":\"order\",\"folds\":3,\"repeats\":2}", "there is one way");
	refuse("{\"target\":\"y\",\"repeats\":2}", "name folds");
	refuse("{\"target\":\"y\",\"folds\":50,\"repeats\":5}", "more than 200");
	refuse("{\"target\":\"y\",\"fold_column\":\"g\",\"folds\":3}", "leave out folds");
	refuse("{\"target\":\"y\",\"fold_column\":\"h\"}", "no column \"h\"");
	refuse("{\"target\":\"y\",\"fold_column\":\"i\"}", "at most 200");
	refuse("{\"target\":\"y\",\"each_group\":true}", "needs the group's column");
	refuse("{\"target\":\"y\",\"by\":\"stratified_group\"}", "needs the group's column");
}

/* --- what reads them --------------------------------------------------------------------------------------------- */

static bool read_folds(const char *table, Folds **ret, GError **error)
{
	g_autofree char *sql = g_strdup_printf("(%s)", table);
	return folds_read(engine, sql, ret, error);
}

static void test_read(void)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Folds) f = NULL;
	g_assert_true(
	        read_folds("SELECT unnest(['tv', 'vt', '-t', 'vt']) AS _gyre_folds, 0 AS _gyre_fold", &f, &error));
	g_assert_true(folds_count(f) == 2 && folds_cells(f) == 3 && folds_all_rows(f) == 4);
	g_assert_true(folds_rows(f, 0, FOLD_JUDGED) == 2 && folds_rows(f, 0, FOLD_APART) == 1 &&
	              folds_rows(f, 1, FOLD_TEACHES) == 3);
	g_autoptr(Frame) rows = NULL;
	engine_frame(engine, "SELECT unnest(['vt', '-t']) AS _gyre_folds", &rows, &error);
	uint32_t cell[2];
	g_assert_true(folds_of_rows(f, rows, cell, &error));
	g_assert_true(folds_role(f, cell[0], 0) == FOLD_JUDGED && folds_role(f, cell[1], 0) == FOLD_APART);
	static const char *const BAD[] = {"SELECT unnest(['tv', 'vtt']) AS _gyre_folds", "SELECT 'tx' AS _gyre_folds",
	        "SELECT '' AS _gyre_folds", "SELECT -2 AS _gyre_fold", "SELECT NULL::BIGINT AS _gyre_fold"};
	for (size_t i = 0; i < G_N_ELEMENTS(BAD); i++) {
		g_autoptr(GError) problem = NULL;
		g_autoptr(Folds) none = NULL;
		g_assert_false(read_folds(BAD[i], &none, &problem));
		g_assert_error(problem, FAIL, FAIL_INVALID);
	}
	g_autoptr(Folds) plain = NULL;
	g_assert_true(read_folds("SELECT unnest([-1, 0, 2, 2]) AS _gyre_fold", &plain, &error));
	g_assert_true(folds_count(plain) == 3 && folds_rows(plain, 2, FOLD_JUDGED) == 2 &&
	              folds_rows(plain, 1, FOLD_TEACHES) == 4);
}

static json_t *recipes_of(const char *query)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *place = g_build_filename(folder, "features", NULL),
	                *table = g_build_filename(folder, "rows", NULL),
	                *made = g_build_filename(place, "recipes", NULL);
	const char *inputs[] = {"train", table, NULL};
	json_auto_t *params = json_pack("{s:{s:s,s:s,s:n,s:[],s:[],s:n,s:n}}", "roles", "task", "regression", "target",
	        "y", "time", "key", "drop", "group", "weight");
	json_t *ret = NULL;
	file_remove(place, NULL);
	bool ok = engine_write_parquet(engine, query, table, &error) &&
	          step_test_run(&STEP_FEATURES, params, inputs, place, 1, &error) && recipes_read(made, &ret, &error);
	g_assert_no_error(error);
	g_assert_true(ok);
	return ret;
}

/* Many places make a target mean.  The recipe of a fold is that of the rows that teach in it, alone: with few cells, learnt together,
 * and with many, learnt fold by fold. */
static void check_recipes(const char *letters, size_t folds)
{
	g_autofree char *rows = g_strdup_printf(
	        "SELECT i AS _gyre_row, -1::BIGINT AS _gyre_fold, 'p' || (i * 7 %% 120) AS place, (i * i "
	        "%% 97)::DOUBLE AS y, i %% 11 + 0.5 AS x, %s AS _gyre_folds FROM range(900) t(i)",
	        letters);
	g_autofree char *whole = g_strdup_printf("%s ORDER BY i", rows);
	json_auto_t *recipes = recipes_of(whole);
	const json_t *list = json_object_get(recipes, "folds");
	g_assert_cmpuint(json_array_size(list), ==, folds);
	for (size_t k = 0; k < folds; k++) {
		g_autofree char *some = g_strdup_printf("SELECT * EXCLUDE (_gyre_folds) FROM (%s) WHERE "
		                                        "substr(_gyre_folds, %zu, 1) = 't' ORDER BY _gyre_row",
		        rows, k + 1);
		json_auto_t *alone = recipes_of(some);
		g_assert_true(json_equal(json_array_get(list, k), json_object_get(alone, "final")));
	}
}

static void test_recipes(void)
{
	check_recipes("CASE WHEN i < 300 THEN 'tt' WHEN i < 320 THEN '-t' WHEN i < 600 THEN 'vt' WHEN i < 620 THEN "
	              "'--' ELSE '-v' END",
	        2);
	check_recipes("repeat('t', CAST(i % 3 AS BIGINT)) || 'v' || repeat('t', CAST(2 - i % 3 AS BIGINT)) || "
	              "repeat('t', CAST(i // 7 % 3 "
	              "AS BIGINT)) || 'v' || repeat('t', CAST(2 - i // 7 % 3 AS BIGINT)) || repeat('t', CAST(i // 5 % "
	              "3 AS BIGINT)) || "
	              "'v' || repeat('t', CAST(2 - i // 5 % 3 AS BIGINT)) || repeat('t', CAST(i // 31 % 3 AS BIGINT)) "
	              "|| 'v' || "
	              "repeat('t', CAST(2 - i // 31 % 3 AS BIGINT))",
	        12);
}

/* Sets a fold of `train` aside: views rest and apart. */
static bool set_aside(int from_end, GError **error)
{
	const char *inputs[] = {"train", train, NULL};
	g_autofree char *place = g_build_filename(folder, "outer", NULL),
	                *rest = g_build_filename(place, "train", NULL), *apart = g_build_filename(place, "test", NULL),
	                *a = sql_parquet(rest), *b = sql_parquet(apart);
	json_auto_t *params = json_pack("{s:i}", "from_end", from_end);
	return step_test_run(&STEP_OUTER, params, inputs, place, 1, error) &&
	       engine_runf(engine, error,
	               "CREATE OR REPLACE VIEW rest AS SELECT * FROM %s; CREATE OR REPLACE VIEW apart AS SELECT * FROM "
	               "%s",
	               a, b);
}

/* The rows of the fold are apart, the others keep their folds under new numbers; in time nothing behind the fold is left. */
static void test_outer(void)
{
	g_autoptr(GError) error = NULL;
	json_auto_t *plain = split(TABLE, "{\"target\":\"y\",\"folds\":4}");
	set_aside(3, &error); /* the fold 1 of 0 .. 3 */
	g_assert_no_error(error);
	g_assert_cmpint(number("SELECT count(*) AS n FROM train WHERE _gyre_fold = 1"), ==,
	        number("SELECT count(*) AS n FROM apart"));
	g_assert_cmpint(
	        number("SELECT count(*) AS n FROM apart JOIN train USING (_gyre_row) WHERE _gyre_fold <> 1"), ==, 0);
	g_assert_cmpint(number("SELECT count(*) AS n FROM train JOIN rest r USING (_gyre_row) WHERE r._gyre_fold = "
	                       "[0, -9, 1, 2][train._gyre_fold + 1]"),
	        ==, number("SELECT count(*) AS n FROM train WHERE _gyre_fold <> 1"));
	g_assert_cmpint(
	        number("SELECT count(*) AS n FROM (DESCRIBE apart) WHERE starts_with(column_name, '_gyre_fold')"), ==,
	        0);

	json_auto_t *timed = split(DAYS, "{\"target\":\"y\",\"time\":\"t\",\"by\":\"time\",\"folds\":4}");
	set_aside(2, &error); /* judged by the rows before it, in which two folds are left */
	g_assert_no_error(error);
	g_assert_cmpint(number("SELECT (max(r.t) < min(a.t))::INT AS n FROM rest r, apart a"), ==, 1);
	g_assert_cmpint(
	        number("SELECT min(length(_gyre_folds)) * 10 + max(length(_gyre_folds)) AS n FROM rest"), ==, 22);
	g_assert_cmpint(number("SELECT count(DISTINCT _gyre_fold) AS n FROM rest WHERE _gyre_fold >= 0"), ==, 2);
	g_assert_false(set_aside(4, &error)); /* behind the first block there is nothing to choose by */
	g_assert_true(g_error_matches(error, FAIL, FAIL_INVALID));
	g_clear_error(&error);
	g_assert_false(set_aside(5, &error));
	g_assert_true(g_error_matches(error, FAIL, FAIL_INVALID));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	folder = g_dir_make_tmp("gyre-folds-XXXXXX", NULL);
	good = g_build_filename(folder, "good", NULL);
	train = g_build_filename(folder, "train", NULL);
	test = g_build_filename(folder, "test", NULL);
	engine_open(NULL, &engine, NULL);
	g_test_add_func("/folds/repeats", test_repeats);
	g_test_add_func("/folds/expanding", test_expanding);
	g_test_add_func("/folds/windows", test_windows);
	g_test_add_func("/folds/own-column", test_own_column);
	g_test_add_func("/folds/stratified-groups", test_stratified_groups);
	g_test_add_func("/folds/refusals", test_refusals);
	g_test_add_func("/folds/read", test_read);
	g_test_add_func("/folds/recipes", test_recipes);
	g_test_add_func("/folds/outer", test_outer);
	int status = g_test_run();
	engine_close(engine);
	file_remove(folder, NULL);
	g_free(folder);
	g_free(good);
	g_free(train);
	g_free(test);
	return status;
}
