/* test_goal.c: goals are checked in words, judged criterion by criterion, and held against SMART. */
#include "goal/goal.h"

#include <string.h>

#include "base/json.h"

static json_t *parse(const char *text)
{
	json_t *value = NULL;
	g_autoptr(GError) error = NULL;
	if (!json_parse("test", text, strlen(text), &value, &error))
		g_error("%s", error->message);
	return value;
}

static void gather(void *context, const char *path, const char *problem)
{
	g_string_append_printf(context, "%s: %s\n", path, problem);
}

static void expect_problem(const char *goal_text, const char *words)
{
	json_auto_t *goal = parse(goal_text), *kpi = json_object();
	g_autoptr(GString) problems = g_string_new(NULL);
	goal_check(goal, kpi, gather, problems);
	if (words ? !strstr(problems->str, words) : problems->len > 0)
		g_error("expected \"%s\" in: %s", words ? words : "nothing", problems->str);
}

static void test_check(void)
{
	expect_problem("{\"task\":\"classification\",\"success\":[{\"metric\":\"roc_auc\",\"at_least\":0.7}]}", NULL);
	expect_problem("{\"task\":\"classification\",\"success\":[{\"metric\":\"roc_acu\",\"at_least\":0.7}]}",
	        "did you mean \"roc_auc\"?");
	expect_problem("{\"task\":\"classification\",\"success\":[{\"metric\":\"roc_auc\",\"at_least\":1.2}]}",
	        "cannot be reached");
	expect_problem("{\"task\":\"classification\",\"success\":[{\"metric\":\"log_loss\",\"at_least\":0.2}]}",
	        "at_most is meant");
	expect_problem(
	        "{\"task\":\"classification\",\"success\":[{\"metric\":\"rmse\",\"at_most\":1}]}", "does not measure");
	expect_problem("{\"task\":\"regression\",\"success\":[{\"metric\":\"rmse\"}]}", "one of at_least and at_most");
	expect_problem(
	        "{\"task\":\"regression\",\"success\":[{\"kpi\":\"saved\",\"at_least\":1}]}", "not in the kpi block");
	expect_problem("{\"task\":\"regression\",\"positive\":\"1\",\"success\":[]}", "no positive class");
	expect_problem("{\"task\":\"regression\",\"due\":\"2027-02-30\",\"success\":[]}", "not a date");
}

static void test_smart(void)
{
	json_auto_t *goal =
	        parse("{\"task\":\"classification\",\"target\":\"late\",\"problem\":\"TODO\",\"owner\":\"ops\","
	              "\"success\":[{\"metric\":\"roc_auc\",\"at_least\":0.66}],\"due\":\"2027-03-31\"}");
	json_auto_t *kpi = parse("{\"saved\":\"1\"}");
	json_auto_t *letters = goal_smart(goal, kpi);
	static const bool WANTED[] = {true, true, true, false, true};
	g_assert_cmpuint(json_array_size(letters), ==, 5);
	for (size_t i = 0; i < 5; i++)
		g_assert_cmpint(json_get_bool(json_array_get(letters, i), "ok", !WANTED[i]), ==, WANTED[i]);
	json_object_set_new(goal, "problem", json_string("crews learn too late"));
	json_auto_t *again = goal_smart(goal, kpi);
	g_assert_true(json_get_bool(json_array_get(again, 3), "ok", false));
}

static const char EVALUATION[] =
        "{\"metric\":\"roc_auc\",\"model\":{\"metrics\":{\"roc_auc\":{\"value\":0.70,\"low\":0.68,\"high\":0.72},"
        "\"log_loss\":{\"value\":0.5,\"low\":0.4,\"high\":0.6}}},"
        "\"baseline\":{\"metrics\":{\"roc_auc\":{\"value\":0.5}}},\"kpi\":{\"saved\":{\"value\":1.5}},"
        "\"latency\":{\"p99_ms\":0.2},\"champion\":{\"comparison\":{\"difference\":-0.02,\"p\":0.001,\"low\":-0.03,"
        "\"high\":-0.01},"
        "\"slices\":[{\"slice\":\"a = b\",\"rows\":100,\"difference\":-0.2,\"p_adjusted\":0.01}]}}";

