/* test_profile.c: profiles of tables whose answers are known: closed forms, SciPy's figures, planted troubles. */
#include "data/profile.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "data/profile_measure.h"
#include "data/profile_moments.h"
#include "stats/association.h"

static char *folder;
static Engine *engine;

/* Arguments have no order, so the error is looked at after the call. */
#define must(call) must_at(error, call)
#define must_at(problem, call)                             \
	do {                                               \
		if (!(call))                               \
			g_error("%s", (problem)->message); \
	} while (0)

static bool try_profile(const char *query, const char *params, json_t **ret, GError **error)
{
	g_autofree char *path = g_build_filename(folder, "good.parquet", NULL);

	must_at(*error, engine_write_parquet(engine, query, path, error));
	json_auto_t *given = json_loads(params, 0, NULL);
	json_auto_t *filled = NULL;
	return param_fill(PROFILE_PARAMS, NULL, given, &filled, error) &&
	       profile_table(engine, path, filled, ret, error);
}

static json_t *profile(const char *query, const char *params)
{
	GError *error = NULL;
	json_t *ret = NULL;
	must(try_profile(query, params, &ret, &error));
	return ret;
}

static const json_t *column(const json_t *profile, const char *name)
{
	size_t i;
	json_t *c;
	json_array_foreach (json_object_get(profile, "columns"), i, c)
		if (strcmp(json_get_text(c, "name", ""), name) == 0)
			return c;
	g_error("no column %s", name);
}

static double number(const json_t *value, const char *path)
{
	const json_t *at = json_at(value, path);
	if (!at)
		g_error("nothing at %s", path);
	return json_is_null(at) ? NAN : json_number_value(at);
}

static void near(double a, double b)
{
	if (!(fabs(a - b) <= 1e-12 * fmax(1, fabs(b))))
		g_error("%.17g is not %.17g", a, b);
}

static bool has_alert(const json_t *profile, const char *column_name, const char *kind)
{
	size_t i;
	json_t *a;
	json_array_foreach (json_object_get(profile, "alerts"), i, a)
		if (g_strcmp0(json_string_value(json_object_get(a, "column")), column_name) == 0 &&
		        strcmp(json_get_text(a, "kind", ""), kind) == 0)
			return true;
	return false;
}

/* Values: SciPy 1.17.1 skew(bias=False), kurtosis(bias=False), NumPy 2.4.6 quantile, of i^2 mod 97 + (i mod 7)^3. */
#define REFERENCE "SELECT i AS id, (i * i %% 97 + (i %% 7) ** 3)::%s AS x FROM range(1, 201) t(i)"

static void test_numbers(void)
{
	static const char *const TYPES[] = {"BIGINT", "DOUBLE"};
	for (size_t t = 0; t < G_N_ELEMENTS(TYPES); t++) {
		g_autofree char *query = g_strdup_printf(REFERENCE, TYPES[t]);
		json_auto_t *p = profile(query, "{}");
		const json_t *x = column(p, "x");
		near(number(x, "mean"), 109.255);
		near(number(x, "sd"), 77.66737462024844);
		near(number(x, "skewness"), 0.7835720188249666);
		near(number(x, "kurtosis"), -0.24299370840889534);
		static const double QUANTILES[] = {2, 11, 49, 94, 151.5, 266.15, 289.16};
		static const char *const NAMES[] = {"1", "5", "25", "50", "75", "95", "99"};
		for (size_t k = 0; k < G_N_ELEMENTS(NAMES); k++)
			near(number(json_object_get(x, "quantiles"), NAMES[k]), QUANTILES[k]);
		near(number(x, "fences[0]"), 49 - 3 * 102.5);
		near(number(x, "fences[1]"), 151.5 + 3 * 102.5);
		const json_t *id = column(p, "id");
		near(number(id, "mean"), 100.5);
		near(number(id, "kurtosis"), -1.2); /* the uniform's, which G2 makes unbiased */
		g_assert_true(json_get_bool(id, "unique", false));
		g_assert_false(json_get_bool(x, "unique", true));
	}
}

