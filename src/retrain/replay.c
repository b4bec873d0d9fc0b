/* replay.c: the steps of a replay: windows, trainings, and a contest for each period. */
#include "retrain/replay.h"

#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "data/frame.h"
#include "retrain/mode.h"

void replay_answer_clear(ReplayAnswer *a)
{
	g_clear_pointer(&a->bundle, g_free);
	g_clear_pointer(&a->scores, g_free);
	g_clear_pointer(&a->steps, g_ptr_array_unref);
}

bool replay_add(Replay *r, const PlanStep *step, json_t *params, GError **error)
{
	json_auto_t *owned = params;
	if (g_hash_table_contains(r->added, step->name))
		return true;
	PlanStep full = *step;
	full.params = owned;
	full.seed = r->set->seed;
	full.memory_mb = r->set->memory_mb;
	g_hash_table_add(r->added, g_strdup(step->name));
	return plan_add(r->plan, &full, error);
}

static bool add_window(Replay *r, const char *name, json_t *params, char **ret, GError **error)
{
	const PlanInput inputs[] = {{.name = "good", .from = r->set->good}, {NULL}};
	PlanStep step = {.name = name, .kind = "window", .inputs = inputs};
	json_object_set_new(params, "time", json_string(r->set->time));
	if (!replay_add(r, &step, params, error))
		return false;
	*ret = g_strconcat(name, ".rows", NULL);
	return true;
}

bool replay_rows(Replay *r, const char *name, const ReplayStretch *stretch, char **ret, GError **error)
{
	g_autofree char *begin = time_text(stretch->from), *end = time_text(stretch->until);
	json_t *params = json_pack("{s:s,s:s,s:I}", "from", begin, "until", end, "most", (json_int_t)stretch->most);
	return add_window(r, name, params, ret, error);
}

static bool add_known(Replay *r, size_t p, int64_t periods, const char *name, char **ret, GError **error)
{
	g_autofree char *end = time_text(r->periods[p].known);
	json_t *params =
	        json_pack("{s:s,s:I,s:f}", "until", end, "most", (json_int_t)r->set->rows, "valid", r->set->valid);
	if (periods > 0 && (size_t)periods <= p) {
		g_autofree char *begin = time_text(r->periods[p - (size_t)periods].known);
		json_object_set_new(params, "from", json_string(begin));
	}
	return add_window(r, name, params, ret, error);
}

static bool add_train(
        Replay *r, const char *name, const char *family, const char *rows, const char *recipes, GError **error)
{
	const PlanInput inputs[] = {{.name = "train", .from = rows}, {.name = "recipes", .from = recipes}, {NULL}};
	PlanStep step = {.name = name, .kind = "train", .inputs = inputs};
	json_t *params = json_deep_copy(r->set->train);
	json_object_set_new(params, "families", json_pack("[s]", family));
	return replay_add(r, &step, params, error);
}

bool replay_train(Replay *r, size_t p, const char *family, int64_t periods, ReplayAnswer *a, GError **error)
{
	bool slides = periods > 0 && (size_t)periods <= p;
	const char *kind = slides ? "sliding" : "known";
	g_autofree char *window = g_strdup_printf("%s_%zu", kind, p),
	                *features = g_strdup_printf("%s_features_%zu", kind, p);
	g_autofree char *train = g_strdup_printf("%s_%s_%zu", kind, family, p), *rows = NULL;
	g_autofree char *recipes = g_strconcat(features, ".recipes", NULL);
	if (!add_known(r, p, periods, window, &rows, error))
		return false;
	const PlanInput inputs[] = {{.name = "train", .from = rows}, {NULL}};
	PlanStep step = {.name = features, .kind = "features", .inputs = inputs};
	json_t *params = json_pack("{s:O,s:O}", "features", r->set->features, "roles", r->set->roles);
	if (!replay_add(r, &step, params, error) || !add_train(r, train, family, rows, recipes, error))
		return false;
	a->bundle = g_strconcat(train, ".bundle", NULL);
	g_ptr_array_add(a->steps, g_steal_pointer(&window));
	g_ptr_array_add(a->steps, g_steal_pointer(&features));
	g_ptr_array_add(a->steps, g_steal_pointer(&train));
	return true;
}

