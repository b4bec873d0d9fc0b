/* test_split.c: parts are disjoint and complete, follow from content, never divide what belongs together, and a bad split
 * is refused in words. */
#include "data/split.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

#include "base/digest.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"

static char *folder;
static Engine *engine;

static char *in_folder(const char *name)
{
	return g_build_filename(folder, name, NULL);
}

/* Arguments have no order, so the error is looked at after the call. */
#define must(call) must_at(error, call)
#define must_at(problem, call)                             \
	do {                                               \
		if (!(call))                               \
			g_error("%s", (problem)->message); \
	} while (0)

static json_t *row(const char *format, ...) G_GNUC_PRINTF(1, 2);
static json_t *row(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	g_autofree char *sql = g_strdup_vprintf(format, args);
	va_end(args);
	GError *error = NULL;
	json_t *value = NULL;
	must(engine_row(engine, sql, &value, &error));
	return value;
}

static bool try_split(const char *query, const char *params, uint64_t seed, json_t **ret, GError **error)
{
	g_autofree char *table = in_folder("good.parquet"), *train = in_folder("train.parquet"),
	                *test = in_folder("test.parquet");

	must_at(*error, engine_write_parquet(engine, query, table, error));
	json_auto_t *given = json_loads(params, 0, NULL);
	json_auto_t *filled = NULL;
	g_assert_nonnull(given);
	return param_fill(SPLIT_PARAMS, NULL, given, &filled, error) &&
	       split_table(engine, table, filled, seed, train, test, ret, error);
}

/* Splits a query's result; the parts are then the views good, train and test. */
static json_t *split(const char *query, const char *params, uint64_t seed)
{
	GError *error = NULL;
	json_t *report = NULL;
	must(try_split(query, params, seed, &report, &error));
	static const char *const PARTS[] = {"good", "train", "test"};
	for (int i = 0; i < 3; i++) {
		g_autofree char *file = g_strdup_printf("%s.parquet", PARTS[i]), *path = in_folder(file),
		                *from = sql_parquet(path);
		must(engine_runf(engine, &error, "CREATE OR REPLACE VIEW %s AS SELECT * FROM %s", PARTS[i], from));
	}
	return report;
}

static void refuse(const char *query, const char *params, FailCode code, const char *words)
{
	g_autoptr(GError) error = NULL;
	json_auto_t *report = NULL;
	g_assert_false(try_split(query, params, 1, &report, &error));
	g_assert_error(error, FAIL, (int)code);
	if (!strstr(error->message, words))
		g_error("expected \"%s\" in: %s", words, error->message);
}

static int64_t count(const json_t *report, const char *path)
{
	const json_t *value = json_at(report, path);
	if (!json_is_integer(value))
		g_error("no integer at %s", path);
	return json_integer_value(value);
}

static void expect_warning(const json_t *report, const char *words)
{
	g_autofree char *all = json_canonical(json_object_get(report, "warnings"));
	if (!strstr(all, words))
		g_error("expected \"%s\" in: %s", words, all);
}

/* Every row is in one part or dropped, with its own number and values, in order. */
static void expect_complete(const json_t *report)
{
	json_auto_t *sums =
	        row("SELECT (SELECT count(*) FROM train) AS train, (SELECT count(*) FROM test) AS test, "
	            "(SELECT count(*) FROM (SELECT _gyre_row FROM train UNION SELECT _gyre_row FROM test)) AS both, "
	            "(SELECT count(*) FROM train, (SELECT *, row_number() OVER () - 1 AS nth FROM good) AS g "
	            "WHERE g.nth = _gyre_row AND g.id = train.id) AS same");
	g_assert_cmpint(count(sums, "train"), ==, count(report, "rows.train") + count(report, "rows.valid"));
	g_assert_cmpint(count(sums, "test"), ==, count(report, "rows.test"));
	g_assert_cmpint(count(sums, "both"), ==, count(report, "rows.all") - count(report, "rows.dropped"));
	g_assert_cmpint(count(sums, "same"), ==, count(sums, "train"));
	json_auto_t *order =
	        row("SELECT bool_and(_gyre_row > before) AS ok FROM "
	            "(SELECT _gyre_row, lag(_gyre_row) OVER () AS before FROM train) WHERE before IS NOT NULL");
	g_assert_true(json_get_bool(order, "ok", false));
}

