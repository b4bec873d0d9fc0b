/* test_feasible.c: what is told of data whose answer is known: noise, a rule, a leak, wrong labels, time, money. */
#include "feasible/feasible.h"

#include <math.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "data/engine.h"
#include "feasible/verdict.h"
#include "feature/step_features.h"

static char *folder;

static char *at(const char *name)
{
	return g_build_filename(folder, name, NULL);
}

/* 1,500 rows as the step split leaves them; i counts them, u is even in 0 .. 1, day counts days. */
static void make_train(const char *columns, const char *target)
{
	g_autoptr(Engine) e = NULL;
	g_autoptr(GError) error = NULL;
	g_autofree char *path = at("train");
	g_autofree char *sql = g_strdup_printf(
	        "WITH raw AS (SELECT i, md5_number_lower(concat('u', i)) / 18446744073709551616.0 AS u, "
	        "md5_number_lower(concat('v', i)) / 18446744073709551616.0 AS v, "
	        "md5_number_lower(concat('z', i)) / 18446744073709551616.0 AS z, i // 10 AS day FROM range(1500) t(i)) "
	        "SELECT %s, %s AS target, i AS _gyre_row, CASE WHEN i %% 5 = 0 THEN 0::BIGINT ELSE -1 END AS "
	        "_gyre_fold "
	        "FROM raw ORDER BY i",
	        columns, target);
	engine_open(NULL, &e, &error);
	g_assert_no_error(error);
	engine_write_parquet(e, sql, path, &error);
	g_assert_no_error(error);
}

static void run_step(const StepKind *kind, const char *name, json_t *params, const char *const *inputs)
{
	g_autoptr(GError) error = NULL;
	json_auto_t *owned = params;
	g_autofree char *place = at(name);
	file_remove(place, NULL);
	step_test_run(kind, owned, inputs, place, 1, &error);
	g_assert_no_error(error);
}

/* sample and features, and the paths they leave. */
static void take_sample(const char *name, const char *task, const char *time, int stretches)
{
	g_autofree char *train = at("train"), *sampled = g_strconcat(name, "/sample", NULL), *sample = at(sampled);
	g_autofree char *features = g_strconcat(name, "_features", NULL);
	json_t *params = json_pack("{s:s}", "target", "target");
	if (time)
		json_object_set_new(params, "time", json_string(time));
	if (stretches)
		json_object_set_new(params, "stretches", json_integer(stretches));
	run_step(&STEP_SAMPLE, name, params, (const char *[]){"train", train, NULL});
	json_t *roles = json_pack("{s:s,s:s,s:s?,s:s?,s:[],s:[],s:n,s:n}", "task", task, "target", "target", "positive",
	        strcmp(task, "classification") == 0 ? "yes" : NULL, "time", time, "key", "drop", "group", "weight");
	run_step(&STEP_FEATURES, features, json_pack("{s:o}", "roles", roles), (const char *[]){"train", sample, NULL});
}

static json_t *look(const char *task, const char *time, const char *goal, const char *kpi)
{
	take_sample("sample", task, NULL, 0);
	if (time)
		take_sample("timed", task, time, 0);
	g_autofree char *sample = at("sample/sample"), *about = at("sample/about"),
	                *recipes = at("sample_features/recipes"), *timed = at("timed/sample"),
	                *timed_recipes = at("timed_features/recipes");
	const char *inputs[] = {"sample", sample, "about", about, "recipes", recipes, time ? "sample_time" : NULL,
	        timed, "recipes_time", timed_recipes, NULL};
	run_step(&STEP_FEASIBLE, "feasible",
	        json_pack("{s:o,s:o}", "goal", json_loads(goal, 0, NULL), "kpi", json_loads(kpi, 0, NULL)), inputs);
	g_autofree char *path = at("feasible/feasible");
	g_autoptr(GError) error = NULL;
	json_t *ret;
	json_read_file(path, &ret, &error);
	g_assert_no_error(error);
	return ret;
}

#define AUC_GOAL(least) "{\"task\":\"classification\",\"success\":[{\"metric\":\"roc_auc\",\"at_least\":" least "}]}"

static const char *answer(const json_t *report)
{
	return json_get_text(json_object_get(report, "verdict"), "answer", "");
}

static double metric(const json_t *report, size_t model, const char *name)
{
	const json_t *entry = json_array_get(json_object_get(report, "models"), model);
	return json_get_number(json_object_get(json_object_get(entry, "metrics"), name), "value", NAN);
}