/* Far from zero and far apart, where sums of powers lose every digit. */
static void test_hard_numbers(void)
{
	json_auto_t *p = profile(
	        "SELECT 1e12 + i % 3 AS far, CASE i WHEN 0 THEN 1e300 WHEN 1 THEN -1e300 ELSE i END AS wide, "
	        "CASE i WHEN 0 THEN 'inf' WHEN 1 THEN '-inf' WHEN 2 THEN 'nan' ELSE i::VARCHAR END::DOUBLE AS odd, "
	        "NULL::DOUBLE AS none, 4.5 AS one, CASE i WHEN 0 THEN 1.7e308 ELSE -1.7e308 END AS edge, "
	        "CASE WHEN i < 3 THEN NULL ELSE i END AS some FROM range(300) t(i)",
	        "{}");
	near(number(column(p, "far"), "mean"), 1e12 + 1);
	near(number(column(p, "far"), "sd"), sqrt(200.0 / 299));
	near(number(column(p, "wide"), "sd"), 1e300 * sqrt(2.0 / 299));
	near(number(column(p, "wide"), "histogram.below"), 1);
	near(number(column(p, "wide"), "histogram.above"), 1);
	const json_t *odd = column(p, "odd");
	near(number(odd, "infinities"), 2);
	near(number(odd, "nans"), 1);
	near(number(odd, "missing"), 0);
	near(number(odd, "mean"), 151);
	near(number(odd, "max"), 299);
	g_assert_true(has_alert(p, "odd", "infinite"));
	g_assert_true(isnan(number(column(p, "none"), "mean")));
	near(number(column(p, "none"), "missing_share"), 1);
	g_assert_true(json_get_bool(column(p, "none"), "constant", false));
	near(number(column(p, "one"), "sd"), 0);
	g_assert_true(isnan(number(column(p, "one"), "skewness")));
	near(number(column(p, "edge"), "max"), 1.7e308);
	near(number(column(p, "some"), "missing"), 3);
	near(number(column(p, "some"), "mean"), 151);
}

static void test_moments(void)
{
	MomentBase base = moment_base(-3, 9, 1);
	near(base.scale, 16); /* the next power of two above 8 */
	base = moment_base(5, 5, 5);
	near(base.scale, 1);
	g_autofree char *sums = moment_sql("x", moment_base(1, 4, 2), "m");
	g_autofree char *sql = g_strdup_printf("SELECT 0 AS none%s FROM (VALUES (1), (2), (4), (NULL)) t(x)", sums);
	json_auto_t *row = NULL;
	GError *error = NULL;
	must(engine_row(engine, sql, &row, &error));
	Moments m = moments_of(row, "m", moment_base(1, 4, 2));
	near(m.mean, 7.0 / 3);
	near(m.sd, sqrt(7.0 / 3));
	near(m.skewness, 0.9352195295828237); /* SciPy: skew([1,2,4], bias=False) */
	g_assert_true(isnan(m.kurtosis));
	base = moment_base(-3, 0x1.fffffffffffffp1023, 0);
	g_autofree char *vast = moment_sql("x", base, "m");
	g_autofree char *ask = g_strdup_printf(
	        "SELECT 0 AS none%s FROM (VALUES (-3.0::DOUBLE), (0), (CAST('1.7976931348623157e308' AS DOUBLE))) t(x)",
	        vast);
	json_auto_t *ends = NULL;
	must(engine_row(engine, ask, &ends, &error));
	m = moments_of(ends, "m", base);
	near(m.mean / 0x1p1022, 4.0 / 3);
	near(m.sd / 0x1p1022, 4 / sqrt(3));
}