#define TABLE "SELECT i AS id, (i * 7919 %% 10 < 3)::BIGINT AS y, i %% 50 AS g, sqrt(i) AS x FROM range(%d) t(i)"

static const char *table(int rows)
{
	static char *text;
	g_free(text);
	return text = g_strdup_printf(TABLE, rows);
}

static void test_random(void)
{
	json_auto_t *report = split(table(20000), "{\"by\":\"random\",\"target\":\"y\",\"key\":[\"id\"]}", 7);
	expect_complete(report);
	/* Binomial: 20,000 x 0.2 has standard deviation 57; 5 of them. */
	g_assert_cmpint(llabs(count(report, "rows.test") - 4000), <, 283);
	g_assert_cmpint(llabs(count(report, "rows.valid") - 4000), <, 283);
	g_assert_cmpint(count(report, "folds"), ==, 0);
	json_auto_t *fold = row("SELECT min(_gyre_fold) AS a, max(_gyre_fold) AS b, "
	                        "count(*) FILTER (_gyre_fold = 0) AS n FROM train");
	g_assert_cmpint(count(fold, "a"), ==, -1);
	g_assert_cmpint(count(fold, "b"), ==, 0);
	g_assert_cmpint(count(fold, "n"), ==, count(report, "rows.valid"));
}

/* The place of a row is the last 8 bytes of md5("SEED" U+001F "KEY"), little-endian: what split.h promises, checked with
 * GLib's md5. */
static void test_hash_is_md5(void)
{
	json_auto_t *report = split(table(6000), "{\"by\":\"random\",\"target\":\"y\",\"key\":[\"id\"]}", 7);
	json_auto_t *ids = NULL;
	g_assert_true(engine_rows(engine, "SELECT id FROM test WHERE id < 200", &ids, NULL));
	size_t next = 0;
	for (int id = 0; id < 200; id++) {
		g_autofree char *text = g_strdup_printf("7\x1f%d", id);
		g_autofree char *md5 = g_compute_checksum_for_string(G_CHECKSUM_MD5, text, -1);
		uint64_t lower = GUINT64_SWAP_LE_BE(g_ascii_strtoull(md5 + 16, NULL, 16));
		bool in_test = json_get_int(json_array_get(ids, next), "id", -1) == id;
		g_assert_cmpint(in_test, ==, ldexp((double)(lower >> 11), -53) < 0.2);
		next += in_test;
	}
}

static char *ids_of(const char *part)
{
	json_auto_t *r = row("SELECT md5(string_agg(id::VARCHAR, ',' ORDER BY id)) AS ids FROM %s", part);
	return g_strdup(json_get_text(r, "ids", ""));
}

static void test_follows_content(void)
{
	static const char *const BY[] = {"random", "stratified", "group"};
	for (size_t i = 0; i < G_N_ELEMENTS(BY); i++) {
		g_autofree char *params = g_strdup_printf("{\"by\":\"%s\",\"target\":\"y\",\"group\":\"g\"}", BY[i]);
		g_autofree char *mixed = g_strdup_printf("SELECT * FROM (" TABLE ") ORDER BY hash(id)", 8000);
		json_auto_t *a = split(table(8000), params, 1);
		expect_complete(a);
		g_autofree char *before = ids_of("test"), *before_valid = ids_of("train WHERE _gyre_fold = 0");
		json_auto_t *b = split(mixed, params, 1);
		g_autofree char *after = ids_of("test"), *after_valid = ids_of("train WHERE _gyre_fold = 0");
		g_assert_cmpstr(before, ==, after);
		g_assert_cmpstr(before_valid, ==, after_valid);
		json_auto_t *c = split(table(8000), params, 2);
		g_autofree char *other = ids_of("test");
		g_assert_cmpstr(before, !=, other);
	}
}

