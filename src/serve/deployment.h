/* deployment.h: versions on their way into use: records in the metadata store.
 *
 *     checking -> running -> promoted -> rolled_back (taken back after it was promoted)
 *         |          \----> rolled_back
 *         |---------------> rolled_back (given up while it was checked)
 *         \---------------> refused
 *
 * A model has at most one deployment in progress (checking, running).  A promotion moves the alias `champion`; servers follow
 * the store (serve/fleet.h), so a deployment goes on whatever process ends.  What is written here is on the disk when the call
 * returns.
 *
 * A deployment as JSON: {"id", "model", "version": the candidate, "stable": version before it or null, "strategy", "params":
 * DEPLOY_PARAMS filled, "state", "who", "reason"|null, "created" us, "started" us|null: when it was found good, "ended" us|null,
 * "ended_by"|null, "ended_reason"|null, "undone" us|null: when it was taken back after its promotion, "evidence": {"check": {...},
 * "verdict": {...}}: serve/infra.h and serve/conduct.h, "checked_until" us|null: someone checks it until then}. */
#pragma once

#include <jansson.h>

#include "serve/strategy.h"
#include "store/meta.h"

#define DEPLOY_WHO_AUTO "automatic" /* who ended it when no person did */

/* Begins one in state `checking`.  version: of the model; strategy: NULL takes params.strategy; params: as DEPLOY_PARAMS, NULL: all
 * defaults; "override": true beside them lets a version through that did not pass the gate, or that wants other inputs than the one in use (who and reason answer
 * for it).
 * FAIL_CONFLICT: one is in progress, the version is in use already, there is none in use beside it, or the gate said no. */
bool deployment_begin(Meta *m, const char *model, int version, const char *strategy, const json_t *params,
        const char *who, const char *reason, json_t **ret, GError **error);

/* The one in progress; *ret NULL: none. */
bool deployment_current(Meta *m, const char *model, json_t **ret, GError **error);

/* The newest, whatever became of it; *ret NULL: none ever. */
bool deployment_newest(Meta *m, const char *model, json_t **ret, GError **error);

/* how: "promoted": of one that is running, while nobody has moved the champion to a third version (FAIL_CONFLICT); "rolled_back": of the one in progress, else of the newest, when it was promoted and its
 * version is the champion still, which then goes back to the version before. */
bool deployment_end(
        Meta *m, const char *model, const char *how, const char *who, const char *reason, json_t **ret, GError **error);

/* Another share for one that is running (percent, 0 .. 100): callers that have the candidate keep it when it grows. */
bool deployment_share(Meta *m, const char *model, double percent, const char *who, json_t **ret, GError **error);

/* Of a model, or of all (NULL), newest first. */
bool deployment_list(Meta *m, const char *model, json_t **ret, GError **error);
bool deployment_get(Meta *m, const char *id, json_t **ret, GError **error);

/* Checking is one process's work: true in *ret_mine for the caller that may do it within the next `seconds`. */
bool deployment_claim(Meta *m, const char *id, const char *checker, unsigned seconds, bool *ret_mine, GError **error);
/* The check is done: evidence.check is set; from `checking` to `running`, or `refused` for a reason.  One that is no longer
 * `checking` stays what it is. */
bool deployment_checked(
        Meta *m, const char *id, const json_t *check, const char *why_not, json_t **ret, GError **error);

/* Sets a member of the evidence (replacing it). */
bool deployment_add_evidence(Meta *m, const char *id, const char *key, const json_t *value, GError **error);

/* What happened, in order: [{"number", "at" us, "event", "who", "about": {}}].  Events: begun, checked, share, refused, promoted,
 * rolled_back, look (serve/conduct.h). */
bool deployment_events(Meta *m, const char *id, json_t **ret, GError **error);
/* about may be NULL. */
bool deployment_event(Meta *m, const char *id, const char *event, const char *who, const json_t *about, GError **error);
