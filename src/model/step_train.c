/* step_train.c: tries models, chooses the best by its validation, trains it on all rows, and packs it. */
#include "model/step_train.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/progress.h"
#include "feature/recipe.h"
#include "model/bundle.h"
#include "model/ensemble_kinds.h"
#include "model/forks.h"
#include "model/reference.h"
#include "model/trials.h"

static const char *const FAMILY_NAMES[] = {
        "baseline",
        "linear",
        "forest",
        "extra_trees",
        "boosted",
        "command",
        "ensemble",
        NULL,
};

static const Param PARAMS[] = {
        {.name = "project", .type = PARAM_TEXT, .preset = "\"\"", .help = "name of the project, kept in the bundle"},
        {.name = "families",
                .type = PARAM_TEXTS,
                .preset = "[\"baseline\",\"linear\",\"forest\",\"boosted\"]",
                .choices = FAMILY_NAMES,
                .help = "families of models to try"},
        {.name = "search", .type = PARAM_JSON, .preset = "{}", .help = "method, trials, metric, time, rows"},
        {.name = "params", .type = PARAM_JSON, .preset = "{}", .help = "fixed parameters by family"},
        {.name = "ensemble", .type = PARAM_JSON, .preset = "{}", .help = "method, size, steps, folds, keep, rows"},
        {.name = "latency_ms",
                .type = PARAM_REAL,
                .preset = "0",
                .min = 0,
                .max = 1e9,
                .unit = "ms",
                .help = "what an answer may take, 99 of 100: it bounds the members of an ensemble; 0: no bound"},
        {.name = "metric",
                .type = PARAM_TEXT,
                .help = "what the best is best by; search.metric goes before; else roc_auc, log_loss or rmse"},
        {.name = "threshold_metric",
                .type = PARAM_TEXT,
                .help = "what the threshold between two classes is chosen by; else the metric"},
        {.name = "code",
                .type = PARAM_TEXTS,
                .preset = "[]",
                .help = "names of the files that the family command is made of; the inputs code.0, code.1, ... are "
                        "they"},
        {.name = "threads",
                .type = PARAM_INT,
                .preset = "2",
                .min = 1,
                .max = 256,
                .help = "threads of the last training, on all rows: part of the result, as sums depend on it"},
        {NULL},
};

typedef struct Training {
	StepRun *s;
	const json_t *params;
	json_t *search, *ensemble, *recipes;
	json_t *assembled; /* what ensemble_assemble tells */
	const ModelFamily *families[G_N_ELEMENTS(FAMILY_NAMES)];
	SearchSpace space;
	TrainData *data;
	TrialSetup setup;
	Trials *trials;
	size_t best;
	GBytes *model;
	char *code;
} Training;

static void training_clear(Training *t)
{
	json_decref(t->search);
	json_decref(t->ensemble);
	json_decref(t->assembled);
	json_decref(t->recipes);
	train_data_free(t->data);
	trials_free(t->trials);
	g_bytes_unref(t->model);
	g_free(t->code);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Training, training_clear)

static const Trial *winner(const Training *t)
{
	return t->trials->list->pdata[t->best];
}

static const char *usual_metric(unsigned task)
{
	return task == TASK_BINARY ? "roc_auc" : task == TASK_MULTICLASS ? "log_loss" : "rmse";
}

static bool find_metric(const char *name, unsigned task, const MetricKind **ret, GError **error)
{
	const MetricKind *metric = metric_find(name);
	if (!metric)
		return fail(error, FAIL_INVALID, "there is no metric \"%s\"", name);
	if (!(metric->tasks & task))
		return fail(error, FAIL_INVALID, "the metric %s is not for this target (%s)", name,
		        task == TASK_BINARY       ? "two classes"
		        : task == TASK_MULTICLASS ? "more than two classes"
		                                  : "a number");
	*ret = metric;
	return true;
}

static bool choose_families(Training *t, unsigned task, GError **error)
{
	const json_t *names = json_object_get(t->params, "families");
	size_t i;
	json_t *name;
	json_array_foreach (names, i, name) {
		const ModelFamily *family = family_find(json_string_value(name));
		if (!family)
			return fail(
			        error, FAIL_INVALID, "families: there is no family \"%s\"", json_string_value(name));
		bool again = false;
		for (size_t k = 0; k < t->space.count; k++)
			again = again || t->families[k] == family;
		if (!again && family->tasks & task && t->space.count < G_N_ELEMENTS(t->families))
			t->families[t->space.count++] = family;
	}
	return t->space.count > 0 || fail(error, FAIL_INVALID, "families: none of them is for this target");
}

