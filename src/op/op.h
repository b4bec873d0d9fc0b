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
	const char *folder;    /* the project's folder, or one below it; NULL: the current one */
	bool is_quiet;         /* no progress at all */
	bool is_remote;        /* called over HTTP: what takes long is only asked for */
	bool is_json;          /* the result will be printed as JSON */
	const bool *is_ending; /* set to true while others wait for this to end; NULL: never */
	unsigned end_s;        /* they wait at most so long */
	int status; /* out: exit status of a call that did not fail: STATUS_DONE, or STATUS_NO when the answer is no */
} App;

typedef struct Op {
	const char *name; /* words joined by dots */
	const char *help; /* one line: a phrase in the imperative, no full stop */
	const char *more; /* further help: what it writes, its JSON form, examples; may be NULL */
	OpEffect effect;
	bool remote; /* may be called over HTTP: touches the project's store only, never files of the caller's naming */
	bool is_long; /* takes seconds, and memory: a server runs one such at a time, as a process of its own */
	const Param *params;
	/* in: filled from params.  ret: an object; documented in `more`, stable. */
	bool (*run)(App *app, const json_t *in, json_t **ret, GError **error);
} Op;

/* Options every command takes: --project, --json, --quiet, --help. */
extern const Param GLOBAL_PARAMS[];

extern const Op *const OPS[]; /* NULL-ended; in the order of a project's life */
const Op *op_find(const char *name);

/* Every op, in the order of a project's life: here, and one file each.  A result of {"text": ...} alone is printed as it is. */
// clang-format off
#define OPS_ALL(X) \
	X(OP_NEW) \
	X(OP_CHECK) \
	X(OP_FEASIBLE) \
	X(OP_RUN) \
	X(OP_STATUS) \
	X(OP_REPORT) \
	X(OP_PREDICT) \
	X(OP_OUTCOME) \
	X(OP_LOG_SEAL) \
	X(OP_LOG) \
	X(OP_LOG_LABELLED) \
	X(OP_KPI) \
	X(OP_KPI_PUSH) \
	X(OP_IMPACT) \
	X(OP_EXPLAIN) \
	X(OP_SERVE) \
	X(OP_REPLAY) \
	X(OP_TOKEN_CREATE) \
	X(OP_TOKEN_LS) \
	X(OP_TOKEN_REVOKE) \
	X(OP_MODEL_LS) \
	X(OP_MODEL_SHOW) \
	X(OP_MODEL_RULES) \
	X(OP_MODEL_COMPARE) \
	X(OP_MODEL_CARD) \
	X(OP_MODEL_ERRORS) \
	X(OP_MODEL_FAIRNESS) \
	X(OP_MODEL_PROMOTE) \
	X(OP_MODEL_ROLLBACK) \
	X(OP_MODEL_EXPORT) \
	X(OP_DEPLOY) \
	X(OP_DEPLOY_STATUS) \
	X(OP_DEPLOY_SHARE) \
	X(OP_DEPLOY_PROMOTE) \
	X(OP_DEPLOY_ROLLBACK) \
	X(OP_DEPLOY_CHECK) \
	X(OP_DATA_LOG) \
	X(OP_DATA_SHOW) \
	X(OP_DATA_PROFILE) \
	X(OP_DATA_DIFF) \
	X(OP_DATA_COMPARE) \
	X(OP_DATA_CAT) \
	X(OP_DATA_FOLDS) \
	X(OP_MONITOR_RUN) \
	X(OP_MONITOR_WATCH) \
	X(OP_RETRAIN) \
	X(OP_RETRAIN_LS) \
	X(OP_RETRAIN_SHOW) \
	X(OP_RETRAIN_CANCEL) \
	X(OP_MONITOR_STATUS) \
	X(OP_MONITOR_SHOW) \
	X(OP_MONITOR_HISTORY) \
	X(OP_MONITOR_DETECT) \
	X(OP_MONITOR_DASHBOARDS) \
	X(OP_MONITOR_BACKTEST) \
	X(OP_MONITOR_LEARN) \
	X(OP_ALARM_LS) \
	X(OP_ALARM_SHOW) \
	X(OP_ALARM_SILENCE) \
	X(OP_ALARM_UNSILENCE) \
	X(OP_ALARM_SILENCES) \
	X(OP_ALARM_SEND) \
	X(OP_ALARM_OUTBOX) \
	X(OP_RUNS) \
	X(OP_RUNS_SHOW) \
	X(OP_RUNS_COMPARE) \
	X(OP_LOGS) \
	X(OP_SEARCH_CREATE) \
	X(OP_SEARCH_LS) \
	X(OP_SEARCH_ASK) \
	X(OP_SEARCH_TELL) \
	X(OP_SEARCH_WATCH) \
	X(OP_SEARCH_PIPE) \
	X(OP_LINEAGE) \
	X(OP_DOCTOR) \
	X(OP_COMPLETION) \
	X(OP_REFERENCE) \
	X(OP_VERSION)
// clang-format on

#define OP_DECLARED(op) extern const Op op;
OPS_ALL(OP_DECLARED)
#undef OP_DECLARED
