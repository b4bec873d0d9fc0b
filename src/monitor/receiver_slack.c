/* receiver_slack.c: a notice as a message to an incoming webhook of Slack, or of what takes the same (Mattermost, Rocket.Chat). */
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "monitor/receiver.h"

enum { ALARMS_MOST = 20 }; /* attachments of a message; Slack shows no more */

static const Param PARAMS[] = {
        {"url", PARAM_JSON, "the incoming webhook: it lets anyone who knows it write, so {env: NAME} or {file: /PATH}",
                .flags = PARAM_REQUIRED},
        {"channel", PARAM_TEXT, "channel, where the webhook lets one choose"},
        {"ca_file", PARAM_TEXT, "certificates to trust instead of the system's"},
        {NULL},
};

static const char *const SECRETS[] = {"url", NULL};

/* Slack's own three characters. */
static char *escape(const char *text)
{
	GString *to = g_string_new(NULL);
	for (; *text; text++)
		if (*text == '&')
			g_string_append(to, "&amp;");
		else if (*text == '<' || *text == '>')
			g_string_append(to, *text == '<' ? "&lt;" : "&gt;");
		else
			g_string_append_c(to, *text);
	return g_string_free(to, FALSE);
}

static json_t *attachment_of(const json_t *alarm)
{
	const char *state = json_get_text(alarm, "state", ""), *severity = json_get_text(alarm, "severity", "");
	const char *color = strcmp(state, "resolved") == 0      ? "good"
	                    : strcmp(severity, "critical") == 0 ? "danger"
	                                                        : "warning";
	g_autofree char *plain = alarm_headline(alarm), *headline = escape(plain);
	g_autofree char *cause = escape(json_get_text(json_object_get(alarm, "cause"), "summary", ""));
	json_auto_t *since = notice_time(json_object_get(alarm, "since"));
	g_autofree char *text = g_strdup_printf(
	        "%s, %s since %s%s%s", state, severity, json_string_value(since), *cause ? "\n" : "", cause);
	json_t *attachment = json_pack("{s:s,s:o,s:o,s:o}", "color", color, "title", json_text(headline), "text",
	        json_text(text), "fallback", json_text(headline));
	const char *runbook = json_get_text(alarm, "runbook", NULL);
	if (runbook)
		json_object_set_new(attachment, "title_link", json_text(runbook));
	return attachment;
}

static bool compose(const json_t *params, const json_t *notice, Message *ret, GError **error)
{
	if (!receiver_secret(params, "url", &ret->url, error))
		return false;
	const json_t *alarms = json_object_get(notice, "alarms");
	size_t count = json_array_size(alarms);
	g_autofree char *model = escape(json_get_text(notice, "model", ""));
	g_autofree char *text = g_strdup_printf("%s %s: %zu alarm%s%s",
	        notice_is_firing(notice) ? ":rotating_light:" : ":white_check_mark:", model, count,
	        count == 1 ? "" : "s", count > ALARMS_MOST ? "; the first of them:" : "");
	json_auto_t *body = json_pack("{s:o,s:[]}", "text", json_text(text), "attachments");
	for (size_t i = 0; i < count && i < ALARMS_MOST; i++)
		json_array_append_new(json_object_get(body, "attachments"), attachment_of(json_array_get(alarms, i)));
	const char *channel = json_get_text(params, "channel", NULL);
	if (channel)
		json_object_set_new(body, "channel", json_text(channel));
	g_autofree char *form = json_canonical(body);
	g_string_assign(ret->body, form);
	message_add_header(ret, "Content-Type", "application/json");
	ret->ca_file = g_strdup(json_get_text(params, "ca_file", NULL));
	return true;
}

const ReceiverKind RECEIVER_SLACK = {
        .name = "slack",
        .help = "an incoming webhook of Slack, Mattermost or Rocket.Chat",
        .params = PARAMS,
        .secrets = SECRETS,
        .compose = compose,
};