/* A row keeps its part when the table grows. */
static void test_grows(void)
{
	json_auto_t *a = split(table(8000), "{\"by\":\"random\",\"target\":\"y\"}", 1);
	g_autofree char *before = ids_of("test");
	json_auto_t *b = split(table(16000), "{\"by\":\"random\",\"target\":\"y\"}", 1);
	g_autofree char *after = ids_of("test WHERE id < 8000");
	g_assert_cmpstr(before, ==, after);
}

static char *digest(const char *name)
{
	g_autofree char *path = in_folder(name);
	char *text = NULL;
	g_assert_true(digest_of_file(path, &text, NULL));
	return text;
}

/* The parts are longer than one row group (122,880). */
static void test_same_bytes(void)
{
	static const char *const BY[] = {"random", "stratified", "group", "order"};
	for (size_t i = 0; i < G_N_ELEMENTS(BY); i++) {
		g_autofree char *params = g_strdup_printf("{\"by\":\"%s\",\"target\":\"y\",\"group\":\"g\"}", BY[i]);
		g_autofree char *last = NULL;
		GError *error = NULL;
		for (int threads = 1; threads <= 4; threads *= 4) {
			must(engine_runf(engine, &error, "SET threads = %d", threads));
			json_auto_t *report = split(table(170000), params, 3);
			g_autofree char *train = digest("train.parquet"), *test = digest("test.parquet");
			g_autofree char *both = g_strconcat(train, test, NULL);
			if (last)
				g_assert_cmpstr(last, ==, both);
			g_free(last);
			last = g_steal_pointer(&both);
		}
	}
}

/* Four distinct rows, a thousand times each: they still divide, and that is reported as what it is. */
static void test_few_distinct_rows(void)
{
	json_auto_t *report = split("SELECT i % 2 AS y, i % 4 AS x, 0 AS id FROM range(8000) t(i)",
	        "{\"by\":\"random\",\"target\":\"y\"}", 1);
	g_assert_cmpint(llabs(count(report, "rows.test") - 1600), <, 180);
	g_assert_cmpint(count(report, "leaks.identical_rows"), ==, count(report, "rows.test"));
	g_assert_cmpint((int)json_array_size(json_at(report, "leaks.examples")), ==, 3);
	expect_warning(report, "are identical to a row learned from");
}

static void test_leaks(void)
{
	/* Row 3 of train again as row 9, and its key with other values as row 8. */
	json_auto_t *report = split(
	        "SELECT * FROM (VALUES (0,'a',0.1,0), (1,'b',0.2,1), (2,'c',0.3,0), (3,'d',0.4,1), "
	        "(4,'e',0.5,0), (5,'f',0.6,1), (6,'g',0.7,0), (7,'h',0.8,1), (8,'d',0.9,0), (3,'d',0.4,1)) "
	        "AS t(id, k, x, y)",
	        "{\"by\":\"order\",\"target\":\"y\",\"key\":[\"k\"],\"group\":\"k\",\"test\":0.2,\"valid\":0.2}", 1);
	g_assert_cmpint(count(report, "leaks.same_key"), ==, 2);
	g_assert_cmpint(count(report, "leaks.same_group"), ==, 2);
	g_assert_cmpint(count(report, "leaks.identical_rows"), ==, 1);
	g_autofree char *examples = json_canonical(json_at(report, "leaks.examples"));
	g_assert_nonnull(strstr(examples, "{\"kind\":\"identical_rows\",\"test_row\":9,\"train_row\":3}"));
	g_assert_nonnull(strstr(examples, "{\"kind\":\"same_key\",\"test_row\":8,\"train_row\":3}"));
	expect_warning(report, "2 of 2 test rows (100 %) have a key");
}

static void test_stratified(void)
{
	/* 10,000 rows, classes of 9,000, 990 and 10. */
	json_auto_t *report =
	        split("SELECT i AS id, CASE WHEN i < 10 THEN 'rare' WHEN i < 1000 THEN 'some' ELSE 'most' "
	              "END AS y FROM range(10000) t(i)",
	                "{\"target\":\"y\",\"valid\":0.1}", 1);
	expect_complete(report);
	g_assert_cmpstr(json_get_text(report, "by", ""), ==, "stratified");
	json_auto_t *n = row("SELECT count(*) FILTER (y = 'rare') AS r, count(*) FILTER (y = 'some') AS s, "
	                     "count(*) FILTER (y = 'most') AS m FROM test");
	g_assert_cmpint(count(n, "r"), ==, 2);
	g_assert_cmpint(count(n, "s"), ==, 198);
	g_assert_cmpint(count(n, "m"), ==, 1800);
	g_assert_cmpint(count(report, "rows.valid"), ==, 1000);
	g_assert_cmpfloat(fabs(json_number_value(json_at(report, "target.test.rates.some")) - 0.099), <, 1e-12);
	expect_warning(report, "only 2 rows of class \\\"rare\\\"");
}

