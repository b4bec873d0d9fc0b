/* mode_none.c: trained once, before the first period, and left alone: what every other mode has to beat. */
#include "retrain/mode.h"

static bool prepare(Replay *r, size_t p, ReplayAnswer *ret, GError **error)
{
	ReplayAnswer charged = {.steps = g_ptr_array_new_with_free_func(g_free)};
	bool ok = replay_train(r, 0, r->set->family, 0, p == 0 ? ret : &charged, error);
	if (ok && p > 0)
		ret->bundle = g_steal_pointer(&charged.bundle);
	replay_answer_clear(&charged);
	return ok;
}

const ModeKind MODE_NONE = {.name = "none", .help = "trained once, and left alone", .prepare = prepare};
