/* shadow.h: requests that a candidate is given after they were answered.
 *
 * One thread of low priority takes them from a queue of bounded length; what finds no room is counted and dropped, so that
 * a slow candidate costs the callers nothing.  What it says goes to the prediction log as route "shadow" under the request's id, and
 * beside the stable version's answer into the rollout's counts. */
#pragma once

#include "serve/predlog.h"
#include "serve/rollout.h"

typedef struct Shadow Shadow;
typedef struct ShadowJob ShadowJob;

/* log: NULL where none is kept; outlives the Shadow. */
Shadow *shadow_open(PredLog *log);
/* What is in the queue is left. */
void shadow_close(Shadow *s);

/* What the job needs is copied or counted.  entry: of the request (its protocol is static); inputs: its rows, whole; stable: the
 * answer. */
ShadowJob *shadow_job(Rollout *r, const PredLogEntry *entry, const Batch *inputs, const Scores *stable);
void shadow_job_free(ShadowJob *j);
/* Takes the job. */
void shadow_add(Shadow *s, ShadowJob *j);

/* Waits until the queue is empty and nothing is at work (for tests). */
void shadow_settle(Shadow *s);
