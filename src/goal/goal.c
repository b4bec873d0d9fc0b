/* goal.c: the goal block of gyre.yaml: its table, its checks, and whether the goal is SMART. */
#include "goal/goal.h"

#include <math.h>
#include <string.h>

#include "base/json.h"
#include "stats/fairness.h"
#include "stats/metric.h"

static const char *const TASKS[] = {"classification", "regression", NULL};

const Param GOAL_PARAMS[] = {
        {"problem", PARAM_TEXT, "why machine learning, and for whom"},
        {"owner", PARAM_TEXT, "who answers for it"},
        {"stakeholders", PARAM_TEXTS, "whom it touches", "[]"},
        {"today", PARAM_TEXT, "what is done today, without a model"},
        {"limits", PARAM_TEXT, "what the model is not for"},
        {"task", PARAM_TEXT, "what is predicted: a class or a number", .choices = TASKS, .flags = PARAM_REQUIRED},
        {"target", PARAM_TEXT, "the column to predict", .flags = PARAM_REQUIRED},
        {"positive", PARAM_TEXT, "of two classes the one the question is about"},
        {"metric", PARAM_TEXT, "what search and threshold go by, where not the first criterion's metric"},
        {"costs", PARAM_JSON,
                "what decisions between two classes cost: {tp, fp, fn, tn}, gains below 0; the threshold "
                "is chosen by them"},
        {"success", PARAM_JSON, "list of {metric, kpi or fairness, at_least or at_most}", "[]"},
        {"due", PARAM_TEXT, "date by which it must be reached: 2027-03-31"},
        {NULL},
};

const Param CRITERION_PARAMS[] = {
        {"metric", PARAM_TEXT, "a metric, or latency_p99_ms"},
        {"kpi", PARAM_TEXT, "a name from the kpi block"},
        {"fairness", PARAM_TEXT, "a measure of fairness, such as demographic_parity_difference"},
        {"of", PARAM_TEXT, "the column of fairness.columns it is measured over"},
        {"at_least", PARAM_REAL, "passes at this value or above"},
        {"at_most", PARAM_REAL, "passes at this value or below"},
        {NULL},
};

static const Param COSTS_PARAMS[] = {
        {"tp", PARAM_REAL, "a positive decided positive", "0"},
        {"fp", PARAM_REAL, "another decided positive", "0"},
        {"fn", PARAM_REAL, "a positive decided otherwise", "0"},
        {"tn", PARAM_REAL, "another decided otherwise", "0"},
        {NULL},
};

static unsigned task_bits(const json_t *goal)
{
	if (strcmp(json_get_text(goal, "task", ""), "regression") == 0)
		return METRIC_REGRESSION;
	return METRIC_BINARY | METRIC_MULTICLASS;
}

const char *goal_metric_named(const json_t *goal)
{
	const char *given = json_get_text(goal, "metric", NULL);
	size_t i;
	json_t *criterion;
	if (given)
		return given;
	json_array_foreach (json_object_get(goal, "success"), i, criterion) {
		const MetricKind *metric = metric_find(json_get_text(criterion, "metric", ""));
		if (metric && metric->tasks & task_bits(goal))
			return metric->name;
	}
	return NULL;
}

const char *goal_metric(const json_t *goal, size_t classes)
{
	const MetricKind *named = metric_find(goal_metric_named(goal) ? goal_metric_named(goal) : "");
	unsigned task = classes == 0 ? METRIC_REGRESSION : classes == 2 ? METRIC_BINARY : METRIC_MULTICLASS;
	if (named && named->tasks & task)
		return named->name;
	return task == METRIC_REGRESSION ? "rmse" : task == METRIC_BINARY ? "roc_auc" : "log_loss";
}

static bool is_date(const char *text)
{
	int year, month, day;
	char rest;
	if (!text || sscanf(text, "%4d-%2d-%2d%c", &year, &month, &day, &rest) != 3)
		return false;
	return g_date_valid_dmy(
	        (GDateDay)CLAMP(day, 0, 255), (GDateMonth)CLAMP(month, 0, 13), (GDateYear)CLAMP(year, 0, 65535));
}

