/* training_search.c: the search of the step `train` and the last training, within its memory and its time. */
#include "base/error.h"
#include "base/json.h"
#include "base/progress.h"
#include "model/ensemble_cut.h"
#include "model/ensemble_kinds.h"
#include "model/footprint.h"
#include "model/forks.h"
#include "model/refit_time.h"
#include "model/training.h"

#define LEAST_MB 256 /* for children, where nobody set a limit */
#define WANTED_MB 32 /* ... and where one was set: less and it is too small */

#define LATE_SHARE \
	0.04 /* of the limit of time: how much later a model may be trained that replaces one that was too slow */
#define WITHIN 0.95     /* of its time, an ensemble leaves out the members that are not trained yet */
#define SPARE_SHARE 0.1 /* of the time that is left for the last training: what may be kept for another model */
#define LATE_LEAST 1.0  /* seconds; a limit of a few is not worth a failure */

/* Memory left for children, beside the rows they share and all else this process has; 0: there is none. */
static size_t memory_left(const Training *t)
{
	size_t given = (size_t)json_get_int(t->search, "memory_mb", 0), used = footprint_own_mb();
	size_t all = given ? given : step_memory_mb(t->s), least = given ? WANTED_MB : LEAST_MB;
	return all > used + least ? all - used : given ? 0 : LEAST_MB;
}

static bool check_memory(const Training *t, GError **error)
{
	return memory_left(t) > 0 ||
	       fail(error, FAIL_LIMIT,
	               "search.memory_mb: the rows take %zu of the %d MiB, which leaves too few for trials",
	               footprint_own_mb(), (int)json_get_int(t->search, "memory_mb", 0));
}

static double time_limit(const Training *t)
{
	return json_get_number(t->search, "time", 0);
}

/* For training: writing the bundle comes behind it. */
static double time_left(const Training *t)
{
	double closing = MIN(t->reading, time_limit(t) / 10);
	return time_limit(t) - closing - (double)(g_get_monotonic_time() - t->since) / 1e6;
}

