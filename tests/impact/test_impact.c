/* test_impact.c: figures with their intervals, and the history of deliveries. */
#include <math.h>
#include <string.h>

#include "../monitor/world.h"
#include "base/file.h"
#include "base/json.h"
#include "impact/delivery.h"
#include "impact/figure.h"
#include "impact/measure.h"
#include "impact/pushed.h"
#include "registry/registry.h"

static void keep_path(void *context, const char *path, const char *problem)
{
	g_string_append_printf(context, "%s;", path);
}

static json_t *parse(const char *text)
{
	json_error_t where;
	json_t *value = json_loads(text, 0, &where);
	if (!value)
		g_error("%s at %d in %s", where.text, where.position, text);
	return value;
}

static void test_forms(void)
{
	g_autoptr(GString) paths = g_string_new(NULL);
	json_auto_t *goal =
	        parse("{\"target\": \"late\", \"positive\": \"1\", \"success\": [{\"kpi\": \"c\"}, {\"kpi\": \"a\"}]}");
	json_auto_t *kpi =
	        parse("{\"a\": \"avg(x)\", \"b\": {\"worth\": {\"tp\": 2}}, \"c\": {\"pushed\": \"sum\", \"today\": 3},"
	              " \"d\": {}, \"e\": 4, \"f\": {\"sql\": \"1\", \"pushed\": \"sum\"}, \"g\": {\"sql\": \"1\", "
	              "\"today\": []}}");
	json_auto_t *figures = figures_check(kpi, goal, keep_path, paths);
	json_auto_t *sql = figures_sql(figures), *before = figures_goal(figures, goal);
	g_assert_cmpstr(paths->str, ==, "kpi.d;kpi.e;kpi.f;kpi.g;");
	g_assert_cmpuint(json_object_size(figures), ==, 3);
	g_assert_cmpuint(json_object_size(sql), ==, 2);
	g_assert_cmpstr(json_get_text(json_object_get(figures, "c"), "today", ""), ==, "3");
	g_assert_cmpuint(json_array_size(json_object_get(before, "success")), ==, 1);
	g_assert_cmpuint(json_array_size(json_object_get(goal, "success")), ==, 2);
}

/* Where the target is called as the model's answer is, SQL cannot tell them apart; what is measured elsewhere needs no SQL. */
static void test_confused(void)
{
	static const struct {
		const char *goal, *paths;
	} CASES[] = {
	        {"{\"task\": \"regression\", \"target\": \"Prediction\"}", "kpi.a;"},
	        {"{\"task\": \"classification\", \"target\": \"prediction\", \"positive\": \"1\"}", "kpi.a;"},
	        {"{\"task\": \"classification\", \"target\": \"probability\"}", "kpi.a;"},
	        {"{\"task\": \"regression\", \"target\": \"probability\"}", ""},
	        {"{\"task\": \"regression\", \"target\": \"predictions\"}", ""},
	};
	json_auto_t *kpi = parse("{\"a\": \"avg(prediction)\", \"b\": {\"pushed\": \"sum\"}}");
	for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
		g_autoptr(GString) paths = g_string_new(NULL);
		json_auto_t *goal = parse(CASES[i].goal), *figures = figures_check(kpi, goal, keep_path, paths);
		g_assert_cmpstr(paths->str, ==, CASES[i].paths);
		g_assert_nonnull(json_object_get(figures, "b"));
	}
}

static Engine *open_rows(const char *sql)
{
	EngineLimits limits = {.threads = 1};
	Engine *e = NULL;
	g_autoptr(GError) error = NULL;
	engine_open(&limits, &e, &error);
	g_assert_no_error(error);
	engine_runf(e, &error, "CREATE TABLE rows AS %s", sql);
	g_assert_no_error(error);
	return e;
}

static GPtrArray *measure(Engine *e, const char *figure, const FigureKeys *keys)
{
	json_auto_t *f = parse(figure);
	GPtrArray *cells = NULL;
	g_autoptr(GError) error = NULL;
	figure_measure(e, "rows", "it", f, keys, &cells, &error);
	g_assert_no_error(error);
	return cells;
}

/* Of a mean over groups of equal size the delete-a-group jackknife is the standard error of the mean of the groups' means. */
static void test_mean(void)
{
	g_autoptr(Engine) e = open_rows("SELECT CAST(i % 20 AS INTEGER) AS _gyre_group, CAST((i * 37) % 101 AS DOUBLE) "
	                                "AS x FROM range(400) t(i)");
	const FigureKeys whole = {0};
	g_autoptr(GPtrArray) cells = measure(e, "{\"sql\": \"avg(x)\", \"today\": \"40\"}", &whole);
	json_auto_t *row = NULL;
	const FigureCell *c = cells->pdata[0];
	g_assert_cmpuint(cells->len, ==, 1);
	g_assert_true(engine_row(e,
	        "SELECT avg(m) AS mean, stddev_samp(m) / sqrt(20) AS error FROM (SELECT avg(x) AS m FROM rows GROUP BY "
	        "_gyre_group)",
	        &row, NULL));
	double mean = json_get_number(row, "mean", NAN), error = json_get_number(row, "error", NAN);
	g_assert_cmpfloat_with_epsilon(c->value.value, mean, 1e-12);
	g_assert_cmpfloat_with_epsilon(c->value.error, error, 1e-12);
	g_assert_cmpfloat_with_epsilon(c->gain.value, mean - 40, 1e-12);
	g_assert_cmpfloat_with_epsilon(c->gain.error, error, 1e-12);
	/* 2.093024: the 97.5 % point of Student's t with 19 degrees of freedom (any printed table) */
	g_assert_cmpfloat_with_epsilon(c->value.high - c->value.value, 2.093024 * error, 1e-5);
}