static bool check(Training *t, GError **error)
{
	const json_t *roles = json_object_get(t->recipes, "roles");
	unsigned task = task_of(roles);
	t->space = (SearchSpace){
	        .families = t->families, .fixed = json_object_get(t->params, "params"), .seed = step_seed(t->s)};
	if (!param_fill(SEARCH_PARAMS, "search", json_object_get(t->params, "search"), &t->search, error) ||
	        !param_fill(ENSEMBLE_PARAMS, "ensemble", json_object_get(t->params, "ensemble"), &t->ensemble, error) ||
	        !choose_families(t, task, error) || !search_check(&t->space, error))
		return false;
	const char *metric = json_get_text(t->params, "metric", usual_metric(task));
	metric = json_get_text(t->search, "metric", metric);
	const char *threshold = json_get_text(t->params, "threshold_metric", metric);
	if (!find_metric(metric, task, &t->setup.metric, error) ||
	        !find_metric(threshold, task, &t->setup.threshold_by, error))
		return false;
	const MetricKind *of_decisions = metric_find(t->setup.threshold_by->threshold_by);
	t->setup.threshold_by = of_decisions ? of_decisions : t->setup.threshold_by;
	return true;
}

static bool lay_code(Training *t, GError **error)
{
	const json_t *names = json_object_get(t->params, "code");
	size_t i;
	json_t *name;
	t->code = json_array_size(names) ? g_build_filename(step_scratch(t->s), "code", NULL) : NULL;
	json_array_foreach (names, i, name) {
		g_autofree char *input = g_strdup_printf("code.%zu", i);
		g_autofree char *path = g_build_filename(t->code, json_string_value(name), NULL);
		g_autofree char *above = g_path_get_dirname(path);
		const char *from = step_input(t->s, input);
		if (!from)
			return fail(error, FAIL_INVALID, "there is no input \"%s\"", input);
		if (!file_make_folder(above, error) || !file_copy(from, path, error))
			return false;
		chmod(path, 0700); /* stored bytes have lost whether they may be run */
	}
	t->setup.code = t->code;
	return true;
}

static bool read_data(Training *t, GError **error)
{
	StepRun *s = t->s;
	TrainDataWanted wanted = {.table = step_input(s, "train"),
	        .recipes = t->recipes,
	        .rows = (size_t)json_get_int(t->search, "rows", 200000),
	        .seed = step_seed(s),
	        .threads = step_cores(s),
	        .memory_mb = step_memory_mb(s) / 2,
	        .scratch = step_scratch(s),
	        .limit_bytes = step_memory_mb(s) << 20};
	if (!train_data_read(&wanted, &t->data, error))
		return false;
	g_clear_pointer(&t->recipes, json_decref); /* cross-fitted states can be large */
	t->setup.data = t->data;
	t->setup.seed = step_seed(s);
	t->setup.folder = step_scratch(s);
	return true;
}

/* Memory left for children, beside the rows they share. */
static size_t memory_left(const Training *t)
{
	const TrainData *d = t->data;
	size_t mine = d->all.x.rows * d->all.x.columns * sizeof(float);
	for (size_t k = 0; k < d->fold_count; k++)
		mine += (d->folds[k].train.x.rows + d->folds[k].valid.x.rows) * d->folds[k].train.x.columns *
		        sizeof(float);
	size_t all = step_memory_mb(t->s), used = mine >> 20;
	return all > used + 256 ? all - used : 256;
}

static bool search(Training *t, GError **error)
{
	const SearchKind *kind = search_find(json_get_text(t->search, "method", "random"));
	TrialsBudget budget = {.trials = (unsigned)json_get_int(t->search, "trials", 20),
	        .at_once = step_cores(t->s),
	        .time = json_get_number(t->search, "time", 0),
	        .trial_time = json_get_number(t->search, "trial_time", 0),
	        .memory_mb = memory_left(t)};
	t->trials = trials_plan(kind, &t->space, budget.trials);
	return trials_run(t->trials, &t->setup, &budget, error) && trials_best(t->trials, &t->setup, &t->best, error);
}

static bool assemble(Training *t, GError **error)
{
	return ensemble_assemble(&t->setup, t->trials, t->ensemble, json_get_number(t->params, "latency_ms", 0),
	        &t->best, &t->assembled, error);
}

