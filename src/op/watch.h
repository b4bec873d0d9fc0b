/* watch.h: the watch over a project in production: monitoring, triggers and retrainings, round after round.
 *
 * Whatever fails (a store that is held, a full disk, an error in gyre.yaml) is told once, and tried again in the next round; the
 * watch ends only when it is told to.  Rounds go by the monotonic clock, so a clock that jumps neither stops nor hurries them. */
#pragma once

#include <signal.h>

#include "op/desk.h"
#include "retrain/loop.h"

typedef struct Watch Watch;

typedef struct WatchOptions {
	const char *folder; /* of the project, or one below it */
	unsigned every_s;   /* from one look to the next */
	size_t memory_mb;   /* of the engine of a monitoring pass */
	bool is_quiet;
} WatchOptions;

/* FAIL_NOT_FOUND: there is no project. */
bool watch_open(const WatchOptions *options, Watch **ret, GError **error);
void watch_close(Watch *w);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Watch, watch_close)

/* Opens what a step needs, without a look. */
bool watch_begin(Watch *w, GError **error);
/* One look: a monitoring pass when one is due, then every trigger. */
void watch_look(Watch *w);
/* One step of a retraining.  *ret_busy: one is under way. */
void watch_step(Watch *w, bool *ret_busy);
/* Steps until no retraining is under way, none may begin, or the one under way waits for a deployment that takes its time; or until
 * `signals` bring one.  Returns that signal, or 0. */
int watch_finish(Watch *w, const sigset_t *signals);
/* Rounds until a signal; returns it. */
int watch_rounds(Watch *w, const sigset_t *signals);

/* What could not be done in the last round, or NULL. */
const char *watch_problem(const Watch *w);

/* The signals that end a watch, blocked. */
void watch_block_signals(sigset_t *ret);
