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
	const MetricKind *metric = metric_find(json_get_text(criterion, "metric", ""));
	double held = metric ? metric_bounded(metric, value) : value;
	bool pass = is_least ? held >= bound : held <= bound;
	g_autofree char *wanted = g_strdup_printf("%s %g", is_least ? "at least" : "at most", bound);
	g_autofree char *sentence = isnan(value)
	                                    ? g_strdup_printf("%s could not be measured; %s is wanted", name, wanted)
	                                    : g_strdup_printf("%s is %.4g; %s is wanted", name, value, wanted);
	add(j, name, wanted, value, interval_of(found), pass, sentence);
}

/* The metric's interval must lie beyond the baseline's value: a model that may be no better than guessing is none.  A baseline that has
 * no value (precision of what is never decided) is worse than any; a model that has none, or no interval, is no better than anything. */
static void judge_baseline(Judge *j, const MetricKind *metric)
{
	const json_t *model = figure(json_object_get(j->evaluation, "model"), "metrics", metric->name);
	double base = json_get_number(
	        figure(json_object_get(j->evaluation, "baseline"), "metrics", metric->name), "value", NAN);
	double low = json_get_number(model, "low", NAN), high = json_get_number(model, "high", NAN);
	double edge = metric_compare(metric, low, high) < 0 ? low : high, value = json_get_number(model, "value", NAN);
	g_autofree char *of_base = isnan(base) ? g_strdup("no value") : g_strdup_printf("%.4g", base);
	g_autofree char *wanted = isnan(base) ? g_strdup("better than the baseline")
	                                      : g_strdup_printf("better than the baseline's %s", of_base);
	g_autofree char *sentence =
	        isnan(edge)
	                ? g_strdup_printf("%s %s, so it cannot be told whether the model is better than the baseline",
	                          metric->name,
	                          isnan(value) ? "has no value on the test rows"
	                                       : "has no interval: it has no value on most draws of the test rows")
	                : g_strdup_printf(
	                          "%s is %.4g (its interval reaches to %.4g); the baseline, which knows no feature, "
	                          "has %s",
	                          metric->name, value, edge, of_base);
	add(j, "baseline", wanted, value, interval_of(model), metric_compare(metric, edge, base) > 0, sentence);
}

/* How much worse the model is than the champion; where both values are known, by how far they are from the best. */
static double worse_by(const MetricKind *metric, double model, double champion, double difference)
{
	double loss = metric_worse(metric, model, champion);
	return !isnan(loss) ? loss : metric->larger_is_better ? -difference : difference;
}

static double value_of(const json_t *part, const MetricKind *metric)
{
	return json_get_number(figure(part, "metrics", metric->name), "value", NAN);
}

/* A comparison that cannot be made lets nothing through: neither without a difference, nor where the model looks worse and no test says
 * that it is chance. */
static void judge_champion(Judge *j, const MetricKind *metric, double margin)
{
	const json_t *champion = json_object_get(j->evaluation, "champion"),
	             *comparison = json_object_get(champion, "comparison");
	double difference = json_get_number(comparison, "difference", NAN), p = json_get_number(comparison, "p", NAN);
	if (!comparison)
		return;
	double worse = worse_by(metric, value_of(json_object_get(j->evaluation, "model"), metric),
	        value_of(champion, metric), difference);
	bool pass = worse <= margin || p >= 0.05;
	g_autofree char *tested =
	        !isnan(p)         ? g_strdup_printf("p = %.3g", p)
	        : worse <= margin ? g_strdup("no test can be made of it")
	                          : g_strdup("too few rows say anything, so no test tells whether that is chance");
	g_autofree char *sentence =
	        isnan(difference)
	                ? g_strdup_printf(
	                          "%s has no value on the test rows, so the model cannot be compared with the champion",
	                          metric->name)
	                : g_strdup_printf("%s differs from the champion's by %+.4g on the same rows (%s)", metric->name,
	                          difference, tested);
	g_autofree char *wanted = g_strdup_printf("no worse than the champion by more than %g", margin);
	add(j, "champion", wanted, difference, interval_of(comparison), pass, sentence);
}

static const char NO_SLICE[] = "no slice much worse than the champion";

/* Slices too small for a test (one class, a single positive) say nothing, as those do that have few rows; how many is told. */
static void tell_untested(Judge *j, const MetricKind *metric, const json_t *first, size_t untested, size_t all)
{
	g_autofree char *sentence = g_strdup_printf(
	        "in %zu of %zu slices %s could not be compared with the champion's, such as where %s "
	        "(%d rows): too few rows say anything there",
	        untested, all, metric->name, json_get_text(first, "slice", "?"), (int)json_get_int(first, "rows", 0));
	if (untested)
		add(j, "slice", NO_SLICE, NAN, json_null(), true, sentence);
}

static void judge_slices(Judge *j, const MetricKind *metric, double margin)
{
	size_t i, untested = 0;
	json_t *slice, *slices = (json_t *)json_at(j->evaluation, "champion.slices");
	const json_t *first = NULL;
	json_array_foreach (slices, i, slice) {
		double difference = json_get_number(slice, "difference", NAN),
		       p = json_get_number(slice, "p_adjusted", NAN);
		double worse = worse_by(metric, json_get_number(slice, "model", NAN),
		        json_get_number(slice, "champion", NAN), difference);
		bool is_told = !isnan(worse) && (!isnan(p) || worse <= margin);
		untested += !is_told;
		first = first || is_told ? first : slice;
		if (!(worse > margin) || !(p < 0.05))
			continue;
		g_autofree char *sentence = g_strdup_printf(
		        "where %s, %s is worse than the champion's by %.4g (%d rows)",
		        json_get_text(slice, "slice", "?"), metric->name, worse, (int)json_get_int(slice, "rows", 0));
		add(j, "slice", NO_SLICE, difference, json_null(), false, sentence);
	}
	tell_untested(j, metric, first, untested, json_array_size(slices));
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
