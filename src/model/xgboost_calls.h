/* xgboost_calls.h: the calls of XGBoost's C library that training uses (its c_api.h, 1.7), found when first needed.
 *
 * So the program starts in a millisecond, runs and predicts on machines without the library, and OpenMP never starts in a
 * process that only serves.  Threads waiting for work must sleep, not spin (OMP_WAIT_POLICY=passive, set here before the
 * library loads): spinning made training four times slower on a busy machine. */
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

typedef void *XgbHandle;

typedef struct XgboostCalls {
	const char *(*last_error)(void);
	int (*set_global_config)(const char *json);
	int (*dense_new)(const char *array, const char *config, XgbHandle *ret);
	int (*proxy_new)(XgbHandle *ret);
	int (*proxy_set_dense)(XgbHandle proxy, const char *array);
	int (*quantile_new)(void *source, XgbHandle proxy, XgbHandle reference, void (*reset)(void *source),
	        int (*next)(void *source), const char *config, XgbHandle *ret);
	int (*set_info)(XgbHandle matrix, const char *field, const char *array);
	int (*set_texts)(XgbHandle matrix, const char *field, const char **texts, uint64_t count);
	int (*matrix_free)(XgbHandle matrix);
	int (*booster_new)(const XgbHandle *matrices, uint64_t count, XgbHandle *ret);
	int (*booster_free)(XgbHandle booster);
	int (*set_param)(XgbHandle booster, const char *name, const char *value);
	int (*update)(XgbHandle booster, int round, XgbHandle matrix);
	int (*boost)(XgbHandle booster, XgbHandle matrix, float *gradient, float *hessian, uint64_t count);
	int (*evaluate)(XgbHandle booster, int round, XgbHandle *matrices, const char **names, uint64_t count,
	        const char **ret_text);
	int (*save)(XgbHandle booster, const char *config, uint64_t *ret_size, const char **ret_bytes);
	int (*predict)(XgbHandle booster, XgbHandle matrix, const char *config, const uint64_t **ret_shape,
	        uint64_t *ret_dimensions, const float **ret);
} XgboostCalls;

/* The calls; FAIL_UNAVAILABLE when the library is not installed.  Borrowed, for as long as the program runs. */
bool xgboost_calls(const XgboostCalls **ret, GError **error);

/* ModelFamily.ready of the families that train by it. */
bool xgboost_ready(const char *code, const json_t *params, GError **error);

/* Turns a failed call into an error in XGBoost's words: the first line, without its time and place in the source. */
bool xgboost_failed(const XgboostCalls *calls, const char *what, GError **error);
