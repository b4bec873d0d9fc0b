/* outcome.h: labels that come later: what a prediction's case turned out to be.
 *
 * By the prediction's id (serve/predlog.h), in any order, before or after the prediction is sealed, twice, or corrected: the
 * newest word wins; the same word again changes nothing. */
#pragma once

#include <jansson.h>

#include "store/meta.h"

/* outcomes: [{"id": text, "value": label as text, number or boolean, null: taken back, "observed": us or ISO text (when it became
 * known; absent: now)}...].  All or none are taken.  ret: {"new", "changed", "same"} counts. */
bool outcome_add(Meta *m, const char *model, const json_t *outcomes, json_t **ret, GError **error);

/* [{"id","value": text|null,"observed" us,"received" us,"changes"}] received from `since` on, oldest first, at most `limit`. */
bool outcome_list(Meta *m, const char *model, int64_t since, int limit, json_t **ret, GError **error);
