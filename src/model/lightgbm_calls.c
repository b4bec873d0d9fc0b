/* lightgbm_calls.c: LightGBM's library, opened when first needed. */
#include "model/lightgbm_calls.h"

#include "base/error.h"
#include "base/library.h"

#define LIBRARY "lib_lightgbm.so"

static const LibraryCall TABLE[] = {
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
        {0},
};

static void silent(const char *text)
{
}

static bool open_library(LightgbmCalls *into, GError **error)
{
	const char *named = g_getenv("GYRE_LIGHTGBM"), *name = named && *named ? named : LIBRARY;
	g_autofree char *absent =
	        g_strdup_printf("the family lightgbm needs %s, which the Python package lightgbm brings: pip install "
	                        "lightgbm, and set GYRE_LIGHTGBM to the path of its lightgbm/lib/%s",
	                name, LIBRARY);
	g_setenv("OMP_WAIT_POLICY", "passive", FALSE);
	if (!library_open(name, TABLE, absent, into, error))
		return false;
	into->log_callback(silent);
	return true;
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
