/* silence.h: quiet on purpose: alarms that match are recorded as ever, and nobody is told, until a time.
 *
 * An alarm that still fires when its silence ends is told then. */
#pragma once

#include "store/meta.h"

/* matchers: as matcher.h, at least one.  until: us UTC, in the future.  who and comment must say something.
 * ret: the silence as silence_list gives it. */
bool silence_add(Meta *m, const json_t *matchers, int64_t until, const char *who, const char *comment, json_t **ret,
        GError **error);

/* Ends one now; the id may be shortened.  FAIL_NOT_FOUND: there is none that still holds. */
bool silence_end(Meta *m, const char *id, json_t **ret, GError **error);

/* [{"id","matchers": [],"from" us,"until" us,"who","comment"}] the newest first; at: only those that hold at that time; 0: all. */
bool silence_list(Meta *m, int64_t at, json_t **ret, GError **error);

/* The first silence of a list that an alarm matches, borrowed, or NULL. */
const json_t *silence_of(const json_t *silences, const json_t *alarm);
