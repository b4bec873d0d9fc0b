/* conduct.h: how a running deployment goes on by itself: looks, and what follows from them.
 *
 * Any server of a store does this, at each of its looks at the registry: a step is one transaction that reads the state it starts
 * from, so it does not matter which one takes it, nor when one is killed.
 *
 * A look is taken whenever the candidate has answered as many requests again as `min_requests`, or a quarter of all it has
 * answered if that is more, but never more than ten times `min_requests`.  It is an event of the deployment: {"look": number,
 * "findings": [rollout_judge.h, each with "span": "since" (the look before) | "all"], "counts": rollout.h}; and evidence.verdict is
 * the newest without its counts, with "at" us, "left": reasons|null and "kept": bool. */
#pragma once

#include "serve/rollout.h"
#include "store/meta.h"

/* What all servers saw of a deployment. */
bool conduct_counts(Meta *m, const char *id, RolloutCounts *ret, GError **error);
/* Writes down what this process saw in a rollout. */
bool conduct_write(Meta *m, Rollout *r, GError **error);

/* d: a deployment that is running. */
bool conduct_step(Meta *m, const json_t *d, GError **error);