static void test_stratified_numbers(void)
{
	json_auto_t *report = split(table(20000), "{\"target\":\"x\",\"task\":\"regression\"}", 1);
	expect_complete(report);
	json_auto_t *n =
	        row("SELECT min(n) AS a, max(n) AS b FROM (SELECT id // 2000, count(*) AS n FROM test GROUP BY 1)");
	g_assert_cmpint(count(n, "a"), ==, 400); /* sqrt is monotone: a tenth by x is a tenth by id */
	g_assert_cmpint(count(n, "b"), ==, 400);
	double mean = json_number_value(json_at(report, "target.train.mean"));
	g_assert_cmpfloat(fabs(mean - 94.28), <, 0.5); /* 2/3 sqrt(20000) */
}

static void test_group(void)
{
	json_auto_t *report = split(table(10000), "{\"target\":\"y\",\"group\":\"g\",\"key\":[\"id\"]}", 5);
	expect_complete(report);
	g_assert_cmpstr(json_get_text(report, "by", ""), ==, "group");
	g_assert_cmpint(count(report, "leaks.same_group"), ==, 0);
	g_assert_cmpint(count(report, "rows.test"), ==, 2000); /* 50 groups of equal size */
	json_auto_t *n = row("SELECT max(folds) AS folds FROM (SELECT g, count(DISTINCT _gyre_fold) AS folds FROM "
	                     "train GROUP BY g)");
	g_assert_cmpint(count(n, "folds"), ==, 1);
}

#define TIMES "SELECT i AS id, TIMESTAMP '2001-01-01' + INTERVAL (i // 100) DAY AS t, i %% 3 AS y FROM range(%d) t(i)"

static void test_time_fraction(void)
{
	g_autofree char *query = g_strdup_printf(TIMES, 10050);
	json_auto_t *report = split(query, "{\"target\":\"y\",\"time\":\"t\"}", 1);
	expect_complete(report);
	/* 2,010 rows are wanted, days have 100 rows and the last 50: 20 days and a half are 2,050, one day less 1,950. */
	g_assert_cmpint(count(report, "rows.test"), ==, 2050);
	json_auto_t *cut = row("SELECT count(*) AS n FROM train WHERE t >= (SELECT min(t) FROM test)");
	g_assert_cmpint(count(cut, "n"), ==, 0);
	json_auto_t *inner = row("SELECT count(*) AS n FROM train WHERE _gyre_fold = -1 AND t >= "
	                         "(SELECT min(t) FROM train WHERE _gyre_fold = 0)");
	g_assert_cmpint(count(inner, "n"), ==, 0);
	g_assert_cmpstr(json_string_value(json_at(report, "ranges.train[0]")), ==, "2001-01-01 00:00:00");
	g_assert_cmpstr(json_string_value(json_at(report, "ranges.test[1]")), ==, "2001-04-11 00:00:00");
}

static void test_time_ranges(void)
{
	g_autofree char *query = g_strdup_printf("SELECT id, CASE WHEN id %% 100 <> 0 THEN t END AS t, CASE WHEN id %% "
	                                         "100 <> 1 THEN y END AS y FROM (" TIMES ")",
	        10000);
	json_auto_t *report = split(query,
	        "{\"by\":\"time\",\"target\":\"y\",\"time\":\"t\",\"test\":\"2001-03-01..2001-04-01\","
	        "\"valid\":\"2001-02-15 .. 2001-03-01\"}",
	        1);
	expect_complete(report);
	g_assert_cmpint(count(report, "rows.train"), ==, 45 * 98);
	g_assert_cmpint(count(report, "rows.valid"), ==, 14 * 98);
	g_assert_cmpint(count(report, "rows.test"), ==, 31 * 98);
	g_assert_cmpint(count(report, "dropped.after_test"), ==, 10 * 98);
	g_assert_cmpint(count(report, "dropped.missing_time"), ==, 100);
	g_assert_cmpint(count(report, "dropped.missing_target"), ==, 100);
	g_assert_cmpstr(json_get_text(report, "test", ""), ==, "2001-03-01..2001-04-01");
	expect_warning(report, "100 rows (1 %) have no target and were left out");
}

