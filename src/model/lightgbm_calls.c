/* lightgbm_calls.c: LightGBM's library, opened when first needed. */
#include "model/lightgbm_calls.h"

#include <dlfcn.h>
#include <string.h>

#include "base/error.h"

#define LIBRARY "lib_lightgbm.so"

static const struct {
	const char *symbol;
	size_t offset;
} TABLE[] = {
        {"LGBM_GetLastError", offsetof(LightgbmCalls, last_error)},
        {"LGBM_RegisterLogCallback", offsetof(LightgbmCalls, log_callback)},
        {"LGBM_DatasetCreateFromMat", offsetof(LightgbmCalls, dataset_new)},
        {"LGBM_DatasetSetField", offsetof(LightgbmCalls, dataset_set)},
        {"LGBM_DatasetFree", offsetof(LightgbmCalls, dataset_free)},
        {"LGBM_BoosterCreate", offsetof(LightgbmCalls, booster_new)},
        {"LGBM_BoosterAddValidData", offsetof(LightgbmCalls, booster_valid)},
        {"LGBM_BoosterUpdateOneIter", offsetof(LightgbmCalls, booster_update)},
        {"LGBM_BoosterGetEval", offsetof(LightgbmCalls, booster_eval)},
        {"LGBM_BoosterSaveModelToString", offsetof(LightgbmCalls, booster_text)},
        {"LGBM_BoosterPredictForMat", offsetof(LightgbmCalls, booster_predict)},
        {"LGBM_BoosterFree", offsetof(LightgbmCalls, booster_free)},
};

static void silent(const char *text)
{
}

static bool find_calls(void *library, LightgbmCalls *into, GError **error)
{
	for (size_t i = 0; i < G_N_ELEMENTS(TABLE); i++) {
		void *address = dlsym(library, TABLE[i].symbol);
		if (!address)
			return fail(error, FAIL_UNAVAILABLE, "%s is too old: it has no %s; 4.0 or newer is needed",
			        LIBRARY, TABLE[i].symbol);
		memcpy((char *)into + TABLE[i].offset, &address, sizeof address);
	}
	into->log_callback(silent);
	return true;
}

static bool open_library(LightgbmCalls *into, GError **error)
{
	const char *named = g_getenv("GYRE_LIGHTGBM");
	g_setenv("OMP_WAIT_POLICY", "passive", FALSE);
	void *library = dlopen(named ? named : LIBRARY, RTLD_NOW | RTLD_LOCAL);
	if (!library)
		return fail(error, FAIL_UNAVAILABLE,
		        "the family lightgbm needs %s, which the Python package lightgbm brings: pip install lightgbm, "
		        "and set "
		        "GYRE_LIGHTGBM to the path of its lightgbm/lib/%s",
		        named ? named : LIBRARY, LIBRARY);
	return find_calls(library, into, error);
}

static GMutex lock;

bool lightgbm_calls(const LightgbmCalls **ret, GError **error)
{
	static LightgbmCalls calls;
	static bool is_open;
	g_mutex_lock(&lock);
	is_open = is_open || open_library(&calls, error);
	bool ok = is_open;
	g_mutex_unlock(&lock);
	if (ok)
		*ret = &calls;
	return ok;
}

bool lightgbm_failed(const LightgbmCalls *calls, const char *what, GError **error)
{
	return fail(error, FAIL_INVALID, "LightGBM could not %s: %s", what, calls->last_error());
}
