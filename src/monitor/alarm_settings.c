/* alarm_settings.c: the block `monitor.alarms` of gyre.yaml. */
#include "base/error.h"
#include "base/json.h"
#include "monitor/alarm.h"
#include "monitor/look.h"
#include "monitor/matcher.h"
#include "monitor/receiver.h"

static const char *const SEVERITIES[] = {"info", "warning", "critical", NULL};

const Param ALARM_PARAMS[] = {
        {"windows", PARAM_INT, "an alarm fires when so many windows are over the limit", "2", .min = 1,
                .max = ALARM_OF_MOST},
        {"of", PARAM_INT, "... of the last so many", "3", .min = 1, .max = ALARM_OF_MOST},
        {"clear", PARAM_INT, "calm windows in a row that end it", "2", .min = 1, .max = 1000},
        {"margin", PARAM_REAL,
                "a window is calm when its value is back beyond the limit by this part of how far it had gone", "0.1",
                .min = 0, .max = 1},
        {"severity", PARAM_TEXT, "how bad an alarm is", "\"warning\"", .choices = SEVERITIES},
        {"runbook", PARAM_TEXT, "link to what to do, sent along"},
        {"rules", PARAM_JSON, "list of settings for some alarms only: {match: [look=performance], severity: critical}",
                "[]"},
        {"receivers", PARAM_JSON, "name to receiver: {kind: webhook, url: ...}", "{}"},
        {NULL},
};

const Param ALARM_RULE_PARAMS[] = {
        {"match", PARAM_TEXTS, "which alarms: look=drift, subject!=age, model=~loans.*", .flags = PARAM_REQUIRED},
        {"windows", PARAM_INT, "as in monitor.alarms", .min = 1, .max = ALARM_OF_MOST},
        {"of", PARAM_INT, "as in monitor.alarms", .min = 1, .max = ALARM_OF_MOST},
        {"clear", PARAM_INT, "as in monitor.alarms", .min = 1, .max = 1000},
        {"margin", PARAM_REAL, "as in monitor.alarms", .min = 0, .max = 1},
        {"severity", PARAM_TEXT, "as in monitor.alarms", .choices = SEVERITIES},
        {"runbook", PARAM_TEXT, "as in monitor.alarms"},
        {"off", PARAM_BOOL, "raise no alarms of these at all", "false"},
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

static json_t *fill_rule(Checking *c, const char *path, const json_t *given)
{
	g_autoptr(GError) error = NULL;
	json_t *rule = param_check(ALARM_RULE_PARAMS, path, given, note, c);
	if (rule && !matchers_check(json_object_get(rule, "match"), &error)) {
		g_autofree char *place = g_strconcat(path, ".match", NULL);
		note(c, place, error->message);
	}
	return rule;
}

static json_t *fill_rules(Checking *c, const json_t *given)
{
	json_t *rules = json_array(), *one;
	size_t i;
	if (!json_is_array(given))
		note(c, "monitor.alarms.rules", "not a list of rules");
	json_array_foreach ((json_t *)given, i, one) {
		g_autofree char *path = g_strdup_printf("monitor.alarms.rules[%zu]", i);
		json_t *rule = fill_rule(c, path, one);
		if (rule)
			json_array_append_new(rules, rule);
	}
	return rules;
}

json_t *alarm_check(const json_t *block, ParamReport *report, void *context)
{
	Checking c = {report, context, false};
	json_auto_t *filled = param_check(ALARM_PARAMS, "monitor.alarms", block, note, &c);
	if (!filled)
		return NULL;
	if (json_get_int(filled, "windows", 0) > json_get_int(filled, "of", 0))
		note(&c, "monitor.alarms.windows", "more windows than are looked at (of)");
	json_object_set_new(filled, "rules", fill_rules(&c, json_object_get(filled, "rules")));
	json_t *receivers = receivers_check("monitor.alarms.receivers", json_object_get(filled, "receivers"), note, &c);
	if (receivers)
		json_object_set_new(filled, "receivers", receivers);
	return c.failed ? NULL : json_incref(filled);
}

static void lay_over(AlarmRule *rule, const json_t *given)
{
	rule->windows = (int)json_get_int(given, "windows", rule->windows);
	rule->of = (int)json_get_int(given, "of", rule->of);
	rule->clear = (int)json_get_int(given, "clear", rule->clear);
	rule->margin = json_get_number(given, "margin", rule->margin);
	rule->severity = json_get_text(given, "severity", rule->severity);
	rule->runbook = json_get_text(given, "runbook", rule->runbook);
	rule->off = json_get_bool(given, "off", rule->off);
}

AlarmRule alarm_rule(const json_t *settings, const json_t *series)
{
	AlarmRule rule = {.windows = 2, .of = 3, .clear = 2, .margin = 0.1, .severity = "warning"};
	size_t i;
	json_t *given;
	lay_over(&rule, settings);
	if (look_is_at_once(json_get_text(series, "look", ""), json_get_text(series, "measure", "")))
		rule.windows = rule.of = 1;
	json_array_foreach (json_object_get(settings, "rules"), i, given)
		if (matchers_hold(json_object_get(given, "match"), series))
			lay_over(&rule, given);
	rule.of = MAX(rule.of, rule.windows);
	return rule;
}
