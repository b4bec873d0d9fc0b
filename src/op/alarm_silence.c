/* alarm_silence.c: the ops `alarm silence`, `alarm unsilence` and `alarm silences`. */
#include <string.h>

#include "base/duration.h"
#include "base/error.h"
#include "base/json.h"
#include "data/frame.h"
#include "monitor/alarm.h"
#include "monitor/silence.h"
#include "op/desk.h"
#include "op/iso_times.h"

static const char *const TIMES[] = {"from", "until", NULL};

static const Param SILENCE_PARAMS[] = {
        {"match", PARAM_TEXTS, "which alarms: look=drift, subject!=age, model=~loans.*; all must hold", "[]",
                .flags = PARAM_POSITIONAL},
        {"alarm", PARAM_TEXT, "or one alarm's id: its model, route, look, measure and subject, of every version"},
        {"until", PARAM_TEXT, "when it ends: 2h or 3d from now, or an ISO time", "\"2h\""},
        {"by", PARAM_TEXT, "who asks for it; the user of this machine when absent"},
        {"comment", PARAM_TEXT, "why", .flags = PARAM_REQUIRED},
        {NULL},
};

static bool end_of(const char *until, int64_t *ret, GError **error)
{
	int64_t length;
	if (duration_parse(until, &length)) {
		*ret = meta_now() + length;
		return true;
	}
	return time_parse(until, ret) ||
	       fail(error, FAIL_INVALID, "\"%s\" is neither a length of time such as 2h nor an ISO time", until);
}

static bool matchers_of(Meta *m, const json_t *in, json_t **ret, GError **error)
{
	static const char *const NAMES[] = {"model", "route", "look", "measure", "subject"};
	const char *id = json_get_text(in, "alarm", NULL);
	json_auto_t *alarm = NULL;
	*ret = json_deep_copy(json_object_get(in, "match"));
	if (!id)
		return true;
	if (!alarm_get(m, id, 1, &alarm, error))
		return false;
	for (size_t i = 0; i < G_N_ELEMENTS(NAMES); i++) {
		g_autofree char *text = g_strdup_printf("%s=%s", NAMES[i], json_get_text(alarm, NAMES[i], ""));
		json_array_append_new(*ret, json_text(text));
	}
	return true;
}

static bool silence(App *app, const json_t *in, json_t **ret, GError **error)
{
	Desk d;
	json_auto_t *matchers = NULL;
	int64_t until;
	if (!end_of(json_get_text(in, "until", ""), &until, error) || !desk_open(app, &d, error))
		return false;
	bool ok = matchers_of(d.meta, in, &matchers, error) &&
	          silence_add(d.meta, matchers, until, json_get_text(in, "by", g_get_user_name()),
	                  json_get_text(in, "comment", ""), ret, error);
	desk_clear(&d);
	if (ok)
		iso_times(*ret, TIMES);
	return ok;
}

const Op OP_ALARM_SILENCE = {
        .name = "alarm.silence",
        .help = "tell nobody of some alarms for a while",
        .more = "They are recorded as ever; those that still fire when the silence ends are told then.\n\n"
                "    gyre alarm silence look=drift subject=age --until 3d --comment 'new form, expected'\n\n"
                "JSON: {\"id\", \"matchers\": [], \"from\", \"until\", \"who\", \"comment\"}",
        .effect = OP_WRITE,
        .remote = true,
        .params = SILENCE_PARAMS,
        .run = silence,
};

static const Param UNSILENCE_PARAMS[] = {
        {"id", PARAM_TEXT, "id of a silence, or its first digits", .flags = PARAM_POSITIONAL | PARAM_REQUIRED},
        {NULL},
};

static bool unsilence(App *app, const json_t *in, json_t **ret, GError **error)
{
	Desk d;
	if (!desk_open(app, &d, error))
		return false;
	bool ok = silence_end(d.meta, json_get_text(in, "id", ""), ret, error);
	desk_clear(&d);
	if (ok)
		iso_times(*ret, TIMES);
	return ok;
}

const Op OP_ALARM_UNSILENCE = {
        .name = "alarm.unsilence",
        .help = "end a silence now",
        .more = "JSON: as gyre alarm silence",
        .effect = OP_WRITE,
        .remote = true,
        .params = UNSILENCE_PARAMS,
        .run = unsilence,
};

static const Param SILENCES_PARAMS[] = {
        {"all", PARAM_BOOL, "those that have ended too", "false", .letter = 'a'},
        {NULL},
};

static bool silences(App *app, const json_t *in, json_t **ret, GError **error)
{
	Desk d;
	json_auto_t *list = NULL;
	if (!desk_open(app, &d, error))
		return false;
	bool ok = silence_list(d.meta, json_get_bool(in, "all", false) ? 0 : meta_now(), &list, error);
	desk_clear(&d);
	if (!ok)
		return false;
	iso_times_each(list, TIMES);
	*ret = json_pack("{s:O}", "silences", list);
	return true;
}

const Op OP_ALARM_SILENCES = {
        .name = "alarm.silences",
        .help = "list the silences",
        .more = "JSON: {\"silences\": [as gyre alarm silence]}",
        .remote = true,
        .params = SILENCES_PARAMS,
        .run = silences,
};
