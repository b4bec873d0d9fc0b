/* op.h: everything a user can do, one struct each.  The command line and HTTP are two handles on this table:
 * "model.promote" is `gyre model promote` and POST /api/v1/model/promote. */
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

#include "base/param.h"

typedef enum OpEffect { OP_READ, OP_WRITE } OpEffect;

/* Who calls, and from where. */
typedef struct App {
	const char *folder; /* the project's folder, or one below it; NULL: the current one */
	bool is_quiet;      /* no progress at all */
	bool is_json;       /* the result will be printed as JSON */
	int status; /* out: exit status of a call that did not fail: STATUS_DONE, or STATUS_NO when the answer is no */
} App;

typedef struct Op {
	const char *name; /* words joined by dots */
	const char *help; /* one line: a phrase in the imperative, no full stop */
	const char *more; /* further help: what it writes, its JSON form, examples; may be NULL */
	OpEffect effect;
	bool remote; /* may be called over HTTP: touches the project's store only, never files of the caller's naming */
	const Param *params;
	/* in: filled from params.  ret: an object; documented in `more`, stable. */
	bool (*run)(App *app, const json_t *in, json_t **ret, GError **error);
} Op;

/* Options every command takes: --project, --json, --quiet, --help. */
extern const Param GLOBAL_PARAMS[];

extern const Op *const OPS[]; /* NULL-ended; in the order of a project's life */
const Op *op_find(const char *name);

/* A result of {"text": ...} alone is printed as it is. */
extern const Op OP_FEASIBLE, OP_DATA_FOLDS;
extern const Op OP_NEW, OP_CHECK, OP_RUN, OP_STATUS, OP_RUNS, OP_RUNS_SHOW, OP_RUNS_COMPARE, OP_LOGS, OP_DATA_LOG,
        OP_DATA_SHOW, OP_DATA_PROFILE, OP_DATA_DIFF, OP_DATA_CAT, OP_MODEL_LS, OP_MODEL_SHOW, OP_MODEL_COMPARE,
        OP_MODEL_CARD, OP_MODEL_PROMOTE, OP_MODEL_ROLLBACK, OP_MODEL_EXPORT, OP_DATA_COMPARE, OP_MONITOR_DETECT,
        OP_PREDICT, OP_EXPLAIN, OP_REPORT, OP_LINEAGE, OP_DOCTOR, OP_COMPLETION, OP_REFERENCE, OP_VERSION;
extern const Op OP_SEARCH_CREATE, OP_SEARCH_LS, OP_SEARCH_ASK, OP_SEARCH_TELL, OP_SEARCH_WATCH, OP_SEARCH_PIPE;
extern const Op OP_MODEL_FAIRNESS, OP_MODEL_ERRORS;
extern const Op OP_MODEL_RULES;
extern const Op OP_SERVE; /* in http/ */
extern const Op OP_LOG, OP_LOG_SEAL, OP_OUTCOME;
