/* admission.h: may a wanted retraining begin now?
 *
 * Not within the cool-down after the last one ended, and not beyond the budget of 24 hours.  What a person asked for goes before
 * both; judging what was learnt online trains nothing, so it neither waits nor counts.  Which one was the last is said by its number, never by its time, and a time in the future is taken as now: so a clock that
 * was set back holds nothing up for longer than the cool-down. */
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

#include "store/meta.h"

/* wanted: retrain/retraining.h; retrain: the filled block.  *ret_wait: NULL: it may begin; else why it waits, and until when it
 * looks like it: {"reason": sentence, "until": us}. */
bool admission_check(
        Meta *m, const json_t *wanted, const json_t *retrain, int64_t now, json_t **ret_wait, GError **error);

/* Is one of its causes that a person asked for it? */
bool admission_is_asked(const json_t *record);
