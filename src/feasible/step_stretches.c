/* step_stretches.c: the step `stretches`: what a random split promises too much, measured (feasible.h).
 *
 * Under a random split a model is judged on rows that lie between those it learnt from: it may remember the weather of the very same
 * days.  What comes after is other days.  So each stretch of time is judged twice, on the same rows and by models that learnt from as
 * many: by the rest of the stretch, and by the stretch before.  The values of the whole range under either split would not do: later
 * rows may simply be easier. */
#include <math.h>

#include "base/json.h"
#include "base/progress.h"
#include "feasible/feasible.h"
#include "feasible/judged.h"
#include "goal/goal.h"
#include "stats/test.h"

typedef struct Stretches {
	StepRun *s;
	Judged *j;
	const MetricKind *metric;
	json_t *report, *list; /* list: the report's stretches */
	double *scores;
	double *gap; /* of each pair of folds that has one */
	size_t gaps;
	double within, next; /* sums of these */
} Stretches;

static void stretches_clear(Stretches *t)
{
	judged_free(t->j);
	json_decref(t->report);
	g_free(t->scores);
	g_free(t->gap);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Stretches, stretches_clear)

static bool read_judged(Stretches *t, GError **error)
{
	JudgedWanted wanted = {.table = step_input(t->s, "sample"),
	        .recipes = step_input(t->s, "recipes"),
	        .seed = step_seed(t->s),
	        .threads = step_cores(t->s),
	        .memory_mb = step_memory_mb(t->s) / 2,
	        .scratch = step_scratch(t->s)};
	return judged_read(&wanted, &t->j, error);
}

static double value_at(const Stretches *t, size_t from, size_t rows)
{
	Scored s = judged_part(t->j, t->scores, from, rows);
	g_autofree uint32_t *decided = judged_decide(&s, t->metric);
	s.decided = decided;
	return t->metric->compute(&s);
}

/* Of each stretch but the first there are `parts` folds that the rest of it teaches, and then one with all their rows that the stretch
 * before teaches. */
static void compare(Stretches *t, size_t parts)
{
	const TrainData *d = t->j->d;
	size_t pairs = d->fold_count / (parts + 1);
	t->gap = g_new(double, pairs + 1);
	for (size_t i = 0, from = 0; i < pairs; i++) {
		size_t rows = d->folds[i * (parts + 1) + parts].valid.x.rows;
		double within = metric_bounded(t->metric, value_at(t, from, rows)),
		       next = metric_bounded(t->metric, value_at(t, from + rows, rows));
		from += 2 * rows;
		json_t *one = json_array_get(t->list, i + 1);
		json_object_set_new(one, "within", json_number(within));
		json_object_set_new(one, "next", json_number(next));
		if (isnan(within) || isnan(next))
			continue;
		t->gap[t->gaps++] = within - next;
		t->within += within;
		t->next += next;
	}
}

static char *sentence_of(const Stretches *t, const Difference *gap, double within, double next)
{
	const char *name = t->metric->name;
	bool flatters = t->metric->larger_is_better ? gap->low > 0 : gap->high < 0;
	if (flatters)
		return g_strdup_printf(
		        "Judged on rows drawn at random from the stretch of time it learnt from, a model has %s "
		        "%.4g; on the same rows one that learnt from the stretch before has %.4g (a difference of "
		        "%.2g, %.2g to %.2g, over %zu stretches): a random split promises the first, and the future "
		        "brings the second",
		        name, within, next, gap->value, gap->low, gap->high, t->gaps);
	return g_strdup_printf(
	        "Judged on the same rows, models that learnt from the stretch of time before (%s %.4g) are "
	        "not surely worse than ones that learnt from rows around them (%.4g; a difference of "
	        "%.2g, %.2g to %.2g, over %zu stretches)",
	        name, next, within, gap->value, gap->low, gap->high, t->gaps);
}

static void conclude(Stretches *t)
{
	FoldDifferences differences = {t->gap, t->gaps, 0};
	double within = t->within / (double)t->gaps, next = t->next / (double)t->gaps;
	Difference gap = test_corrected_t(&differences, 0.95);
	g_autofree char *text = sentence_of(t, &gap, within, next);
	json_object_set_new(t->report, "within", json_number(within));
	json_object_set_new(t->report, "next", json_number(next));
	json_object_set_new(t->report, "gap", json_number(gap.value));
	json_object_set_new(t->report, "low", json_number(gap.low));
	json_object_set_new(t->report, "high", json_number(gap.high));
	json_object_set_new(t->report, "sentence", json_text(text));
	step_metric(t->s, "gap", gap.value);
}

static void begin_report(Stretches *t, const json_t *about)
{
	json_t *one;
	size_t i;
	t->list = json_object_get(about, "stretches") ? json_deep_copy(json_object_get(about, "stretches"))
	                                              : json_array();
	json_array_foreach (t->list, i, one) {
		json_object_set_new(one, "within", json_null());
		json_object_set_new(one, "next", json_null());
	}
	t->report = json_pack("{s:s,s:o,s:n,s:n,s:n,s:n,s:n,s:n}", "metric", t->metric->name, "stretches", t->list,
	        "within", "next", "gap", "low", "high", "sentence");
}

static bool measure(Stretches *t, size_t parts, GError **error)
{
	json_auto_t *params = json_pack("{s:i,s:i,s:i}", "rounds", 200, "patience", 0, "max_depth", 6);
	JudgedModel model = {"boosted", params, 1, 0};
	t->scores = g_new0(double, t->j->count * t->j->d->outputs + 1);
	progress_report("stretches of time", 0, 0);
	if (!judged_scores(t->j, &model, t->scores, error))
		return false;
	compare(t, parts);
	if (t->gaps >= 2)
		conclude(t);
	return true;
}

/* A warning that cannot be measured (a stretch of one class, no XGBoost) is no reason to stop a run. */
static void measure_if_possible(Stretches *t, size_t parts)
{
	g_autoptr(GError) problem = NULL;
	if (!measure(t, parts, &problem))
		json_object_set_new(t->report, "problem", json_text(problem->message));
}

static bool run(StepRun *s, const json_t *params, GError **error)
{
	g_auto(Stretches) t = {.s = s};
	json_auto_t *about = NULL;
	if (!step_input_json(s, "about", &about, error) || !read_judged(&t, error))
		return false;
	t.metric = metric_find(goal_metric(json_object_get(params, "goal"), t.j->d->classes));
	begin_report(&t, about);
	if (json_array_size(t.list))
		measure_if_possible(&t, (size_t)json_get_int(about, "parts", 1));
	return step_output_json(s, "stretches", t.report, error);
}

static const Param PARAMS[] = {
        {"goal", PARAM_JSON, "the goal block", .flags = PARAM_REQUIRED},
        {NULL},
};
static const char *const INPUTS[] = {"sample", "about", "recipes", NULL};
static const char *const OUTPUTS[] = {"stretches", NULL};

const StepKind STEP_STRETCHES = {
        .name = "stretches",
        .help = "measures what a random split of rows in time promises too much",
        .version = 2,
        .params = PARAMS,
        .inputs = INPUTS,
        .outputs = OUTPUTS,
        .flags = STEP_ALL_CORES,
        .run = run,
};
