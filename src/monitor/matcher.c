/* matcher.c: conditions on an alarm's names. */
#include "monitor/matcher.h"

#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/param.h"

static const char *const NAMES[] = {"model", "version", "route", "look", "measure", "subject", "severity", NULL};

enum { MATCHER_BYTES = 500 };

typedef struct Matcher {
	char name[16];
	bool is_not, is_pattern;
	const char *value;
} Matcher;

static bool parse(const char *text, Matcher *ret)
{
	size_t length = strspn(text, "abcdefghijklmnopqrstuvwxyz");
	const char *at = text + length;
	if (!length || length >= sizeof ret->name)
		return false;
	g_strlcpy(ret->name, text, length + 1);
	ret->is_not = *at == '!';
	if (ret->is_not)
		at++;
	if (*at != '=' && !(ret->is_not && *at == '~'))
		return false;
	ret->is_pattern = *at == '~' || (!ret->is_not && at[1] == '~');
	ret->value = at + (ret->is_pattern && *at == '=' ? 2 : 1);
	return true;
}

static GRegex *compile(const char *value, GError **error)
{
	g_autofree char *whole = g_strdup_printf("^(?:%s)$", value);
	return g_regex_new(whole, G_REGEX_DOLLAR_ENDONLY, 0, error);
}

static bool check_one(const char *text, GError **error)
{
	Matcher m;
	g_autoptr(GError) problem = NULL;
	if (!text || strlen(text) > MATCHER_BYTES || !parse(text, &m))
		return fail(error, FAIL_INVALID,
		        "\"%.60s\" is no matcher such as look=drift, subject!=age or model=~loans.*", text ? text : "");
	if (!g_strv_contains(NAMES, m.name)) {
		const char *near = nearest_name(m.name, NAMES);
		return fail(error, FAIL_INVALID,
		        "an alarm has no \"%s\"%s%s%s: model, version, route, look, measure, subject, severity", m.name,
		        near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
	}
	if (!m.is_pattern)
		return true;
	g_autoptr(GRegex) pattern = compile(m.value, &problem);
	return pattern || fail(error, FAIL_INVALID, "\"%s\" is no regular expression: %s", m.value, problem->message);
}

bool matchers_check(const json_t *matchers, GError **error)
{
	size_t i;
	json_t *text;
	json_array_foreach ((json_t *)matchers, i, text)
		if (!check_one(json_string_value(text), error))
			return false;
	return true;
}

static char *value_of(const json_t *alarm, const char *name)
{
	const json_t *value = json_object_get(alarm, name);
	return json_is_integer(value) ? g_strdup_printf("%" G_GINT64_FORMAT, (gint64)json_integer_value(value))
	                              : g_strdup(json_is_string(value) ? json_string_value(value) : "");
}

static bool holds(const char *text, const json_t *alarm)
{
	Matcher m;
	if (!text || !parse(text, &m))
		return false;
	g_autofree char *value = value_of(alarm, m.name);
	if (!m.is_pattern)
		return (strcmp(value, m.value) == 0) != m.is_not;
	g_autoptr(GRegex) pattern = compile(m.value, NULL);
	return pattern && g_regex_match(pattern, value, 0, NULL) != m.is_not;
}

bool matchers_hold(const json_t *matchers, const json_t *alarm)
{
	size_t i;
	json_t *text;
	json_array_foreach ((json_t *)matchers, i, text)
		if (!holds(json_string_value(text), alarm))
			return false;
	return true;
}
