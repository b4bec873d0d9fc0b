/* trials.c: planning, running and comparing trials. */
#include "model/trials.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/progress.h"
#include "model/forks.h"

#define CHILD_MB 192 /* that a trial should have at least: 200,000 rows take a forest about 130 beside what is shared */

static void trial_free(Trial *t)
{
	g_free(t->name);
	json_decref(t->params);
	json_decref(t->result);
	g_free(t->failure);
	g_free(t);
}

static void add_trial(Trials *t, char *name, const ModelFamily *family, json_t *params)
{
	Trial *trial = g_new0(Trial, 1);
	trial->name = name;
	trial->family = family;
	trial->params = params;
	g_ptr_array_add(t->list, trial);
}

static bool has_baseline(const SearchSpace *space)
{
	for (size_t i = 0; i < space->count; i++)
		if (g_str_equal(space->families[i]->name, "baseline"))
			return true;
	return false;
}

Trials *trials_plan(const SearchKind *kind, const SearchSpace *space, unsigned count)
{
	Trials *t = g_new0(Trials, 1);
	t->list = g_ptr_array_new_with_free_func((GDestroyNotify)trial_free);
	const ModelFamily *family;
	json_t *params;
	for (unsigned number = 0; number < count && kind->next(space, number, &family, &params); number++)
		add_trial(t, g_strdup_printf("%u", number), family, params);
	if (!has_baseline(space)) {
		const ModelFamily *zero = family_find("baseline");
		params = NULL;
		param_fill(zero->params, NULL, NULL, &params, NULL);
		add_trial(t, g_strdup("baseline"), zero, params);
		t->has_yardstick = true;
	}
	return t;
}

void trials_free(Trials *t)
{
	if (!t)
		return;
	g_ptr_array_unref(t->list);
	g_free(t);
}

size_t trials_candidates(const Trials *t)
{
	return t->list->len - (t->has_yardstick ? 1 : 0);
}

static double value_of(const Trial *t, const MetricKind *metric)
{
	return t->result ? json_get_number(json_object_get(t->result, "metrics"), metric->name, NAN) : NAN;
}

static bool find_best(const Trials *t, const MetricKind *metric, size_t *ret)
{
	bool found = false;
	for (size_t i = 0; i < trials_candidates(t); i++) {
		double value = value_of(t->list->pdata[i], metric);
		if (isnan(value) ||
		        (found && metric_compare(metric, value, value_of(t->list->pdata[*ret], metric)) <= 0))
			continue;
		*ret = i;
		found = true;
	}
	return found;
}

typedef struct Running {
	Trials *t;
	const TrialSetup *setup;
	const size_t *pending; /* indices of trials to do */
	size_t done, total;
	GError *problem; /* a result that could not be read */
} Running;

static void tell(const Running *r)
{
	size_t best;
	g_autofree char *what = NULL;
	if (find_best(r->t, r->setup->metric, &best)) {
		const Trial *t = r->t->list->pdata[best];
		what = g_strdup_printf("trials, best %s %.4g (%s)", r->setup->metric->label,
		        value_of(t, r->setup->metric), t->family->name);
	}
	progress_report(what ? what : "trials", r->done, r->total);
}

static bool work(void *context, size_t number, GError **error)
{
	const Running *r = context;
	const Trial *t = r->t->list->pdata[r->pending[number]];
	return trial_run(r->setup, t->name, t->family, t->params, error);
}

static void ended(void *context, const ForkEnd *end)
{
	Running *r = context;
	Trial *t = r->t->list->pdata[r->pending[end->number]];
	t->seconds = end->seconds;
	t->cpu_seconds = end->cpu_seconds;
	t->peak_mb = end->peak_mb;
	r->t->is_cut = r->t->is_cut || end->out_of_time;
	if (end->ok && !r->problem)
		trial_read(r->setup, t->name, t->family, t->params, &t->result, &r->problem);
	if (!end->ok && !end->out_of_time) {
		t->failure = g_strdup(end->reason);
		progress_note("trial %s (%s) failed: %s", t->name, t->family->name, end->reason);
	}
	r->done++;
	tell(r);
}

static bool read_done(Trials *t, const TrialSetup *setup, size_t *pending, size_t *ret_pending, GError **error)
{
	for (size_t i = 0; i < t->list->len; i++) {
		Trial *trial = t->list->pdata[i];
		if (!trial_read(setup, trial->name, trial->family, trial->params, &trial->result, error))
			return false;
		if (!trial->result)
			pending[(*ret_pending)++] = i;
	}
	return true;
}

bool trials_run(Trials *t, const TrialSetup *setup, const TrialsBudget *budget, GError **error)
{
	g_autofree size_t *pending = g_new(size_t, t->list->len + 1);
	size_t count = 0;
	if (!read_done(t, setup, pending, &count, error))
		return false;
	Running r = {.t = t, .setup = setup, .pending = pending, .done = t->list->len - count, .total = t->list->len};
	unsigned at_once = (unsigned)CLAMP(MIN(budget->at_once, budget->memory_mb / CHILD_MB), 1, MAX(count, 1));
	ForkPlan plan = {.count = count,
	        .at_once = at_once,
	        .seconds = budget->trial_time,
	        .budget = budget->time,
	        .memory_mb = budget->memory_mb / at_once,
	        .work = work,
	        .ended = ended,
	        .context = &r};
	tell(&r);
	bool ok = forks_run(&plan, error);
	for (size_t i = 0; i < count; i++) {
		const Trial *trial = t->list->pdata[pending[i]];
		t->is_cut = t->is_cut || (!trial->result && !trial->failure);
	}
	if (ok && r.problem) {
		g_propagate_error(error, r.problem);
		return false;
	}
	g_clear_error(&r.problem);
	return ok;
}

bool trials_best(const Trials *t, const TrialSetup *setup, size_t *ret, GError **error)
{
	const char *failure = NULL;
	bool any = false;
	if (find_best(t, setup->metric, ret))
		return true;
	for (size_t i = trials_candidates(t); i-- > 0;) {
		const Trial *trial = t->list->pdata[i];
		any = any || trial->result;
		failure = trial->failure ? trial->failure : failure;
	}
	if (any)
		return fail(error, FAIL_INVALID,
		        "%s is not defined on the validation rows: have they all the same target?",
		        setup->metric->label);
	if (failure)
		return fail(error, FAIL_INVALID, "all trials failed; the first because %s", failure);
	return fail(error, FAIL_LIMIT, "the search's time was over before any trial was done");
}

size_t trials_add(Trials *t, const char *name, const ModelFamily *family, json_t *params, json_t *result)
{
	size_t place = trials_candidates(t);
	Trial *trial = g_new0(Trial, 1);
	*trial = (Trial){.name = g_strdup(name), .family = family, .params = params, .result = result};
	g_ptr_array_insert(t->list, (int)place, trial);
	return place;
}

const json_t *trials_baseline(const Trials *t)
{
	for (size_t i = 0; i < t->list->len; i++) {
		const Trial *trial = t->list->pdata[i];
		if (g_str_equal(trial->family->name, "baseline") && trial->result)
			return trial->result;
	}
	return NULL;
}