/* Histograms: every row is in one bin or beyond an end; whole numbers fall into the middle of their bins. */
static void test_histograms(void)
{
	json_auto_t *p =
	        profile("SELECT i % 10 AS digit, (i * i) // 10 AS square, CASE WHEN i = 0 THEN 1e9 ELSE sqrt(i) END "
	                "AS wild FROM range(10000) t(i)",
	                "{}");
	static const char *const NAMES[] = {"digit", "square", "wild"};
	for (size_t k = 0; k < G_N_ELEMENTS(NAMES); k++) {
		const json_t *h = json_object_get(column(p, NAMES[k]), "histogram");
		double sum = number(h, "below") + number(h, "above");
		size_t bins = json_array_size(json_object_get(h, "counts"));
		for (size_t i = 0; i < bins; i++)
			sum += json_number_value(json_array_get(json_object_get(h, "counts"), i));
		near(sum, 10000);
		g_assert_cmpint((int)bins, <=, 30);
		g_assert_cmpint((int)json_array_size(json_object_get(h, "edges")), ==, (int)bins + 1);
	}
	near(number(column(p, "digit"), "histogram.edges[0]"), -0.5);
	near(number(column(p, "digit"), "histogram.counts[9]"), 1000);
	near(number(column(p, "wild"), "histogram.above"), 1);
	g_assert_cmpfloat(number(column(p, "wild"), "histogram.edges[30]"), <, 300);
	g_assert_true(has_alert(p, "wild", "outliers"));
}

static void test_texts(void)
{
	json_auto_t *p =
	        profile("SELECT CASE WHEN i < 60 THEN 'a' WHEN i < 90 THEN 'bb' ELSE 'äöü' END AS t, i < 20 AS b, "
	                "CASE WHEN i > 9 THEN 'code' || (i + 100) END AS id FROM range(100) t(i)",
	                "{}");
	const json_t *t = column(p, "t");
	g_assert_cmpstr(json_string_value(json_at(t, "top[0].value")), ==, "a");
	near(number(t, "top[1].rows"), 30);
	near(number(t, "length.max"), 3); /* characters, not bytes */
	near(number(t, "length.mean"), 1.5);
	near(number(t, "distinct"), 3);
	/* 1 - (0.6 log2 1/0.6 + 0.3 log2 1/0.3 + 0.1 log2 1/0.1) / log2 3 */
	near(number(t, "imbalance"), 1 - (-0.6 * log2(0.6) - 0.3 * log2(0.3) - 0.1 * log2(0.1)) / log2(3));
	g_assert_true(json_is_false(json_at(column(p, "b"), "top[0].value")));
	near(number(column(p, "id"), "missing"), 10);
	near(number(column(p, "id"), "distinct"), 90);
	g_assert_true(has_alert(p, "id", "unique"));
	g_assert_true(has_alert(p, "id", "missing"));
	g_assert_true(has_alert(p, "id", "constant_length"));
}

static void test_times(void)
{
	json_auto_t *p =
	        profile("SELECT TIMESTAMP '2001-01-01' + INTERVAL (i + CASE WHEN i >= 500 THEN 240 ELSE 0 END) HOUR "
	                "AS t, i >= 500 AS y, i AS n FROM range(1000) t(i)",
	                "{\"target\":\"y\",\"time\":\"t\"}");
	const json_t *t = column(p, "t");
	near(number(t, "gaps.typical_s"), 3600);
	g_assert_cmpint((int)json_array_size(json_at(t, "gaps.largest")), ==, 1);
	near(number(t, "gaps.largest[0].seconds"), 241 * 3600);
	g_assert_cmpstr(json_string_value(json_at(t, "gaps.largest[0].from")), ==, "2001-01-21 19:00:00");
	g_assert_cmpstr(json_string_value(json_at(t, "histogram.step")), ==, "2 days"); /* 52 days */
	near(number(t, "histogram.bins[1].rows"), 48);
	const json_t *over = json_object_get(p, "target_over_time");
	near(number(over, "bins[0].rates.false"), 1);
	near(number(over, "bins[16].rates.true"), 1);
	g_assert_true(has_alert(p, "y", "target_shift"));
	json_auto_t *q =
	        profile("SELECT TIMESTAMP '2001-01-01' + INTERVAL (i) DAY AS t, i // 31 AS y FROM range(62) t(i)",
	                "{\"target\":\"y\",\"time\":\"t\",\"task\":\"regression\"}");
	g_assert_cmpstr(json_string_value(json_at(q, "target_over_time.step")), ==, "2 days");
	near(number(q, "target_over_time.bins[0].mean"), 0);
	near(number(q, "target_over_time.bins[30].mean"), 1);
}

