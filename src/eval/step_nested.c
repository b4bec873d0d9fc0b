/* step_nested.c: the step `nested`: each fold's bundle on its rows, and what they come to together. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/limits.h"
#include "eval/nested.h"
#include "eval/score.h"
#include "goal/goal.h"
#include "stats/distribution.h"
#include "stats/resample.h"
#include "stats/test.h"

#define LEVEL 0.95
enum { DRAWS = 200, DRAWN_ROWS = 200000 };

typedef struct Nested {
	StepRun *s;
	const json_t *goal;
	Engine *e;
	const MetricKind *metric;
	json_t *folds;   /* as told */
	json_t *metrics; /* of each fold: {name: {"value", "low", "high"}} */
	double over;     /* sum over folds of rows judged / rows learnt from */
} Nested;

static void nested_clear(Nested *n)
{
	engine_close(n->e);
	json_decref(n->folds);
	json_decref(n->metrics);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Nested, nested_clear)

/* What is known of one fold; freed whatever happened. */
typedef struct Judged {
	Bundle *b;
	TestSet t;
	Answers a, baseline;
} Judged;

static void judged_clear(Judged *j)
{
	bundle_free(j->b);
	test_set_clear(&j->t);
	answers_clear(&j->a);
	answers_clear(&j->baseline);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Judged, judged_clear)

static void note_fold(Nested *n, const Judged *j)
{
	const json_t *header = bundle_header(j->b);
	Scored said = scored_of(&j->t, &j->a), zero = scored_of(&j->t, &j->baseline);
	double chosen = json_get_number(json_at(header, "metrics.valid"), n->metric->name, NAN);
	double learnt = json_get_number(header, "rows", NAN);
	n->over += (double)j->t.rows / learnt;
	json_t *metrics = metrics_with_intervals(&said, DRAWS, LEVEL, step_seed(n->s), DRAWN_ROWS);
	json_array_append_new(n->metrics, metrics);
	json_t *fold = json_copy(json_object_get(metrics, n->metric->name));
	json_object_set_new(fold, "rows", json_integer((json_int_t)j->t.rows));
	json_object_set_new(fold, "learnt", json_number(learnt));
	json_object_set(fold, "family", json_object_get(header, "family"));
	json_object_set_new(fold, "chosen", json_number(chosen));
	json_object_set_new(fold, "baseline", json_number(n->metric->compute(&zero)));
	json_array_append_new(n->folds, fold);
}

static bool judge_fold(Nested *n, const char *bundle, const char *test, GError **error)
{
	g_auto(Judged) j = {0};
	if (!bundle_load(bundle, &j.b, error))
		return false;
	if (!n->metric)
		n->metric = metric_find(goal_metric(n->goal, bundle_classes(j.b)));
	if (!score_rows(n->e, test, &j.b, 1, &j.t, &j.a, error) || !score_baseline(j.b, &j.t, &j.baseline, error))
		return false;
	note_fold(n, &j);
	return true;
}

static bool judge_all(Nested *n, GError **error)
{
	for (unsigned k = 0; k < LIMIT_FOLDS; k++) {
		g_autofree char *bundle = g_strdup_printf("bundle.%u", k), *test = g_strdup_printf("test.%u", k);
		const char *from = step_input(n->s, bundle), *rows = step_input(n->s, test);
		if (!from || !rows)
			break;
		if (!judge_fold(n, from, rows, error))
			return false;
	}
	return json_array_size(n->folds) > 0 || fail(error, FAIL_INVALID, "there are no folds to judge");
}

/* Values of a member over a list; those that are not defined are left out. */
static size_t values_of(const json_t *list, const char *name, double *ret)
{
	size_t count = 0, i;
	json_t *one;
	json_array_foreach ((json_t *)list, i, one) {
		ret[count] = json_get_number(one, name, NAN);
		count += !isnan(ret[count]);
	}
	return count;
}

static double mean_of(const json_t *list, const char *name)
{
	double values[LIMIT_FOLDS], sum = 0;
	size_t count = values_of(list, name, values);
	for (size_t i = 0; i < count; i++)
		sum += values[i];
	return count ? sum / (double)count : NAN;
}