/* What is asked for beside metrics keeps its name. */
static void test_other_criteria(void)
{
	make_train("u, v", "CASE WHEN u + v > 1 THEN 'yes' ELSE 'no' END");
	json_auto_t *r = look("classification", NULL,
	        "{\"task\":\"classification\",\"success\":[{\"fairness\":\"equalised_odds_difference\",\"of\":\"kind\","
	        "\"at_most\":0.1},{\"metric\":\"latency_p99_ms\",\"at_most\":5}]}",
	        "{}");
	const json_t *criteria = json_object_get(r, "criteria");
	g_assert_cmpstr(json_get_text(json_array_get(criteria, 0), "sentence", ""), ==,
	        "equalised_odds_difference of kind at most 0.1 cannot be told before there is a model");
	g_assert_cmpstr(json_get_text(json_array_get(criteria, 1), "answer", ""), ==, "unknown");
}

/* Of a bias either side of 0 is off: -5 is no model whose bias is at most 0.5, and between -0.2 and 0.3 it is at most 0.3. */
static void test_bias(void)
{
	json_auto_t *goal = json_loads("{\"success\": [{\"metric\": \"mean_error\", \"at_most\": 0.5}]}", 0, NULL),
	            *off = json_loads("{\"metric\": \"mean_error\", \"models\": [{\"name\": \"linear\", \"metrics\": "
	                              "{\"mean_error\": {\"value\": -5, \"low\": -6, \"high\": -4}}}]}",
	                    0, NULL),
	            *near = json_loads("{\"metric\": \"mean_error\", \"models\": [{\"name\": \"linear\", \"metrics\": "
	                               "{\"mean_error\": {\"value\": -0.1, \"low\": -0.2, \"high\": 0.3}}}]}",
	                    0, NULL);
	verdict_add(off, goal);
	verdict_add(near, goal);
	const json_t *far = json_array_get(json_object_get(off, "criteria"), 0),
	             *met = json_array_get(json_object_get(near, "criteria"), 0);
	g_assert_cmpstr(json_get_text(far, "answer", ""), ==, "unlikely");
	g_assert_true(json_get_number(far, "low", 0) == 4 && json_get_number(far, "high", 0) == 6);
	g_assert_cmpstr(json_get_text(met, "answer", ""), ==, "likely");
	g_assert_true(json_get_number(met, "low", -1) == 0 && json_get_number(met, "high", 0) == 0.3);
}

/* A target that follows from nothing. */
static void test_noise(void)
{
	make_train("u, v, ['a', 'b', 'c'][1 + i % 3] AS kind", "CASE WHEN z < 0.4 THEN 'yes' ELSE 'no' END");
	json_auto_t *r = look("classification", NULL, AUC_GOAL("0.6"), "{}");
	g_assert_cmpstr(answer(r), ==, "no");
	g_assert_cmpfloat(json_get_number(json_object_get(r, "signal"), "p", 0), >, 0.01);
	g_assert_cmpfloat(fabs(metric(r, 3, "roc_auc") - 0.5), <, 0.08);
	g_assert_true(metric(r, 0, "roc_auc") == 0.5 && json_is_null(json_object_get(r, "labels")));
	g_assert_true(json_array_size(json_object_get(r, "leaks")) == 0 && json_is_null(json_object_get(r, "time")));
}

/* Two columns make the target: a rule over one knows half, a model all; one in twenty labels is turned around. */
static void test_signal(void)
{
	make_train("u, v, z AS nothing", "CASE WHEN (u + v > 1) <> (i % 20 = 7) THEN 'yes' ELSE 'no' END");
	json_auto_t *r = look("classification", NULL, AUC_GOAL("0.9"), "{}");
	g_assert_cmpstr(answer(r), ==, "yes");
	g_assert_cmpfloat(metric(r, 1, "roc_auc"), <, 0.85);
	g_assert_cmpfloat(metric(r, 3, "roc_auc"), >, 0.9);
	g_assert_cmpstr(json_get_text(json_array_get(json_object_get(r, "criteria"), 0), "answer", ""), ==, "likely");
	const json_t *labels = json_object_get(r, "labels"), *worst = json_object_get(labels, "worst");
	g_assert_cmpfloat(fabs(json_get_number(labels, "noise", 0) - 0.05), <, 0.04);
	size_t i, turned = 0;
	json_t *suspect;
	json_array_foreach (worst, i, suspect)
		turned += json_get_int(suspect, "row", 0) % 20 == 7;
	g_assert_cmpuint(json_array_size(worst), ==, 20);
	g_assert_cmpuint(turned, >=, 17);
	const json_t *curve = json_object_get(r, "curve");
	g_assert_cmpuint(json_array_size(json_object_get(curve, "points")), ==, 5);
	g_assert_cmpfloat(json_get_number(json_object_get(curve, "ten_times"), "value", 0), >=,
	        json_get_number(json_array_get(json_object_get(curve, "points"), 0), "value", 1));
	json_auto_t *again = look("classification", NULL, AUC_GOAL("0.9"), "{}");
	g_assert_true(json_equal(r, again));
}

