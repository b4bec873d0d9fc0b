/* study.c: asking and telling. */
#include "search/study.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/limits.h"

const char *const STUDY_METHODS[] = {"random", "grid", "halton", "tpe", "gp", "cmaes", NULL};
const char *const STUDY_PRUNERS[] = {"none", "median", "halving", "hyperband", "wilcoxon", NULL};
const char *const STUDY_DIRECTIONS[] = {"min", "max", NULL};

const Param STUDY_PARAMS[] = {STUDY_PARAM_ROWS("1"), {NULL}};

static void study_trial_free(StudyTrial *t)
{
	g_free(t->tried.point);
	if (t->tried.steps)
		g_array_unref(t->tried.steps);
	if (t->values)
		g_array_unref(t->values);
	json_decref(t->params);
	g_free(t);
}

void study_free(Study *s)
{
	if (!s)
		return;
	space_free(s->space);
	json_decref(s->settings);
	g_ptr_array_unref(s->trials);
	g_free(s);
}

static bool check_first(const Study *s, GError **error)
{
	const json_t *first = json_object_get(s->settings, "first");
	g_autofree double *point = g_new(double, s->space->count);
	size_t i;
	json_t *params;
	if (!json_is_array(first))
		return fail(error, FAIL_INVALID, "first: a list of parameters is expected");
	json_array_foreach (first, i, params) {
		g_autoptr(GError) problem = NULL;
		if (!space_point(s->space, params, point, &problem))
			return fail(error, FAIL_INVALID, "first[%zu]: %s", i, problem->message);
	}
	return true;
}

bool study_new(const json_t *space, const json_t *settings, Study **ret, GError **error)
{
	g_autoptr(Study) s = g_new0(Study, 1);
	s->trials = g_ptr_array_new_with_free_func((GDestroyNotify)study_trial_free);
	if (!param_fill(STUDY_PARAMS, NULL, settings, &s->settings, error) || !space_read(space, &s->space, error))
		return false;
	s->sampler = sampler_find(json_get_text(s->settings, "method", NULL));
	s->pruner = pruner_find(json_get_text(s->settings, "pruner", NULL));
	if (!check_first(s, error))
		return false;
	*ret = g_steal_pointer(&s);
	return true;
}

static StudyTrial *trial_at(const Study *s, size_t number)
{
	return s->trials->pdata[number];
}

bool study_larger_is_better(const Study *s, size_t objective)
{
	const json_t *directions = json_object_get(s->settings, "direction");
	size_t count = json_array_size(directions);
	const char *name = json_string_value(json_array_get(directions, count > objective ? objective : 0));
	return name && strcmp(name, "max") == 0;
}

static double objective_of(const Study *s, const StudyTrial *t, size_t i)
{
	double value = g_array_index(t->values, double, i);
	return study_larger_is_better(s, i) ? -value : value;
}

/* The range of an objective over the finished trials that are shown. */
static void find_range(const Study *s, size_t shown, size_t objective, double *ret_low, double *ret_high)
{
	*ret_low = INFINITY;
	*ret_high = -INFINITY;
	for (size_t i = 0; i < shown; i++) {
		const StudyTrial *t = trial_at(s, i);
		if (t->tried.state != TRIED_DONE)
			continue;
		*ret_low = MIN(*ret_low, objective_of(s, t, objective));
		*ret_high = MAX(*ret_high, objective_of(s, t, objective));
	}
}

static size_t objectives(const Study *s)
{
	for (guint i = 0; i < s->trials->len; i++)
		if (trial_at(s, i)->values)
			return trial_at(s, i)->values->len;
	return 1;
}

