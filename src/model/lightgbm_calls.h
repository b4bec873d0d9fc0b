/* lightgbm_calls.h: the calls of LightGBM's C library that training uses (its c_api.h, 4.x), found when first needed.
 *
 * No distribution packages the library; it is in the Python wheel of its name (lightgbm/lib/lib_lightgbm.so).  It is looked for as the variable
 * GYRE_LIGHTGBM says, then where the system looks for libraries. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef void *LgbHandle;

enum { LGB_FLOAT32 = 0, LGB_FLOAT64 = 1 };

typedef struct LightgbmCalls {
	const char *(*last_error)(void);
	int (*log_callback)(void (*)(const char *));
	int (*dataset_new)(const void *values, int type, int32_t rows, int32_t columns, int by_row,
	        const char *parameters, LgbHandle reference, LgbHandle *ret);
	int (*dataset_set)(LgbHandle set, const char *field, const void *values, int count, int type);
	int (*dataset_free)(LgbHandle set);
	int (*booster_new)(LgbHandle train, const char *parameters, LgbHandle *ret);
	int (*booster_valid)(LgbHandle booster, LgbHandle valid);
	int (*booster_update)(LgbHandle booster, int *ret_finished);
	int (*booster_eval)(LgbHandle booster, int data, int *ret_count, double *ret);
	int (*booster_text)(
	        LgbHandle booster, int first, int count, int importance, int64_t room, int64_t *ret_size, char *ret);
	int (*booster_predict)(LgbHandle booster, const void *values, int type, int32_t rows, int32_t columns,
	        int by_row, int kind, int first, int count, const char *parameters, int64_t *ret_count, double *ret);
	int (*booster_free)(LgbHandle booster);
} LightgbmCalls;

/* FAIL_UNAVAILABLE, saying how to get it. */
bool lightgbm_calls(const LightgbmCalls **ret, GError **error);
bool lightgbm_failed(const LightgbmCalls *calls, const char *what, GError **error);
