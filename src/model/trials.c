/* trials.c: planning, running and comparing trials. */
#include "model/trials.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "model/trials_list.h"

static void trial_free(Trial *t)
{
	g_free(t->name);
	json_decref(t->params);
	json_decref(t->result);
	json_decref(t->pruned);
	g_free(t->failure);
	g_free(t);
}

Trial *trials_append(Trials *t, char *name, const ModelFamily *family, json_t *params)
{
	Trial *trial = g_new0(Trial, 1);
	trial->name = name;
	trial->family = family;
	trial->params = params;
	trial->asked = -1;
	g_ptr_array_insert(t->list, (int)trials_candidates(t), trial);
	return trial;
}

static bool has_baseline(const SearchSpace *space)
{
	for (size_t i = 0; i < space->count; i++)
		if (g_str_equal(space->families[i]->name, "baseline"))
			return true;
	return false;
}

/* Trials known beforehand are the study's first ones, where it can have them. */
static void give(Trials *t, Trial *trial)
{
	json_auto_t *point = t->study ? search_to_point(t->space, t->study, trial->family, trial->params) : NULL;
	if (point && study_give(t->study, point, NULL))
		trial->asked = (int)t->study->trials->len - 1;
}

static void add_yardstick(Trials *t)
{
	const ModelFamily *zero = family_find("baseline");
	json_t *params = NULL;
	param_fill(zero->params, NULL, NULL, &params, NULL);
	trials_append(t, g_strdup("baseline"), zero, params);
	t->has_yardstick = true;
}

bool trials_plan(const TrialsWanted *wanted, Trials **ret, GError **error)
{
	g_autoptr(Trials) t = g_new0(Trials, 1);
	const ModelFamily *family;
	json_t *params;
	t->list = g_ptr_array_new_with_free_func((GDestroyNotify)trial_free);
	t->space = wanted->space;
	t->count = (unsigned)json_get_int(wanted->settings, "trials", 20);
	if (!search_study(wanted->kind, t->space, wanted->settings, wanted->larger_is_better, &t->study, error))
		return false;
	t->learns = wanted->kind->sampler && t->study;
	for (unsigned number = 0; number < t->count && wanted->kind->next(t->space, number, &family, &params); number++)
		give(t, trials_append(t, g_strdup_printf("%u", number), family, params));
	if (!has_baseline(t->space))
		add_yardstick(t);
	*ret = g_steal_pointer(&t);
	return true;
}

void trials_free(Trials *t)
{
	if (!t)
		return;
	g_ptr_array_unref(t->list);
	study_free(t->study);
	g_free(t);
}

size_t trials_candidates(const Trials *t)
{
	return t->list->len - (t->has_yardstick ? 1 : 0);
}

double trial_value(const Trial *t, const MetricKind *metric)
{
	return t->result ? json_get_number(json_object_get(t->result, "metrics"), metric->name, NAN) : NAN;
}

bool trials_find_best(const Trials *t, const MetricKind *metric, size_t *ret)
{
	bool found = false;
	for (size_t i = 0; i < trials_candidates(t); i++) {
		double value = trial_value(t->list->pdata[i], metric);
		if (isnan(value) ||
		        (found && metric_compare(metric, value, trial_value(t->list->pdata[*ret], metric)) <= 0))
			continue;
		*ret = i;
		found = true;
	}
	return found;
}

bool trials_best(const Trials *t, const TrialSetup *setup, size_t *ret, GError **error)
{
	const char *failure = NULL;
	bool any = false;
	if (trials_find_best(t, setup->metric, ret))
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
	trials_append(t, g_strdup(name), family, params)->result = result;
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
