/* error_watch.c: two detectors over one stream of errors. */
#include "monitor/error_watch.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"

/* Those that can be put away between two passes (a test compares). */
static const char *const DETECTOR_NAMES[] = {"adwin", "hddm_w", NULL};
static const char *const WARNING_NAMES[] = {"none", "adwin", "hddm_w", NULL};

const Param ERROR_WATCH_PARAMS[] = {
        {"detector", PARAM_TEXT, "what raises the alarm over the errors, in the order of outcomes", "\"adwin\"",
                .choices = DETECTOR_NAMES},
        {"settings", PARAM_JSON, "its settings", "{\"delta\": " ERROR_WATCH_DELTA "}"},
        {"warning", PARAM_TEXT, "what warns before it", "\"hddm_w\"", .choices = WARNING_NAMES},
        {"warning_settings", PARAM_JSON, "its settings", "{\"drift_confidence\": 0.0001}"},
        {"block", PARAM_INT, "errors whose mean is one value: more than 1 where errors come in waves", "1", .min = 1,
                .max = 1e9},
        {NULL},
};

static const struct {
	const char *which, *settings;
} WATCHERS[] = {{"detector", "settings"}, {"warning", "warning_settings"}};

static bool is_preset(const char *which, const char *name)
{
	json_auto_t *preset = NULL;
	return param_fill(ERROR_WATCH_PARAMS, NULL, NULL, &preset, NULL) &&
	       g_strcmp0(json_get_text(preset, which, NULL), name) == 0;
}

json_t *error_watch_check(const json_t *given, const char *path, ParamReport *report, void *context)
{
	json_auto_t *filled = param_check(ERROR_WATCH_PARAMS, path, given, report, context);
	bool ok = filled != NULL;
	for (size_t i = 0; filled && i < G_N_ELEMENTS(WATCHERS); i++) {
		const char *name = json_get_text(filled, WATCHERS[i].which, "none"), *key = WATCHERS[i].settings;
		const DetectorKind *kind = detector_kind(name);
		g_autofree char *where = g_strdup_printf("%s.%s", path, key);
		if (!json_object_get(given, key) && !is_preset(WATCHERS[i].which, name))
			json_object_set_new(filled, key, json_object());
		json_auto_t *settings =
		        kind ? param_check(kind->params, where, json_object_get(filled, key), report, context) : NULL;
		ok = ok && (settings || !kind);
	}
	return ok ? json_incref(filled) : NULL;
}

struct ErrorWatch {
	Detector *alarm, *warning; /* warning: NULL: none */
	json_t *params;
	ErrorLevels levels;
	bool drifted; /* at the last error: both start again with the next */
	int64_t block, held;
	double sum; /* of the errors held, fewer than a block */
};

static bool take_up(const json_t *params, const char *which, const char *settings, const json_t *saved, Detector **ret,
        GError **error)
{
	const char *name = json_get_text(params, which, "none");
	const DetectorKind *kind = detector_kind(name);
	const json_t *chosen = json_object_get(params, settings);
	*ret = NULL;
	if (!kind)
		return strcmp(name, "none") == 0 || fail(error, FAIL_INVALID, "there is no detector \"%s\"", name);
	return saved ? detector_load(kind, chosen, saved, ret, error) : detector_open(kind, chosen, ret, error);
}

bool error_watch_open(const json_t *params, const json_t *saved, ErrorWatch **ret, GError **error)
{
	g_autoptr(ErrorWatch) w = g_new0(ErrorWatch, 1);
	w->params = json_deep_copy(params);
	w->levels = (ErrorLevels){.before = NAN, .after = NAN};
	if (!take_up(params, "detector", "settings", json_object_get(saved, "alarm"), &w->alarm, error) ||
	        !take_up(params, "warning", "warning_settings", json_object_get(saved, "warning"), &w->warning, error))
		return false;
	w->block = json_get_int(params, "block", 1);
	w->held = json_get_int(saved, "held", 0);
	w->sum = json_get_number(saved, "sum", 0);
	w->drifted = json_get_bool(saved, "drifted", false);
	if (saved)
		w->levels = (ErrorLevels){json_get_number(saved, "before", NAN), json_get_number(saved, "after", NAN),
		        json_get_number(saved, "count", 0)};
	*ret = g_steal_pointer(&w);
	return true;
}

json_t *error_watch_save(const ErrorWatch *w)
{
	json_t *kept =
	        json_pack("{s:o,s:b,s:o,s:o,s:f}", "alarm", detector_save(w->alarm), "drifted", w->drifted, "before",
	                json_number(w->levels.before), "after", json_number(w->levels.after), "count", w->levels.count);
	json_object_set_new(kept, "held", json_integer(w->held));
	json_object_set_new(kept, "sum", json_real(w->sum));
	if (w->warning)
		json_object_set_new(kept, "warning", detector_save(w->warning));
	return kept;
}

void error_watch_free(ErrorWatch *w)
{
	if (!w)
		return;
	detector_free(w->alarm);
	detector_free(w->warning);
	json_decref(w->params);
	g_free(w);
}

/* A detector that found a drift starts again by itself; the other one is told by being made anew. */
static void start_again(ErrorWatch *w)
{
	Detector *fresh = NULL;
	if (w->warning && take_up(w->params, "warning", "warning_settings", NULL, &fresh, NULL)) {
		detector_free(w->warning);
		w->warning = fresh;
	}
	w->levels = (ErrorLevels){.before = NAN, .after = NAN};
	w->drifted = false;
}

unsigned error_watch_add(ErrorWatch *w, double error)
{
	w->sum += error;
	if (++w->held < w->block)
		return 0;
	double value = w->sum / (double)w->held;
	w->sum = 0;
	w->held = 0;
	if (w->drifted)
		start_again(w);
	DetectorWindow before = detector_window(w->alarm);
	bool warns = w->warning && detector_add(w->warning, value) & DETECTOR_DRIFT;
	w->drifted = (detector_add(w->alarm, value) & DETECTOR_DRIFT) != 0;
	DetectorWindow after = detector_window(w->alarm);
	w->levels.after = after.count > 0 ? after.mean : NAN;
	w->levels.count = after.count;
	if (!w->drifted)
		return warns ? ERROR_WATCH_WARNING : 0;
	w->levels.before = before.count > 0 ? before.mean : NAN;
	return w->levels.after < w->levels.before ? ERROR_WATCH_FELL : ERROR_WATCH_ROSE;
}

ErrorLevels error_watch_levels(const ErrorWatch *w)
{
	return w->levels;
}
