/* track.h: experiments, runs, parameters, metrics, tags.  The semantics are MLflow's, so that its clients can be served
 * from the same tables: a parameter is written once (the same value again is fine, another one is FAIL_CONFLICT); a metric
 * keeps every (key, timestamp, step, value) once, and its latest is the greatest by (step, timestamp, value), where NaN
 * counts as 0; NaN is a value, infinities are kept as the largest doubles; deleting marks, and what is deleted takes no more
 * writes (FAIL_CONFLICT).
 *
 * Keys have 1 to 250 characters: letters, digits, _ - . : / and spaces, and as a path they are their own shortest form (no
 * leading /, no empty, "." or ".." part).  Parameter values are cut at 6,000 characters, tag values at 8,000.  Names of
 * experiments have 1 to 500.  All text is UTF-8.  Anything else is FAIL_INVALID.  Times are microseconds UTC where
 * nothing else is said. */
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

#include "store/meta.h"

typedef enum RunStatus { RUN_RUNNING, RUN_SCHEDULED, RUN_FINISHED, RUN_FAILED, RUN_KILLED } RunStatus;
const char *run_status_name(RunStatus status); /* "RUNNING", ... */

/* The experiment of that name, made if absent ("Default" is always there, with id "0"); FAIL_CONFLICT if it was deleted.
 * Id: a number as text, free with g_free. */
bool track_experiment(Meta *m, const char *name, char **ret_id, GError **error);
bool track_experiment_tag(Meta *m, const char *experiment_id, const char *key, const char *value, GError **error);

/* Deletes an experiment and with it its runs; restoring it brings back those runs and not the ones deleted before. */
bool track_experiment_delete(Meta *m, const char *experiment_id, GError **error);
bool track_experiment_restore(Meta *m, const char *experiment_id, GError **error);

/* [{"experiment_id","name","lifecycle","created","updated","runs" (not deleted, top level),"tags":{}}], newest first. */
bool track_experiments(Meta *m, json_t **ret, GError **error);

/* Starts a run (status RUNNING, start now).  name NULL: one is made from the id; it is also the tag mlflow.runName.
 * parent: id of the run it belongs to (tag mlflow.parentRunId), or NULL. */
bool track_start(
        Meta *m, const char *experiment_id, const char *name, const char *parent, char **ret_id, GError **error);
bool track_end(Meta *m, const char *run_id, RunStatus status, GError **error);
bool track_delete(Meta *m, const char *run_id, GError **error); /* both may be called again */
bool track_restore(Meta *m, const char *run_id, GError **error);

/* A run that is over, in one call and one transaction: {"name", "status" (FINISHED), "start", "end" (us; now), "params": {},
 * "metrics": {}, "tags": {}}, all optional.  Values of params and tags that are not texts are kept as their JSON.  A metric
 * is a number, null for NaN (step 0, at the end), or its history: [{"value", "step" (0), "timestamp" ms (the end)}]. */
bool track_import(
        Meta *m, const char *experiment_id, const char *parent, const json_t *run, char **ret_id, GError **error);

bool track_param(Meta *m, const char *run_id, const char *key, const char *value, GError **error);
bool track_metric(
        Meta *m, const char *run_id, const char *key, double value, int64_t timestamp_ms, int64_t step, GError **error);
bool track_tag(Meta *m, const char *run_id, const char *key, const char *value, GError **error);

/* {"run_id","name","experiment" (name),"experiment_id","user","lifecycle": "active"|"deleted","status","start","end"|null,
 * "parent"|null,"params":{},"metrics":{} (latest; null for NaN),"tags":{}} */
bool track_get(Meta *m, const char *run_id, json_t **ret, GError **error);

/* Array of the same, newest first, without deleted ones, at most `limit`; experiment_id NULL: of all experiments; parent
 * NULL: top-level runs only. */
bool track_list(Meta *m, const char *experiment_id, const char *parent, int limit, json_t **ret, GError **error);

/* A run's id by itself or by a unique prefix of at least 4 characters; FAIL_INVALID names the candidates if it is not
 * unique. */
bool track_find(Meta *m, const char *id_or_prefix, char **ret_id, GError **error);

/* [{"timestamp" ms, "step", "value"}] by step, timestamp, value. */
bool track_history(Meta *m, const char *run_id, const char *key, json_t **ret, GError **error);