/* For trials: what the last training needs stays free. */
static double time_for_trials(void *context)
{
	const Training *t = context;
	bool is_ensemble = !g_str_equal(json_get_text(t->ensemble, "method", "none"), "none");
	return time_left(t) - refit_reserve(&t->setup, t->trials, time_limit(t), is_ensemble);
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

static void tell_runs(const Training *t)
{
	for (guint i = 0; i < t->trials->list->len; i++) {
		const Trial *trial = t->trials->list->pdata[i];
		g_autofree char *name = g_strdup_printf("trial %s", trial->name);
		if (!trial->result && !trial->failure && !trial->pruned)
			continue;
		json_auto_t *used = json_pack("{s:o,s:o,s:o}", "seconds", json_number(trial->seconds), "cpu_seconds",
		        json_number(trial->cpu_seconds), "peak_mb", json_number(trial->peak_mb));
		json_t *metrics =
		        trial->result ? json_deep_copy(json_object_get(trial->result, "metrics")) : json_object();
		const char *status = trial->result ? "FINISHED" : trial->pruned ? "KILLED" : "FAILED";
		const json_t *about = trial->result ? trial->result : trial->pruned ? trial->pruned : used;
		step_child_run(t->s, child_run(name, trial, status, about, metrics));
	}
}

static bool try_models(Training *t, GError **error)
{
	TrialsWanted wanted = {.kind = search_of(t->search),
	        .space = &t->space,
	        .settings = t->search,
	        .larger_is_better = t->setup.metric->larger_is_better};
	TrialsBudget budget = {.at_once = step_cores(t->s),
	        .trial_time = json_get_number(t->search, "trial_time", 0),
	        .memory_mb = memory_left(t),
	        .trial_memory_mb = (size_t)json_get_int(t->search, "trial_memory_mb", 0),
	        .left = time_limit(t) > 0 ? time_for_trials : NULL,
	        .context = t};
	if (!check_memory(t, error) || !trials_plan(&wanted, &t->trials, error))
		return false;
	bool ok = trials_run(t->trials, &t->setup, &budget, error);
	tell_runs(t);
	return ok && trials_best(t->trials, &t->setup, &t->best, error);
}

/* An ensemble that could not be trained in the time left gives way to the best single model. */
bool training_search(Training *t, GError **error)
{
	if (!try_models(t, error))
		return false;
	size_t single = t->best;
	EnsembleWanted wanted = {.settings = t->ensemble,
	        .latency_ms = json_get_number(t->params, "latency_ms", 0),
	        .is_limited = time_limit(t) > 0,
	        .seconds = refit_affordable(time_left(t), time_limit(t))};
	if (!ensemble_assemble(&t->setup, t->trials, &wanted, &t->best, &t->assembled, error))
		return false;
	const Trial *w = training_winner(t);
	if (time_limit(t) > 0 && t->best != single && refit_seconds(&t->setup, t->trials, w) > time_left(t)) {
		t->best = single;
		json_object_set_new(t->assembled, "taken", json_false());
		json_object_set_new(t->assembled, "why", json_string("there is not the time to train it"));
	}
	return true;
}

typedef struct Refit {
	Training *t;
	bool out_of_time;
} Refit;

static bool refit_work(void *context, size_t number, GError **error)
{
	const Training *t = ((const Refit *)context)->t;
	const Trial *w = training_winner(t);
	return refit_run(&t->setup, w->family, json_object_get(w->result, "refit"),
	        (unsigned)json_get_int(t->params, "threads", 2), error);
}

static void refit_ended(void *context, const ForkEnd *end)
{
	Refit *r = context;
	char **failure = &((Trial *)training_winner(r->t))->failure;
	r->out_of_time = end->out_of_time;
	if (!end->ok && !end->out_of_time)
		*failure = g_strdup(end->reason);
}

/* In a child; *ret_late: it was stopped as the time was over (`seconds` 0: it has all the time it needs). */
static bool refit_once(Training *t, double seconds, bool *ret_late, GError **error)
{
	Refit r = {.t = t};
	ForkPlan plan = {.count = 1,
	        .at_once = 1,
	        .budget = seconds,
	        .memory_mb = memory_left(t),
	        .work = refit_work,
	        .ended = refit_ended,
	        .context = &r};
	if (!forks_run(&plan, error))
		return false;
	const char *failure = training_winner(t)->failure;
	*ret_late = r.out_of_time;
	return !failure || fail(error, FAIL_INVALID, "the best model could not be trained on all rows: %s", failure);
}

static bool read_refit(Training *t, json_t **ret_used, GError **error)
{
	const Trial *w = training_winner(t);
	return refit_read(&t->setup, w->family, json_object_get(w->result, "refit"), &t->model, ret_used, error);
}

/* What the model may take that stands in for the winner, should this be too slow: kept free of the winner's time. */
static double spare_time(const Training *t)
{
	size_t place;
	double left = time_left(t);
	const Trial *spare = refit_spare(&t->setup, t->trials, training_winner(t), left * SPARE_SHARE, &place);
	return spare ? MIN(refit_spare_seconds(&t->setup, t->trials, spare), left / 2) : 0;
}

/* In place of a winner that is too slow: the best model there is still the time for.  It may take a little beyond the limit, not more. */
static bool refit_another(Training *t, GError **error)
{
	bool is_late = true;
	const Trial *late = training_winner(t);
	double seconds = MAX(time_left(t), 0) + MAX(time_limit(t) * LATE_SHARE, LATE_LEAST);
	t->trials->is_cut = true;
	t->setup.refit_until = 0; /* was the ensemble's */
	if (refit_spare(&t->setup, t->trials, late, seconds, &t->best)) {
		progress_note("%s could not be trained on all rows in time: %s takes its place", late->family->name,
		        training_winner(t)->family->name);
		if (!refit_once(t, seconds, &is_late, error))
			return false;
	}
	return !is_late || fail(error, FAIL_LIMIT,
	                           "the search's time was over before a model was trained on all rows: give it more "
	                           "(models.search.time), fewer rows, or a family that learns quickly");
}

/* An ensemble that can do without some members ends in time by itself. */
static gint64 refit_until(const Training *t, double seconds)
{
	const json_t *params = json_object_get(training_winner(t)->result, "refit");
	bool can_be_cut = json_object_get(params, "members") && !json_is_object(json_object_get(params, "layer"));
	return can_be_cut && seconds > 0 ? g_get_monotonic_time() + (gint64)(seconds * WITHIN * 1e6) : 0;
}

/* What each member of the winner is expected to take. */
static double *members_seconds(const Training *t)
{
	const json_t *members = json_object_get(json_object_get(training_winner(t)->result, "refit"), "members");
	double *seconds = g_new0(double, json_array_size(members) + 1);
	for (size_t m = 0; m < json_array_size(members); m++) {
		const Trial *of = refit_trial_of(t->trials, json_array_get(members, m));
		seconds[m] = of ? refit_seconds(&t->setup, t->trials, of) : 0;
	}
	return seconds;
}

/* Without the members it had no time for, an ensemble is another one. */
static bool take_what_was_trained(Training *t, const json_t *used, GError **error)
{
	const json_t *was = json_object_get(training_winner(t)->result, "refit");
	size_t planned = json_array_size(json_object_get(was, "members"));
	size_t trained = json_array_size(json_object_get(json_object_get(used, "used"), "members"));
	if (trained == 0 || trained == planned)
		return true;
	progress_note("there was the time to train %zu of the ensemble's %zu models", trained, planned);
	t->trials->is_cut = true;
	json_object_set_new(t->assembled, "untrained", json_integer((json_int_t)(planned - trained)));
	return ensemble_cut(&t->setup, t->trials, t->best, json_object_get(used, "used"), error);
}

bool training_refit(Training *t, GError **error)
{
	json_auto_t *used = NULL;
	g_autofree double *expected = members_seconds(t);
	bool is_late = false;
	progress_report("training the best on all rows", 0, 1);
	if (!read_refit(t, &used, error))
		return false;
	double seconds = time_limit(t) > 0 ? MAX(time_left(t) - spare_time(t), 0.1) : 0;
	t->setup.refit_until = refit_until(t, seconds);
	t->setup.refit_expected = expected;
	if (!t->model && !refit_once(t, seconds, &is_late, error))
		return false;
	if (is_late && !refit_another(t, error))
		return false;
	if (!t->model && !read_refit(t, &used, error))
		return false;
	t->setup.refit_expected = NULL;
	if (!take_what_was_trained(t, used, error))
		return false;
	progress_report("training the best on all rows", 1, 1);
	step_child_run(t->s, child_run("refit", training_winner(t), "FINISHED", used, json_object()));
	return true;
}
