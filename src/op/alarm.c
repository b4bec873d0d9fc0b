/* alarm.c: the ops `alarm ls` and `alarm show`. */
#include "monitor/alarm.h"

#include "base/error.h"
#include "base/json.h"
#include "op/desk.h"
#include "op/iso_times.h"

void iso_times(json_t *object, const char *const *keys)
{
	for (; *keys; keys++)
		if (json_is_integer(json_object_get(object, *keys)))
			json_object_set_new(
			        object, *keys, time_json(json_integer_value(json_object_get(object, *keys))));
}

void iso_times_each(json_t *list, const char *const *keys)
{
	size_t i;
	json_t *object;
	json_array_foreach (list, i, object)
		iso_times(object, keys);
}

static const char *const TIMES[] = {"since", "fired", "resolved", NULL}, *const WINDOW_TIMES[] = {"begin", "end", NULL};

static const Param LS_PARAMS[] = {
        {"model", PARAM_TEXT, "name of the model; every model when absent", .flags = PARAM_POSITIONAL},
        {"all", PARAM_BOOL, "those that have ended too", "false", .letter = 'a'},
        {NULL},
};

static bool list(App *app, const json_t *in, json_t **ret, GError **error)
{
	Desk d;
	json_auto_t *alarms = NULL;
	if (!desk_open(app, &d, error))
		return false;
	bool ok =
	        alarm_list(d.meta, json_get_text(in, "model", NULL), !json_get_bool(in, "all", false), &alarms, error);
	desk_clear(&d);
	if (!ok)
		return false;
	iso_times_each(alarms, TIMES);
	*ret = json_pack("{s:O}", "alarms", alarms);
	return true;
}

const Op OP_ALARM_LS = {
        .name = "alarm.ls",
        .help = "list the alarms that are open",
        .more = "Pending: over the limit, not often enough to fire yet.  Times are those of the data: the ends of the "
                "windows.\n\n"
                "JSON: {\"alarms\": [{\"id\", \"model\", \"version\", \"route\", \"look\", \"measure\", \"subject\", "
                "\"state\": \"pending\" | \"firing\" |\n"
                "\"resolved\", \"severity\", \"runbook\", \"since\", \"fired\", \"resolved\", \"why\", \"window\", "
                "\"windows\", \"value\", \"limit\", \"p\",\n\"evidence\", \"cause\", \"silence\"}]}",
        .remote = true,
        .params = LS_PARAMS,
        .run = list,
};

static const Param SHOW_PARAMS[] = {
        {"id", PARAM_TEXT, "id of an alarm, or its first digits", .flags = PARAM_POSITIONAL | PARAM_REQUIRED},
        {"limit", PARAM_INT, "windows to show, the newest", "20", .min = 1, .max = 100000},
        {NULL},
};

static bool show(App *app, const json_t *in, json_t **ret, GError **error)
{
	Desk d;
	json_t *alarm = NULL;
	if (!desk_open(app, &d, error))
		return false;
	bool ok = alarm_get(d.meta, json_get_text(in, "id", ""), (int)json_get_int(in, "limit", 20), &alarm, error);
	desk_clear(&d);
	if (!ok)
		return false;
	iso_times(alarm, TIMES);
	iso_times_each(json_object_get(alarm, "history"), WINDOW_TIMES);
	*ret = alarm;
	return true;
}

const Op OP_ALARM_SHOW = {
        .name = "alarm.show",
        .help = "show an alarm: its windows, evidence and probable cause",
        .more = "JSON: as an entry of gyre alarm ls, with \"history\": [{\"begin\", \"end\", \"window\", \"finding\": "
                "\"ok\" | \"warning\" | \"alarm\",\n\"value\", \"limit\", \"phase\": \"none\" | \"pending\" | "
                "\"firing\"}], the newest first",
        .remote = true,
        .params = SHOW_PARAMS,
        .run = show,
};
