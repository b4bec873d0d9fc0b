/* delivery.h: how a team delivers models, from the store's own history.
 *
 * The four figures of Forsgren, Humble and Kim, "Accelerate" (2018), for models: lead time (from the ingest of the run's data to the move
 * of `champion` to its version), deployment frequency, change-failure rate (moves that were rolled back) and time to restore (from a
 * move to its rollback); and the age of what is in use. */
#pragma once

#include <jansson.h>

#include "store/meta.h"

/* Moves of `champion` in [since, until), us.  {"deployments", "per_30_days"|null (less than a day), "lead_time_s": median|null, "failures", "failure_rate"|null,
 * "restore_s": median|null, "age_s" of the champion's version|null, "data_age_s"|null: since its run's ingest, "versions": registered meanwhile, "accepted": share of
 * these that became champion|null} */
bool delivery_of(Meta *m, const char *model, int64_t since, int64_t until, json_t **ret, GError **error);