/* The interval covers the truth about as often as it says: a ratio of two sums over 400 draws. */
static void test_coverage(void)
{
	g_autoptr(Engine) e =
	        open_rows("SELECT CAST(i % 20 AS INTEGER) AS _gyre_group, CAST(i // 500 AS BIGINT) AS _gyre_version, "
	                  "-ln(1 - (hash(i, 1) % 1000003) / 1000003.0) AS cost, 1 + (hash(i, 2) % 1000003) / 1000003.0 "
	                  "AS weight FROM range(200000) t(i)");
	const FigureKeys by = {.version = true};
	g_autoptr(GPtrArray) cells = measure(e, "{\"sql\": \"sum(cost * weight) / sum(weight)\"}", &by);
	unsigned inside = 0;
	for (guint i = 0; i < cells->len; i++) {
		const FigureCell *c = cells->pdata[i];
		inside += c->value.low <= 1 &&
		          1 <= c->value.high; /* the mean of the exponential distribution, the weight independent */
	}
	g_assert_cmpuint(cells->len, ==, 400);
	g_assert_cmpuint(inside, >=, 365); /* 380 expected, sd 4.4 */
	g_assert_cmpuint(inside, <=, 395);
}

static void test_uplift(void)
{
	Estimate a = {.value = 5, .error = 0.3}, b = {.value = 4, .error = 0.4};
	Uplift u = estimate_uplift(&a, &b);
	/* by hand: freedom = 19 * 0.25^2 / (0.09^2 + 0.16^2) = 35.237; t(0.975, 35.237) = 2.02963 and p of t = 2 is 0.053287 (R: qt, pt) */
	g_assert_cmpfloat_with_epsilon(u.value, 1, 1e-12);
	g_assert_cmpfloat_with_epsilon(u.high - u.value, 0.5 * 2.0296, 2e-4);
	g_assert_cmpfloat_with_epsilon(u.p, 0.0533, 2e-4);
}

static void test_refused(void)
{
	g_autoptr(Engine) e = open_rows("SELECT 1 AS _gyre_group, 2 AS x");
	json_auto_t *f = parse("{\"sql\": \"avg(y)\"}");
	const FigureKeys whole = {0};
	GPtrArray *cells = NULL;
	g_autoptr(GError) error = NULL;
	g_assert_false(figure_measure(e, "rows", "saved", f, &whole, &cells, &error));
	g_assert_true(strstr(error->message, "kpi.saved: ") && strstr(error->message, "\"y\""));
}

/* What is wrong in one of several numbers is told, and none is kept. */
static void test_pushed(void)
{
	g_autofree char *folder = g_dir_make_tmp("gyre-impact-XXXXXX", NULL), *dots = g_strnfill(201, '.');
	g_autofree char *version = g_strdup_printf("\"version\": \"%s\"", dots),
	                *route = g_strdup_printf("\"route\": \"%s\"", dots);
	g_autoptr(Meta) m = NULL;
	json_auto_t *figures = parse("{\"calls\": {\"pushed\": \"mean\"}, \"saved\": {\"sql\": \"avg(x)\"}}"),
	            *kept = NULL;
	const char *const WRONG[][2] = {{version, "no number of a version"}, {route, "at most 200 bytes"},
	        {"\"version\": 0", "no number of a version"}, {"\"version\": 1.5", "no number of a version"},
	        {"\"version\": \"\"", "no number of a version"}, {"\"route\": 5", "no text"},
	        {"\"at\": \"soon\"", "is no time"}, {"\"at\": 9223372036854775807", "is no time"},
	        {"\"value\": \"3\"", "a number, or null"}, {"\"name\": \"saved\"", "no figure that is pushed"}};
	g_assert_true(meta_open(folder, &m, NULL));
	for (size_t i = 0; i < G_N_ELEMENTS(WRONG); i++) {
		g_autoptr(GError) error = NULL;
		json_t *counts = NULL;
		g_autofree char *text = g_strdup_printf("{%s}", WRONG[i][0]);
		json_auto_t *wrong = parse(text), *good = parse("{\"name\": \"calls\", \"value\": 3}"),
		            *values = json_pack("[O,o]", good, json_copy(good));
		json_object_update(json_array_get(values, 1), wrong);
		g_assert_false(pushed_add(m, "loans", figures, values, &counts, &error));
		g_assert_nonnull(strstr(error->message, WRONG[i][1]));
	}
	g_assert_true(pushed_list(m, "loans", "calls", 0, INT64_MAX, &kept, NULL));
	g_assert_cmpuint(json_array_size(kept), ==, 0);
	g_clear_pointer(&m, meta_close);
	g_assert_true(file_remove(folder, NULL));
}

