/* trigger_alarms.c: alarms that fire become causes.
 *
 * What is remembered are the ids of open alarms that were acted on; an alarm that ended is forgotten, since its id never fires
 * again. */
#include "retrain/trigger_alarms.h"

#include <math.h>
#include <string.h>

#include "base/digest.h"
#include "base/json.h"
#include "monitor/alarm.h"
#include "registry/registry.h"

static const char *const SEVERITIES[] = {"info", "warning", "critical", NULL};

const Param TRIGGER_ALARM_PARAMS[] = {
        {"severity", PARAM_TEXT, "least severity that counts", "\"warning\"", .choices = SEVERITIES},
        {"subjects", PARAM_TEXTS, "only alarms of these columns, KPIs, \"score\" or \"decision\"; none: of any", "[]"},
        {NULL},
};

static int rank_of(const char *severity)
{
	for (int i = 0; SEVERITIES[i]; i++)
		if (g_strcmp0(SEVERITIES[i], severity) == 0)
			return i;
	return 0;
}

static bool has_text(const json_t *list, const char *text)
{
	size_t i;
	json_t *item;
	json_array_foreach ((json_t *)list, i, item)
		if (g_strcmp0(json_string_value(item), text) == 0)
			return true;
	return false;
}

static bool counts(const json_t *alarm, const json_t *params, const char *const *looks, int64_t version)
{
	const json_t *subjects = json_object_get(params, "subjects");
	return strcmp(json_get_text(alarm, "state", ""), "firing") == 0 &&
	       strcmp(json_get_text(alarm, "route", ""), "stable") == 0 &&
	       g_strv_contains(looks, json_get_text(alarm, "look", "")) &&
	       json_get_int(alarm, "version", 0) == version && !json_get_text(alarm, "silence", NULL) &&
	       rank_of(json_get_text(alarm, "severity", "")) >= rank_of(json_get_text(params, "severity", "warning")) &&
	       (!json_array_size(subjects) || has_text(subjects, json_get_text(alarm, "subject", "")));
}

/* What an alarm says, in short. */
static json_t *brief(const json_t *alarm)
{
	static const char *const KEPT[] = {
	        "id", "look", "measure", "subject", "severity", "value", "limit", "p", "since", "fired", "cause"};
	json_t *out = json_object();
	for (size_t i = 0; i < G_N_ELEMENTS(KEPT); i++)
		if (json_object_get(alarm, KEPT[i]))
			json_object_set(out, KEPT[i], json_object_get(alarm, KEPT[i]));
	return out;
}

/* The one to speak of: the first with a subject, as a column says more than a window. */
static const json_t *foremost(const json_t *alarms)
{
	size_t i;
	json_t *alarm;
	json_array_foreach ((json_t *)alarms, i, alarm)
		if (*json_get_text(alarm, "subject", ""))
			return alarm;
	return json_array_get(alarms, 0);
}

/* Either may be unknown: a measure without a limit, an event without a value. */
static char *figures_of(const json_t *alarm)
{
	double value = json_get_number(alarm, "value", NAN), limit = json_get_number(alarm, "limit", NAN);
	if (isnan(value))
		return g_strdup("");
	return isnan(limit) ? g_strdup_printf(": %.4g", value)
	                    : g_strdup_printf(": %.4g where %.4g is the limit", value, limit);
}

static json_t *cause_of(json_t *alarms)
{
	const json_t *first = foremost(alarms);
	size_t count = json_array_size(alarms);
	const char *subject = json_get_text(first, "subject", ""),
	           *why = json_get_text(json_object_get(first, "cause"), "summary", NULL);
	g_autofree char *text = json_canonical(alarms);
	g_autofree char *digest = digest_of_bytes(text, strlen(text));
	g_autofree char *key = g_strdup_printf("alarm:%s", digest);
	g_autofree char *more = count > 1 ? g_strdup_printf(", and %zu more", count - 1) : g_strdup("");
	g_autofree char *figures = figures_of(first);
	g_autofree char *sentence = g_strdup_printf("%s%sthe alarm %s %s%s%s fires%s%s", why ? why : "",
	        why ? ": " : "", json_get_text(first, "look", ""), json_get_text(first, "measure", ""),
	        *subject ? " of " : "", subject, figures, more);
	return json_pack("{s:s,s:o,s:{s:O}}", "key", key, "reason", json_text(sentence), "evidence", "alarms", alarms);
}

bool trigger_look_at_alarms(const TriggerInput *in, const json_t *params, const char *const *looks, const json_t *state,
        json_t **ret_state, json_t **ret_cause, GError **error)
{
	json_auto_t *open = NULL, *champion = NULL, *fresh = json_array(), *acted = json_array();
	size_t i;
	json_t *alarm;
	if (!alarm_list(in->meta, in->model, true, &open, error) ||
	        !registry_alias(in->meta, in->model, ALIAS_CHAMPION, &champion, error))
		return false;
	json_array_foreach (open, i, alarm) {
		const char *id = json_get_text(alarm, "id", "");
		bool known = has_text(json_object_get(state, "acted"), id);
		bool is_fresh = !known && counts(alarm, params, looks, json_get_int(champion, "version", 0));
		if (known || is_fresh)
			json_array_append_new(acted, json_text(id));
		if (is_fresh)
			json_array_append_new(fresh, brief(alarm));
	}
	if (json_array_size(fresh))
		*ret_cause = cause_of(fresh);
	*ret_state = json_pack("{s:O}", "acted", acted);
	return true;
}