static void test_order(void)
{
	json_auto_t *report = split(table(1000), "{\"by\":\"order\",\"target\":\"y\",\"test\":0.25}", 1);
	expect_complete(report);
	g_assert_cmpint(count(report, "ranges.test[0]"), ==, 750);
	g_assert_cmpint(count(report, "ranges.valid[0]"), ==, 550);
	json_auto_t *ranged = split(table(1000),
	        "{\"by\":\"order\",\"target\":\"y\",\"test\":\"900..\",\"folds\":3,\"window\":\"all\"}", 1);
	g_assert_cmpint(count(ranged, "rows.test"), ==, 100);
	json_auto_t *folds =
	        row("SELECT min(n) AS a, max(n) AS b FROM (SELECT count(*) AS n FROM train GROUP BY _gyre_fold)");
	g_assert_cmpint(count(folds, "a"), ==, 299);
	g_assert_cmpint(count(folds, "b"), ==, 301);
	expect_warning(ranged, "learn from rows later");
}

static void test_small_data_folds(void)
{
	json_auto_t *report = split(table(1000), "{\"target\":\"y\"}", 1);
	expect_complete(report);
	g_assert_cmpint(count(report, "folds"), ==, 5);
	g_assert_cmpint(count(report, "rows.valid"), ==, 0);
	json_auto_t *n = row("SELECT count(*) AS folds, min(n) AS a, max(n) AS b, min(f) AS f FROM "
	                     "(SELECT _gyre_fold AS f, count(*) AS n FROM train GROUP BY 1)");
	g_assert_cmpint(count(n, "folds"), ==, 5);
	g_assert_cmpint(count(n, "f"), ==, 0);
	g_assert_cmpint(count(n, "a"), >=, 158);
	g_assert_cmpint(count(n, "b"), <=, 162);
}

static void test_warns_of_time(void)
{
	g_autofree char *query = g_strdup_printf(TIMES, 6000);
	json_auto_t *report = split(query, "{\"by\":\"random\",\"target\":\"y\",\"time\":\"t\"}", 1);
	expect_warning(report, "by: time is the honest way");
}