/* SciPy 1.17.1: spearmanr, mannwhitneyu, chi2_contingency and f_oneway, put into the formulas of profile_measure.h. */
static void test_measures(void)
{
	const double a[] = {1, 2, 2, 3, 5, 4, 4, 8, 9, 1, NAN}, b[] = {2, 1, 4, 4, 6, 5, 5, 5, 9, 3, 7};
	near(correlation_spearman(a, b, 11), 0.903744140906165);
	double y[200];
	uint32_t third[200], seventh[200];
	for (int i = 1; i <= 200; i++) {
		y[i - 1] = i * i % 97 + pow(i % 7, 3);
		third[i - 1] = i % 3 == 0;
		seventh[i - 1] = (uint32_t)i % 7;
	}
	near(measure_auc(y, &(Categories){third, 2}, 1, 200), 0.5302464947987336);
	near(measure_auc(y, &(Categories){third, 2}, 0, 200), 1 - 0.5302464947987336);
	near(measure_correlation_ratio(&(Categories){seventh, 7}, y, 200), 0.9191531558171199);
	static const int TABLES[2][9] = {{10, 20, 30, 6, 9, 17, 20, 5, 2}, {12, 5, 0, 3, 17, 0, 0, 0, 0}};
	static const double V[] = {0.35400273438123386, 0.4877749170958867}; /* the second with Yates' correction */
	for (int t = 0; t < 2; t++) {
		uint32_t x[200], z[200];
		size_t n = 0;
		for (uint32_t cell = 0; cell < 9; cell++)
			for (int k = 0; k < TABLES[t][cell]; k++) {
				x[n] = cell / 3;
				z[n++] = cell % 3;
			}
		near(measure_cramers_v(&(Categories){x, 3}, &(Categories){z, 3}, n), V[t]);
	}
	g_assert_true(isnan(measure_auc(y, &(Categories){third, 2}, 2, 200)));
}

static void test_associations(void)
{
	json_auto_t *p =
	        profile("SELECT i AS up, -i AS down, i % 7 AS noise, i >= 1000 AS y, "
	                "CASE WHEN i >= 1000 THEN 'yes' ELSE 'no' END AS same, 'r' || (i * 7919 % 11) AS other "
	                "FROM range(2000) t(i)",
	                "{\"target\":\"y\"}");
	near(number(column(p, "up"), "association.value"), 1);
	near(number(column(p, "down"), "association.value"), 0);
	near(number(column(p, "down"), "association.strength"), 1);
	g_assert_cmpfloat(number(column(p, "noise"), "association.strength"), <, 0.05);
	g_assert_cmpstr(
	        json_get_text(json_object_get(column(p, "same"), "association"), "measure", ""), ==, "cramers_v");
	g_assert_cmpfloat(number(column(p, "same"), "association.value"), >, 0.99);
	g_assert_null(json_object_get(column(p, "y"), "association"));
	g_assert_true(has_alert(p, "up", "suspicious"));
	g_assert_true(has_alert(p, "same", "suspicious"));
	g_assert_false(has_alert(p, "noise", "suspicious"));
	near(number(p, "spearman.matrix[0][1]"), -1);
	json_auto_t *q = profile("SELECT i AS x, i * i AS y, 'k' || (i % 2) AS k, i // 1000 AS z FROM range(2000) t(i)",
	        "{\"target\":\"y\",\"task\":\"regression\"}");
	near(number(column(q, "x"), "association.value"), 1);
	g_assert_cmpfloat(number(column(q, "k"), "association.value"), <, 0.05);
}

