/* loop.h: retrainings of one project taken from phase to phase.
 *
 * A step takes a retraining at most one phase further, each by one durable transaction; whoever is killed between two steps finds
 * the record where it was:
 *
 *     phase       found after a kill                    goes on by
 *     ---------   -----------------------------------   ------------------------------------------------------------
 *     wanted      nothing was begun                     beginning, when cool-down and budget let it
 *     running     the run may have ended, or not        running again: what was done is known by its keys, and the same
 *                                                       bundle is the same version
 *     judged      no deployment (both are written in    beginning it
 *                 one transaction)
 *     deploying   a deployment by its id                looking how it ended
 *
 * One process at a time takes the steps (a lock that dies with it); training and checking are child processes. */
#pragma once

#include "store/blobs.h"
#include "store/meta.h"

typedef struct RetrainLoop RetrainLoop;

typedef struct LoopOptions {
	const char *folder, *state_folder;
	const char *program; /* NULL: this program */
	int64_t first_wait;  /* us until what failed for reasons outside is tried again, doubled each time; 0: 30 s */
	void (*tell)(void *context, const char *sentence);
	void *context;
} LoopOptions;

RetrainLoop *retrain_loop_new(const LoopOptions *options);
/* Ends a run that is under way here in order, and takes back that it was tried: it goes on another time. */
void retrain_loop_stop(RetrainLoop *l, Meta *m, const char *model, int64_t now);
/* Ends a child in order, waiting for it. */
void retrain_loop_free(RetrainLoop *l);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RetrainLoop, retrain_loop_free)

typedef struct LoopInput {
	Meta *meta;
	Blobs *blobs;
	const json_t *config; /* gyre.yaml, filled */
	int64_t now;          /* us UTC */
} LoopInput;

/* Is this process the one that takes the steps?  Tries to become it. */
bool retrain_loop_leads(RetrainLoop *l, const char *model, bool *ret_leads, GError **error);

/* Is a child of this loop at work? */
bool retrain_loop_works(const RetrainLoop *l);
/* After a step: does what is under way wait for somebody else: a deployment that takes its time, a run that is tried again later? */
bool retrain_loop_waits(const RetrainLoop *l);

/* One step of the model's retraining, when there is one.  *ret_busy: one is under way, so ask again soon.  An error changed nothing,
 * and the step may be tried again: asked sooner than it has a chance, the loop only waits. */
bool retrain_loop_step(RetrainLoop *l, const LoopInput *in, bool *ret_busy, GError **error);
