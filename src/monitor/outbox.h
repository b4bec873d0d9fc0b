/* outbox.h: what is still to be told, and to whom.
 *
 * A notice is written down in the transaction that changed the alarms, and stays until its receiver has taken it: through a dead
 * receiver, a kill -9 and any number of restarts.  It is told at least once.  It may be told again only when a sender died, or its
 * connection did, between the receiver's taking it and this program's writing that down; each try is counted, and the notice's id
 * (Idempotency-Key, Message-ID) is the same every time.  A receiver's notices go out in their order; a dead one keeps no other waiting.
 * After OUTBOX_KEEP_DAYS of trying a notice is given up, which `gyre alarm outbox` tells. */
#pragma once

#include "store/meta.h"

enum { OUTBOX_KEEP_DAYS = 7 };

/* Writes down a notice for every receiver of settings (the filled block monitor.alarms) that wants it, of alarms that fire or
 * have ended since people were told last and that no silence covers.  Called in a transaction. */
bool outbox_tell(Meta *m, const json_t *settings, GError **error);

/* Tells what is due: silences that ended, notices that wait, and standing alarms of receivers that want them again.  Returns when
 * nothing more is due; receivers that do not answer cost at most 20 s each and no error.  Any number of processes may call it
 * at once.  ret: {"sent","failed","waiting"}: counts. */
bool outbox_deliver(Meta *m, const json_t *settings, json_t **ret, GError **error);

/* Sends one alarm that is none to a receiver of settings, now and past the outbox. */
bool outbox_test(const json_t *settings, const char *receiver, const char *model, GError **error);

/* [{"id","receiver","state": "waiting" | "sent" | "given_up","created" us,"attempts","next" us,"sent" us|null,"problem"|null}], the
 * newest first, at most `limit`. */
bool outbox_list(Meta *m, int limit, json_t **ret, GError **error);
