/* receiver_email.c: a notice as mail in plain text (RFC 5322, the body in base64 so that no server changes it). */
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "base/json.h"
#include "monitor/receiver.h"

enum { LINE_BYTES = 57 }; /* 76 characters of base64 */

static const Param PARAMS[] = {
        {"server", PARAM_TEXT, "smtp://HOST:PORT or smtps://HOST:PORT", .flags = PARAM_REQUIRED},
        {"from", PARAM_TEXT, "address it comes from", .flags = PARAM_REQUIRED},
        {"to", PARAM_TEXTS, "addresses it goes to", .flags = PARAM_REQUIRED},
        {"tls", PARAM_BOOL, "refuse to send in the clear (smtp:// then needs STARTTLS)", "true"},
        {"user", PARAM_TEXT, "name to log in with"},
        {"password", PARAM_JSON, "its password: {env: NAME} or {file: /PATH}"},
        {"ca_file", PARAM_TEXT, "certificates to trust instead of the system's"},
        {NULL},
};

static const char *const SECRETS[] = {"password", NULL};

static char *subject_of(const json_t *notice)
{
	const json_t *alarms = json_object_get(notice, "alarms");
	g_autofree char *first = alarm_headline(json_array_get(alarms, 0));
	size_t more = json_array_size(alarms) ? json_array_size(alarms) - 1 : 0;
	g_autofree char *rest = more ? g_strdup_printf(" and %zu more", more) : g_strdup("");
	return g_strdup_printf("[gyre] %s: %s%s", notice_is_firing(notice) ? "ALARM" : "resolved", first, rest);
}

/* RFC 2047, in words that part no UTF-8 character and lines of at most 76, the first behind "Subject: ": whatever a column is called, the head stays whole. */
static void add_words(GString *to, const char *text)
{
	g_autofree char *valid = g_utf8_make_valid(text, -1);
	for (const char *at = valid; *at;) {
		const char *end = at;
		while (*end && g_utf8_next_char(end) - at <= 39)
			end = g_utf8_next_char(end);
		g_autofree char *word = g_base64_encode((const guchar *)at, (gsize)(end - at));
		g_string_append_printf(to, "%s=?UTF-8?B?%s?=", at == valid ? "" : "\r\n ", word);
		at = end;
	}
}

static void add_line(GString *to, const char *name, const json_t *value)
{
	if (json_is_string(value))
		g_string_append_printf(to, "  %-9s %s\n", name, json_string_value(value));
}

static void add_alarm(GString *to, const json_t *alarm)
{
	g_autofree char *headline = alarm_headline(alarm);
	json_auto_t *since = notice_time(json_object_get(alarm, "since")),
	            *ended = notice_time(json_object_get(alarm, "resolved"));
	g_string_append_printf(to, "%s  %s\n",
	        strcmp(json_get_text(alarm, "state", ""), "resolved") ? "FIRING  " : "RESOLVED", headline);
	add_line(to, "severity", json_object_get(alarm, "severity"));
	add_line(to, "since", since);
	add_line(to, "resolved", ended);
	add_line(to, "why", json_object_get(alarm, "why"));
	add_line(to, "cause", json_object_get(json_object_get(alarm, "cause"), "summary"));
	add_line(to, "runbook", json_object_get(alarm, "runbook"));
	add_line(to, "alarm", json_object_get(alarm, "id"));
	g_string_append_c(to, '\n');
}

static void add_head(GString *to, const json_t *params, const json_t *notice)
{
	time_t now = (time_t)(json_get_int(notice, "at", 0) / G_USEC_PER_SEC);
	struct tm parts;
	char date[64];
	gmtime_r(&now, &parts);
	/* No locale is ever set, so the names of days and months are English. */
	strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S +0000", &parts);
	const char *from = json_get_text(params, "from", ""), *at = strrchr(from, '@');
	g_string_append_printf(to, "Date: %s\r\nFrom: %s\r\nTo: ", date, from);
	size_t i;
	json_t *address;
	json_array_foreach (json_object_get(params, "to"), i, address)
		g_string_append_printf(to, "%s%s", i ? ",\r\n " : "", json_string_value(address));
	g_string_append_printf(to, "\r\nMessage-ID: <%s.gyre%s>\r\nSubject: ", json_get_text(notice, "id", ""),
	        at ? at : "@localhost");
	g_autofree char *subject = subject_of(notice);
	add_words(to, subject);
	g_string_append(to, "\r\nAuto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; "
	                    "charset=UTF-8\r\nContent-Transfer-Encoding: base64\r\n\r\n");
}

static void add_body(GString *to, const json_t *notice)
{
	g_autoptr(GString) text = g_string_new(NULL);
	size_t i;
	json_t *alarm;
	json_array_foreach (json_object_get(notice, "alarms"), i, alarm)
		add_alarm(text, alarm);
	g_string_append_printf(text, "Notice %s\n", json_get_text(notice, "id", ""));
	for (gsize at = 0; at < text->len; at += LINE_BYTES) {
		g_autofree char *line =
		        g_base64_encode((const guchar *)text->str + at, MIN(LINE_BYTES, text->len - at));
		g_string_append_printf(to, "%s\r\n", line);
	}
}

static bool is_address(const char *text)
{
	const char *at = strchr(text, '@');
	for (const char *c = text; *c; c++)
		if (g_ascii_iscntrl(*c) || strchr(" <>,\"", *c))
			return false;
	return at && at > text && at[1];
}

static bool check_addresses(const json_t *params, Message *ret, GError **error)
{
	g_autoptr(GStrvBuilder) to = g_strv_builder_new();
	const char *from = json_get_text(params, "from", "");
	size_t i;
	json_t *address;
	if (!is_address(from))
		return fail(error, FAIL_INVALID, "from: \"%.100s\" is no address of mail", from);
	json_array_foreach (json_object_get(params, "to"), i, address) {
		const char *text = json_string_value(address);
		if (!text || !is_address(text))
			return fail(error, FAIL_INVALID, "to: \"%.100s\" is no address of mail", text ? text : "");
		g_strv_builder_add(to, text);
	}
	ret->from = g_strdup(from);
	ret->to = g_strv_builder_end(to);
	return true;
}

static bool compose(const json_t *params, const json_t *notice, Message *ret, GError **error)
{
	if (!check_addresses(params, ret, error) || !receiver_secret(params, "password", &ret->password, error))
		return false;
	ret->url = g_strdup(json_get_text(params, "server", ""));
	ret->user = g_strdup(json_get_text(params, "user", NULL));
	ret->needs_tls = json_get_bool(params, "tls", true);
	ret->ca_file = g_strdup(json_get_text(params, "ca_file", NULL));
	add_head(ret->body, params, notice);
	add_body(ret->body, notice);
	return true;
}

const ReceiverKind RECEIVER_EMAIL = {
        .name = "email",
        .help = "mail over SMTP, with TLS and a login where the server wants them",
        .params = PARAMS,
        .secrets = SECRETS,
        .compose = compose,
};
