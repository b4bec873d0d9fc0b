/* version.h: what changed between two versions of the data, two snapshots by their paths.
 *
 * {"rows": {"a", "b"},
 *  "columns": {"added": [{"name", "type"}], "removed": [{"name", "type"}], "retyped": [{"name", "a", "b"}], "same": how many},
 *  "only_a", "only_b": rows of one version alone, over the columns both have with the same type; a row that stands there
 *                      three times and here twice counts once,
 *  "changes": [{"column", "type", "measure": "psi" | "linf", "value", "sentence", "a": {...}, "b": {...},
 *               "top": [{"value", "a", "b": shares}]}...]}
 *
 * changes holds every column both have, numbers and times first, each group by falling value.  a and b of numbers and times
 * are {"missing" (share), "mean", "sd" (of the sample; null for times), "min", "max"}, of others {"missing", "distinct"}.
 *
 *   psi   population stability index over the tenths of a and the missing values, sum of (pb - pa) ln(pb / pa), shares
 *         below 0.0001 taken as that.  Rule of thumb (Siddiqi, Credit Risk Scorecards, 2006): below 0.1 little, above 0.25 much
 *   linf  greatest difference of a value's share, missing counted as a value (TFDV's L-infinity) */
#pragma once

#include "data/engine.h"

bool version_diff(Engine *e, const char *path_a, const char *path_b, json_t **ret, GError **error);

/* The entry of "changes" for one column.  The view "both" has the rows of both versions, "_gyre_side" 0 for a and 1 for b.
 * For version.c alone. */
bool version_change(Engine *e, const char *column, const char *type, json_t **ret, GError **error);
#define VERSION_BOTH "\"_gyre_both\""
