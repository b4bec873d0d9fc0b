/* retraining.h: the record of a retraining, from the wish to its end.
 *
 *     wanted -> running -> judged -> deploying -> done
 *        |         |          |          +------> rejected    the deployment was rolled back or refused
 *        |         |          +-----------------> rejected    the challenger is not better
 *        |         +----------------------------> rejected (by the gate), nothing_to_do, failed
 *        +--------------------------------------> rejected    taken back by a person
 *
 * Every change of phase is one durable transaction that says from where it goes, so whoever is killed goes on where the record
 * stands, and two who try the same change do it once.  A model has at most one retraining that is wanted (further causes join
 * it) and one under way; the database itself holds to that.
 *
 * As JSON: {"id", "model", "number": 1, 2, ... by model, "phase",
 *  "causes": [{"trigger", "key", "reason": sentence, "at" us, "evidence": {}}],
 *  "reasons": [sentences: why it ended as it did], "evidence": {"run", "versus", "deployment", ...}, "mode",
 *  "run_id"|null, "champion": version before|null, "candidate": version|null, "deployment": id|null, "attempts",
 *  "cpu_seconds", "wanted", "started"|null, "ended"|null, "changed" (us UTC)} */
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

#include "store/meta.h"

#define PHASE_WANTED "wanted"
#define PHASE_RUNNING "running"
#define PHASE_JUDGED "judged"
#define PHASE_DEPLOYING "deploying"
#define PHASE_DONE "done"
#define PHASE_REJECTED "rejected"
#define PHASE_FAILED "failed"
#define PHASE_NOTHING "nothing_to_do"

/* Adds a cause to the wanted retraining of a model, making it where there is none.  A cause whose key is already among its causes
 * changes nothing (*ret_new false).  cause: {"trigger", "key", "reason", "evidence"?}. */
bool retraining_want(
        Meta *m, const char *model, const json_t *cause, int64_t now, json_t **ret, bool *ret_new, GError **error);

/* Moves a retraining from one phase to another.  changes: any of "reasons", "evidence" (both joined to what is there), "mode",
 * "run_id", "champion", "candidate", "deployment", "cpu_seconds" (added) and "attempts" (added); may be NULL.  note: sentence for
 * the event; may be NULL.  FAIL_CONFLICT when its phase is not `from` any more. */
typedef struct RetrainingMove {
	const char *id, *from, *to, *note;
	const json_t *changes;
} RetrainingMove;
bool retraining_move(Meta *m, const RetrainingMove *move, int64_t now, json_t **ret, GError **error);

/* The ones of a model that have not ended; NULL where there is none. */
bool retraining_open(Meta *m, const char *model, json_t **ret_wanted, json_t **ret_under_way, GError **error);

/* Newest first. */
bool retraining_list(Meta *m, const char *model, int limit, json_t **ret, GError **error);

/* By number, or the newest for 0; FAIL_NOT_FOUND.  With "events": [{"phase", "at", "note"|null}...], oldest first. */
bool retraining_get(Meta *m, const char *model, int64_t number, json_t **ret, GError **error);

/* The newest retraining, other than `not_id`, that ended with a decision about this version (done, rejected); NULL: none. */
bool retraining_of_version(
        Meta *m, const char *model, int64_t version, const char *not_id, json_t **ret, GError **error);
