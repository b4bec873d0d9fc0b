/* records.h: what the engine knows of keys, results and executions: the SQL of this folder. */
#pragma once

#include "store/blobs.h"
#include "store/meta.h"

/* One step of one run, when it is over. */
typedef struct Execution {
	const char *run_id, *step;
	size_t position;        /* in the run */
	const char *key, *kind; /* key NULL: it was not known */
	const char *status;     /* "ran", "cached", "failed", "skipped" */
	const char *why;
	int64_t started, ended; /* us UTC */
	double cpu_seconds;     /* NAN: not measured, as the next three when 0 */
	uint64_t peak_kb, bytes_in, bytes_out;
	const char *log, *error_code, *error; /* or NULL */
	const json_t *components;             /* of the key */
	const json_t *inputs, *outputs;       /* {name: {"digest", ...}}; when it ran */
	const json_t *told;                   /* {"metrics", "notes"}; when it ran */
} Execution;

/* The result a key stands for: {"outputs": {name: {"digest", "size"}}, "told": {"metrics", "notes"}, "run_id", "step"}, or
 * NULL in *ret when there is none.  When an output's bytes are no longer there, *ret is NULL and *ret_missing its name. */
bool records_result(Meta *m, const Blobs *b, const char *key, json_t **ret, char **ret_missing, GError **error);

/* The last execution of a step with a known key: {"key", "status", "error", "components"}; NULL in *ret if none. */
bool records_last(Meta *m, const char *step, json_t **ret, GError **error);

/* How long it took when it last ran, in seconds; NAN if never. */
bool records_last_seconds(Meta *m, const char *step, double *ret, GError **error);

/* Writes an execution down; of one that ran also its result and lineage.  The first result of a key stays as long as its
 * bytes are there; a later one that differs is written down as a divergence.  *ret_kept: the result that holds
 * from now on, as records_result gives it (NULL when it did not run); it may be NULL when not wanted. */
bool records_add(Meta *m, const Blobs *b, const Execution *x, json_t **ret_kept, GError **error);

bool records_begin_run(Meta *m, const char *run_id, GError **error);
bool records_end_run(Meta *m, const char *run_id, const char *status, GError **error);

/* The ids of the runs that say they are running. */
bool records_running(Meta *m, json_t **ret, GError **error);
