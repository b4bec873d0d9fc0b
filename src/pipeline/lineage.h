/* lineage.h: from which bytes others came, and what was made of them, as the engine wrote it down. */
#pragma once

#include "store/meta.h"

typedef enum LineageWay { LINEAGE_UP, LINEAGE_DOWN } LineageWay; /* to what it came from; to what was made of it */

/* {"digest", "direction": "up" | "down", "steps": [{"key", "step", "kind", "depth" (1: next to the bytes asked for),
 *   "run" (the first that ran it), "runs": [ids that used this result], "created" (us), "inputs": {name: digest},
 *   "outputs": {name: digest}}] (nearest first), "files": {digest: path last seen} of inputs that are files of the user's}.
 * Bytes nobody knows have no steps.  FAIL_INVALID if it is not the text of a digest. */
bool lineage_of(Meta *m, const char *digest, LineageWay way, json_t **ret, GError **error);