/* "metric roc_auc at_least 1.2": can it be?  Returns what is wrong, or NULL. */
static char *beyond_reach(const MetricKind *metric, const json_t *criterion)
{
	double low = MIN(metric->worst, metric->best), high = MAX(metric->worst, metric->best);
	double least = json_get_number(criterion, "at_least", NAN), most = json_get_number(criterion, "at_most", NAN);
	if (least > high)
		return g_strdup_printf(
		        "%s is never above %g, so at_least %g cannot be reached", metric->name, high, least);
	if (most < low)
		return g_strdup_printf(
		        "%s is never below %g, so at_most %g cannot be reached", metric->name, low, most);
	if (!isnan(least) && !metric->larger_is_better)
		return g_strdup_printf("a smaller %s is better: at_most is meant", metric->name);
	if (!isnan(most) && metric->larger_is_better)
		return g_strdup_printf("a larger %s is better: at_least is meant", metric->name);
	return NULL;
}

static const char *nearest_metric(const char *name)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	for (const MetricKind *const *m = METRICS; *m; m++)
		g_ptr_array_add(names, (void *)(*m)->name);
	g_ptr_array_add(names, (void *)"latency_p99_ms");
	g_ptr_array_add(names, NULL);
	return nearest_name(name, (const char *const *)names->pdata);
}

/* What is wrong with a metric's name under this goal, or NULL. */
static char *metric_problem(const json_t *goal, const char *name)
{
	const MetricKind *metric = metric_find(name);
	if (strcmp(name, "latency_p99_ms") == 0)
		return NULL;
	if (!metric) {
		const char *near = nearest_metric(name);
		return g_strdup_printf("there is no metric \"%s\"%s%s%s", name, near ? "; did you mean \"" : "",
		        near ? near : "", near ? "\"?" : "");
	}
	if (!(metric->tasks & task_bits(goal)))
		return g_strdup_printf("%s does not measure a %s", name, json_get_text(goal, "task", "task"));
	return NULL;
}

static char *fairness_problem(const json_t *criterion, const char *name)
{
	const FairMeasure *measure = fair_measure(name);
	if (!measure) {
		g_autoptr(GPtrArray) names = g_ptr_array_new();
		for (const FairMeasure *m = FAIR_MEASURES; m->name; m++)
			g_ptr_array_add(names, (void *)m->name);
		g_ptr_array_add(names, NULL);
		g_autofree char *known = g_strjoinv(", ", (char **)names->pdata);
		return g_strdup_printf("there is no measure of fairness \"%s\": one of %s", name, known);
	}
	if (!json_get_text(criterion, "of", NULL))
		return g_strdup_printf("say of which column: {fairness: %s, of: sex, ...}", name);
	if (measure->larger_is_better == (json_object_get(criterion, "at_most") != NULL))
		return g_strdup_printf("a %s %s is better: %s is meant",
		        measure->larger_is_better ? "larger" : "smaller", name,
		        measure->larger_is_better ? "at_least" : "at_most");
	return NULL;
}

static char *criterion_problem(const json_t *goal, const json_t *kpi, const json_t *criterion)
{
	const char *metric = json_get_text(criterion, "metric", NULL), *figure = json_get_text(criterion, "kpi", NULL),
	           *fairness = json_get_text(criterion, "fairness", NULL);
	bool least = json_object_get(criterion, "at_least"), most = json_object_get(criterion, "at_most");
	if ((metric != NULL) + (figure != NULL) + (fairness != NULL) != 1)
		return g_strdup("a criterion names one metric, one kpi or one measure of fairness");
	if (least == most)
		return g_strdup("a criterion has one of at_least and at_most");
	if (fairness)
		return fairness_problem(criterion, fairness);
	if (json_get_text(criterion, "of", NULL))
		return g_strdup("of goes with fairness");
	if (figure && !json_object_get(kpi, figure))
		return g_strdup_printf("\"%s\" is not in the kpi block", figure);
	char *problem = metric ? metric_problem(goal, metric) : NULL;
	if (problem || !metric || !metric_find(metric))
		return problem;
	return beyond_reach(metric_find(metric), criterion);
}

static void check_criteria(const json_t *goal, const json_t *kpi, ParamReport *report, void *context)
{
	const json_t *success = json_object_get(goal, "success");
	size_t i;
	json_t *criterion;
	if (!json_is_array(success)) {
		report(context, "goal.success", "success is not a list of criteria");
		return;
	}
	json_array_foreach ((json_t *)success, i, criterion) {
		g_autofree char *path = g_strdup_printf("goal.success[%zu]", i);
		json_auto_t *filled = param_check(CRITERION_PARAMS, path, criterion, report, context);
		g_autofree char *problem = filled ? criterion_problem(goal, kpi, filled) : NULL;
		if (problem)
			report(context, path, problem);
	}
}

