/* mode.h: how a model keeps up with the world: a ModeKind says what it has learnt when a period begins. */
#pragma once

#include "model/family.h"
#include "retrain/replay.h"

typedef struct ModeKind {
	const char *name, *help;
	/* Can it be had with these families?  NULL: with all.  A sentence why not, NULL when it can; g_free. */
	char *(*refuse)(const ReplaySettings *set);
	/* Adds the steps that come before period p can be answered, and says what answers it.  Called for p = 0, 1, ... in turn. */
	bool (*prepare)(Replay *r, size_t p, ReplayAnswer *ret, GError **error);
} ModeKind;

extern const ModeKind *const MODES[]; /* NULL-ended, cheapest first */
const ModeKind *mode_find(const char *name);

extern const ModeKind MODE_NONE, MODE_RETRAIN, MODE_FINE_TUNE, MODE_ONLINE;
