/* xgboost_calls.c: XGBoost's library, opened when first needed. */
#include "model/xgboost_calls.h"

#include <string.h>

#include "base/error.h"
#include "base/library.h"

#define LIBRARY "libxgboost.so.0"

static const LibraryCall TABLE[] = {
        {"XGBGetLastError", offsetof(XgboostCalls, last_error)},
        {"XGBSetGlobalConfig", offsetof(XgboostCalls, set_global_config)},
        {"XGDMatrixCreateFromDense", offsetof(XgboostCalls, dense_new)},
        {"XGProxyDMatrixCreate", offsetof(XgboostCalls, proxy_new)},
        {"XGProxyDMatrixSetDataDense", offsetof(XgboostCalls, proxy_set_dense)},
        {"XGQuantileDMatrixCreateFromCallback", offsetof(XgboostCalls, quantile_new)},
        {"XGDMatrixSetInfoFromInterface", offsetof(XgboostCalls, set_info)},
        {"XGDMatrixSetStrFeatureInfo", offsetof(XgboostCalls, set_texts)},
        {"XGDMatrixFree", offsetof(XgboostCalls, matrix_free)},
        {"XGBoosterCreate", offsetof(XgboostCalls, booster_new)},
        {"XGBoosterFree", offsetof(XgboostCalls, booster_free)},
        {"XGBoosterSetParam", offsetof(XgboostCalls, set_param)},
        {"XGBoosterUpdateOneIter", offsetof(XgboostCalls, update)},
        {"XGBoosterBoostOneIter", offsetof(XgboostCalls, boost)},
        {"XGBoosterEvalOneIter", offsetof(XgboostCalls, evaluate)},
        {"XGBoosterSaveModelToBuffer", offsetof(XgboostCalls, save)},
        {"XGBoosterPredictFromDMatrix", offsetof(XgboostCalls, predict)},
        {0},
};

static GMutex lock;

static bool open_library(XgboostCalls *into, GError **error)
{
	g_setenv("OMP_WAIT_POLICY", "passive", FALSE);
	return library_open(LIBRARY, TABLE,
	        "training a forest or boosted trees needs " LIBRARY "; install it with: apt-get install libxgboost0",
	        into, error);
}

bool xgboost_calls(const XgboostCalls **ret, GError **error)
{
	static XgboostCalls calls;
	static bool is_open;
	g_mutex_lock(&lock);
	is_open = is_open || open_library(&calls, error);
	bool ok = is_open;
	g_mutex_unlock(&lock);
	if (!ok)
		return false;
	calls.set_global_config("{\"verbosity\":0}"); /* holds for the calling thread */
	*ret = &calls;
	return true;
}

bool xgboost_ready(const char *code, const json_t *params, GError **error)
{
	const XgboostCalls *calls;
	return xgboost_calls(&calls, error);
}

/* "[14:02:11] ./src/data/data.cc:1104: Check failed: ..." */
bool xgboost_failed(const XgboostCalls *calls, const char *what, GError **error)
{
	const char *text = calls->last_error();
	const char *place = text[0] == '[' ? strstr(text, "] ") : NULL;
	const char *words = place ? strstr(place, ": ") : NULL;
	g_auto(GStrv) lines = g_strsplit(words ? words + 2 : text, "\n", 2);
	return fail(error, FAIL_INVALID, "XGBoost could not %s: %s", what, lines[0] ? lines[0] : "no reason given");
}