/* The modes' answers to one period. */
typedef struct Turn {
	ReplayAnswer *answers;
	size_t count;
} Turn;

static void turn_clear(Turn *t)
{
	for (size_t k = 0; k < t->count; k++)
		replay_answer_clear(&t->answers[k]);
	g_free(t->answers);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Turn, turn_clear)

static bool add_contest(Replay *r, size_t p, const json_t *modes, const Turn *t, const char *name, GError **error)
{
	g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);
	g_autofree PlanInput *inputs = g_new0(PlanInput, 2 * t->count + 2);
	g_autofree char *period = g_strdup_printf("period_%zu", p), *rows = NULL;
	json_t *scored = json_array(), *params = json_deep_copy(r->set->contest);
	size_t at = 1, scores = 0;
	json_object_set(params, "modes", (json_t *)modes);
	for (size_t k = 0; k < t->count; k++) {
		g_ptr_array_add(texts, g_strdup_printf("bundle.%zu", k));
		inputs[at++] = (PlanInput){.name = texts->pdata[texts->len - 1], .from = t->answers[k].bundle};
		json_array_append_new(scored, json_integer(t->answers[k].scores ? (json_int_t)scores : -1));
		if (!t->answers[k].scores)
			continue;
		g_ptr_array_add(texts, g_strdup_printf("scores.%zu", scores++));
		inputs[at++] = (PlanInput){.name = texts->pdata[texts->len - 1], .from = t->answers[k].scores};
	}
	json_object_set_new(params, "scored", scored);
	ReplayStretch whole = {r->periods[p].begin, r->periods[p].end, 0};
	if (!replay_rows(r, period, &whole, &rows, error)) {
		json_decref(params);
		return false;
	}
	inputs[0] = (PlanInput){.name = "rows", .from = rows};
	PlanStep step = {.name = name, .kind = "contest", .inputs = inputs};
	return replay_add(r, &step, params, error);
}

static json_t *turn_json(const ReplayPeriod *period, const char *contest, const json_t *modes, const Turn *t)
{
	g_autofree char *begin = time_text(period->begin), *end = time_text(period->end);
	json_t *steps = json_object();
	for (size_t k = 0; k < t->count; k++) {
		json_t *names = json_array();
		for (guint i = 0; i < t->answers[k].steps->len; i++)
			json_array_append_new(names, json_string(t->answers[k].steps->pdata[i]));
		json_object_set_new(steps, json_string_value(json_array_get(modes, k)), names);
	}
	return json_pack("{s:s,s:s,s:s,s:o}", "begin", begin, "end", end, "contest", contest, "steps", steps);
}

static bool add_period(Replay *r, size_t p, const json_t *modes, json_t *periods, GError **error)
{
	size_t count = json_array_size(modes);
	g_autofree char *name = g_strdup_printf("contest_%zu", p);
	g_auto(Turn) t = {.answers = g_new0(ReplayAnswer, MAX(count, (size_t)1)), .count = count};
	for (size_t k = 0; k < count; k++)
		t.answers[k].steps = g_ptr_array_new_with_free_func(g_free);
	for (size_t k = 0; k < count; k++) {
		const ModeKind *mode = mode_find(json_string_value(json_array_get(modes, k)));
		if (!mode)
			return fail(error, FAIL_INVALID, "there is no mode \"%s\"",
			        json_string_value(json_array_get(modes, k)));
		if (!mode->prepare(r, p, &t.answers[k], error))
			return false;
	}
	if (!add_contest(r, p, modes, &t, name, error))
		return false;
	json_array_append_new(periods, turn_json(&r->periods[p], name, modes, &t));
	return true;
}

bool replay_plan(Replay *r, const json_t *modes, json_t **ret, GError **error)
{
	json_auto_t *periods = json_array();
	r->added = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	bool ok = true;
	for (size_t p = 0; ok && p < r->count; p++)
		ok = add_period(r, p, modes, periods, error);
	g_clear_pointer(&r->added, g_hash_table_unref);
	if (ok)
		*ret = json_pack("{s:O}", "periods", periods);
	return ok;
}
