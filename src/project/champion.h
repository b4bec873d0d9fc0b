/* champion.h: which bundle a new one is held against.
 *
 * The champion in use, unless that is the very bundle that is judged: then the one it was judged against when it was
 * registered.  So a second run of an unchanged project finds every key as it was. */
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

#include "model/transfer.h"
#include "project/earlier.h"

typedef struct Champion {
	const char *state_folder;
	const char *model;
	Earlier earlier[TRANSFER_STUDIES]; /* filled by life_plan: what a training may learn from besides */
} Champion;

/* PlanChooses for learning on: the champion's bundle, and the rows its run learnt from.  FAIL_NOT_FOUND: there is no
 * champion, or they are gone. */
bool champion_choose_bundle(void *context, const json_t *known, char **ret_digest, GError **error);
bool champion_choose_rows(void *context, const json_t *known, char **ret_digest, GError **error);

/* A PlanChoose (pipeline/plan.h) for the input "champion" of the step evaluate; context is a Champion. */
bool champion_choose(void *context, const json_t *known, char **ret_digest, GError **error);