static double deviation_of(const json_t *list, const char *name)
{
	double values[LIMIT_FOLDS], squares = 0, mean = mean_of(list, name);
	size_t count = values_of(list, name, values);
	for (size_t i = 0; i < count; i++)
		squares += (values[i] - mean) * (values[i] - mean);
	return count > 1 ? sqrt(squares / ((double)count - 1)) : NAN;
}

/* The standard error of a mean over folds that their rows alone make, by the folds' own bootstraps. */
static double error_of_rows(const json_t *list)
{
	double squares = 0, count = 0;
	size_t i;
	json_t *one;
	json_array_foreach ((json_t *)list, i, one) {
		double width = json_get_number(one, "high", NAN) - json_get_number(one, "low", NAN);
		squares += isnan(width) ? 0 : width * width;
		count += !isnan(width);
	}
	return count > 0 ? sqrt(squares) / (2 * normal_quantile((1 + LEVEL) / 2) * count) : NAN;
}

/* Few folds may agree by luck: the interval is never narrower than that of the rows. */
static json_t *figure_of(const Nested *n, const json_t *list)
{
	double values[LIMIT_FOLDS], reach = normal_quantile((1 + LEVEL) / 2) * error_of_rows(list),
	                            mean = mean_of(list, "value");
	FoldDifferences d = {.values = values, .test_over_train = n->over / (double)json_array_size(n->folds)};
	d.count = values_of(list, "value", values);
	if (d.count > 1)
		reach = fmax(reach, mean - test_corrected_t(&d, LEVEL).low);
	return json_pack("{s:o,s:o,s:o}", "value", json_number(mean), "low", json_number(mean - reach), "high",
	        json_number(mean + reach));
}

/* The figures of one metric in all folds. */
static json_t *column_of(const json_t *metrics, const char *name)
{
	json_t *list = json_array(), *one;
	size_t i;
	json_array_foreach ((json_t *)metrics, i, one)
		json_array_append(list, json_object_get(one, name));
	return list;
}

static json_t *told_json(const Nested *n)
{
	json_t *told = figure_of(n, n->folds), *metrics = json_object(), *value;
	const char *name;
	double chosen = mean_of(n->folds, "chosen"), found = mean_of(n->folds, "value");
	json_object_foreach (json_array_get(n->metrics, 0), name, value) {
		json_auto_t *column = column_of(n->metrics, name);
		json_object_set_new(metrics, name, figure_of(n, column));
	}
	json_object_set_new(told, "metric", json_string(n->metric->name));
	json_object_set_new(told, "level", json_real(LEVEL));
	json_object_set_new(told, "sd", json_number(deviation_of(n->folds, "value")));
	json_object_set_new(told, "baseline", json_number(mean_of(n->folds, "baseline")));
	json_object_set_new(told, "chosen", json_number(chosen));
	json_object_set_new(told, "optimism", json_number(metric_worse(n->metric, found, chosen)));
	json_object_set(told, "folds", n->folds);
	json_object_set_new(told, "metrics", metrics);
	return told;
}

static bool run(StepRun *s, const json_t *params, GError **error)
{
	EngineLimits limits = {step_cores(s), step_memory_mb(s) / 2, step_scratch(s)};
	g_auto(Nested)
	        n = {.s = s, .goal = json_object_get(params, "goal"), .folds = json_array(), .metrics = json_array()};
	if (!engine_open(&limits, &n.e, error) || !judge_all(&n, error))
		return false;
	json_auto_t *told = told_json(&n);
	step_metric(s, n.metric->name, json_get_number(told, "value", NAN));
	return step_output_json(s, "nested", told, error);
}

static const Param PARAMS[] = {
        {"goal", PARAM_JSON, "the goal block", .flags = PARAM_REQUIRED},
        {NULL},
};
static const char *const INPUTS[] = {"bundle*", "test*", NULL};
static const char *const OUTPUTS[] = {"nested", NULL};

const StepKind STEP_NESTED = {
        .name = "nested",
        .help = "judges the whole search: each bundle on the fold that was set aside for it",
        .version = 2,
        .params = PARAMS,
        .inputs = INPUTS,
        .outputs = OUTPUTS,
        .flags = STEP_ALL_CORES,
        .run = run,
};
