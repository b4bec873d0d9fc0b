/* pushed.h: figures that are measured elsewhere and sent: revenue of a shop, minutes of a crew. */
#pragma once

#include <jansson.h>

#include "store/meta.h"

/* values: [{"name", "value": number, null: taken back, "at": us or ISO text (absent: now), "version", "route" (optional)}...]; all or none.  The
 * same name, time, version and route again is a correction.  figures: as impact/figure.h; a name that is none of its pushed ones is
 * FAIL_INVALID.  ret: {"new", "changed", "same"} counts. */
bool pushed_add(Meta *m, const char *model, const json_t *figures, const json_t *values, json_t **ret, GError **error);

/* [{"at" us, "value", "version"|null, "route"|null}] of a figure in [since, until), oldest first. */
bool pushed_list(
        Meta *m, const char *model, const char *name, int64_t since, int64_t until, json_t **ret, GError **error);
