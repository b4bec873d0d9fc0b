/* pass.h: one round of monitoring: every window that is due is looked at, and what was found is written down.
 *
 * A window is written in one transaction, findings with it, so a pass that is killed leaves each window measured or not, never
 * half, and the next pass goes on from there.  Two passes at once write each window once. */
#pragma once

#include "store/blobs.h"
#include "store/meta.h"

typedef struct PassInput {
	Meta *meta;
	Blobs *blobs;
	const char *state_folder;
	const json_t *project; /* the filled gyre.yaml */
	const char *model;     /* NULL: every model of the registry */
	size_t memory_mb;      /* of the engine */
	const char *scratch;   /* folder to spill into; NULL: none */
	int64_t now;           /* us UTC */
	bool without_wait;     /* do not wait for late rows */
} PassInput;

/* {"windows": [as history_windows, with "states": {"ok","warning","alarm","too_few"} counts], "problems": [{"model","window": id or
 * null,"problem"}]}: the windows measured now, in the order of time. */
bool monitor_pass(const PassInput *in, json_t **ret, GError **error);