/* One number for each trial: the value itself, or the distance to the best of all objectives under this trial's weights. */
static void scalarise(Study *s, size_t shown, unsigned number)
{
	size_t count = objectives(s);
	g_autofree double *weights = g_new(double, count);
	g_autofree double *low = g_new(double, count);
	g_autofree double *high = g_new(double, count);
	g_autofree char *stream = g_strdup_printf("objectives %u", number);
	Rng rng = rng_stream((uint64_t)json_get_int(s->settings, "seed", 0), stream);
	double sum = 0;
	for (size_t k = 0; k < count; k++) {
		sum += weights[k] = -log(1 - rng_unit(&rng));
		find_range(s, shown, k, &low[k], &high[k]);
	}
	for (size_t i = 0; count > 1 && i < shown; i++) {
		StudyTrial *t = trial_at(s, i);
		double worst = 0, all = 0;
		for (size_t k = 0; t->tried.state == TRIED_DONE && k < count; k++) {
			double range = high[k] > low[k] ? high[k] - low[k] : 1;
			double part = weights[k] / sum * (objective_of(s, t, k) - low[k]) / range;
			worst = MAX(worst, part);
			all += part;
		}
		t->tried.value = t->tried.state == TRIED_DONE ? worst + 0.05 * all : NAN;
	}
}

static bool is_over(const StudyTrial *t)
{
	return t->tried.state != TRIED_RUNNING;
}

static StudyTrial *add_trial(Study *s, const double *point)
{
	StudyTrial *t = g_new0(StudyTrial, 1);
	t->tried.number = s->trials->len;
	t->tried.point = g_memdup2(point, s->space->count * sizeof *point);
	t->tried.value = NAN;
	t->params = space_params(s->space, point);
	g_ptr_array_add(s->trials, t);
	return t;
}

/* The trials as trial `number` may know them: later than number - parallel they count as running, whatever was told. */
static bool sample(Study *s, unsigned number, size_t shown, double *ret_point)
{
	size_t count = s->trials->len;
	unsigned first = s->given + (unsigned)json_array_size(json_object_get(s->settings, "first"));
	g_autofree Tried *hidden = g_new(Tried, count + 1);
	g_autofree const Tried **list = g_new(const Tried *, count + 1);
	scalarise(s, shown, number);
	for (size_t i = 0; i < count; i++) {
		hidden[i] = trial_at(s, i)->tried;
		hidden[i].state = TRIED_RUNNING;
		hidden[i].steps = NULL;
		list[i] = i < shown ? &trial_at(s, i)->tried : &hidden[i];
	}
	History h = {.space = s->space,
	        .trials = list,
	        .count = count,
	        .seed = (uint64_t)json_get_int(s->settings, "seed", 0)};
	return s->sampler->next(&h, number - first, ret_point);
}

size_t study_known(const Study *s, unsigned number)
{
	size_t parallel = (size_t)json_get_int(s->settings, "parallel", 1);
	return parallel == 0 ? number : number + 1 > parallel ? number + 1 - parallel : 0;
}

bool study_is_ready(const Study *s, unsigned number)
{
	size_t known = study_known(s, number);
	for (size_t i = 0; json_get_int(s->settings, "parallel", 1) > 0 && i < known; i++)
		if (!is_over(trial_at(s, i)))
			return false;
	return true;
}

bool study_ask(Study *s, const StudyTrial **ret, bool *ret_is_waiting, GError **error)
{
	unsigned number = s->trials->len;
	int64_t limit = json_get_int(s->settings, "trials", 0);
	const json_t *first = json_array_get(json_object_get(s->settings, "first"), number);
	g_autofree double *point = g_new(double, s->space->count);
	*ret = NULL;
	*ret_is_waiting = false;
	if (limit > 0 && number >= limit)
		return true;
	if (number >= LIMIT_TRIALS)
		return fail(error, FAIL_LIMIT, "a study has at most %d trials", LIMIT_TRIALS);
	*ret_is_waiting = !study_is_ready(s, number);
	if (*ret_is_waiting)
		return true;
	if (first ? space_point(s->space, first, point, NULL) : sample(s, number, study_known(s, number), point))
		*ret = add_trial(s, point);
	return true;
}

bool study_recall(Study *s, const json_t *params, GError **error)
{
	g_autofree double *point = g_new(double, s->space->count);
	if (!space_point(s->space, params, point, error))
		return false;
	add_trial(s, point);
	return true;
}

bool study_give(Study *s, const json_t *params, GError **error)
{
	if (!study_recall(s, params, error))
		return false;
	s->given++;
	return true;
}

