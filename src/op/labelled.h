/* labelled.h: what `log labelled` and the watch share. */
#pragma once

#include "op/desk.h"

/* Brings a file of labelled predictions up to date (retrain/labelled.h); `file` as in gyre.yaml.  The project must be sound.
 * {"file", "rows", "changed"}. */
bool labelled_update(const Desk *d, const char *file, size_t memory_mb, json_t **ret, GError **error);
