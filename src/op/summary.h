/* summary.h: what a run came to, read from the artifacts its steps left. */
#pragma once

#include "op/desk.h"

/* The entry of a step in a run's result, or NULL.  Borrowed. */
const json_t *summary_step(const json_t *result, const char *name);

/* The JSON artifact OUTPUT of STEP ("verify", "checks"); *ret NULL where the step has none (not run, failed). */
bool summary_artifact(
        const Desk *d, const json_t *result, const char *step, const char *output, json_t **ret, GError **error);

/* Adds "model", "metrics", "gate", "summary" and sets "status" to "rejected" where the gate said no. */
bool summary_add(const Desk *d, json_t *result, GError **error);

/* The exit status of a failed run: that of its first failed step. */
int summary_failure_status(const json_t *result);
