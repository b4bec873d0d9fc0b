/* trial.c: the work of one child: train, predict, judge, leave files. */
#include "model/trial.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/limits.h"

/* Validation rows of all folds in turn, as the metrics take them. */
typedef struct Pooled {
	double *y, *weight, *scores;
	uint32_t *decided;
} Pooled;

static void pooled_clear(Pooled *p)
{
	g_free(p->y);
	g_free(p->weight);
	g_free(p->scores);
	g_free(p->decided);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Pooled, pooled_clear)

void trial_rows(const TrainData *d, double **ret_y, double **ret_weight)
{
	*ret_y = g_new(double, MAX(d->valid_rows, 1));
	*ret_weight = d->all.weight ? g_new(double, MAX(d->valid_rows, 1)) : NULL;
	for (size_t k = 0, at = 0; k < d->fold_count; k++) {
		const Part *valid = &d->folds[k].valid;
		if (valid->x.rows == 0)
			continue;
		memcpy(*ret_y + at, valid->y, valid->x.rows * sizeof **ret_y);
		if (*ret_weight)
			memcpy(*ret_weight + at, valid->weight, valid->x.rows * sizeof **ret_weight);
		at += valid->x.rows;
	}
}

static void pool_init(const TrainData *d, Pooled *p)
{
	trial_rows(d, &p->y, &p->weight);
	p->scores = g_new0(double, d->valid_rows * d->outputs);
}

static Scored scored_part(const TrainData *d, const Pooled *p, size_t from, size_t rows)
{
	return (Scored){.rows = rows,
	        .classes = d->classes,
	        .y = p->y + from,
	        .scores = p->scores + from * d->outputs,
	        .weight = p->weight ? p->weight + from : NULL,
	        .decided = p->decided ? p->decided + from : NULL,
	        .positive = d->positive};
}

static TrainSet train_set(const TrialSetup *setup, const Part *rows, const Part *watch, unsigned threads)
{
	return (TrainSet){.task = setup->data->task,
	        .classes = setup->data->classes,
	        .x = &rows->x,
	        .y = rows->y,
	        .weight = rows->weight,
	        .valid = watch && watch->x.rows ? &watch->x : NULL,
	        .valid_y = watch ? watch->y : NULL,
	        .valid_weight = watch ? watch->weight : NULL,
	        .metric = setup->metric->name,
	        .seed = setup->seed,
	        .threads = threads,
	        .code = setup->code,
	        .roles = setup->data->roles};
}

TrainSet trial_train_set(const TrialSetup *setup, const Fold *fold)
{
	TrainSet set = train_set(setup, &fold->train, &fold->watch, 1);
	set.recipe = fold->recipe;
	set.prepared = setup->prepared ? &setup->prepared[fold - setup->data->folds] : NULL;
	return set;
}

/* A trial as it goes through its folds. */
typedef struct Tour {
	const TrialSetup *setup;
	const ModelFamily *family;
	const json_t *params;
	json_t *about; /* what it tells; "pruned" in it: given up */
	const Fold *fold;
	bool is_first; /* of the folds */
	gint64 until;  /* TrainSet.until */
} Tour;

static bool stop_round(void *context, unsigned rounds, double value)
{
	const Tour *t = context;
	const TrialWatch *watch = t->setup->watch;
	json_array_append_new(
	        json_object_get(t->about, "curve"), json_pack("[I,o]", (json_int_t)rounds, json_number(value)));
	if (!watch->stop_round(watch->context, rounds, value))
		return false;
	json_object_set_new(t->about, "pruned", json_true());
	return true;
}

/* Given up between its rounds, it leaves no scores. */
static bool run_fold(const Tour *t, double *ret_scores, json_t **ret_refit, GError **error)
{
	TrainSet set = trial_train_set(t->setup, t->fold);
	TrainWatch watch = {.stop = stop_round, .context = (void *)t};
	void *model = NULL;
	json_auto_t *refit = NULL;
	set.until = t->until;
	set.watch = t->is_first && t->setup->watch && t->setup->watch->stop_round ? &watch : NULL;
	if (!family_train(t->family, &set, t->params, &model, &refit, error))
		return false;
	bool is_over = json_object_get(t->about, "pruned") != NULL;
	bool ok = is_over || family_predict(t->family, model, &t->fold->valid.x, ret_scores, error);
	t->family->free(model);
	if (ok)
		*ret_refit = g_steal_pointer(&refit);
	return ok;
}

