/* settings.c: the block `retrain`, checked. */
#include "retrain/settings.h"

#include <math.h>
#include <string.h>

#include "base/duration.h"
#include "base/json.h"
#include "model/update.h"
#include "retrain/trigger.h"

const char *const RETRAIN_MODES[] = {"retrain", "fine_tune", "online", NULL};

const Param RETRAIN_PARAMS[] = {
        {"on", PARAM_TEXTS, "what starts a retraining: schedule, new_data, drift, decay, kpi", "[]"},
        {"schedule", PARAM_JSON, "when: a cron line such as \"0 3 * * *\", or {cron, zone}"},
        {"new_data", PARAM_JSON, "what new data is"},
        {"drift", PARAM_JSON, "which drift alarms count"},
        {"decay", PARAM_JSON, "which alarms of performance count"},
        {"kpi", PARAM_JSON, "which alarms of business figures count"},
        {"mode", PARAM_TEXT,
                "retrain: train anew; fine_tune: the champion learns on from rows it has not seen; online: it learns "
                "from each "
                "outcome as it arrives",
                "\"retrain\"", .choices = RETRAIN_MODES},
        {"fine_tune", PARAM_JSON, "how it learns on: {keep, trees, share}", "{}"},
        {"online", PARAM_JSON, "when what was learnt from outcomes becomes a version: {outcomes, every, keep}", "{}"},
        {"labelled", PARAM_TEXT,
                "Parquet file that the watch keeps predictions with known outcomes in: a source of the data"},
        {"cooldown", PARAM_TEXT, "least time from the end of one retraining to the begin of the next", "\"1h\""},
        {"budget", PARAM_JSON, "what retraining may cost in any 24 hours: {runs, cpu_seconds}", "{}"},
        {"judge", PARAM_JSON, "what a challenger must show against the champion", "{}"},
        {NULL},
};

const Param RETRAIN_BUDGET_PARAMS[] = {
        {"runs", PARAM_INT, "retrainings begun", "4", .min = 1, .max = 1e6},
        {"cpu_seconds", PARAM_REAL, "processor time they took together; 0: any", "0", .min = 0, .max = 1e12,
                .unit = "s"},
        {NULL},
};

const Param RETRAIN_ONLINE_PARAMS[] = {
        {"outcomes", PARAM_INT, "a version is made when so many have come", "500", .min = 1, .max = 1e9},
        {"every", PARAM_TEXT, "or when so long has passed since the last one, and any have", "\"1h\""},
        {"keep", PARAM_REAL, "how much of what was learnt before stays", "1", .min = 0, .max = 1},
        {NULL},
};

static const char *const RULES[] = {"better", "no_worse", NULL};
const Param RETRAIN_JUDGE_PARAMS[] = {
        {"rule", PARAM_TEXT,
                "better: ahead in the goal's metric by a 95 % interval without 0; no_worse: not behind by more than "
                "the "
                "margin, or not surely",
                "\"better\"", .choices = RULES},
        {"margin", PARAM_REAL, "no_worse: how much the metric may be worse", "0", .min = 0, .max = INFINITY},
        {"min_rows", PARAM_INT, "fresh labelled rows below which nothing is decided, and the champion stays", "100",
                .min = 1, .max = 1e9},
        {NULL},
};

#define NO_LENGTH "not a length of time such as 90s, 15m, 1h, 2d or 1w"

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

static void check_on(Checking *c, const json_t *filled)
{
	size_t i;
	json_t *item;
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	for (const TriggerKind *const *k = TRIGGERS; *k; k++)
		g_ptr_array_add(names, (void *)(*k)->name);
	g_ptr_array_add(names, NULL);
	json_array_foreach (json_object_get(filled, "on"), i, item) {
		const char *name = json_string_value(item), *near = NULL;
		const TriggerKind *kind = trigger_kind(name);
		g_autofree char *path = g_strdup_printf("retrain.on[%zu]", i), *problem = NULL;
		if (!kind) {
			near = nearest_name(name, (const char *const *)names->pdata);
			g_autofree char *all = g_strjoinv(", ", (char **)names->pdata);
			problem = near ? g_strdup_printf("there is no trigger \"%s\"; did you mean \"%s\"?", name, near)
			               : g_strdup_printf("there is no trigger \"%s\": one of %s", name, all);
		} else if (kind->needs_block && !json_object_get(filled, kind->name)) {
			problem = g_strdup_printf("%s is named here, but retrain.%s does not say when", name, name);
		}
		if (problem)
			note(c, path, problem);
	}
}

/* A text stands for the first param alone: schedule: "0 3 * * *". */
static void fill_trigger(Checking *c, json_t *filled, const TriggerKind *kind)
{
	json_t *given = json_object_get(filled, kind->name);
	if (!given && kind->needs_block)
		return;
	g_autofree char *path = g_strdup_printf("retrain.%s", kind->name);
	json_auto_t *block = json_is_string(given) ? json_pack("{s:O}", kind->params->name, given) : json_incref(given);
	json_auto_t *params = param_check(kind->params, path, block, note, c);
	if (params && kind->check)
		kind->check(params, path, note, c);
	if (params)
		json_object_set(filled, kind->name, params);
}

static void fill_block(Checking *c, json_t *filled, const char *key, const Param *params)
{
	g_autofree char *path = g_strdup_printf("retrain.%s", key);
	json_t *block = param_check(params, path, json_object_get(filled, key), note, c);
	if (block)
		json_object_set_new(filled, key, block);
}

json_t *retrain_check(const json_t *block, ParamReport *report, void *context)
{
	Checking c = {report, context, false};
	int64_t us;
	json_auto_t *filled = param_check(RETRAIN_PARAMS, "retrain", block, note, &c);
	if (!filled)
		return NULL;
	check_on(&c, filled);
	for (const TriggerKind *const *k = TRIGGERS; *k; k++)
		fill_trigger(&c, filled, *k);
	fill_block(&c, filled, "budget", RETRAIN_BUDGET_PARAMS);
	fill_block(&c, filled, "judge", RETRAIN_JUDGE_PARAMS);
	fill_block(&c, filled, "fine_tune", UPDATE_PARAMS);
	fill_block(&c, filled, "online", RETRAIN_ONLINE_PARAMS);
	if (!duration_parse(json_get_text(json_object_get(filled, "online"), "every", ""), &us))
		note(&c, "retrain.online.every", NO_LENGTH);
	if (!duration_parse(json_get_text(filled, "cooldown", ""), &us))
		note(&c, "retrain.cooldown", NO_LENGTH);
	return c.failed ? NULL : json_incref(filled);
}

int64_t retrain_length(const json_t *retrain, const char *key)
{
	int64_t us = 0;
	duration_parse(json_get_text(retrain, key, "0"), &us);
	return us;
}
