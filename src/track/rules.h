/* rules.h: what the files of this folder share: what may be written where.  Nobody else includes it. */
#pragma once

#include "track/track.h"

#define TAG_NAME "mlflow.runName"
#define TAG_PARENT "mlflow.parentRunId"

enum {
	KEY_CHARACTERS = 250,
	PARAM_CHARACTERS = 6000,
	TAG_CHARACTERS = 8000,
	EXPERIMENT_TAG_CHARACTERS = 5000,
	EXPERIMENT_NAME_CHARACTERS = 500,
};

/* what: "parameter", "metric" or "tag". */
bool rules_check_key(const char *what, const char *key, GError **error);

/* Is it UTF-8?  Then its first `characters`; free with g_free. */
bool rules_cut(const char *what, const char *key, const char *value, long characters, char **ret, GError **error);

/* An experiment's id as a number, if it exists and is active. */
bool rules_experiment(Meta *m, const char *experiment_id, int64_t *ret, GError **error);
bool rules_experiment_number(const char *experiment_id, int64_t *ret, GError **error);

/* Does the run exist, and is it active? */
bool rules_run(Meta *m, const char *run_id, GError **error);

/* Writes without those questions; key and value are checked.  Inside the caller's transaction. */
bool write_param(Meta *m, const char *run_id, const char *key, const char *value, GError **error);
bool write_tag(Meta *m, const char *run_id, const char *key, const char *value, GError **error);

typedef struct Point {
	double value;
	int64_t timestamp_ms, step;
} Point;
bool write_metric(Meta *m, const char *run_id, const char *key, Point point, GError **error);