static bool refit_work(void *context, size_t number, GError **error)
{
	const Training *t = context;
	const Trial *w = winner(t);
	return refit_run(&t->setup, w->family, json_object_get(w->result, "refit"),
	        (unsigned)json_get_int(t->params, "threads", 2), error);
}

static void refit_ended(void *context, const ForkEnd *end)
{
	char **failure = &((Trial *)winner(context))->failure;
	if (!end->ok)
		*failure = g_strdup(end->reason);
}

static json_t *child_run(const char *name, const Trial *trial, const char *status, const json_t *used, json_t *metrics)
{
	static const char *const USED[] = {"seconds", "cpu_seconds", "peak_mb", NULL};
	for (const char *const *key = USED; *key; key++)
		json_object_set(metrics, *key, json_object_get(used, *key));
	json_t *run = json_pack("{s:s,s:s,s:O,s:o,s:{s:s}}", "name", name, "status", status, "params", trial->params,
	        "metrics", metrics, "tags", "family", trial->family->name);
	if (json_object_get(used, "start")) {
		json_object_set(run, "start", json_object_get(used, "start"));
		json_object_set(run, "end", json_object_get(used, "end"));
	}
	if (trial->failure)
		json_object_set_new(json_object_get(run, "tags"), "failure", json_text(trial->failure));
	return run;
}

static bool refit(Training *t, GError **error)
{
	const Trial *w = winner(t);
	json_auto_t *used = NULL;
	progress_report("training the best on all rows", 0, 1);
	if (!refit_read(&t->setup, &t->model, &used, error))
		return false;
	if (!t->model) {
		ForkPlan plan = {.count = 1,
		        .at_once = 1,
		        .memory_mb = memory_left(t),
		        .work = refit_work,
		        .ended = refit_ended,
		        .context = t};
		if (!forks_run(&plan, error))
			return false;
		if (w->failure)
			return fail(
			        error, FAIL_INVALID, "the best model could not be trained on all rows: %s", w->failure);
		if (!refit_read(&t->setup, &t->model, &used, error))
			return false;
	}
	progress_report("training the best on all rows", 1, 1);
	step_child_run(t->s, child_run("refit", w, "FINISHED", used, json_object()));
	return true;
}

static const char *status_of(const Trial *trial)
{
	return trial->result ? "done" : trial->failure ? "failed" : "cut";
}

static void tell_runs(const Training *t)
{
	for (guint i = 0; i < t->trials->list->len; i++) {
		const Trial *trial = t->trials->list->pdata[i];
		g_autofree char *name = g_strdup_printf("trial %s", trial->name);
		if (!trial->result && !trial->failure)
			continue;
		json_auto_t *used = json_pack("{s:o,s:o,s:o}", "seconds", json_number(trial->seconds), "cpu_seconds",
		        json_number(trial->cpu_seconds), "peak_mb", json_number(trial->peak_mb));
		json_t *metrics =
		        trial->result ? json_deep_copy(json_object_get(trial->result, "metrics")) : json_object();
		step_child_run(t->s, child_run(name, trial, trial->result ? "FINISHED" : "FAILED",
		                             trial->result ? trial->result : used, metrics));
	}
}

static json_t *trial_json(const Trial *trial, size_t number)
{
	static const char *const KEPT[] = {"metrics", "sd", "threshold", "rounds", NULL};
	json_t *one = json_pack("{s:I,s:s,s:O,s:s}", "number", (json_int_t)number, "family", trial->family->name,
	        "params", trial->params, "status", status_of(trial));
	for (const char *const *key = KEPT; trial->result && *key; key++)
		json_object_set(one, *key, json_object_get(trial->result, *key));
	if (trial->failure && !trial->result)
		json_object_set_new(one, "error", json_text(trial->failure));
	return one;
}

typedef struct Share {
	const char *feature;
	double share;
	size_t place;
} Share;

static int by_share(const void *a, const void *b)
{
	const Share *x = a, *y = b;
	if (x->share != y->share)
		return x->share < y->share ? 1 : -1;
	return (x->place > y->place) - (x->place < y->place);
}