/* Also written as 3.0, as some languages have all numbers. */
static bool is_whole(const json_t *number, json_int_t *ret)
{
	double value = json_number_value(number);
	if (!json_is_number(number) || value != floor(value) || fabs(value) > 0x1p52)
		return false;
	*ret = (json_int_t)value;
	return true;
}

static bool find_trial(const Study *s, const json_t *message, StudyTrial **ret, GError **error)
{
	json_int_t n;
	if (!is_whole(json_object_get(message, "trial"), &n))
		return fail(error, FAIL_INVALID, "\"trial\" is the number of a trial");
	if (n < 0 || n >= (json_int_t)s->trials->len)
		return fail(error, FAIL_NOT_FOUND, "there is no trial %" JSON_INTEGER_FORMAT, n);
	if (is_over(trial_at(s, (size_t)n)))
		return fail(error, FAIL_CONFLICT, "trial %" JSON_INTEGER_FORMAT " has ended already", n);
	*ret = trial_at(s, (size_t)n);
	return true;
}

/* A step told again replaces what it told before. */
static bool hear_step(Study *s, StudyTrial *t, const json_t *message, GError **error)
{
	const json_t *value = json_object_get(message, "value");
	json_int_t step;
	if (!is_whole(json_object_get(message, "step"), &step) || !(json_is_number(value) || json_is_null(value)))
		return fail(error, FAIL_INVALID, "a \"step\" is a whole number, with a \"value\" that is a number");
	TriedStep told = {step, json_is_null(value) ? NAN : json_number_value(value)};
	told.value *= study_larger_is_better(s, 0) ? -1 : 1;
	if (!t->tried.steps)
		t->tried.steps = g_array_new(FALSE, FALSE, sizeof(TriedStep));
	GArray *steps = t->tried.steps;
	guint at = steps->len;
	while (at > 0 && g_array_index(steps, TriedStep, at - 1).step >= told.step)
		at--;
	if (at < steps->len && g_array_index(steps, TriedStep, at).step == told.step)
		g_array_index(steps, TriedStep, at) = told;
	else if (steps->len >= LIMIT_SEARCH_STEPS)
		return fail(error, FAIL_LIMIT, "a trial tells at most %d steps", LIMIT_SEARCH_STEPS);
	else
		g_array_insert_val(steps, at, told);
	return true;
}

static bool hear_values(Study *s, StudyTrial *t, const json_t *message, GError **error)
{
	json_t *value = json_object_get(message, "value"), *values = json_object_get(message, "values");
	if (!values && json_is_null(value)) {
		t->tried.state = TRIED_FAILED;
		return true;
	}
	json_auto_t *list = values ? json_incref(values) : json_pack("[O*]", value);
	g_autoptr(GArray) told = g_array_new(FALSE, FALSE, sizeof(double));
	size_t i;
	json_t *one;
	json_array_foreach (list, i, one) {
		double number = json_number_value(one);
		if (json_is_null(one)) {
			t->tried.state = TRIED_FAILED;
			return true;
		}
		if (!json_is_number(one) || !isfinite(number))
			return fail(error, FAIL_INVALID, "values are numbers");
		g_array_append_val(told, number);
	}
	if (told->len == 0)
		return fail(error, FAIL_INVALID,
		        "a message has a \"value\" (a number), \"values\", \"pruned\" or \"failed\"");
	size_t before = objectives(s), directions = json_array_size(json_object_get(s->settings, "direction"));
	bool any = false;
	for (guint k = 0; k < s->trials->len; k++)
		any = any || trial_at(s, k)->values;
	if ((any && told->len != before) || (directions > 1 && told->len != directions))
		return fail(
		        error, FAIL_INVALID, "%u values where %zu are expected", told->len, any ? before : directions);
	t->values = g_steal_pointer(&told);
	t->tried.state = TRIED_DONE;
	t->tried.value = objective_of(s, t, 0);
	return true;
}

