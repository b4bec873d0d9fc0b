/* receiver_alertmanager.c: alarms to Prometheus' Alertmanager, API v2.
 *
 * Alertmanager forgets an alert at its endsAt, so those that fire are sent again and again, each time with an end a little further
 * off: when Gyre dies, they end by themselves.  https://prometheus.io/docs/alerting/latest/alerts_api/ */
#include <string.h>

#include "base/duration.h"
#include "base/error.h"
#include "base/json.h"
#include "monitor/receiver.h"

enum { KEEP = 4 }; /* an alert lasts so many times `resend` */

static const Param PARAMS[] = {
        {"url", PARAM_JSON,
                "Alertmanager's address, without /api/v2: http or https; {env: NAME} or {file: /PATH} where it is a "
                "secret",
                .flags = PARAM_REQUIRED},
        {"resend", PARAM_TEXT,
                "how often alarms that fire are sent again: no shorter than the time between two passes; four times as "
                "long they live without",
                "\"1m\""},
        {"user", PARAM_TEXT, "for HTTP basic authentication"},
        {"password", PARAM_JSON, "its password: {env: NAME} or {file: /PATH}"},
        {"ca_file", PARAM_TEXT, "certificates to trust instead of the system's"},
        {"labels", PARAM_JSON, "labels added to every alert: {team: fraud}", "{}"},
        {NULL},
};

static const char *const SECRETS[] = {"url", "password", NULL};

static json_t *labels_of(const json_t *params, const json_t *alarm)
{
	static const char *const NAMES[] = {"model", "route", "look", "measure", "subject", "severity"};
	g_autofree char *version = g_strdup_printf("%d", (int)json_get_int(alarm, "version", 0));
	json_t *labels = json_pack("{s:s,s:s}", "alertname", "GyreAlarm", "version", version), *value;
	const char *name;
	for (size_t i = 0; i < G_N_ELEMENTS(NAMES); i++)
		if (*json_get_text(alarm, NAMES[i], ""))
			json_object_set(labels, NAMES[i], json_object_get(alarm, NAMES[i]));
	json_object_foreach (json_object_get(params, "labels"), name, value)
		if (json_is_string(value))
			json_object_set(labels, name, value);
	return labels;
}

static json_t *annotations_of(const json_t *alarm)
{
	g_autofree char *headline = alarm_headline(alarm);
	json_t *notes = json_pack("{s:o,s:O}", "summary", json_text(headline), "alarm", json_object_get(alarm, "id"));
	const char *runbook = json_get_text(alarm, "runbook", NULL), *why = json_get_text(alarm, "why", NULL);
	const char *cause = json_get_text(json_object_get(alarm, "cause"), "summary", NULL);
	if (runbook)
		json_object_set_new(notes, "runbook_url", json_text(runbook));
	if (why)
		json_object_set_new(notes, "ended", json_text(why));
	if (cause)
		json_object_set_new(notes, "cause", json_text(cause));
	return notes;
}

/* An end before the beginning is refused, so one that was taken back lasted a moment. */
static json_t *alert_of(const json_t *params, const json_t *alarm, int64_t now)
{
	int64_t start = json_get_int(alarm, "fired", json_get_int(alarm, "since", now)), resend = DURATION_SECOND * 60;
	duration_parse(json_get_text(params, "resend", "1m"), &resend);
	bool ended = strcmp(json_get_text(alarm, "state", ""), "resolved") == 0;
	int64_t end = ended ? MAX(json_get_int(alarm, "resolved", now), start + 1000) : MAX(now, start) + KEEP * resend;
	json_auto_t *starts = json_integer(start), *ends = json_integer(end);
	return json_pack("{s:o,s:o,s:o,s:o}", "labels", labels_of(params, alarm), "annotations", annotations_of(alarm),
	        "startsAt", notice_time(starts), "endsAt", notice_time(ends));
}

static bool compose(const json_t *params, const json_t *notice, Message *ret, GError **error)
{
	g_autofree char *url = NULL;
	if (!receiver_secret(params, "url", &url, error) || !receiver_secret(params, "password", &ret->password, error))
		return false;
	json_auto_t *alerts = json_array();
	size_t i;
	json_t *alarm;
	json_array_foreach (json_object_get(notice, "alarms"), i, alarm)
		json_array_append_new(alerts, alert_of(params, alarm, json_get_int(notice, "at", 0)));
	g_autofree char *text = json_canonical(alerts);
	g_string_assign(ret->body, text);
	ret->url = g_strconcat(url, g_str_has_suffix(url, "/") ? "" : "/", "api/v2/alerts", NULL);
	message_add_header(ret, "Content-Type", "application/json");
	ret->user = g_strdup(json_get_text(params, "user", NULL));
	ret->ca_file = g_strdup(json_get_text(params, "ca_file", NULL));
	return true;
}

const ReceiverKind RECEIVER_ALERTMANAGER = {
        .name = "alertmanager",
        .help = "Prometheus' Alertmanager, API v2: alarms are sent again as long as they fire",
        .params = PARAMS,
        .secrets = SECRETS,
        .stands = true,
        .compose = compose,
};
