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
#include "model/calibrate.h"
#include "model/costs.h"
#include "model/ensemble_kinds.h"
#include "model/reference.h"
#include "model/training.h"
#include "model/transfer.h"

#define SHORT_TIME 180    /* seconds: in less, families that gain little more by their parameters are not searched */
#define TRIALS_IN_TIME 12 /* a limited time is enough for so many trials at least, of families that learn in rounds */

static const char *const FAMILY_NAMES[] = {
        "baseline",
        "linear",
        "tree",
        "ftrl",
        "naive_bayes",
        "svm",
        "knn",
        "forest",
        "extra_trees",
        "mlp",
        "boosted",
        "lightgbm",
        "command",
        "onnx",
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
        {.name = "search",
                .type = PARAM_JSON,
                .preset = "{}",
                .help = "method, trials, metric, portfolio, transfer, pruner, lag, time, trial_time, memory_mb, "
                        "trial_memory_mb, rows"},
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
        {.name = "unready",
                .type = PARAM_TEXTS,
                .flags = PARAM_HIDDEN,
                .help = "families whose library or program was not here when the step was planned"},
        {.name = "calibration",
                .type = PARAM_TEXT,
                .preset = "\"auto\"",
                .help = "how probabilities are put right: none, auto, or one of the calibrations"},
        {.name = "costs",
                .type = PARAM_JSON,
                .help = "what decisions between two classes cost: {tp, fp, fn, tn}; the threshold is chosen by them"},
        {.name = "figure",
                .type = PARAM_JSON,
                .help = "a business figure, {sql, grows}, by whose costs the threshold is chosen if it has such"},
        {.name = "threads",
                .type = PARAM_INT,
                .preset = "2",
                .min = 1,
                .max = 256,
                .help = "threads of the last training, on all rows: part of the result, as sums depend on it"},
        {NULL},
};

static void training_clear(Training *t)
{
	json_decref(t->search);
	json_decref(t->ensemble);
	json_decref(t->assembled);
	json_decref(t->about);
	json_decref(t->transferred);
	json_decref(t->calibration);
	json_decref(t->calibrated);
	json_decref(t->final);
	json_decref(t->recipes);
	train_data_free(t->data);
	trials_free(t->trials);
	g_bytes_unref(t->model);
	g_free(t->code);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Training, training_clear)

const Trial *training_winner(const Training *t)
{
	return t->trials->list->pdata[t->best];
}

const json_t *training_result(const Training *t)
{
	return t->final ? t->final : training_winner(t)->result;
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
		return fail(error, FAIL_INVALID, "the metric %s is not for this target (%s)", name, task_words(task));
	*ret = metric;
	return true;
}

static bool choose_families(Training *t, unsigned task, GError **error)
{
	const json_t *names = json_object_get(t->params, "families");
	g_autoptr(GString) unfit = g_string_new(NULL);
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
		if (!(family->tasks & task))
			g_string_append_printf(unfit, "%s%s", unfit->len ? ", " : "", family->name);
		else if (!again && t->space.count < G_N_ELEMENTS(t->families))
			t->families[t->space.count++] = family;
	}
	if (t->space.count == 0)
		return fail(
		        error, FAIL_INVALID, "families: none of them (%s) can learn %s", unfit->str, task_words(task));
	if (unfit->len) {
		progress_note("not tried, as they cannot learn %s: %s", task_words(task), unfit->str);
		step_note(t->s, "families_left_out", json_text(unfit->str));
	}
	return true;
}

/* Those whose library or program is not here: a search would try them again and again. */
static bool leave_unready(Training *t, GError **error)
{
	g_autoptr(GError) first = NULL;
	g_autoptr(GString) unready = g_string_new(NULL);
	size_t left = 0;
	for (size_t k = 0; k < t->space.count; k++) {
		const ModelFamily *family = t->families[k];
		g_autoptr(GError) problem = NULL;
		if (family_ready(family, t->code, json_object_get(t->space.fixed, family->name), &problem)) {
			t->families[left++] = family;
			continue;
		}
		progress_note("%s is not tried: %s", family->name, problem->message);
		g_string_append_printf(unready, "%s%s", unready->len ? ", " : "", family->name);
		if (!first)
			first = g_steal_pointer(&problem);
	}
	t->space.count = left;
	if (left == 0) {
		g_propagate_prefixed_error(error, g_steal_pointer(&first),
		        "families: none of them (%s) can be tried here: ", unready->str);
		return false;
	}
	if (unready->len)
		step_note(t->s, "families_unavailable", json_text(unready->str));
	return true;
}

/* Each family has a trial of its defaults before anything else. */
static void tell_untried(const Training *t)
{
	size_t trials = (size_t)json_get_int(t->search, "trials", 20);
	g_autoptr(GString) names = g_string_new(NULL);
	for (size_t k = trials; k < t->space.count; k++)
		g_string_append_printf(names, "%s%s", names->len ? ", " : "", t->families[k]->name);
	if (names->len)
		progress_note("not tried, as search.trials is %zu: %s", trials, names->str);
}