/* Numbers on which the folds differ (rounds found by early stopping) are averaged, at any depth (an ensemble's members). */
static json_t *merge_values(json_t *const *values, size_t count)
{
	const char *name;
	json_t *member;
	size_t i;
	double sum = 0;
	bool differ = false;
	json_t *merged = json_deep_copy(values[0]);
	g_autofree json_t **inner = g_new(json_t *, count);
	json_object_foreach (values[0], name, member) {
		for (size_t k = 0; k < count; k++)
			inner[k] = json_object_get(values[k], name) ? json_object_get(values[k], name) : member;
		json_object_set_new(merged, name, merge_values(inner, count));
	}
	json_array_foreach (values[0], i, member) {
		for (size_t k = 0; k < count; k++)
			inner[k] = json_array_get(values[k], i) ? json_array_get(values[k], i) : member;
		json_array_set_new(merged, i, merge_values(inner, count));
	}
	for (size_t k = 0; k < count; k++) {
		sum += json_number_value(values[k]);
		differ = differ || !json_equal(values[k], values[0]);
	}
	if (differ && json_is_integer(merged))
		json_integer_set(merged, (json_int_t)round(sum / (double)count));
	else if (differ && json_is_real(merged))
		json_real_set(merged, sum / (double)count);
	return merged;
}

static json_t *merge_refits(const json_t *folds)
{
	size_t count = json_array_size(folds);
	g_autofree json_t **values = g_new(json_t *, MAX(count, 1));
	for (size_t k = 0; k < count; k++)
		values[k] = json_array_get(folds, k);
	return count ? merge_values(values, count) : json_object();
}

static void decide(const TrialSetup *setup, Pooled *p, json_t *about)
{
	const TrainData *d = setup->data;
	json_object_set_new(about, "threshold", json_null());
	if (d->task != TASK_BINARY)
		return;
	Scored all = scored_part(d, p, 0, d->valid_rows);
	Threshold found =
	        setup->costs ? threshold_choose_costs(&all, setup->costs) : threshold_choose(&all, setup->threshold_by);
	double threshold = found.threshold;
	p->decided = g_new(uint32_t, d->valid_rows);
	threshold_decide(&all, threshold, p->decided);
	json_object_set_new(about, "threshold", json_number(threshold));
}

/* Means over the folds where a metric is defined. */
static json_t *mean_metrics(const json_t *folds)
{
	json_t *means = json_object(), *value;
	const char *name;
	json_object_foreach (json_array_get(folds, 0), name, value) {
		double sum = 0, count = 0;
		size_t i;
		json_t *fold;
		json_array_foreach (folds, i, fold) {
			double found = json_get_number(fold, name, NAN);
			sum += isnan(found) ? 0 : found;
			count += !isnan(found);
		}
		json_object_set_new(means, name, json_number(count > 0 ? sum / count : NAN));
	}
	return means;
}

static double deviation(const json_t *folds, const char *name, double mean)
{
	double squares = 0, count = 0;
	size_t i;
	json_t *fold;
	json_array_foreach (folds, i, fold) {
		double away = json_get_number(fold, name, NAN) - mean;
		squares += isnan(away) ? 0 : away * away;
		count += !isnan(away);
	}
	return count > 1 ? sqrt(squares / (count - 1)) : NAN;
}

static void judge(const TrialSetup *setup, Pooled *p, json_t *about)
{
	const TrainData *d = setup->data;
	const char *metric = setup->metric->name;
	json_auto_t *folds = json_array();
	decide(setup, p, about);
	for (size_t k = 0, at = 0; k < d->fold_count; k++) {
		size_t rows = d->folds[k].valid.x.rows;
		if (rows == 0)
			continue;
		Scored part = scored_part(d, p, at, rows);
		json_array_append_new(folds, metrics_compute(&part));
		at += rows;
	}
	json_t *means = mean_metrics(folds);
	json_object_set_new(about, "metrics", means);
	json_object_set_new(about, "sd", json_number(deviation(folds, metric, json_get_number(means, metric, NAN))));
}