static size_t reasons_of(const char *goal_text, const char *gate_text, const char *words)
{
	json_auto_t *goal = parse(goal_text), *gate = parse(gate_text), *evaluation = parse(EVALUATION),
	            *verdict = NULL;
	g_assert_true(goal_judge(goal, gate, evaluation, &verdict, NULL));
	size_t count = json_array_size(json_object_get(verdict, "reasons"));
	g_assert_cmpint(json_get_bool(verdict, "pass", count != 0), ==, count == 0);
	g_autofree char *text = json_canonical(json_object_get(verdict, "reasons"));
	if (words && !strstr(text, words))
		g_error("expected \"%s\" in %s", words, text);
	return count;
}

static void test_judge(void)
{
	static const char ALONE[] = "{\"no_worse_than\":\"none\"}";
	g_assert_cmpuint(reasons_of("{\"success\":[{\"metric\":\"roc_auc\",\"at_least\":0.7}]}", ALONE, NULL), ==, 0);
	g_assert_cmpuint(
	        reasons_of("{\"success\":[{\"metric\":\"roc_auc\",\"at_least\":0.71}]}", ALONE, "at least 0.71"), ==,
	        1);
	g_assert_cmpuint(
	        reasons_of("{\"success\":[{\"metric\":\"log_loss\",\"at_most\":0.4}]}", ALONE, "log_loss is 0.5"), ==,
	        1);
	g_assert_cmpuint(reasons_of("{\"success\":[{\"kpi\":\"saved\",\"at_least\":1}]}", ALONE, NULL), ==, 0);
	g_assert_cmpuint(
	        reasons_of("{\"success\":[{\"kpi\":\"other\",\"at_least\":1}]}", ALONE, "could not be measured"), ==,
	        1);
	g_assert_cmpuint(
	        reasons_of("{\"success\":[{\"metric\":\"latency_p99_ms\",\"at_most\":5}]}", ALONE, NULL), ==, 0);
	g_assert_cmpuint(
	        reasons_of("{\"success\":[{\"metric\":\"latency_p99_ms\",\"at_most\":0.1}]}", ALONE, "latency"), ==, 1);
	g_assert_cmpuint(reasons_of("{\"success\":[]}", "{}", "champion"), ==, 2); /* worse, and in a slice */
	g_assert_cmpuint(reasons_of("{\"success\":[]}", "{\"margin\":0.05,\"slice_margin\":0.5}", NULL), ==, 0);
}

/* An evaluation with parts exchanged. */
static size_t reasons_with(const char *path, const char *part, const char *words, const char *told)
{
	json_auto_t *goal = parse("{\"success\":[]}"), *gate = parse("{}"), *evaluation = parse(EVALUATION),
	            *changed = parse(part), *verdict = NULL;
	json_object_del(json_object_get(evaluation, "champion"), "slices");
	json_object_update((json_t *)json_at(evaluation, path), changed);
	g_assert_true(goal_judge(goal, gate, evaluation, &verdict, NULL));
	g_autofree char *reasons = json_canonical(json_object_get(verdict, "reasons")),
	                *criteria = json_canonical(json_object_get(verdict, "criteria"));
	if (!strstr(reasons, words) || !strstr(criteria, told) || strstr(criteria, "nan"))
		g_error("expected \"%s\" in %s and \"%s\" in %s", words, reasons, told, criteria);
	return json_array_size(json_object_get(verdict, "reasons"));
}