static json_t *importance_json(const Training *t, GError **error)
{
	const ModelFamily *family = winner(t)->family;
	const json_t *names = json_object_get(t->data->recipe, "features");
	size_t count = json_array_size(names);
	void *model;
	if (!family->importance || count == 0)
		return json_null();
	if (!family->load(t->model, &model, error))
		return NULL;
	g_autofree double *share = g_new0(double, count);
	bool ok = family->importance(model, share, error);
	family->free(model);
	if (!ok && g_error_matches(*error, FAIL, FAIL_NOT_FOUND)) {
		g_clear_error(error);
		return json_null();
	}
	if (!ok)
		return NULL;
	g_autofree Share *sorted = g_new(Share, count);
	for (size_t i = 0; i < count; i++)
		sorted[i] = (Share){json_string_value(json_array_get(names, i)), share[i], i};
	qsort(sorted, count, sizeof *sorted, by_share);
	json_t *list = json_array();
	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, json_pack("[s,o]", sorted[i].feature, json_number(sorted[i].share)));
	return list;
}

static json_t *refit_json(const Training *t)
{
	return json_pack("{s:s,s:O,s:I,s:O}", "family", winner(t)->family->name, "params",
	        json_object_get(winner(t)->result, "refit"), "rows", (json_int_t)t->data->all.x.rows, "threads",
	        json_object_get(t->params, "threads"));
}

static bool write_trials(const Training *t, GError **error)
{
	const TrainData *d = t->data;
	const json_t *won = winner(t)->result, *baseline = trials_baseline(t->trials);
	json_t *list = json_array(), *importance = importance_json(t, error);
	if (!importance) {
		json_decref(list);
		return false;
	}
	for (guint i = 0; i < t->trials->list->len - (t->trials->has_yardstick ? 1 : 0); i++)
		json_array_append_new(list, trial_json(t->trials->list->pdata[i], i));
	json_auto_t *out = json_pack("{s:s,s:s,s:O,s:o,s:I,s:b,s:o,s:O,s:s,s:O,s:O,s:{s:I,s:I,s:I,s:I},s:I,s:o,s:O}",
	        "metric", t->setup.metric->name, "direction", t->setup.metric->larger_is_better ? "max" : "min",
	        "method", json_object_get(t->search, "method"), "trials", list, "best", (json_int_t)t->best, "cut",
	        (int)t->trials->is_cut, "refit", refit_json(t), "threshold", json_object_get(won, "threshold"),
	        "threshold_metric", t->setup.threshold_by->name, "baseline",
	        baseline ? json_object_get(baseline, "metrics") : json_null(), "valid_metrics",
	        json_object_get(won, "metrics"), "rows", "train", (json_int_t)d->rows, "left_out",
	        (json_int_t)d->left_out, "searched", (json_int_t)d->folds[0].train.x.rows, "valid",
	        (json_int_t)d->valid_rows, "folds", (json_int_t)d->fold_count, "importance", importance, "ensemble",
	        t->assembled);
	return step_output_json(t->s, "trials", out, error);
}

static size_t decided_class(const Training *t, const double *row, double threshold)
{
	const TrainData *d = t->data;
	if (d->task == TASK_BINARY)
		return row[d->positive] >= threshold ? d->positive : 1 - d->positive;
	size_t best = 0;
	for (size_t k = 1; k < d->classes; k++)
		best = row[k] > row[best] ? k : best;
	return best;
}

static void add_decided(const Training *t, const double *scores, double threshold, json_t *about)
{
	const TrainData *d = t->data;
	g_autofree size_t *counts = g_new0(size_t, d->classes);
	json_t *decided = json_object();
	for (size_t i = 0; i < d->valid_rows; i++)
		counts[decided_class(t, scores + i * d->outputs, threshold)]++;
	for (size_t k = 0; k < d->classes; k++)
		json_object_set_new(decided, json_string_value(json_array_get(json_object_get(d->roles, "classes"), k)),
		        json_number((double)counts[k] / (double)d->valid_rows));
	json_object_set_new(about, "decided", decided);
}

static json_t *histogram(const double *values, size_t count)
{
	enum { BINS = 20 };
	size_t counts[BINS] = {0};
	json_t *shares = json_array();
	for (size_t i = 0; i < count; i++)
		counts[(size_t)CLAMP(values[i] * BINS, 0, BINS - 1)]++;
	for (size_t b = 0; b < BINS; b++)
		json_array_append_new(shares, json_number((double)counts[b] / (double)count));
	return shares;
}

