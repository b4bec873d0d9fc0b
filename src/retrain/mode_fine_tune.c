/* mode_fine_tune.c: before each period the model of the one before learns on from the rows that became known since. */
#include "base/json.h"
#include "retrain/mode.h"

static char *refuse(const ReplaySettings *set)
{
	const ModelFamily *family = family_find(set->family);
	return family && family->update
	               ? NULL
	               : g_strdup_printf("a model of the family %s cannot learn on from fresh rows", set->family);
}

static bool learn_on(Replay *r, size_t p, const char *before, ReplayAnswer *ret, GError **error)
{
	g_autofree char *window = g_strdup_printf("fresh_%zu", p), *name = g_strdup_printf("fine_tune_%zu", p);
	g_autofree char *rows = NULL;
	ReplayStretch fresh = {r->periods[p - 1].known, r->periods[p].known, r->set->rows};
	if (!replay_rows(r, window, &fresh, &rows, error))
		return false;
	const PlanInput inputs[] = {{.name = "bundle", .from = before}, {.name = "rows", .from = rows}, {NULL}};
	PlanStep step = {.name = name, .kind = "update", .inputs = inputs};
	g_ptr_array_add(ret->steps, g_steal_pointer(&window));
	g_ptr_array_add(ret->steps, g_strdup(name));
	ret->bundle = g_strconcat(name, ".bundle", NULL);
	return replay_add(r, &step, json_deep_copy(r->set->update), error);
}

/* The newest model before period p: the last one that had something to learn from. */
static char *bundle_before(const Replay *r, size_t p)
{
	for (size_t k = p; k > 0; k--) {
		g_autofree char *name = g_strdup_printf("fine_tune_%zu", k - 1);
		if (g_hash_table_contains(r->added, name))
			return g_strconcat(name, ".bundle", NULL);
	}
	return NULL;
}

static bool prepare(Replay *r, size_t p, ReplayAnswer *ret, GError **error)
{
	g_autofree char *before = bundle_before(r, p);
	ReplayAnswer first = {.steps = g_ptr_array_new_with_free_func(g_free)};
	bool ok = p == 0 || before || replay_train(r, 0, r->set->family, 0, &first, error);
	if (ok && p == 0)
		ok = replay_train(r, 0, r->set->family, 0, ret, error);
	else if (ok && r->periods[p].fresh == 0)
		ret->bundle = before ? g_steal_pointer(&before) : g_steal_pointer(&first.bundle);
	else if (ok)
		ok = learn_on(r, p, before ? before : first.bundle, ret, error);
	replay_answer_clear(&first);
	return ok;
}

const ModeKind MODE_FINE_TUNE = {
        .name = "fine_tune",
        .help = "before each period, the model learns on from the rows that became known since",
        .refuse = refuse,
        .prepare = prepare,
};
