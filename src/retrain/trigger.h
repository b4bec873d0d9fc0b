/* trigger.h: what can want a retraining.  A TriggerKind looks at the world and at what it remembered, and says what to remember
 * next and, now and then, a cause.
 *
 * What it remembers and the cause are written in one transaction: a watcher that is killed between two looks neither loses a
 * cause nor tells it twice.  A kind never trusts the clock to go forward: it is handed the time, and the time may jump. */
#pragma once

#include "base/param.h"
#include "store/meta.h"

typedef struct TriggerInput {
	Meta *meta;
	const char *model;
	const char *folder; /* the project's */
	const char *state_folder;
	const json_t *config; /* gyre.yaml, filled */
	int64_t now;          /* us UTC */
} TriggerInput;

typedef struct TriggerKind {
	const char *name, *help;
	const Param *params; /* retrain.NAME in gyre.yaml */
	/* Problems that a table cannot see; `path` is where the params stand.  May be NULL. */
	void (*check)(const json_t *params, const char *path, ParamReport *report, void *context);
	/* state: an object, {} at the first look.  *ret_state: the next one.  *ret_cause: untouched, or
	 * {"key": what makes it the same cause as another one, "reason": sentence, "evidence": {}}.
	 * NULL: it never wants anything by itself. */
	bool (*look)(const TriggerInput *in, const json_t *params, const json_t *state, json_t **ret_state,
	        json_t **ret_cause, GError **error);
	bool needs_block; /* `on` without retrain.NAME is an error */
} TriggerKind;

extern const TriggerKind *const TRIGGERS[]; /* NULL-ended */
const TriggerKind *trigger_kind(const char *name);

/* Lets every trigger of `retrain.on` look once.  *ret: [{"trigger", "reason"} of each new cause | {"trigger", "error"} of each that
 * could not look]: one that fails does not keep the others from looking.  Errors: the store cannot be written. */
bool triggers_look(const TriggerInput *in, json_t **ret, GError **error);

/* A cause of the kind `manual`: someone asked.  Always a new one. */
json_t *trigger_manual_cause(const char *who, const char *reason);
