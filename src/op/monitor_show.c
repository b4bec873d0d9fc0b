/* monitor_show.c: the ops `monitor status` and `monitor show`: what was measured. */
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "data/frame.h"
#include "monitor/history.h"
#include "monitor/look.h"
#include "op/desk.h"
#include "op/window_times.h"

void window_times(json_t *windows)
{
	static const char *const KEYS[] = {"begin", "end", "measured"};
	size_t i;
	json_t *window;
	json_array_foreach (windows, i, window)
		for (size_t k = 0; k < G_N_ELEMENTS(KEYS); k++) {
			g_autofree char *text = time_text(json_get_int(window, KEYS[k], 0));
			json_object_set_new(window, KEYS[k], json_string(text));
		}
}

static const Param STATUS_PARAMS[] = {
        {"model", PARAM_TEXT, "name of the model; every model when absent", .flags = PARAM_POSITIONAL},
        {"limit", PARAM_INT, "windows to show, the newest", "20", .min = 1, .max = 100000},
        {NULL},
};

/* Counts of states, and what is not in order. */
static bool add_findings(Meta *m, json_t *window, GError **error)
{
	json_auto_t *findings = NULL;
	json_t *states = json_object(), *notable = json_array(), *f;
	size_t i;
	json_object_set_new(window, "states", states);
	json_object_set_new(window, "notable", notable);
	for (int s = 0; s < FINDING_STATES; s++)
		json_object_set_new(states, finding_state_name((FindingState)s), json_integer(0));
	if (!history_findings(m, json_get_text(window, "id", ""), &findings, error))
		return false;
	json_array_foreach (findings, i, f) {
		const char *state = json_get_text(f, "state", "ok");
		json_object_set_new(states, state, json_integer(json_get_int(states, state, 0) + 1));
		if (strcmp(state, "alarm") == 0 || strcmp(state, "warning") == 0)
			json_array_append_new(
			        notable, json_pack("{s:O,s:O,s:O,s:O}", "look", json_object_get(f, "look"), "measure",
			                         json_object_get(f, "measure"), "subject",
			                         json_object_get(f, "subject"), "state", json_object_get(f, "state")));
	}
	return true;
}

static bool status(App *app, const json_t *in, json_t **ret, GError **error)
{
	Desk d;
	json_auto_t *windows = NULL;
	size_t i;
	json_t *window;
	if (!desk_open(app, &d, error))
		return false;
	bool ok = history_windows(d.meta, json_get_text(in, "model", NULL), INT64_MIN,
	        (int)json_get_int(in, "limit", 20), &windows, error);
	if (ok)
		json_array_foreach (windows, i, window)
			if (!(ok = add_findings(d.meta, window, error)))
				break;
	desk_clear(&d);
	if (!ok)
		return false;
	window_times(windows);
	*ret = json_pack("{s:O}", "windows", windows);
	return true;
}

const Op OP_MONITOR_STATUS = {
        .name = "monitor.status",
        .help = "show the windows measured last and what is out of order in them",
        .more = "JSON: {\"windows\": [{\"id\", \"model\", \"version\", \"route\", \"begin\", \"end\", \"rows\", "
                "\"outcomes\", "
                "\"measured\", \"revision\",\n\"states\": {\"ok\", \"warning\", \"alarm\", \"too_few\"}, \"notable\": "
                "[{\"look\", \"measure\", \"subject\", \"state\"}]}]}, the newest first",
        .remote = true,
        .params = STATUS_PARAMS,
        .run = status,
};

static const Param SHOW_PARAMS[] = {
        {"window", PARAM_TEXT, "id of a window, or its first digits; the newest of all when absent",
                .flags = PARAM_POSITIONAL},
        {"all", PARAM_BOOL, "also what is in order", "false"},
        {NULL},
};

static bool find_window(Meta *m, const char *id, json_t **ret, GError **error)
{
	json_auto_t *windows = NULL;
	if (id)
		return history_window(m, id, ret, error);
	if (!history_windows(m, NULL, INT64_MIN, 1, &windows, error))
		return false;
	if (json_array_size(windows) == 0)
		return fail(error, FAIL_NOT_FOUND, "no window has been measured yet; try: gyre monitor run");
	*ret = json_incref(json_array_get(windows, 0));
	return true;
}

static void leave_notable(json_t *findings)
{
	for (size_t i = json_array_size(findings); i-- > 0;)
		if (strcmp(json_get_text(json_array_get(findings, i), "state", ""), "ok") == 0)
			json_array_remove(findings, i);
}

static bool show_with(const Desk *d, const json_t *in, json_t **ret, GError **error)
{
	json_auto_t *window = NULL, *findings = NULL;
	if (!find_window(d->meta, json_get_text(in, "window", NULL), &window, error) ||
	        !history_findings(d->meta, json_get_text(window, "id", ""), &findings, error))
		return false;
	json_auto_t *list = json_pack("[O]", window);
	window_times(list);
	size_t count = json_array_size(findings);
	if (!json_get_bool(in, "all", false))
		leave_notable(findings);
	*ret = json_pack("{s:O,s:i,s:O}", "window", window, "measures", (int)count, "findings", findings);
	return true;
}

static bool show(App *app, const json_t *in, json_t **ret, GError **error)
{
	Desk d;
	if (!desk_open(app, &d, error))
		return false;
	bool ok = show_with(&d, in, ret, error);
	desk_clear(&d);
	return ok;
}

const Op OP_MONITOR_SHOW = {
        .name = "monitor.show",
        .help = "show what was found in a window of predictions",
        .more = "JSON: {\"window\": {...as in monitor status}, \"measures\": how many there are, \"findings\": "
                "[{\"look\", "
                "\"measure\", \"subject\",\n\"value\", \"limit\", \"p\", \"state\": ok, warning, alarm or too_few, "
                "\"evidence\"}]}",
        .remote = true,
        .params = SHOW_PARAMS,
        .run = show,
};
