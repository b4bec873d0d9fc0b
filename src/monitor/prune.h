/* prune.h: what is kept of windows that were measured long ago.
 *
 * The window itself stays, so that its rows are never taken for new ones; and so do alarms, by episode.  Taken away are its findings, which
 * outcomes the watch over errors has taken of it and what that found, and the points of alarms that are over. */
#pragma once

#include "store/meta.h"

/* Of windows measured before `now - keep` (us), in one transaction. */
bool monitor_prune(Meta *m, const char *model, int64_t now, int64_t keep, GError **error);