static void test_rows(void)
{
	json_auto_t *p = profile("SELECT i % 90 AS a, CASE WHEN i % 90 < 20 THEN NULL ELSE 'x' END AS b, "
	                         "CASE WHEN i % 90 < 5 THEN NULL ELSE 1.5 END AS c FROM range(100) t(i)",
	        "{}");
	near(number(p, "duplicates.rows"), 10);
	g_autofree char *examples = json_canonical(json_at(p, "duplicates.examples"));
	g_assert_cmpstr(examples, ==, "[[0,90],[1,91],[2,92]]");
	g_autofree char *patterns = json_canonical(json_object_get(p, "missing_patterns"));
	g_assert_cmpstr(patterns, ==, "[{\"columns\":[\"b\"],\"rows\":20},{\"columns\":[\"b\",\"c\"],\"rows\":10}]");
	g_assert_true(has_alert(p, NULL, "duplicates"));
}

/* The same bytes on any number of threads, over several row groups and with a sample of the rows. */
static void test_same_bytes(void)
{
	g_autofree char *last = NULL;
	GError *error = NULL;
	for (int threads = 1; threads <= 4; threads *= 4) {
		must(engine_runf(engine, &error, "SET threads = %d", threads));
		json_auto_t *p = profile(
		        "SELECT sqrt(i) * 0.1 AS x, ln(i + 1) AS y, 'g' || (i * 7919 % 101) AS g, "
		        "TIMESTAMP '2001-01-01' + INTERVAL (i) MINUTE AS t, sin(i) AS z FROM range(260000) t(i)",
		        "{\"target\":\"z\",\"task\":\"regression\",\"time\":\"t\",\"sample\":20000}");
		g_assert_cmpint(llabs(json_get_int(p, "sampled", 0) - 20000), <, 10);
		g_autofree char *text = json_canonical(p);
		if (last)
			g_assert_cmpstr(last, ==, text);
		g_free(last);
		last = g_steal_pointer(&text);
	}
}

static void test_text(void)
{
	json_auto_t *p = profile(
	        "SELECT i AS \"a \"\"quoted\"\" name that is quite a bit longer than it should be\", "
	        "'line\nbreak ' || (i % 3) AS t, '漢字' AS wide, TIMESTAMP '2001-01-01' + INTERVAL (i) DAY AS d, "
	        "CASE WHEN i > 5 THEN i % 2 = 0 END AS y FROM range(100) t(i)",
	        "{\"target\":\"y\"}");
	g_autofree char *text = profile_text(p, 100);
	g_assert_true(g_utf8_validate(text, -1, NULL));
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	g_assert_true(g_str_has_prefix(lines[0], "100 rows, 5 columns, "));
	g_assert_nonnull(strstr(lines[2], "with target"));
	for (int i = 2; i < 8; i++)
		g_assert_cmpint((int)g_utf8_strlen(lines[i], -1), <=, 100);
	g_assert_nonnull(strstr(text, "line·break"));
	g_assert_nonnull(strstr(text, "▇"));
	g_assert_nonnull(strstr(text, "y is missing in 6 % of the rows; they cannot be learned from"));
}