static void add_usage(json_t *about, gint64 start)
{
	struct rusage used;
	gint64 end = g_get_real_time();
	getrusage(RUSAGE_SELF, &used);
	double cpu = (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
	             (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
	json_object_set_new(about, "start", json_integer(start));
	json_object_set_new(about, "end", json_integer(end));
	json_object_set_new(about, "seconds", json_number((double)(end - start) / 1e6));
	json_object_set_new(about, "cpu_seconds", json_number(cpu));
	json_object_set_new(about, "peak_mb", json_number((double)used.ru_maxrss / 1024));
}

static char *file_of(const TrialSetup *setup, const char *name, const char *what)
{
	return g_strdup_printf("%s/trial-%s.%s", setup->folder, name, what);
}

/* Is it to be given up after this fold? */
static bool is_stopped(const TrialSetup *setup, const Pooled *p, size_t from, size_t rows, json_t *about)
{
	json_t *steps = json_object_get(about, "steps");
	Scored part = scored_part(setup->data, p, from, rows);
	double told;
	if (!setup->watch)
		return false;
	bool stop = setup->watch->stop(
	        setup->watch->context, json_array_size(steps) + 1, setup->metric->compute(&part), &told);
	json_array_append_new(steps, json_pack("[I,o]", (json_int_t)json_array_size(steps) + 1, json_number(told)));
	if (stop)
		json_object_set_new(about, "pruned", json_true());
	return stop;
}

/* Ends early, with "pruned" in about, when it is given up: between the first rounds or folds, never after the last fold. */
static bool run_folds(Tour *t, Pooled *p, GError **error)
{
	const TrainData *d = t->setup->data;
	json_t *about = t->about;
	json_auto_t *refits = json_array();
	for (size_t k = 0, at = 0; k < d->fold_count; k++) {
		json_t *refit = NULL;
		if (d->folds[k].valid.x.rows == 0)
			continue;
		t->fold = &d->folds[k];
		t->is_first = json_array_size(refits) == 0;
		if (t->setup->seconds > 0)
			t->until = g_get_monotonic_time() + (gint64)(1e6 * t->setup->seconds / (double)d->fold_count);
		if (!run_fold(t, p->scores + at * d->outputs, &refit, error))
			return false;
		json_array_append_new(refits, refit);
		if (json_object_get(about, "pruned"))
			return true;
		if (is_stopped(t->setup, p, at, d->folds[k].valid.x.rows, about) && k + 1 < d->fold_count)
			return true;
		at += d->folds[k].valid.x.rows;
	}
	json_object_del(about, "pruned");
	json_t *refit = merge_refits(refits);
	json_object_set_new(about, "refit", refit);
	json_t *rounds = json_object_get(refit, "rounds");
	json_object_set(about, "rounds", rounds ? rounds : json_null());
	return true;
}

/* Judges the scores in p, and leaves both files. */
static bool leave(const TrialSetup *setup, const char *name, Pooled *p, json_t *about, gint64 start, GError **error)
{
	const TrainData *d = setup->data;
	judge(setup, p, about);
	add_usage(about, start);
	g_autofree char *scores = file_of(setup, name, "scores");
	g_autofree char *told = file_of(setup, name, "json");
	return file_write(scores, p->scores, d->valid_rows * d->outputs * sizeof *p->scores, error) &&
	       json_write_file(told, about, error);
}

bool trial_run(
        const TrialSetup *setup, const char *name, const ModelFamily *family, const json_t *params, GError **error)
{
	gint64 start = g_get_real_time();
	g_auto(Pooled) p = {0};
	json_auto_t *about =
	        json_pack("{s:s,s:O,s:s}", "family", family->name, "params", params, "metric", setup->metric->name);
	if (setup->watch) {
		json_object_set_new(about, "steps", json_array());
		json_object_set_new(about, "curve", json_array());
	}
	pool_init(setup->data, &p);
	Tour tour = {.setup = setup, .family = family, .params = params, .about = about};
	if (!run_folds(&tour, &p, error))
		return false;
	if (!json_object_get(about, "pruned"))
		return leave(setup, name, &p, about, start, error);
	g_autofree char *told = file_of(setup, name, "json");
	add_usage(about, start);
	return json_write_file(told, about, error);
}

bool trial_combine(const TrialSetup *setup, const char *name, const ModelFamily *family, const json_t *params,
        const double *scores, GError **error)
{
	gint64 start = g_get_real_time();
	g_auto(Pooled) p = {0};
	json_auto_t *about =
	        json_pack("{s:s,s:O,s:O,s:n}", "family", family->name, "params", params, "refit", params, "rounds");
	pool_init(setup->data, &p);
	memcpy(p.scores, scores, setup->data->valid_rows * setup->data->outputs * sizeof *scores);
	return leave(setup, name, &p, about, start, error);
}

static bool is_of(const json_t *about, const ModelFamily *family, const json_t *params)
{
	g_autofree char *wanted = json_canonical(params);
	g_autofree char *found = json_canonical(json_object_get(about, "params"));
	return g_str_equal(json_get_text(about, "family", ""), family->name) && g_str_equal(wanted, found);
}

bool trial_read(const TrialSetup *setup, const char *name, const ModelFamily *family, const json_t *params,
        json_t **ret, GError **error)
{
	g_autofree char *path = file_of(setup, name, "json");
	json_auto_t *about = NULL;
	*ret = NULL;
	if (!g_file_test(path, G_FILE_TEST_EXISTS))
		return true;
	if (!json_read_file(path, &about, error))
		return false;
	if (is_of(about, family, params))
		*ret = g_steal_pointer(&about);
	return true;
}

bool trial_scores(const TrialSetup *setup, const char *name, double **ret, GError **error)
{
	g_autofree char *path = file_of(setup, name, "scores");
	size_t wanted = setup->data->valid_rows * setup->data->outputs * sizeof **ret, size;
	char *bytes;
	if (!file_read(path, wanted, &bytes, &size, error))
		return false;
	if (size != wanted) {
		g_free(bytes);
		return fail(error, FAIL_BROKEN, "%s has %zu bytes where %zu are expected", path, size, wanted);
	}
	*ret = (double *)(void *)bytes;
	return true;
}

bool refit_run(
        const TrialSetup *setup, const ModelFamily *family, const json_t *params, unsigned threads, GError **error)
{
	gint64 start = g_get_real_time();
	TrainSet set = train_set(setup, &setup->data->all, NULL, threads);
	set.recipe = setup->data->recipe;
	set.until = setup->refit_until;
	set.expected = setup->refit_expected;
	g_autoptr(GBytes) bytes = NULL;
	json_auto_t *used = NULL;
	void *model = NULL;
	if (!family_train(family, &set, params, &model, set.until ? &used : NULL, error))
		return false;
	bool ok = family->save(model, &bytes, error);
	family->free(model);
	if (!ok)
		return false;
	g_autofree char *path = g_build_filename(setup->folder, "model.bin", NULL);
	g_autofree char *told = g_build_filename(setup->folder, "model.json", NULL);
	json_auto_t *about = json_pack("{s:s,s:O}", "family", family->name, "params", params);
	if (used)
		json_object_set(about, "used", used);
	add_usage(about, start);
	return file_write(path, g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), error) &&
	       json_write_file(told, about, error);
}

bool refit_read(const TrialSetup *setup, const ModelFamily *family, const json_t *params, GBytes **ret_model,
        json_t **ret_used, GError **error)
{
	g_autofree char *path = g_build_filename(setup->folder, "model.bin", NULL);
	g_autofree char *told = g_build_filename(setup->folder, "model.json", NULL);
	char *bytes;
	size_t size;
	*ret_used = NULL;
	if (!g_file_test(told, G_FILE_TEST_EXISTS))
		return true;
	if (!json_read_file(told, ret_used, error))
		return false;
	if (!is_of(*ret_used, family, params)) {
		g_clear_pointer(ret_used, json_decref);
		return true;
	}
	if (!file_read(path, (size_t)LIMIT_BUNDLE_BYTES, &bytes, &size, error)) {
		g_clear_pointer(ret_used, json_decref);
		return false;
	}
	*ret_model = g_bytes_new_take(bytes, size);
	return true;
}
