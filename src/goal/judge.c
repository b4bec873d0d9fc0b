/* judge.c: the gate is the goal: an evaluation is held against what the goal demands, criterion by criterion, and the reasons
 * why not are told in whole sentences. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "goal/goal.h"
#include "stats/metric.h"

typedef struct Judge {
	const json_t *evaluation;
	json_t *criteria, *reasons;
} Judge;

static const json_t *figure(const json_t *part, const char *group, const char *name)
{
	return json_object_get(json_object_get(part, group), name);
}

static json_t *interval_of(const json_t *found)
{
	if (!json_object_get(found, "low"))
		return json_null();
	return json_pack("[O,O]", json_object_get(found, "low"), json_object_get(found, "high"));
}

static void add(Judge *j, const char *criterion, const char *wanted, double found, json_t *interval, bool pass,
        const char *sentence)
{
	json_array_append_new(j->criteria,
	        json_pack("{s:s,s:s,s:o,s:o,s:b,s:o}", "criterion", criterion, "wanted", wanted, "found",
	                json_number(found), "interval", interval, "pass", pass, "sentence", json_text(sentence)));
	if (!pass)
		json_array_append_new(j->reasons, json_text(sentence));
}

/* A column's name may hold dots, so no path is made of it. */
static const json_t *fairness_figure(const json_t *evaluation, const char *measure, const char *column)
{
	const json_t *columns = json_object_get(json_object_get(evaluation, "fairness"), "columns");
	return figure(json_object_get(columns, column), "measures", measure);
}

static const json_t *find_figure(const json_t *evaluation, const json_t *criterion, char **ret_name)
{
	const char *fairness = json_get_text(criterion, "fairness", NULL), *of = json_get_text(criterion, "of", "");
	if (fairness) {
		*ret_name = g_strdup_printf("%s of %s", fairness, of);
		return fairness_figure(evaluation, fairness, of);
	}
	const char *kpi = json_get_text(criterion, "kpi", NULL), *metric = json_get_text(criterion, "metric", "");
	*ret_name = g_strdup(kpi ? kpi : metric);
	if (kpi)
		return json_object_get(json_object_get(evaluation, "kpi"), kpi);
	if (strcmp(metric, "latency_p99_ms") == 0)
		return figure(evaluation, "latency", "p99_ms");
	return figure(json_object_get(evaluation, "model"), "metrics", metric);
}

static void judge_criterion(Judge *j, const json_t *criterion)
{
	g_autofree char *name = NULL;
	const json_t *found = find_figure(j->evaluation, criterion, &name);
	double value = json_is_number(found) ? json_number_value(found) : json_get_number(found, "value", NAN);
	bool is_least = json_object_get(criterion, "at_least") && !json_is_null(json_object_get(criterion, "at_least"));
	double bound = json_get_number(criterion, is_least ? "at_least" : "at_most", NAN);
	bool pass = is_least ? value >= bound : value <= bound;
	g_autofree char *wanted = g_strdup_printf("%s %g", is_least ? "at least" : "at most", bound);
	g_autofree char *sentence = isnan(value)
	                                    ? g_strdup_printf("%s could not be measured; %s is wanted", name, wanted)
	                                    : g_strdup_printf("%s is %.4g; %s is wanted", name, value, wanted);
	add(j, name, wanted, value, interval_of(found), pass, sentence);
}

/* The metric's interval must lie beyond the baseline's value: a model that may be no better than guessing is none. */
static void judge_baseline(Judge *j, const MetricKind *metric)
{
	const json_t *model = figure(json_object_get(j->evaluation, "model"), "metrics", metric->name);
	double base = json_get_number(
	        figure(json_object_get(j->evaluation, "baseline"), "metrics", metric->name), "value", NAN);
	double edge = json_get_number(model, metric->larger_is_better ? "low" : "high", NAN);
	double value = json_get_number(model, "value", NAN);
	if (isnan(base) || isnan(edge))
		return;
	bool pass = metric->larger_is_better ? edge > base : edge < base;
	g_autofree char *wanted = g_strdup_printf("better than the baseline's %.4g", base);
	g_autofree char *sentence = g_strdup_printf(
	        "%s is %.4g (its interval reaches to %.4g); the baseline, which knows no feature, has %.4g",
	        metric->name, value, edge, base);
	add(j, "baseline", wanted, value, interval_of(model), pass, sentence);
}

static void judge_champion(Judge *j, const MetricKind *metric, double margin)
{
	const json_t *comparison = json_at(j->evaluation, "champion.comparison");
	double difference = json_get_number(comparison, "difference", NAN);
	if (!comparison || isnan(difference))
		return;
	double worse = metric->larger_is_better ? -difference : difference;
	double p = json_get_number(comparison, "p", NAN);
	bool pass = worse <= margin || !(p < 0.05);
	g_autofree char *sentence = g_strdup_printf(
	        "%s differs from the champion's by %+.4g on the same rows (p = %.3g)", metric->name, difference, p);
	g_autofree char *wanted = g_strdup_printf("no worse than the champion by more than %g", margin);
	add(j, "champion", wanted, difference, interval_of(comparison), pass, sentence);
}

static void judge_slices(Judge *j, const MetricKind *metric, double margin)
{
	size_t i;
	json_t *slice;
	json_array_foreach ((json_t *)json_at(j->evaluation, "champion.slices"), i, slice) {
		double difference = json_get_number(slice, "difference", NAN);
		double worse = metric->larger_is_better ? -difference : difference;
		if (!(worse > margin) || !(json_get_number(slice, "p_adjusted", 1) < 0.05))
			continue;
		g_autofree char *sentence = g_strdup_printf(
		        "where %s, %s is worse than the champion's by %.4g (%d rows)",
		        json_get_text(slice, "slice", "?"), metric->name, worse, (int)json_get_int(slice, "rows", 0));
		add(j, "slice", "no slice much worse than the champion", difference, json_null(), false, sentence);
	}
}

bool goal_judge(const json_t *goal, const json_t *gate, const json_t *evaluation, json_t **ret, GError **error)
{
	const MetricKind *metric = metric_find(json_get_text(evaluation, "metric", ""));
	if (!metric)
		return fail(error, FAIL_BROKEN, "the evaluation names no metric");
	Judge j = {.evaluation = evaluation, .criteria = json_array(), .reasons = json_array()};
	size_t i;
	json_t *criterion;
	json_array_foreach (json_object_get(goal, "success"), i, criterion)
		judge_criterion(&j, criterion);
	if (json_get_bool(gate, "better_than_baseline", true))
		judge_baseline(&j, metric);
	if (strcmp(json_get_text(gate, "no_worse_than", "champion"), "champion") == 0) {
		judge_champion(&j, metric, json_get_number(gate, "margin", 0));
		judge_slices(&j, metric, json_get_number(gate, "slice_margin", 0.05));
	}
	bool pass = json_array_size(j.reasons) == 0;
	*ret = json_pack("{s:b,s:o,s:o}", "pass", pass, "reasons", j.reasons, "criteria", j.criteria);
	return true;
}