static void test_refusals(void)
{
	const char *rows = "SELECT i AS id, i % 2 AS y, 0 AS c, NULL::BIGINT AS none FROM range(100) t(i)";
	refuse(rows, "{\"target\":\"c\"}", FAIL_INVALID, "only one value (0)");
	refuse(rows, "{\"target\":\"none\"}", FAIL_INVALID, "missing in all 100 rows");
	refuse(rows, "{\"target\":\"non\"}", FAIL_INVALID, "did you mean \"none\"?");
	refuse(rows, "{\"target\":\"y\",\"by\":\"time\"}", FAIL_INVALID, "data.time");
	refuse(rows, "{\"target\":\"y\",\"by\":\"group\"}", FAIL_INVALID, "data.group");
	refuse(rows, "{\"target\":\"y\",\"test\":\"20%\"}", FAIL_INVALID, "neither a fraction");
	refuse(rows, "{\"target\":\"y\",\"test\":1.5}", FAIL_INVALID, "between 0 and 1");
	refuse(rows, "{\"target\":\"y\",\"test\":\"50..\"}", FAIL_INVALID, "needs a split by time or by order");
	refuse(rows, "{\"target\":\"y\",\"by\":\"order\",\"test\":\"..50\"}", FAIL_INVALID, "has no start");
	refuse(rows, "{\"target\":\"y\",\"by\":\"order\",\"test\":\"x..\"}", FAIL_INVALID, "\"x\" is not a number");
	refuse(rows, "{\"target\":\"y\",\"by\":\"order\",\"test\":\"0..\"}", FAIL_INVALID, "nothing is left");
	refuse(rows, "{\"target\":\"y\",\"by\":\"order\",\"test\":\"200..\"}", FAIL_INVALID, "test part has no rows");
	refuse(rows, "{\"target\":\"y\",\"test\":0.6,\"valid\":0.5}", FAIL_INVALID, "leave nothing");
	refuse(rows, "{\"target\":\"y\",\"folds\":3,\"valid\":0.5}", FAIL_INVALID, "exclude each other");
	refuse(rows, "{\"target\":\"y\",\"group\":\"c\"}", FAIL_INVALID, "has no rows");
	refuse("SELECT i AS id, (i >= 80)::INT AS y FROM range(100) t(i)", "{\"target\":\"y\",\"by\":\"order\"}",
	        FAIL_INVALID, "are of one class");
	refuse("SELECT 'r' || i AS y FROM range(9) t(i)", "{\"target\":\"y\",\"task\":\"regression\"}", FAIL_INVALID,
	        "of type text; a regression needs a number");
	refuse("SELECT i AS id, i % 2 AS y FROM range(0) t(i)", "{\"target\":\"y\"}", FAIL_INVALID, "no rows");
	refuse("SELECT i AS _gyre_row, i % 2 AS y FROM range(9) t(i)", "{\"target\":\"y\"}", FAIL_INVALID, "_gyre_row");
	refuse("SELECT i AS id, i AS y FROM range(20000) t(i)", "{\"target\":\"y\"}", FAIL_LIMIT, "regression");
}

/* Names that SQL would stumble over, and names the views use themselves. */
static void test_odd_names(void)
{
	json_auto_t *report =
	        split("SELECT i AS id, i % 2 AS \"select \"\"y\", i AS row, i AS h, i AS p, i AS s, i AS part "
	              "FROM range(9000) t(i)",
	                "{\"target\":\"select \\\"y\"}", 1);
	expect_complete(report);
}

static void test_step(void)
{
	g_autofree char *good = in_folder("step.parquet"), *out = in_folder("out");
	GError *error = NULL;
	must(engine_write_parquet(engine, table(6000), good, &error));
	const char *inputs[] = {"good", good, NULL};
	json_auto_t *params = json_loads("{\"target\":\"y\",\"test\":0.1}", 0, NULL);
	must(step_test_run(&STEP_SPLIT, params, inputs, out, 11, &error));
	g_autofree char *path = g_build_filename(out, "split", NULL);
	json_auto_t *report = NULL;
	must(json_read_file(path, &report, &error));
	g_assert_cmpint(count(report, "rows.test"), ==, 600);
	g_assert_cmpint(count(report, "seed"), ==, 11);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	folder = g_dir_make_tmp("gyre-split-XXXXXX", NULL);
	g_autoptr(GError) error = NULL;
	must(engine_open(NULL, &engine, &error));
	g_test_add_func("/split/random", test_random);
	g_test_add_func("/split/hash_is_md5", test_hash_is_md5);
	g_test_add_func("/split/follows_content", test_follows_content);
	g_test_add_func("/split/grows", test_grows);
	g_test_add_func("/split/same_bytes", test_same_bytes);
	g_test_add_func("/split/few_distinct_rows", test_few_distinct_rows);
	g_test_add_func("/split/leaks", test_leaks);
	g_test_add_func("/split/stratified", test_stratified);
	g_test_add_func("/split/stratified_numbers", test_stratified_numbers);
	g_test_add_func("/split/group", test_group);
	g_test_add_func("/split/time_fraction", test_time_fraction);
	g_test_add_func("/split/time_ranges", test_time_ranges);
	g_test_add_func("/split/order", test_order);
	g_test_add_func("/split/small_data_folds", test_small_data_folds);
	g_test_add_func("/split/warns_of_time", test_warns_of_time);
	g_test_add_func("/split/refusals", test_refusals);
	g_test_add_func("/split/odd_names", test_odd_names);
	g_test_add_func("/split/step", test_step);
	int status = g_test_run();
	engine_close(engine);
	g_assert_true(file_remove(folder, NULL));
	return status;
}