/* What cannot be compared does not pass in silence. */
static void test_not_comparable(void)
{
	g_assert_cmpuint(
	        reasons_with("champion.comparison", "{\"p\":null}", "no test tells whether that is chance", ""), ==, 1);
	g_assert_cmpuint(reasons_with("champion.comparison", "{\"p\":null,\"difference\":0.01}", "",
	                         "+0.01 on the same rows (no test can be made of it)"),
	        ==, 0);
	g_assert_cmpuint(reasons_with("champion.comparison", "{\"p\":null,\"difference\":null}",
	                         "cannot be compared with the champion", ""),
	        ==, 1);
	static const char SLICES[] = "{\"comparison\":{\"difference\":0.0,\"p\":1.0},\"slices\":[{\"slice\":\"a = "
	                             "b\",\"rows\":70,\"difference\":-0.2,\"p_adjusted\":null},"
	                             "{\"slice\":\"a = c\",\"rows\":60,\"difference\":null,\"p_adjusted\":null},"
	                             "{\"slice\":\"a = d\",\"rows\":50,\"difference\":0.0,\"p_adjusted\":null}]}";
	g_assert_cmpuint(reasons_with("champion", SLICES, "", "in 2 of 3 slices"), ==, 0);
	static const char BASELINE[] = "baseline.metrics.roc_auc", MODEL[] = "model.metrics.roc_auc";
	g_assert_cmpuint(reasons_with(BASELINE, "{\"value\":null}", "champion", "has no value\""), ==, 1);
	g_assert_cmpuint(reasons_with(MODEL, "{\"low\":null,\"high\":null}", "has no interval", ""), ==, 2);
	g_assert_cmpuint(reasons_with(MODEL, "{\"value\":null,\"low\":null,\"high\":null}",
	                         "roc_auc has no value on the test rows, so it cannot be told", ""),
	        ==, 2);
}

/* Of a bias either side of 0 is off: one nearer to 0 is no worse for being larger. */
static void test_two_sided(void)
{
	json_auto_t *goal = parse("{\"success\":[]}"), *gate = parse("{\"slice_margin\":0.5}");
	json_auto_t *evaluation = parse(
	        "{\"metric\":\"mean_error\",\"model\":{\"metrics\":{\"mean_error\":{\"value\":0.5,\"low\":0.4,\"high\":"
	        "0.6}}},"
	        "\"baseline\":{\"metrics\":{\"mean_error\":{\"value\":2}}},\"champion\":{\"metrics\":{\"mean_error\":{"
	        "\"value\":-5}},\"comparison\":{\"difference\":5.5,\"p\":0.001,\"low\":5,\"high\":6},\"slices\":[{"
	        "\"slice\":"
	        "\"a = b\",\"rows\":99,\"model\":1,\"champion\":-2,\"difference\":3,\"p_adjusted\":0.01}]}}");
	json_auto_t *verdict = NULL, *worse = NULL;
	g_assert_true(goal_judge(goal, gate, evaluation, &verdict, NULL));
	g_assert_cmpuint(json_array_size(json_object_get(verdict, "reasons")), ==, 0);
	json_auto_t *off = parse("{\"value\":-9,\"low\":-10,\"high\":-8}");
	json_object_update((json_t *)json_at(evaluation, "model.metrics.mean_error"), off);
	json_object_set_new((json_t *)json_at(evaluation, "champion.comparison"), "difference", json_real(-4));
	g_assert_true(goal_judge(goal, gate, evaluation, &worse, NULL));
	g_assert_cmpuint(json_array_size(json_object_get(worse, "reasons")), ==, 2); /* than baseline and champion */
	json_auto_t *bounded = parse("{\"success\":[{\"metric\":\"mean_error\",\"at_most\":8}]}"), *beyond = NULL;
	g_assert_true(goal_judge(bounded, gate, evaluation, &beyond, NULL));
	g_assert_cmpuint(json_array_size(json_object_get(beyond, "reasons")), ==, 3); /* -9 is 9 from 0 */
}

static void test_metric(void)
{
	json_auto_t *binary = parse(
	        "{\"success\":[{\"metric\":\"latency_p99_ms\",\"at_most\":5},{\"metric\":\"f1\",\"at_least\":0.5}]}");
	json_auto_t *plain = parse("{\"success\":[]}");
	g_assert_cmpstr(goal_metric(binary, 2), ==, "f1");
	g_assert_cmpstr(goal_metric(plain, 2), ==, "roc_auc");
	g_assert_cmpstr(goal_metric(plain, 7), ==, "log_loss");
	g_assert_cmpstr(goal_metric(plain, 0), ==, "rmse");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/goal/check", test_check);
	g_test_add_func("/goal/smart", test_smart);
	g_test_add_func("/goal/judge", test_judge);
	g_test_add_func("/goal/not_comparable", test_not_comparable);
	g_test_add_func("/goal/two_sided", test_two_sided);
	g_test_add_func("/goal/metric", test_metric);
	return g_test_run();
}
