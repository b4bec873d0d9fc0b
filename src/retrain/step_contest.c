/* step_contest.c: reads the rows once and lets every model answer them. */
#include "retrain/step_contest.h"

#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "eval/compare.h"
#include "eval/score.h"
#include "eval/scored_table.h"

#define MODELS_MOST 32

static const Param PARAMS[] = {
        {.name = "modes",
                .type = PARAM_TEXTS,
                .flags = PARAM_REQUIRED,
                .help = "names of the models, in the inputs' order"},
        {.name = "scored",
                .type = PARAM_JSON,
                .preset = "[]",
                .help = "for each the number of the input with its scores, -1 where it answers here"},
        {.name = "metric", .type = PARAM_TEXT, .help = "what they are compared by; else roc_auc, log_loss or rmse"},
        {.name = "kpi", .type = PARAM_JSON, .preset = "{}", .help = "business figures: name to SQL"},
        {NULL},
};

typedef struct Contest {
	StepRun *s;
	const json_t *params;
	Engine *e;
	size_t count;
	Bundle *bundles[MODELS_MOST];
	Answers answers[MODELS_MOST];
	TestSet t;
	const MetricKind *metric;
} Contest;

static void contest_clear(Contest *c)
{
	for (size_t k = 0; k < c->count; k++) {
		bundle_free(c->bundles[k]);
		answers_clear(&c->answers[k]);
	}
	test_set_clear(&c->t);
	engine_close(c->e);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Contest, contest_clear)

static const char *mode_of(const Contest *c, size_t k)
{
	return json_string_value(json_array_get(json_object_get(c->params, "modes"), k));
}

static const char *input_of(const Contest *c, const char *what, size_t k)
{
	g_autofree char *name = g_strdup_printf("%s.%zu", what, k);
	return step_input(c->s, name);
}

static bool load(Contest *c, GError **error)
{
	size_t count = json_array_size(json_object_get(c->params, "modes"));
	if (count < 1 || count > MODELS_MOST)
		return fail(
		        error, FAIL_LIMIT, "%zu models are more than the %d that can be compared", count, MODELS_MOST);
	for (; c->count < count; c->count++) {
		const char *path = input_of(c, "bundle", c->count);
		if (!path)
			return fail(error, FAIL_INVALID, "there is no input \"bundle.%zu\"", c->count);
		if (!bundle_load(path, &c->bundles[c->count], error))
			return false;
	}
	return true;
}

static bool take_scores(Contest *c, size_t k, GError **error)
{
	json_int_t place = json_integer_value(json_array_get(json_object_get(c->params, "scored"), k));
	g_autofree char *bytes = NULL;
	size_t size;
	bool given = k < json_array_size(json_object_get(c->params, "scored")) && place >= 0;
	const char *path = given ? input_of(c, "scores", (size_t)place) : NULL;
	Answers *a = &c->answers[k];
	if (!path)
		return !given || fail(error, FAIL_INVALID, "there is no input \"scores.%d\"", (int)place);
	if (!file_read(path, G_MAXINT32, &bytes, &size, error))
		return false;
	size_t scores = a->rows * a->outputs, decided = bundle_classifies(c->bundles[k]) ? a->rows : 0;
	const double *numbers = (const double *)(const void *)bytes;
	if (size != (scores + decided) * sizeof *a->scores)
		return fail(error, FAIL_BROKEN, "the scores of %s are not of these rows", mode_of(c, k));
	memcpy(a->scores, numbers, scores * sizeof *a->scores);
	for (size_t i = 0; i < decided; i++)
		a->decided[i] = (uint32_t)CLAMP(numbers[scores + i], 0, (double)c->t.classes - 1);
	return true;
}

static bool find_metric(Contest *c, GError **error)
{
	unsigned task = task_of(json_object_get(bundle_header(c->bundles[0]), "roles"));
	const char *usual = task == TASK_BINARY ? "roc_auc" : task == TASK_MULTICLASS ? "log_loss" : "rmse";
	const char *name = json_get_text(c->params, "metric", usual);
	c->metric = metric_find(name);
	if (!c->metric)
		return fail(error, FAIL_INVALID, "there is no metric \"%s\"", name);
	return c->metric->tasks & task || fail(error, FAIL_INVALID, "the metric %s is not for this target", name);
}

static bool answer(Contest *c, GError **error)
{
	EngineLimits limits = {step_cores(c->s), step_memory_mb(c->s) / 2, step_scratch(c->s)};
	if (!find_metric(c, error) || !engine_open(&limits, &c->e, error) ||
	        !score_rows(c->e, step_input(c->s, "rows"), c->bundles, c->count, &c->t, c->answers, error))
		return false;
	for (size_t k = 0; k < c->count; k++)
		if (!take_scores(c, k, error))
			return false;
	return true;
}

static bool judge(Contest *c, size_t k, json_t **ret, GError **error)
{
	const json_t *header = bundle_header(c->bundles[k]), *kpi = json_object_get(c->params, "kpi");
	Scored s = scored_of(&c->t, &c->answers[k]);
	json_auto_t *values = json_object();
	if (json_object_size(kpi)) {
		g_clear_pointer(&values, json_decref);
		g_autofree char *table = g_strdup_printf("scored_%zu", k);
		if (!scored_table(c->e, table, step_input(c->s, "rows"), c->bundles[k], &c->t, &c->answers[k], error) ||
		        !kpi_values(c->e, kpi, table, &values, error))
			return false;
	}
	*ret = json_pack("{s:O,s:O,s:o,s:O}", "family", json_object_get(header, "family"), "learnt",
	        json_object_get(header, "rows"), "metrics", metrics_compute(&s), "kpi", values);
	return true;
}

static json_t *differences_of(Contest *c)
{
	json_t *list = json_array();
	for (size_t a = 0; a < c->count; a++)
		for (size_t b = a + 1; b < c->count; b++) {
			json_t *d = compare_answers(&c->t, &c->answers[b], &c->answers[a], c->metric, step_seed(c->s));
			json_object_set_new(d, "a", json_string(mode_of(c, a)));
			json_object_set_new(d, "b", json_string(mode_of(c, b)));
			json_array_append_new(list, d);
		}
	return list;
}

static bool run(StepRun *s, const json_t *params, GError **error)
{
	g_auto(Contest) c = {.s = s, .params = params};
	if (!load(&c, error) || !answer(&c, error))
		return false;
	json_auto_t *modes = json_object();
	for (size_t k = 0; k < c.count; k++) {
		json_t *judged;
		if (!judge(&c, k, &judged, error))
			return false;
		json_object_set_new(modes, mode_of(&c, k), judged);
	}
	json_auto_t *out = json_pack("{s:I,s:s,s:b,s:O,s:o}", "rows", (json_int_t)c.t.rows, "metric", c.metric->name,
	        "larger_is_better", c.metric->larger_is_better, "modes", modes, "differences", differences_of(&c));
	return step_output_json(s, "contest", out, error);
}

static const char *const INPUTS[] = {"rows", "bundle*", "scores*", NULL};
static const char *const OUTPUTS[] = {"contest", NULL};

const StepKind STEP_CONTEST = {
        .name = "contest",
        .help = "several models on the same rows",
        .version = 2,
        .params = PARAMS,
        .inputs = INPUTS,
        .outputs = OUTPUTS,
        .flags = STEP_ALL_CORES,
        .run = run,
};
