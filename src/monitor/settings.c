/* settings.c: the block `monitor` checked. */
#include "monitor/settings.h"

#include <string.h>

#include "base/duration.h"
#include "base/json.h"
#include "monitor/alarm.h"
#include "monitor/look.h"

const Param MONITOR_PARAMS[] = {
        {"every", PARAM_TEXT, "length of a window: 15m, 1h, 1d, 1w, or month; aligned to UTC", "\"1d\""},
        {"rows", PARAM_INT, "windows of at least so many rows instead; 0: by time", "0", .min = 0, .max = 1e9},
        {"grace", PARAM_TEXT, "how long after its end a window still waits for late rows", "\"1m\""},
        {"late", PARAM_TEXT,
                "how long after a prediction its outcome may still come to count: a window that is older is not "
                "measured "
                "again",
                "\"30d\""},
        {"keep", PARAM_TEXT, "how long what was found in a window is kept after it was measured; at least twice `late`",
                "\"400d\""},
        {"skip", PARAM_TEXTS,
                "columns that change by their nature: counters, dates; data.time is one of them by itself", "[]"},
        {"labels", PARAM_JSON, "when outcomes come", "{}"},
        {"drift", PARAM_JSON, "short for looks.drift: its settings, `default`, or false"},
        {"looks", PARAM_JSON, "name to settings of a look, or false to leave it out", "{}"},
        {"alarms", PARAM_JSON, "when findings become alarms, and who is told", "{}"},
        {NULL},
};

const Param MONITOR_LABELS_PARAMS[] = {
        {"delay", PARAM_TEXT, "how long after a prediction its outcome is usually known", "\"0s\""},
        {NULL},
};

typedef struct Checking {
	ParamReport *report;
	void *context;
	bool failed;
} Checking;

static void note(void *checking, const char *path, const char *problem)
{
	Checking *c = checking;
	c->failed = true;
	c->report(c->context, path, problem);
}

static void check_duration(Checking *c, const json_t *block, const char *key, const char *path, int64_t least)
{
	int64_t us;
	const char *text = json_get_text(block, key, "");
	if (!duration_parse(text, &us))
		note(c, path, "not a length of time such as 90s, 15m, 1h, 2d or 1w");
	else if (us < least)
		note(c, path, "a window is at least one second long");
}

/* "default", or true, is an empty block. */
static json_t *fill_look(Checking *c, const LookKind *kind, json_t *given)
{
	g_autofree char *path = g_strdup_printf("monitor.looks.%s", kind->name);
	if (json_is_false(given))
		return json_false();
	bool plain = json_is_true(given) || g_strcmp0(json_string_value(given), "default") == 0;
	json_t *filled = param_check(kind->params, path, plain ? NULL : given, note, c);
	if (filled && kind->check)
		kind->check(filled, path, note, c);
	return filled;
}

static json_t *fill_looks(Checking *c, json_t *given)
{
	json_t *looks = json_object(), *value;
	const char *name;
	if (!json_is_object(given)) {
		note(c, "monitor.looks", "not a block of looks by name");
		return looks;
	}
	json_object_foreach (given, name, value) {
		g_autofree char *path = g_strdup_printf("monitor.looks.%s", name);
		if (!look_kind(name))
			note(c, path, "there is no look of that name");
	}
	for (const LookKind *const *k = LOOKS; *k; k++) {
		json_t *filled = fill_look(c, *k, json_object_get(given, (*k)->name));
		if (filled)
			json_object_set_new(looks, (*k)->name, filled);
	}
	return looks;
}

static void lend_drift(Checking *c, json_t *filled)
{
	json_t *drift = json_object_get(filled, "drift"), *looks = json_object_get(filled, "looks");
	if (!drift || !json_is_object(looks))
		return;
	if (json_object_get(looks, "drift"))
		note(c, "monitor.drift", "looks.drift is there too: one of them");
	else
		json_object_set(looks, "drift", drift);
	json_object_del(filled, "drift");
}

json_t *monitor_check(const json_t *block, ParamReport *report, void *context)
{
	Checking c = {report, context, false};
	json_auto_t *filled = param_check(MONITOR_PARAMS, "monitor", block, note, &c);
	if (!filled)
		return NULL;
	if (json_get_int(filled, "rows", 0) == 0 && strcmp(json_get_text(filled, "every", ""), "month") != 0)
		check_duration(&c, filled, "every", "monitor.every", DURATION_SECOND);
	check_duration(&c, filled, "grace", "monitor.grace", 0);
	check_duration(&c, filled, "late", "monitor.late", 0);
	check_duration(&c, filled, "keep", "monitor.keep", 0);
	json_t *labels =
	        param_check(MONITOR_LABELS_PARAMS, "monitor.labels", json_object_get(filled, "labels"), note, &c);
	if (labels) {
		json_object_set_new(filled, "labels", labels);
		check_duration(&c, labels, "delay", "monitor.labels.delay", 0);
	}
	json_t *alarms = alarm_check(json_object_get(filled, "alarms"), note, &c);
	if (alarms)
		json_object_set_new(filled, "alarms", alarms);
	lend_drift(&c, filled);
	json_object_set_new(filled, "looks", fill_looks(&c, json_object_get(filled, "looks")));
	return c.failed ? NULL : json_incref(filled);
}