static bool should_stop(const Study *s, const StudyTrial *t)
{
	bool all = json_get_int(s->settings, "parallel", 1) == 0;
	size_t known = all ? s->trials->len : study_known(s, t->tried.number), count = 0;
	g_autofree const Tried **list = g_new(const Tried *, s->trials->len + 1);
	for (size_t i = 0; i < known; i++)
		list[count++] = &trial_at(s, i)->tried;
	History h = {.space = s->space,
	        .trials = list,
	        .count = count,
	        .seed = (uint64_t)json_get_int(s->settings, "seed", 0)};
	return s->pruner->stop(&h, &t->tried);
}

bool study_hear(Study *s, const json_t *message, json_t **ret_answer, GError **error)
{
	StudyTrial *t = NULL;
	*ret_answer = NULL;
	if (!json_is_object(message))
		return fail(error, FAIL_INVALID, "a message is a JSON object");
	if (!find_trial(s, message, &t, error))
		return false;
	bool pruned = json_is_true(json_object_get(message, "pruned"));
	const json_t *step = json_object_get(message, "step"); /* null: none */
	bool on_its_way = step && !json_is_null(step);
	if (on_its_way && !hear_step(s, t, message, error))
		return false;
	if (pruned || json_is_true(json_object_get(message, "failed")))
		t->tried.state = pruned ? TRIED_PRUNED : TRIED_FAILED;
	else if (!on_its_way)
		return hear_values(s, t, message, error);
	else if (s->pruner != PRUNERS[0])
		*ret_answer = json_pack("{s:I,s:b}", "trial", (json_int_t)t->tried.number, "prune", should_stop(s, t));
	return true;
}

const StudyTrial *study_best(const Study *s)
{
	const StudyTrial *best = NULL;
	for (guint i = 0; i < s->trials->len; i++) {
		const StudyTrial *t = trial_at(s, i);
		if (t->values && (!best || objective_of(s, t, 0) < objective_of(s, best, 0)))
			best = t;
	}
	return best;
}

static json_t *steps_json(const Study *s, const GArray *steps)
{
	json_t *list = json_array();
	for (guint i = 0; steps && i < steps->len; i++) {
		const TriedStep *step = &g_array_index(steps, TriedStep, i);
		double value = study_larger_is_better(s, 0) ? -step->value : step->value;
		json_array_append_new(list, json_pack("[I,o]", (json_int_t)step->step, json_number(value)));
	}
	return list;
}

static const char *const STATES[] = {
        [TRIED_RUNNING] = "running", [TRIED_DONE] = "done", [TRIED_PRUNED] = "pruned", [TRIED_FAILED] = "failed", NULL};

static bool restore(Study *s, StudyTrial *t, const json_t *trial, GError **error)
{
	const json_t *steps = json_object_get(trial, "steps");
	const char *state = json_get_text(trial, "state", "");
	size_t i;
	json_t *step;
	json_array_foreach (steps, i, step) {
		json_auto_t *message =
		        json_pack("{s:O,s:O}", "step", json_array_get(step, 0), "value", json_array_get(step, 1));
		if (!hear_step(s, t, message, error))
			return false;
	}
	if (strcmp(state, STATES[TRIED_DONE]) == 0)
		return hear_values(s, t, trial, error);
	for (size_t k = 0; STATES[k]; k++)
		if (strcmp(STATES[k], state) == 0)
			t->tried.state = (TriedState)k;
	return true;
}

bool study_restore(Study *s, const json_t *trial, GError **error)
{
	return study_recall(s, json_object_get(trial, "params"), error) &&
	       restore(s, trial_at(s, s->trials->len - 1), trial, error);
}

json_t *study_trial_json(const Study *s, const StudyTrial *t)
{
	json_t *one = json_pack("{s:I,s:s,s:O}", "trial", (json_int_t)t->tried.number, "state", STATES[t->tried.state],
	        "params", t->params);
	if (t->values && t->values->len == 1)
		json_object_set_new(one, "value", json_number(g_array_index(t->values, double, 0)));
	else if (t->values) {
		json_t *values = json_array();
		for (guint i = 0; i < t->values->len; i++)
			json_array_append_new(values, json_number(g_array_index(t->values, double, i)));
		json_object_set_new(one, "values", values);
	}
	json_object_set_new(one, "steps", steps_json(s, t->tried.steps));
	return one;
}