/* A rule meets the goal; a copy of the target, or a column named so, gives it away. */
static void test_rule_and_leaks(void)
{
	make_train("u, v, z AS nothing", "CASE WHEN u + 0.3 * v > 0.6 THEN 'yes' ELSE 'no' END");
	json_auto_t *rule = look("classification", NULL, AUC_GOAL("0.7"), "{}");
	g_assert_cmpstr(answer(rule), ==, "no_model_needed");
	g_assert_cmpstr(json_get_text(json_object_get(rule, "rule"), "column", ""), ==, "u");
	make_train("u, v, CASE WHEN u > v THEN 3 ELSE 8 END AS code", "CASE WHEN u > v THEN 'yes' ELSE 'no' END");
	json_auto_t *copy = look("classification", NULL, AUC_GOAL("0.7"), "{}");
	g_assert_cmpstr(answer(copy), ==, "check_leaks");
	const json_t *leak = json_array_get(json_object_get(copy, "leaks"), 0);
	g_assert_cmpstr(json_get_text(leak, "column", ""), ==, "code");
	g_assert_cmpfloat(json_get_number(leak, "score", 0), ==, 1);
	make_train("u, v, CASE WHEN z < 0.07 THEN 0 ELSE 1 END AS kept", "CASE WHEN z < 0.07 THEN 'yes' ELSE 'no' END");
	json_auto_t *rare = look("classification", NULL, AUC_GOAL("0.7"), "{}");
	leak = json_array_get(json_object_get(rare, "leaks"), 0);
	g_assert_cmpstr(json_get_text(leak, "column", ""), ==, "kept"); /* 93 rows of 100 have its largest value */
	make_train("u AS duration, v", "CASE WHEN u + 0.5 * z > 0.7 THEN 'yes' ELSE 'no' END");
	json_auto_t *named = look("classification", NULL, AUC_GOAL("0.7"), "{}");
	g_assert_cmpstr(answer(named), ==, "check_leaks");
}

/* Weeks differ for no reason that lasts: rows between them promise what later rows do not keep. */
static void test_time(void)
{
	make_train("day, u",
	        "CASE WHEN (md5_number_lower(concat('w', day // 5)) % 2 = 0) <> (z < 0.1) THEN 'yes' ELSE 'no' END");
	json_auto_t *r = look("classification", "day", AUC_GOAL("0.8"), "{}");
	const json_t *time = json_object_get(r, "time");
	g_assert_cmpstr(json_get_text(r, "judged", ""), ==, "in time");
	g_assert_cmpfloat(json_get_number(json_object_get(time, "random"), "value", 0), >, 0.8);
	double gap = json_get_number(time, "gap", 0);
	g_assert_cmpfloat(json_get_number(json_object_get(time, "shown"), "value", 0), >, 0.8);
	g_assert_cmpfloat(gap, >, 0.2);
	g_assert_true(json_get_number(time, "low", gap) > 0 && json_get_number(time, "low", gap) < gap &&
	              json_get_number(time, "high", 0) > gap);
	g_assert_nonnull(strstr(json_get_text(time, "sentence", ""), "only the second"));
	g_assert_cmpstr(answer(r), ==, "no");
}

/* The same of stretches, which are unlike each other for a reason that does not last; and with none that lasts they are alike. */
static json_t *look_at_stretches(const char *task, const char *time, const char *goal)
{
	take_sample("stretched", task, time, 5);
	g_autofree char *sample = at("stretched/sample"), *about = at("stretched/about"),
	                *recipes = at("stretched_features/recipes"), *path = at("stretches/stretches");
	run_step(&STEP_STRETCHES, "stretches", json_pack("{s:o}", "goal", json_loads(goal, 0, NULL)),
	        (const char *[]){"sample", sample, "about", about, "recipes", recipes, NULL});
	g_autoptr(GError) error = NULL;
	json_t *ret;
	json_read_file(path, &ret, &error);
	g_assert_no_error(error);
	return ret;
}

static double value(const json_t *report, const char *key)
{
	return json_get_number(report, key, NAN);
}

