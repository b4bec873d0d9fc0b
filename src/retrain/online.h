/* online.h: a model in use that learns from each outcome as it arrives, and is checkpointed as versions.
 *
 * One call takes the outcomes that have come since the last one, joins them with the logged inputs of their predictions, lets the model learn
 * on from them (oldest first, by when they were observed), and registers what comes out as a version.  The version, the checkpoint and
 * the ids of the outcomes taken are one durable transaction: killed at any moment, no outcome is lost and none teaches twice.
 * An outcome that comes before its prediction is in the log waits for it; one that is corrected after it was taken does not teach again.
 *
 * What learns on is the version of the last checkpoint, as long as the champion is the one that the checkpoints began with (their
 * root) or one of theirs; when another version has become champion, that one, as the root of checkpoints to come.  The champion is not
 * moved here: a version goes into use by a deployment, and its gate says whether one may begin. */
#pragma once

#include "store/blobs.h"
#include "store/meta.h"

typedef struct OnlineInput {
	Meta *meta;
	Blobs *blobs;
	const char *state_folder, *scratch; /* scratch: a folder of one's own */
	const char *model;
	const json_t *decision; /* params of retrain/decision.h */
	double keep;            /* how much of what was learnt before stays */
	int64_t least, most;    /* outcomes below which nothing is done; and at a time */
	int64_t patience;       /* us: how long an outcome waits for its prediction to be in the log; 0: for ever */
	bool after_root;        /* what came before the root was registered taught it already (retrain.labelled) */
	uint64_t seed;
	int64_t now; /* us UTC */
} OnlineInput;

/* {"model", "version": number|null, "parent": number, "root", "outcomes": taken, "left_out": of them without a usable target,
 *  "waiting": outcomes that have no prediction in the log yet, or were too many for this time,
 *  "metrics": {name: number|null}|null: what the parent said of them before it learnt, "gate": retrain/learning_gate.h over the newest
 *  fifth of them, or null, "reason": sentence why nothing was done|null}.
 * FAIL_NOT_FOUND: no champion.  FAIL_CONFLICT: another one learnt at the same time: call again. */
bool online_learn(const OnlineInput *in, json_t **ret, GError **error);
