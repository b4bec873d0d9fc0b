/* concept_stream.h: the errors of one version in the order in which its outcomes became known, and what watches them.
 *
 * Where the watch stands is kept in the store from one window to the next, together with which outcomes it has taken (store/
 * migration_concept.c): in one transaction, so that a pass which is killed has taken all of a window's outcomes or none.  Another version
 * is another stream and begins from nothing; other settings make a stream begin again. */
#pragma once

#include "monitor/look.h"

/* Takes the outcomes of the window that were not taken yet, by when they became known.  settings: filled ERROR_WATCH_PARAMS.
 * ret: {"labels": taken in the stream's whole life, "taken": now, "events": [{"what": "rose" | "fell" | "warning", "place": how-manieth label,
 * 0 for the first, "observed": us, "before", "after": error rates|null}...] that labels of this window raised, now or before}. */
bool concept_stream_take(const LookInput *in, const json_t *settings, json_t **ret, GError **error);
