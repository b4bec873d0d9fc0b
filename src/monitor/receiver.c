/* receiver.c: the table of receivers, and what their kinds share. */
#include "monitor/receiver.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "data/frame.h"
#include "monitor/alarm.h"
#include "monitor/matcher.h"

enum { SECRET_BYTES = 1 << 16 };

const ReceiverKind *const RECEIVERS[] = {
        &RECEIVER_WEBHOOK,
        &RECEIVER_ALERTMANAGER,
        &RECEIVER_EMAIL,
        &RECEIVER_SLACK,
        NULL,
};

static const char *const KINDS[] = {"webhook", "alertmanager", "email", "slack", NULL};
static const char *const SEVERITIES[] = {"info", "warning", "critical", NULL};

const Param RECEIVER_PARAMS[] = {
        {"kind", PARAM_TEXT, "how it is told", .choices = KINDS, .flags = PARAM_REQUIRED},
        {"severity", PARAM_TEXT, "alarms below are not told", "\"info\"", .choices = SEVERITIES},
        {"match", PARAM_TEXTS, "only alarms for which all of these hold: look=drift, model=~loans.*", "[]"},
        {"resolved", PARAM_BOOL, "tell the end of alarms too", "true"},
        {NULL},
};

const ReceiverKind *receiver_kind(const char *name)
{
	for (const ReceiverKind *const *k = RECEIVERS; *k; k++)
		if (g_strcmp0((*k)->name, name) == 0)
			return *k;
	return NULL;
}

void message_init(Message *m)
{
	*m = (Message){.headers = g_ptr_array_new_with_free_func(g_free), .body = g_string_new(NULL)};
}

void message_clear(Message *m)
{
	g_free(m->url);
	g_clear_pointer(&m->headers, g_ptr_array_unref);
	if (m->body)
		g_string_free(m->body, TRUE);
	g_free(m->user);
	g_free(m->password);
	g_free(m->from);
	g_strfreev(m->to);
	g_free(m->ca_file);
	*m = (Message){0};
}

void message_add_header(Message *m, const char *name, const char *value)
{
	GString *line = g_string_new(name);
	g_string_append(line, ": ");
	for (; *value; value++)
		if (!g_ascii_iscntrl(*value))
			g_string_append_c(line, *value);
	g_ptr_array_add(m->headers, g_string_free(line, FALSE));
}

/* {"env": NAME} or {"file": absolute PATH}. */
static const char *secret_problem(const json_t *value, bool may_be_text)
{
	const char *env = json_get_text(value, "env", NULL), *file = json_get_text(value, "file", NULL);
	if (json_is_string(value))
		return may_be_text
		               ? NULL
		               : "a secret does not stand in a file that many read: give {env: NAME} or {file: /PATH}";
	if (!json_is_object(value) || json_object_size(value) != 1 || (!env && !file))
		return may_be_text ? "neither a text nor {env: NAME} or {file: /PATH}"
		                   : "not {env: NAME} or {file: /PATH}";
	if (file && !g_path_is_absolute(file))
		return "the path of a secret is an absolute one";
	return NULL;
}

static void check_secrets(
        const ReceiverKind *kind, const char *path, const json_t *own, ParamReport *report, void *context)
{
	for (const char *const *s = kind->secrets; *s; s++) {
		const json_t *value = json_object_get(own, *s);
		const char *problem = value ? secret_problem(value, strcmp(*s, "url") == 0) : NULL;
		g_autofree char *place = g_strdup_printf("%s.%s", path, *s);
		if (problem)
			report(context, place, problem);
	}
}

/* The common keys and the kind's own, each checked by its table and put together again. */
static json_t *check_one(const char *path, const json_t *given, ParamReport *report, void *context)
{
	json_auto_t *common = json_object(), *own = json_object();
	const char *key;
	json_t *value;
	json_object_foreach ((json_t *)given, key, value)
		json_object_set(param_find(RECEIVER_PARAMS, key) ? common : own, key, value);
	json_auto_t *head = param_check(RECEIVER_PARAMS, path, json_is_object(given) ? common : given, report, context);
	const ReceiverKind *kind = head ? receiver_kind(json_get_text(head, "kind", "")) : NULL;
	json_auto_t *rest = kind ? param_check(kind->params, path, own, report, context) : NULL;
	g_autoptr(GError) error = NULL;
	if (!rest)
		return NULL;
	check_secrets(kind, path, rest, report, context);
	if (!matchers_check(json_object_get(head, "match"), &error)) {
		g_autofree char *place = g_strconcat(path, ".match", NULL);
		report(context, place, error->message);
		return NULL;
	}
	json_object_update(head, rest);
	return json_incref(head);
}