/* Where time is limited, those that gain most come first: it may be over after few. */
static void put_first(Training *t)
{
	for (size_t i = 1; i < t->space.count; i++)
		for (size_t k = i; k > 0 && t->families[k]->search_share > t->families[k - 1]->search_share; k--) {
			const ModelFamily *family = t->families[k];
			t->families[k] = t->families[k - 1];
			t->families[k - 1] = family;
		}
}

static bool check(Training *t, GError **error)
{
	const json_t *roles = json_object_get(t->recipes, "roles");
	unsigned task = task_of(roles);
	t->space = (SearchSpace){
	        .families = t->families, .fixed = json_object_get(t->params, "params"), .seed = step_seed(t->s)};
	if (!param_fill(SEARCH_PARAMS, "search", json_object_get(t->params, "search"), &t->search, error) ||
	        !param_fill(ENSEMBLE_PARAMS, "ensemble", json_object_get(t->params, "ensemble"), &t->ensemble, error) ||
	        !choose_families(t, task, error) || !search_check(&t->space, error) || !leave_unready(t, error))
		return false;
	double time = json_get_number(t->search, "time", 0);
	if (time > 0) {
		t->space.is_wide = true;
		t->setup.seconds = time / TRIALS_IN_TIME;
		put_first(t);
		if (time < SHORT_TIME)
			t->space.least_share = t->families[0]->search_share / 2;
	}
	tell_untried(t);
	const char *metric = json_get_text(t->params, "metric", usual_metric(task));
	metric = json_get_text(t->search, "metric", metric);
	const char *threshold = json_get_text(t->params, "threshold_metric", metric);
	const char *calibration = json_get_text(t->params, "calibration", "auto");
	if (!calibrate_known(calibration))
		return fail(error, FAIL_INVALID, "there is no calibration \"%s\"", calibration);
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
	t->code = g_build_filename(step_scratch(t->s), "code", NULL);
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

/* What the threshold is chosen by, where that is money: costs as given, else those of a figure that has such. */
static bool find_costs(Training *t, GError **error)
{
	const json_t *costs = json_object_get(t->params, "costs"), *figure = json_object_get(t->params, "figure");
	const char *sql = json_get_text(figure, "sql", NULL);
	bool found = json_is_object(costs);
	if (t->data->task != TASK_BINARY)
		return true;
	if (found)
		t->costs = costs_from_json(costs);
	else if (sql && !costs_from_figure(step_input(t->s, "train"), t->data->roles, t->data->positive, sql,
	                        json_get_bool(figure, "grows", true), &t->costs, &found, error))
		return false;
	t->setup.costs = found ? &t->costs : NULL;
	return true;
}

/* trial-7.json, trial-7.scores, and the yardstick's. */
static bool is_of_trial(const char *name)
{
	if (!g_str_has_prefix(name, "trial-"))
		return false;
	const char *number = name + strlen("trial-"), *rest = number + strspn(number, "0123456789");
	return rest > number || g_str_has_prefix(number, "baseline.");
}

/* What was made of the trials of other settings goes: it names them by numbers, behind which there may be others now. */
static bool keep_trials_only(const char *folder, const json_t *params, GError **error)
{
	g_autofree char *path = g_build_filename(folder, "settings.json", NULL);
	json_auto_t *before = NULL;
	if (json_read_file(path, &before, NULL) && json_equal(before, params))
		return true;
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	const char *name;
	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *file = g_build_filename(folder, name, NULL);
		if (!is_of_trial(name) && *name != '.' && !file_remove(file, error))
			return false;
	}
	return json_write_file(path, params, error);
}

/* Where trials leave what they found: a search with more trials, or more time, than before goes on from these. */
static bool trials_folder(const Training *t, const char **ret, GError **error)
{
	static const char *const HOW_LONG[] = {"trials", "time", "trial_time", "memory_mb", "trial_memory_mb"};
	*ret = step_scratch(t->s);
	if (json_get_int(t->search, "trials", 1) < 2)
		return true;
	json_auto_t *identity = json_copy((json_t *)t->params), *search = json_copy(t->search);
	for (size_t i = 0; i < G_N_ELEMENTS(HOW_LONG); i++)
		json_object_del(search, HOW_LONG[i]);
	if (t->space.is_wide) /* a trial may have ended early, which one without a time must not go on from */
		json_object_set_new(search, "time", json_true());
	json_object_del(identity, "project");
	json_object_set(identity, "search", search);
	*ret = step_memory(t->s, identity);
	return strcmp(*ret, step_scratch(t->s)) == 0 || keep_trials_only(*ret, t->params, error);
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
	return trials_folder(t, &t->setup.folder, error) && find_costs(t, error);
}