static void test_odd_tables(void)
{
	json_auto_t *empty =
	        profile("SELECT i AS a, 'x' AS b, TIMESTAMP '2001-01-01' AS t FROM range(0) t(i)", "{\"time\":\"t\"}");
	g_assert_cmpint(json_get_int(empty, "rows", -1), ==, 0);
	g_autofree char *text = profile_text(empty, 80);
	g_assert_nonnull(strstr(text, "0 rows, 3 columns"));
	json_auto_t *one = profile("SELECT 1 AS a, 2.5 AS b, 'x' AS c, true AS d", "{\"target\":\"d\"}");
	near(number(column(one, "b"), "mean"), 2.5);
	g_assert_true(isnan(number(column(one, "b"), "sd")));
	g_autoptr(GString) wide = g_string_new("SELECT 1 AS c0");
	for (int i = 1; i < 300; i++)
		g_string_append_printf(wide, ", i + %d AS c%d", i, i);
	g_string_append(wide, " FROM range(50) t(i)");
	json_auto_t *many = profile(wide->str, "{}");
	near(number(column(many, "c299"), "mean"), 299 + 24.5);
	g_assert_cmpint((int)json_array_size(json_at(many, "spearman.columns")), ==, 40);
	g_autoptr(GError) error = NULL;
	json_auto_t *none = NULL;
	g_assert_false(try_profile("SELECT 1 AS a", "{\"target\":\"b\"}", &none, &error));
	g_assert_error(error, FAIL, FAIL_INVALID);
}

/* Columns that are called what the queries call theirs. */
static void test_names_of_queries(void)
{
	static const char *const TASKS[] = {"regression", "classification"};
	for (size_t k = 0; k < G_N_ELEMENTS(TASKS); k++) {
		g_autofree char *params =
		        g_strdup_printf("{\"target\":\"y\",\"time\":\"t\",\"task\":\"%s\"}", TASKS[k]);
		json_auto_t *p = profile(
		        "SELECT 'no' AS \"from\", TIMESTAMP '2001-01-01' + INTERVAL (i) DAY AS t, i % 2 AS y, "
		        "CASE WHEN i % 3 = 0 THEN i END AS x, i AS n, i AS rows, i AS a, 'b' || (i % 2) AS value, "
		        "i AS h, i AS m, i AS d, i AS bin, i AS us FROM range(100) t(i)",
		        params);
		near(number(p, "target_over_time.bins[0].rows"), 7); /* weeks: that 1 January was a Monday */
		near(number(column(p, "x"), "missing"), 66);
		near(number(column(p, "n"), "mean"), 49.5);
		near(number(column(p, "value"), "top[0].rows"), 50);
	}
}

static void test_step(void)
{
	g_autofree char *good = g_build_filename(folder, "step.parquet", NULL);
	g_autofree char *out = g_build_filename(folder, "out", NULL);
	GError *error = NULL;
	must(engine_write_parquet(engine, "SELECT i AS a, i % 2 AS y FROM range(500) t(i)", good, &error));
	const char *inputs[] = {"good", good, NULL};
	json_auto_t *params = json_loads("{\"target\":\"y\"}", 0, NULL);
	must(step_test_run(&STEP_PROFILE, params, inputs, out, 1, &error));
	g_autofree char *path = g_build_filename(out, "profile", NULL);
	json_auto_t *p = NULL;
	must(json_read_file(path, &p, &error));
	g_assert_cmpint(json_get_int(p, "rows", 0), ==, 500);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	folder = g_dir_make_tmp("gyre-profile-XXXXXX", NULL);
	g_autoptr(GError) error = NULL;
	must(engine_open(NULL, &engine, &error));
	g_test_add_func("/profile/numbers", test_numbers);
	g_test_add_func("/profile/hard_numbers", test_hard_numbers);
	g_test_add_func("/profile/moments", test_moments);
	g_test_add_func("/profile/histograms", test_histograms);
	g_test_add_func("/profile/texts", test_texts);
	g_test_add_func("/profile/times", test_times);
	g_test_add_func("/profile/measures", test_measures);
	g_test_add_func("/profile/associations", test_associations);
	g_test_add_func("/profile/rows", test_rows);
	g_test_add_func("/profile/same_bytes", test_same_bytes);
	g_test_add_func("/profile/text", test_text);
	g_test_add_func("/profile/odd_tables", test_odd_tables);
	g_test_add_func("/profile/names_of_queries", test_names_of_queries);
	g_test_add_func("/profile/step", test_step);
	int status = g_test_run();
	engine_close(engine);
	g_assert_true(file_remove(folder, NULL));
	return status;
}