json_t *receivers_check(const char *path, const json_t *receivers, ParamReport *report, void *context)
{
	json_auto_t *filled = json_object();
	const char *name;
	json_t *given;
	bool ok = true;
	if (!json_is_object(receivers)) {
		report(context, path, "not a block of names and receivers");
		return NULL;
	}
	json_object_foreach ((json_t *)receivers, name, given) {
		g_autofree char *place = g_strdup_printf("%s.%s", path, name);
		json_t *one = check_one(place, given, report, context);
		ok = ok && one;
		if (one)
			json_object_set_new(filled, name, one);
	}
	return ok ? json_incref(filled) : NULL;
}

static int rank(const char *severity)
{
	for (int i = 0; SEVERITIES[i]; i++)
		if (g_strcmp0(SEVERITIES[i], severity) == 0)
			return i;
	return 0;
}

bool receiver_wants(const json_t *receiver, const json_t *alarm)
{
	bool ended = strcmp(json_get_text(alarm, "state", ""), "resolved") == 0;
	return rank(json_get_text(alarm, "severity", "")) >= rank(json_get_text(receiver, "severity", "")) &&
	       (!ended || json_get_bool(receiver, "resolved", true)) &&
	       matchers_hold(json_object_get(receiver, "match"), alarm);
}

bool receiver_secret(const json_t *params, const char *key, char **ret, GError **error)
{
	const json_t *value = json_object_get(params, key);
	const char *env = json_get_text(value, "env", NULL), *file = json_get_text(value, "file", NULL);
	g_autofree char *text = NULL;
	size_t size;
	*ret = NULL;
	if (!value || json_is_null(value))
		return true;
	if (json_is_string(value))
		text = g_strdup(json_string_value(value));
	else if (env && !(text = g_strdup(g_getenv(env))))
		return fail(error, FAIL_INVALID, "%s: the variable %s is not set", key, env);
	else if (file && !file_read(file, SECRET_BYTES, &text, &size, error))
		return false;
	if (!text || !*g_strstrip(text))
		return fail(error, FAIL_INVALID, "%s: the secret is empty", key);
	*ret = g_steal_pointer(&text);
	return true;
}

char *alarm_headline(const json_t *alarm)
{
	const char *subject = json_get_text(alarm, "subject", ""), *measure = json_get_text(alarm, "measure", "");
	double value = json_get_number(alarm, "value", NAN), limit = json_get_number(alarm, "limit", NAN);
	GString *line = g_string_new(NULL);
	g_string_append_printf(line, "%s: %s", json_get_text(alarm, "look", ""), measure);
	if (*subject)
		g_string_append_printf(line, " of %s", subject);
	if (!isnan(value))
		g_string_append_printf(line, " is %.4g", value);
	if (!isnan(limit))
		g_string_append_printf(line, ", limit %.4g", limit);
	g_string_append_printf(line, " (%s@%d, %s)", json_get_text(alarm, "model", ""),
	        (int)json_get_int(alarm, "version", 0), json_get_text(alarm, "route", ""));
	return g_string_free(line, FALSE);
}

bool notice_is_firing(const json_t *notice)
{
	size_t i;
	json_t *alarm;
	json_array_foreach (json_object_get(notice, "alarms"), i, alarm)
		if (strcmp(json_get_text(alarm, "state", ""), "firing") == 0)
			return true;
	return false;
}

json_t *notice_time(const json_t *us)
{
	g_autofree char *text = json_is_integer(us) ? time_text(json_integer_value(us)) : NULL;
	if (!text)
		return json_null();
	g_autofree char *rfc3339 = g_strconcat(g_strdelimit(text, " ", 'T'), "Z", NULL);
	return json_string(rfc3339);
}