/* model/reference.h: "scores" */
static bool scores_json(const Training *t, double threshold, json_t **ret, GError **error)
{
	const TrainData *d = t->data;
	g_autofree double *scores = NULL;
	if (!trial_scores(&t->setup, winner(t)->name, &scores, error))
		return false;
	g_autofree double *one = g_new(double, d->valid_rows);
	for (size_t i = 0; i < d->valid_rows; i++) {
		const double *row = scores + i * d->outputs;
		size_t of = d->task == TASK_BINARY ? d->positive : d->classes ? decided_class(t, row, threshold) : 0;
		one[i] = row[of];
	}
	json_t *about = reference_numbers(one, d->valid_rows);
	json_object_set_new(about, "of", json_string("validation"));
	json_object_set_new(about, "rows", json_integer((json_int_t)d->valid_rows));
	if (d->task == TASK_BINARY)
		json_object_set_new(about, "histogram", histogram(one, d->valid_rows));
	if (d->classes)
		add_decided(t, scores, threshold, about);
	*ret = about;
	return true;
}

static bool write_bundle(const Training *t, GError **error)
{
	const TrainData *d = t->data;
	const json_t *won = winner(t)->result, *classes = json_object_get(d->roles, "classes");
	json_t *threshold = json_object_get(won, "threshold"), *scores = NULL;
	const char *digests[] = {step_input_digest(t->s, "train"), step_input_digest(t->s, "recipes")};
	if (!scores_json(t, json_is_number(threshold) ? json_number_value(threshold) : 0.5, &scores, error))
		return false;
	json_auto_t *reference = json_copy(d->reference);
	json_object_set_new(reference, "scores", scores);
	json_t *positive = d->task == TASK_BINARY ? json_incref(json_array_get(classes, d->positive)) : json_null();
	json_auto_t *header = json_pack("{s:O,s:O,s:o,s:{s:O},s:o,s:s,s:O,s:O,s:{s:O},s:I,s:O,s:{s:s?,s:s?,s:I,s:s}}",
	        "project", json_object_get(t->params, "project"), "roles", d->roles, "positive", positive, "schema",
	        "columns", json_object_get(d->recipe, "inputs"), "recipe", recipe_strip(d->recipe), "family",
	        winner(t)->family->name, "params", json_object_get(won, "refit"), "threshold", threshold, "metrics",
	        "valid", json_object_get(won, "metrics"), "rows", (json_int_t)d->all.x.rows, "reference", reference,
	        "provenance", "train_digest", digests[0], "recipe_digest", digests[1], "seed",
	        (json_int_t)step_seed(t->s), "gyre", GYRE_VERSION);
	return bundle_write(step_output(t->s, "bundle"), header, t->model, error);
}

static void tell_metrics(const Training *t)
{
	const char *name;
	json_t *value;
	size_t failed = 0;
	json_object_foreach (json_object_get(winner(t)->result, "metrics"), name, value) {
		g_autofree char *key = g_strdup_printf("valid_%s", name);
		step_metric(t->s, key, json_is_number(value) ? json_number_value(value) : NAN);
	}
	for (guint i = 0; i < t->trials->list->len; i++)
		failed += ((const Trial *)t->trials->list->pdata[i])->failure != NULL;
	step_metric(t->s, "trials", t->trials->list->len - (t->trials->has_yardstick ? 1 : 0));
	step_metric(t->s, "trials_failed", (double)failed);
	step_note(t->s, "family", json_string(winner(t)->family->name));
	if (t->trials->is_cut)
		step_note(t->s, "cut", json_string("the search's time ended it: another run may choose another model"));
	if (t->data->left_out)
		step_note(t->s, "rows_left_out", json_integer((json_int_t)t->data->left_out));
}

static bool run(StepRun *s, const json_t *params, GError **error)
{
	g_auto(Training) t = {.s = s, .params = params};
	if (!recipes_read(step_input(s, "recipes"), &t.recipes, error) || !check(&t, error) || !lay_code(&t, error) ||
	        !read_data(&t, error))
		return false;
	bool found = search(&t, error);
	if (t.trials)
		tell_runs(&t);
	if (!found || !assemble(&t, error) || !refit(&t, error) || !write_bundle(&t, error) || !write_trials(&t, error))
		return false;
	tell_metrics(&t);
	return true;
}

static const char *const INPUTS[] = {"train", "recipes", "code*", NULL};
static const char *const OUTPUTS[] = {"bundle", "trials", NULL};

const StepKind STEP_TRAIN = {
        .name = "train",
        .help = "tries models, trains the best on all rows and packs it as a bundle",
        .version = 2,
        .params = PARAMS,
        .inputs = INPUTS,
        .outputs = OUTPUTS,
        .flags = STEP_ALL_CORES | STEP_RESUMES,
        .run = run,
};