/* What the user wrote of features, by the features there are: in each fold, whose recipe is its own, and in all rows. */
static bool check_features(const Training *t, GError **error)
{
	for (size_t k = 0; k < t->space.count; k++)
		for (size_t f = 0; f <= t->data->fold_count; f++) {
			const ModelFamily *family = t->families[k];
			const Matrix *x = f < t->data->fold_count ? &t->data->folds[f].train.x : &t->data->all.x;
			if (family_fits(family, x, json_object_get(t->space.fixed, family->name), error))
				continue;
			g_prefix_error(error, "models.params.%s.", family->name);
			return false;
		}
	return true;
}

static bool read_studies(Training *t, const json_t **studies, const char **digests, GError **error)
{
	for (unsigned i = 0; i < TRANSFER_STUDIES; i++) {
		g_autofree char *name = g_strdup_printf("earlier.%u", i);
		json_t *study = NULL;
		digests[i] = step_input_digest(t->s, name);
		if (step_input(t->s, name) && !step_input_json(t->s, name, &study, error))
			return false;
		studies[i] = study;
	}
	return true;
}

/* What is tried before anything is drawn, beside the families' defaults. */
static bool know_beforehand(Training *t, GError **error)
{
	json_t *studies[TRANSFER_STUDIES] = {NULL};
	const char *digests[TRANSFER_STUDIES];
	t->about = transfer_about(t->data);
	bool ok = read_studies(t, (const json_t **)studies, digests, error);
	TransferWanted wanted = {.space = &t->space,
	        .metric = t->setup.metric,
	        .about = t->about,
	        .studies = (const json_t *const *)studies,
	        .digests = digests,
	        .count = TRANSFER_STUDIES,
	        .most = transfer_most(t->search)};
	t->space.transferred = t->transferred = ok ? transfer_find(&wanted) : NULL;
	for (unsigned i = 0; i < TRANSFER_STUDIES; i++)
		json_decref(studies[i]);
	size_t half = (size_t)json_get_int(t->search, "trials", 20) / 2;
	size_t before = t->space.count + json_array_size(t->transferred);
	bool is_wanted = json_get_bool(t->search, "portfolio", true);
	t->space.portfolio = is_wanted && half > before ? (unsigned)(half - before) : 0;
	return ok;
}

static bool calibrate(Training *t, GError **error)
{
	const Trial *w = training_winner(t);
	return calibrate_trial(&t->setup, w, json_get_text(t->params, "calibration", "auto"), &t->calibration,
	        &t->calibrated, &t->final, error);
}

static void tell_metrics(const Training *t)
{
	const char *name;
	json_t *value;
	size_t failed = 0;
	json_object_foreach (json_object_get(training_result(t), "metrics"), name, value) {
		g_autofree char *key = g_strdup_printf("valid_%s", name);
		step_metric(t->s, key, json_is_number(value) ? json_number_value(value) : NAN);
	}
	for (guint i = 0; i < t->trials->list->len; i++)
		failed += ((const Trial *)t->trials->list->pdata[i])->failure != NULL;
	step_metric(t->s, "trials", t->trials->list->len - (t->trials->has_yardstick ? 1 : 0));
	step_metric(t->s, "trials_failed", (double)failed);
	step_note(t->s, "family", json_string(training_winner(t)->family->name));
	if (t->trials->is_cut)
		step_note(t->s, "cut", json_string("the search's time ended it: another run may choose another model"));
	if (t->data->left_out)
		step_note(t->s, "rows_left_out", json_integer((json_int_t)t->data->left_out));
}

static bool run(StepRun *s, const json_t *params, GError **error)
{
	g_auto(Training) t = {.s = s, .params = params, .since = g_get_monotonic_time()};
	if (!recipes_read(step_input(s, "recipes"), &t.recipes, error) || !lay_code(&t, error) || !check(&t, error) ||
	        !read_data(&t, error) || !check_features(&t, error) || !know_beforehand(&t, error))
		return false;
	t.reading = (double)(g_get_monotonic_time() - t.since) / 1e6;
	/* What is trained in time decides what is calibrated. */
	if (!training_search(&t, error) || !training_refit(&t, error) || !calibrate(&t, error) ||
	        !training_write_bundle(&t, error) || !training_write_out_of_fold(&t, error) ||
	        !training_write_trials(&t, error))
		return false;
	tell_metrics(&t);
	return true;
}

static const char *const INPUTS[] = {"train", "recipes", "code*", "earlier*", NULL};
static const char *const OUTPUTS[] = {"bundle", "trials", "out_of_fold", NULL};

const StepKind STEP_TRAIN = {
        .name = "train",
        .help = "tries models, trains the best on all rows and packs it as a bundle",
        .version = 18,
        .params = PARAMS,
        .inputs = INPUTS,
        .outputs = OUTPUTS,
        .flags = STEP_ALL_CORES | STEP_RESUMES,
        .run = run,
};
