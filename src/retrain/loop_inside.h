/* loop_inside.h: what loop*.c share; nobody else includes it. */
#pragma once

#include "retrain/loop.h"
#include "retrain/worker.h"

struct RetrainLoop {
	char *folder, *state_folder, *program;
	void (*tell)(void *context, const char *sentence);
	void *context;
	int lock;           /* of who takes the steps; -1: not held */
	Worker *worker;     /* training, or checking a deployment; NULL: none */
	json_t *ended;      /* what the run that ended left, until the record has moved; NULL: none */
	int64_t checked;    /* monotonic us: when a check of the deployment at hand ended here; 0: none did */
	bool waits;         /* set by the step that was taken last */
	int64_t first_wait; /* as in LoopOptions, never 0 */
	int64_t not_before; /* monotonic us: when what failed for reasons outside is tried again */
	unsigned failures;  /* steps that failed, one after the other */
	unsigned judgings;  /* tries to judge the challenger at hand that failed */
	char *told;         /* the last sentence: not said twice */
};

void loop_tell(RetrainLoop *l, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* Moves the record on; changes (may be NULL) are borrowed. */
bool loop_move(RetrainLoop *l, const LoopInput *in, const json_t *record, const char *to, const json_t *changes,
        const char *note, GError **error);
/* The same to an end, with its reason; changes are stolen. */
bool loop_end(RetrainLoop *l, const LoopInput *in, const json_t *record, const char *to, json_t *changes,
        const char *reason, GError **error);

/* A file of a retraining in the state folder; free with g_free. */
char *loop_file(const RetrainLoop *l, const json_t *record, const char *ending);

/* How long until what failed `times` times for reasons outside is tried again, us. */
int64_t loop_wait(const RetrainLoop *l, int64_t times);

/* A challenger could not be judged; reason: says so.  What will pass (a store that is held, a full disk) is waited for, a few times; else the
 * retraining has failed.  changes: of the record when it ends; stolen. */
bool loop_not_judged(RetrainLoop *l, const LoopInput *in, const json_t *record, json_t *changes, const GError *problem,
        const char *reason, GError **error);

/* A retraining that never comes to an end must not be tried for ever. */
#define LOOP_MOST_ATTEMPTS 6

/* A step in each phase. */
bool loop_judge_online(RetrainLoop *l, const LoopInput *in, const json_t *record, GError **error);
bool loop_run(RetrainLoop *l, const LoopInput *in, const json_t *record, GError **error);
bool loop_begin_deployment(RetrainLoop *l, const LoopInput *in, const json_t *record, GError **error);
bool loop_follow_deployment(RetrainLoop *l, const LoopInput *in, const json_t *record, GError **error);