static void check_costs(const json_t *costs, ParamReport *report, void *context)
{
	const char *name;
	json_t *cost;
	double least = INFINITY, most = -INFINITY;
	if (!costs)
		return;
	json_decref(param_check(COSTS_PARAMS, "goal.costs", costs, report, context));
	json_object_foreach ((json_t *)costs, name, cost) {
		least = MIN(least, json_number_value(cost));
		most = MAX(most, json_number_value(cost));
	}
	if (json_is_object(costs) && !(most > least) && json_object_size(costs) != 1)
		report(context, "goal.costs", "all decisions cost the same: nothing follows from that");
}

void goal_check(const json_t *goal, const json_t *kpi, ParamReport *report, void *context)
{
	const char *metric = json_get_text(goal, "metric", NULL), *due = json_get_text(goal, "due", NULL);
	g_autofree char *problem = metric ? metric_problem(goal, metric) : NULL;
	if (problem)
		report(context, "goal.metric", problem);
	if (due && !is_date(due))
		report(context, "goal.due", "due is not a date like 2027-03-31");
	if (task_bits(goal) == METRIC_REGRESSION && json_get_text(goal, "positive", NULL))
		report(context, "goal.positive", "a regression has no positive class");
	check_criteria(goal, kpi, report, context);
	check_costs(json_object_get(goal, "costs"), report, context);
}

/* "TODO" is what `gyre new` writes where only a person knows. */
static bool is_told(const char *text)
{
	return text && *text && !g_str_has_prefix(text, "TODO");
}

static json_t *letter(const char *name, char *problem, const char *praise)
{
	char first[2] = {g_ascii_toupper(name[0]), 0};
	json_t *entry = json_pack("{s:s,s:s,s:b,s:o}", "letter", first, "name", name, "ok", problem == NULL, "finding",
	        json_text(problem ? problem : praise));
	g_free(problem);
	return entry;
}

static char *specific(const json_t *goal)
{
	if (!json_get_text(goal, "target", NULL))
		return g_strdup("say which column is predicted: goal.target");
	return NULL;
}

static char *measurable(const json_t *goal)
{
	if (json_array_size(json_object_get(goal, "success")))
		return NULL;
	return g_strdup("say what is good enough, as a number: goal.success: [{metric: roc_auc, at_least: 0.7}]");
}

static void keep_problem(void *context, const char *path, const char *problem)
{
	char **kept = context;
	if (!*kept && g_str_has_prefix(path, "goal.success"))
		*kept = g_strdup(problem);
}

static char *achievable(const json_t *goal, const json_t *kpi)
{
	char *problem = NULL;
	goal_check(goal, kpi, keep_problem, &problem);
	return problem;
}

static char *relevant(const json_t *goal, const json_t *kpi)
{
	if (!is_told(json_get_text(goal, "problem", NULL)))
		return g_strdup("say which problem it solves, and for whom: goal.problem");
	if (!is_told(json_get_text(goal, "owner", NULL)))
		return g_strdup("say who answers for it: goal.owner");
	if (!json_object_size(kpi))
		return g_strdup("say what it is worth: a figure under kpi");
	return NULL;
}

static char *time_bound(const json_t *goal)
{
	const char *due = json_get_text(goal, "due", NULL);
	if (!is_told(due))
		return g_strdup("say by when: goal.due");
	return is_date(due) ? NULL : g_strdup("goal.due is not a date like 2027-03-31");
}

json_t *goal_smart(const json_t *goal, const json_t *kpi)
{
	json_t *list = json_array();
	json_array_append_new(list, letter("specific", specific(goal), "the target is named"));
	json_array_append_new(list, letter("measurable", measurable(goal), "success is a number"));
	json_array_append_new(
	        list, letter("achievable", achievable(goal, kpi), "the numbers can be reached by their metrics"));
	json_array_append_new(list, letter("relevant", relevant(goal, kpi), "problem, owner and worth are told"));
	json_array_append_new(list, letter("time-bound", time_bound(goal), "there is a date"));
	return list;
}

json_t *goal_figure(const json_t *goal, const json_t *kpi)
{
	size_t i;
	json_t *criterion;
	if (json_object_get(goal, "costs") || json_get_text(goal, "metric", NULL))
		return json_null();
	json_array_foreach (json_object_get(goal, "success"), i, criterion) {
		const char *sql = json_get_text(kpi, json_get_text(criterion, "kpi", ""), NULL);
		if (sql)
			return json_pack(
			        "{s:s,s:b}", "sql", sql, "grows", json_object_get(criterion, "at_least") != NULL);
	}
	return json_null();
}
