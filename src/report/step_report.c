/* step_report.c: the step `report`. */
#include "report/step_report.h"

#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "report/section.h"
#include "report/style.h"

static const Param PARAMS[] = {
        {"project", PARAM_TEXT, "the project's name", .flags = PARAM_REQUIRED},
        {"goal", PARAM_JSON, "the goal block", "{}"},
        {"data", PARAM_JSON, "the data block", "{}"},
        {"kpi", PARAM_JSON, "the kpi block", "{}"},
        {NULL},
};
static const char *const INPUTS[] = {"ingest", "checks", "profile", "split", "trials", "evaluation", "verdict",
        "registration", "snapshot?", "bundle?", NULL};
static const char *const OUTPUTS[] = {"report", NULL};

static void put_page(Page *p, const Story *s)
{
	put(p, "<!doctype html>\n<html lang=en><head><meta charset=utf-8><meta name=viewport "
	       "content='width=device-width,initial-scale=1'>\n");
	put_tag_format(p, "title", "%s, version %d", json_string_value(s->project),
	        (int)json_get_int(s->registration, "version", 0));
	put(p, "<style>");
	put(p, REPORT_STYLE);
	put(p, "</style></head><body><main>\n");
	section_first(p, s);
	section_goal(p, s);
	section_quality(p, s);
	section_drivers(p, s);
	section_effects(p, s);
	section_failure(p, s);
	section_mistakes(p, s);
	section_fairness(p, s);
	section_data(p, s);
	section_search(p, s);
	section_card(p, s);
	put(p, "</main></body></html>\n");
}

static bool read_story(StepRun *s, json_t *all, GError **error)
{
	for (size_t i = 0; INPUTS[i]; i++) {
		json_t *value = NULL;
		if (strchr(INPUTS[i], '?') || !step_input(s, INPUTS[i]))
			continue;
		if (!step_input_json(s, INPUTS[i], &value, error))
			return false;
		json_object_set_new(all, INPUTS[i], value);
	}
	return true;
}

/* What `gyre new` left to be told (TODO) has not been told.  New reference. */
static json_t *what_is_told(const json_t *block)
{
	json_t *told = json_object(), *value;
	const char *key;
	json_object_foreach ((json_t *)block, key, value)
		if (!json_is_string(value) || !g_str_has_prefix(json_string_value(value), "TODO"))
			json_object_set(told, key, value);
	return told;
}

static bool run(StepRun *s, const json_t *params, GError **error)
{
	json_auto_t *all = json_object(), *goal = what_is_told(json_object_get(params, "goal"));
	if (!read_story(s, all, error))
		return false;
	Story story = {
	        .project = json_object_get(params, "project"),
	        .goal = goal,
	        .data = json_object_get(params, "data"),
	        .kpi = json_object_get(params, "kpi"),
	        .ingest = json_object_get(all, "ingest"),
	        .checks = json_object_get(all, "checks"),
	        .profile = json_object_get(all, "profile"),
	        .split = json_object_get(all, "split"),
	        .trials = json_object_get(all, "trials"),
	        .evaluation = json_object_get(all, "evaluation"),
	        .verdict = json_object_get(all, "verdict"),
	        .registration = json_object_get(all, "registration"),
	        .snapshot_digest = step_input_digest(s, "snapshot"),
	        .bundle_digest = step_input_digest(s, "bundle"),
	};
	Page page = {.html = g_string_new(NULL)};
	put_page(&page, &story);
	bool ok = file_write(step_output(s, "report"), page.html->str, page.html->len, error);
	g_string_free(page.html, TRUE);
	return ok;
}

const StepKind STEP_REPORT = {
        .name = "report",
        .help = "write the report for stakeholders: one HTML file",
        .version = 11,
        .params = PARAMS,
        .inputs = INPUTS,
        .outputs = OUTPUTS,
        .run = run,
};
