/* online_judge.h: a version that was learnt from outcomes, beside the champion, on outcomes that neither has learnt from.
 *
 * Which those are is sure: what came after its checkpoint.  They are the rows of later checkpoints and what has taught nothing yet; the
 * champion is the root of its checkpoints or one before it, so it has not learnt from them either. */
#pragma once

#include "data/engine.h"
#include "retrain/online.h"

/* The newest checkpoint that at least `least` outcomes came after, `waiting` of them not taken yet, if it is to be judged: its gate let it
 * pass, it is behind the champion, and no retraining decided about it.  *ret: {"version", "checkpoint", "outcomes": learnt since the
 * champion, "rows": that came after}; NULL: none. */
bool online_candidate(const OnlineInput *in, int64_t waiting, int64_t least, json_t **ret, GError **error);

/* in: as for learning.  config: gyre.yaml, filled.
 * {"accept", "reason", "challenge": retrain/challenge.h, "behaviour": eval/behaviour.h or null} */
bool online_judge(const OnlineInput *in, const json_t *config, int64_t version, json_t **ret, GError **error);
