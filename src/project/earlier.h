/* earlier.h: which earlier studies a training may learn from (model/transfer.h).
 *
 * Those of other data in the same store, the newest first.  Once a training of these very rows is done, it is those it had: so a project
 * that did not change is not trained anew because another one was. */
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

typedef struct Earlier {
	const char *state_folder;
	unsigned rank; /* 0: the newest */
} Earlier;

/* A PlanChoose (pipeline/plan.h) for the inputs "earlier.N" of the step train; context is an Earlier. */
bool earlier_choose(void *context, const json_t *known, char **ret_digest, GError **error);
