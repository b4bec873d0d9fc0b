/* mode_retrain.c: trained from scratch before each period, recipe and all, on what is known by then. */
#include "retrain/mode.h"

static bool prepare(Replay *r, size_t p, ReplayAnswer *ret, GError **error)
{
	return replay_train(r, p, r->set->family, r->set->window, ret, error);
}

const ModeKind MODE_RETRAIN = {
        .name = "retrain",
        .help = "trained from scratch before each period, on all that is known or on a sliding window",
        .prepare = prepare,
};