static void test_delivery(void)
{
	g_autofree char *folder = g_dir_make_tmp("gyre-impact-XXXXXX", NULL);
	g_autoptr(Meta) m = NULL;
	json_auto_t *about = json_object(), *d = NULL;
	int64_t since = meta_now() - 10 * INT64_C(86400000000);
	g_assert_true(meta_open(folder, &m, NULL));
	for (int i = 1; i <= 3; i++) {
		int version;
		bool is_new;
		g_autofree char *digest = g_strdup_printf("%064x", i);
		g_assert_true(registry_add(m, "loans", digest, about, &version, &is_new, NULL));
		g_assert_true(
		        i == 2 || registry_move(m, "loans", ALIAS_CHAMPION, version, "gate", WHO_GATE, NULL, NULL));
	}
	int back;
	g_assert_true(registry_rollback(m, "loans", ALIAS_CHAMPION, "ann", &back, NULL));
	g_assert_true(delivery_of(m, "loans", since, meta_now() + 1, &d, NULL));
	g_assert_cmpint((int)json_get_int(d, "deployments", 0), ==, 2);
	g_assert_cmpint((int)json_get_int(d, "failures", 0), ==, 1);
	g_assert_cmpfloat_with_epsilon(json_get_number(d, "failure_rate", 0), 0.5, 1e-12);
	g_assert_cmpfloat_with_epsilon(json_get_number(d, "per_30_days", 0), 6, 0.01);
	g_assert_cmpfloat_with_epsilon(json_get_number(d, "accepted", 0), 2.0 / 3, 1e-12);
	g_assert_true(json_get_number(d, "restore_s", -1) >= 0);
	g_assert_true(json_is_null(json_object_get(d, "lead_time_s")));
	g_clear_pointer(&m, meta_close);
	g_assert_true(file_remove(folder, NULL));
}

/* Inputs that are called as what the model says, or as the target. */
static void test_names(void)
{
	World w;
	world_open(&w, "{}");
	g_autofree char *path = g_build_filename(w.state, "bundle", NULL);
	g_autoptr(Bundle) b = NULL;
	g_autoptr(Engine) e = NULL;
	g_autoptr(GError) error = NULL;
	EngineLimits limits = {.threads = 1};
	json_auto_t *row = NULL;
	g_assert_true(bundle_load(path, &b, NULL) && engine_open(&limits, &e, NULL));
	json_array_append_new(json_object_get(json_object_get((json_t *)bundle_header(b), "recipe"), "inputs"),
	        json_pack("{s:s,s:s}", "name", "Probability", "type", "real"));
	json_array_append_new(json_object_get(json_object_get((json_t *)bundle_header(b), "recipe"), "inputs"),
	        json_pack("{s:s,s:s}", "name", "T", "type", "text"));
	engine_run(e,
	        "CREATE VIEW asked AS SELECT 'yes' AS prediction, 0.25 AS probability_yes, 5.0 AS \"Probability\", 'a' "
	        "AS \"T\", "
	        "7 AS \"input.prediction\", 'no' AS _gyre_outcome, NULL::VARCHAR AS _gyre_error, 'r1' AS _gyre_id",
	        &error);
	g_assert_no_error(error);
	figure_rows(e, "asked", b, true, "rows", &error);
	g_assert_no_error(error);
	g_assert_true(engine_row(e,
	        "SELECT probability, t, prediction, \"input.Probability\" AS own, \"input.T\" AS own_t, "
	        "\"input.prediction\" AS "
	        "own_p FROM rows",
	        &row, NULL));
	g_assert_cmpfloat(json_get_number(row, "probability", 0), ==, 0.25);
	g_assert_cmpfloat(json_get_number(row, "own", 0), ==, 5);
	g_assert_cmpstr(json_get_text(row, "t", ""), ==, "no");
	g_assert_cmpstr(json_get_text(row, "own_t", ""), ==, "a");
	world_close(&w);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/impact/forms", test_forms);
	g_test_add_func("/impact/confused", test_confused);
	g_test_add_func("/impact/mean", test_mean);
	g_test_add_func("/impact/coverage", test_coverage);
	g_test_add_func("/impact/uplift", test_uplift);
	g_test_add_func("/impact/refused", test_refused);
	g_test_add_func("/impact/pushed", test_pushed);
	g_test_add_func("/impact/delivery", test_delivery);
	g_test_add_func("/impact/names", test_names);
	return g_test_run();
}