static void test_stretches(void)
{
	make_train("day, day AS trace, u",
	        "CASE WHEN (md5_number_lower(concat('w', day // 5)) % 2 = 0) <> (z < 0.1) THEN 'yes' ELSE 'no' END");
	json_auto_t *passing = look_at_stretches("classification", "day", AUC_GOAL("0.8"));
	const json_t *list = json_object_get(passing, "stretches"), *last = json_array_get(list, 4);
	g_assert_cmpuint(json_array_size(list), ==, 5);
	g_assert_true(json_get_int(last, "rows", 0) == 300 && value(last, "from") == 120 && value(last, "to") == 149);
	g_assert_true(value(passing, "within") > 0.8 && value(passing, "next") < 0.65);
	g_assert_true(value(passing, "low") > 0.1 && value(passing, "low") < value(passing, "gap") &&
	              value(passing, "high") > value(passing, "gap"));
	g_assert_nonnull(strstr(json_get_text(passing, "sentence", ""), "the future"));

	make_train("day, u, v", "10 * u + z");
	json_auto_t *lasting = look_at_stretches("regression", "day", "{\"task\":\"regression\",\"metric\":\"rmse\"}");
	g_assert_true(value(lasting, "low") < 0.02 && value(lasting, "high") > -0.02);
	g_assert_nonnull(strstr(json_get_text(lasting, "sentence", ""), "not surely worse"));
}

/* What cannot be measured is said, and stops nothing: two days are no stretches, and a day of one class teaches nothing. */
static void test_no_stretches(void)
{
	make_train("day // 75 AS half, u", "CASE WHEN u > 0.5 THEN 'yes' ELSE 'no' END");
	json_auto_t *few = look_at_stretches("classification", "half", AUC_GOAL("0.8"));
	g_assert_true(
	        json_array_size(json_object_get(few, "stretches")) == 0 && json_is_null(json_object_get(few, "gap")));
	make_train("day // 50 AS third, u", "CASE WHEN day < 50 AND u > 0.5 THEN 'yes' ELSE 'no' END");
	json_auto_t *single = look_at_stretches("classification", "third", AUC_GOAL("0.8"));
	g_assert_true(json_is_null(json_object_get(single, "sentence")));
	g_assert_cmpuint(json_array_size(json_object_get(single, "stretches")), ==, 3);
}

/* KPIs: nothing < likely < perfect; a perfect model's is what the truth gives; an expression that cannot be read is told. */
static void test_value(void)
{
	make_train("u, v, z AS \"Prediction\"", "CASE WHEN u + v > 1.2 THEN 'yes' ELSE 'no' END");
	static const char KPI[] =
	        "{\"worth\": \"sum(case when prediction = 'yes' then case when target = 'yes' then 10 else "
	        "-10 end else 0 end)\"}";
	json_auto_t *r = look("classification", NULL, AUC_GOAL("0.7"), KPI);
	const json_t *worth = json_object_get(json_object_get(r, "value"), "worth");
	double likely = json_get_number(worth, "likely", NAN), perfect = json_get_number(worth, "perfect", NAN);
	g_assert_true(json_get_number(worth, "nothing", NAN) < likely && likely < perfect);
	const json_t *balance = json_object_get(json_object_get(r, "balance"), "rarest");
	g_assert_cmpfloat(perfect, ==, 10 * json_get_number(balance, "rows", NAN));
	json_auto_t *broken = look("classification", NULL, AUC_GOAL("0.7"), "{\"worth\": \"sum(nowhere)\"}");
	g_assert_nonnull(strstr(json_get_text(broken, "value_problem", ""), "nowhere"));
}

/* Numbers: two numbers beside each other make the third; the rule's words are means. */
static void test_numbers(void)
{
	make_train("u, v", "10 * u + 3 * v + z");
	json_auto_t *r = look("regression", NULL,
	        "{\"task\":\"regression\",\"success\":[{\"metric\":\"r2\",\"at_least\":0.95}]}", "{}");
	g_assert_cmpstr(answer(r), ==, "yes");
	g_assert_cmpfloat(metric(r, 2, "r2"), >, 0.98);
	g_assert_true(json_is_null(json_object_get(r, "labels")) && json_is_null(json_object_get(r, "balance")));
	const json_t *bins = json_object_get(json_object_get(r, "rule"), "bins");
	g_assert_cmpuint(json_array_size(bins), ==, 10);
	g_assert_cmpfloat(json_get_number(json_array_get(bins, 0), "says", NAN), <, 4);
	g_assert_cmpfloat(json_get_number(json_array_get(bins, 9), "says", NAN), >, 9);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	folder = g_dir_make_tmp("gyre-feasible-XXXXXX", NULL);
	g_test_add_func("/feasible/bias", test_bias);
	g_test_add_func("/feasible/noise", test_noise);
	g_test_add_func("/feasible/other", test_other_criteria);
	g_test_add_func("/feasible/signal", test_signal);
	g_test_add_func("/feasible/rule-and-leaks", test_rule_and_leaks);
	g_test_add_func("/feasible/time", test_time);
	g_test_add_func("/feasible/stretches", test_stretches);
	g_test_add_func("/feasible/no_stretches", test_no_stretches);
	g_test_add_func("/feasible/value", test_value);
	g_test_add_func("/feasible/numbers", test_numbers);
	int status = g_test_run();
	file_remove(folder, NULL);
	g_free(folder);
	return status;
}
