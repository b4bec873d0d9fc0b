/* dashboards.c: the op `monitor dashboards`: dashboards for Grafana and rules for Prometheus, written from one table. */
#include "op/dashboards.h"

#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "op/op.h"

enum { SCHEMA = 39, GRID = 24 };

static const char *const TYPES[] = {"timeseries", "stat", "table", "row"};

static json_t *source(void)
{
	return json_pack("{s:s,s:s}", "type", "prometheus", "uid", "${datasource}");
}

static json_t *targets_of(const Panel *p)
{
	json_t *targets = json_array();
	for (int i = 0; i < PANEL_QUERIES && p->queries[i].expr; i++) {
		const char ref[] = {(char)('A' + i), 0};
		json_t *target = json_pack("{s:s,s:o,s:s,s:s,s:b,s:b}", "refId", ref, "datasource", source(), "expr",
		        p->queries[i].expr, "editorMode", "code", "range", p->type != PANEL_TABLE, "instant",
		        p->type == PANEL_TABLE);
		if (p->type == PANEL_TABLE)
			json_object_set_new(target, "format", json_string("table"));
		else
			json_object_set_new(target, "legendFormat", json_string(p->queries[i].legend));
		json_array_append_new(targets, target);
	}
	return targets;
}

static json_t *thresholds_of(const Panel *p)
{
	json_t *steps = json_pack("[{s:n,s:s}]", "value", "color", p->type == PANEL_STAT ? "green" : "text");
	if (p->bad != 0)
		json_array_append_new(steps, json_pack("{s:f,s:s}", "value", p->bad, "color", "red"));
	return json_pack("{s:s,s:o}", "mode", "absolute", "steps", steps);
}

static json_t *fields_of(const Panel *p)
{
	json_t *defaults = json_pack("{s:s,s:{s:s},s:o}", "unit", p->unit, "color", "mode",
	        p->type == PANEL_LINES ? "palette-classic" : "thresholds", "thresholds", thresholds_of(p));
	if (strcmp(p->unit, "percentunit") == 0)
		json_object_set_new(defaults, "min", json_integer(0));
	if (p->type == PANEL_LINES)
		json_object_set_new(defaults, "custom",
		        json_pack("{s:s,s:i,s:i,s:s}", "drawStyle", "line", "lineWidth", 1, "fillOpacity", 8,
		                "showPoints", "auto"));
	return json_pack("{s:o,s:[]}", "defaults", defaults, "overrides");
}

static json_t *options_of(const Panel *p)
{
	switch (p->type) {
	case PANEL_LINES:
		return json_pack("{s:{s:s,s:s,s:[s],s:b},s:{s:s,s:s}}", "legend", "displayMode", "table", "placement",
		        "bottom", "calcs", "lastNotNull", "showLegend", true, "tooltip", "mode", "multi", "sort",
		        "desc");
	case PANEL_STAT:
		return json_pack("{s:{s:[s],s:s,s:b},s:s,s:s,s:s,s:s,s:s}", "reduceOptions", "calcs", "lastNotNull",
		        "fields", "", "values", false, "colorMode", "value", "graphMode", "area", "justifyMode", "auto",
		        "orientation", "auto", "textMode", "auto");
	default:
		return json_pack("{s:b,s:s}", "showHeader", true, "cellHeight", "sm");
	}
}

/* Labels that say nothing to who looks. */
static json_t *transformations_of(const Panel *p)
{
	if (p->type != PANEL_TABLE)
		return json_array();
	return json_pack("[{s:s,s:{s:{s:b,s:b,s:b,s:b}}}]", "id", "organize", "options", "excludeByName", "Time", true,
	        "__name__", true, "job", true, "instance", true);
}

typedef struct Place {
	int x, y, row_height, id;
} Place;

static json_t *place_of(const Panel *p, Place *at)
{
	if (at->x + p->width > GRID) {
		at->x = 0;
		at->y += at->row_height;
		at->row_height = 0;
	}
	json_t *place = json_pack("{s:i,s:i,s:i,s:i}", "h", p->height, "w", p->width, "x", at->x, "y", at->y);
	at->x += p->width;
	at->row_height = p->height > at->row_height ? p->height : at->row_height;
	return place;
}

static json_t *panel_json(const Panel *p, Place *at)
{
	return json_pack("{s:i,s:s,s:s,s:s,s:o,s:o,s:o,s:o,s:o,s:o}", "id", ++at->id, "type", TYPES[p->type], "title",
	        p->title, "description", p->help, "gridPos", place_of(p, at), "datasource", source(), "targets",
	        targets_of(p), "fieldConfig", fields_of(p), "options", options_of(p), "transformations",
	        transformations_of(p));
}

static json_t *variables(void)
{
	json_t *choice = json_pack("{s:s,s:s,s:s,s:s,s:i,s:b,s:b,s:b}", "name", "datasource", "label", "Data source",
	        "type", "datasource", "query", "prometheus", "refresh", 1, "includeAll", false, "multi", false,
	        "skipUrlSync", false);
	json_t *model = json_pack("{s:s,s:s,s:s,s:o,s:{s:s,s:s},s:i,s:i,s:b,s:b,s:s,s:b,s:{s:b,s:[s],s:[s]}}", "name",
	        "model", "label", "Model", "type", "query", "datasource", source(), "query", "query",
	        "label_values(gyre_model_champion_info, model)", "refId", "model", "refresh", 2, "sort", 1,
	        "includeAll", true, "multi", true, "allValue", ".*", "skipUrlSync", false, "current", "selected", true,
	        "text", "All", "value", "$__all");
	return json_pack("{s:[o,o]}", "list", choice, model);
}

static json_t *links(void)
{
	return json_pack("[{s:s,s:s,s:[s],s:b,s:b,s:b,s:b,s:s,s:s,s:s}]", "type", "dashboards", "title", "Gyre", "tags",
	        "gyre", "asDropdown", false, "keepTime", true, "includeVars", true, "targetBlank", false, "icon",
	        "external link", "tooltip", "", "url", "");
}

json_t *dashboard_json(const Dashboard *d)
{
	Place at = {0};
	json_t *panels = json_array();
	char uid[64];
	g_snprintf(uid, sizeof uid, "gyre-%s", d->name);
	for (const Panel *p = d->panels; p->title; p++)
		json_array_append_new(panels, panel_json(p, &at));
	return json_pack("{s:s,s:s,s:s,s:[s],s:i,s:i,s:b,s:i,s:s,s:s,s:{s:s,s:s},s:{s:[]},s:o,s:o,s:o}", "uid", uid,
	        "title", d->title, "description", d->help, "tags", "gyre", "schemaVersion", SCHEMA, "version", 1,
	        "editable", true, "graphTooltip", 1, "refresh", "30s", "timezone", "utc", "time", "from", "now-24h",
	        "to", "now", "annotations", "list", "templating", variables(), "links", links(), "panels", panels);
}

/* A JSON text is a YAML one. */
static void add_text(GString *to, const char *key, const char *text)
{
	json_auto_t *value = json_string(text);
	g_autofree char *quoted = json_canonical(value);
	g_string_append_printf(to, "%s: %s\n", key, quoted);
}

char *alert_rules_yaml(void)
{
	GString *to = g_string_new(
	        "# Written by `gyre monitor dashboards` from the program's own table; promtool check rules.\n"
	        "groups:\n  - name: gyre\n    rules:\n");
	for (const AlertRule *r = ALERT_RULES; r->name; r++) {
		g_string_append_printf(to, "      - alert: %s\n", r->name);
		add_text(to, "        expr", r->expr);
		g_string_append_printf(to, "        for: %s\n        labels:\n", r->lasting);
		add_text(to, "          severity", r->severity);
		g_string_append(to, "        annotations:\n");
		add_text(to, "          summary", r->summary);
		add_text(to, "          description", r->help);
	}
	return g_string_free(to, FALSE);
}

static const Param PARAMS[] = {
        {"folder", PARAM_TEXT, "where to: grafana/ and prometheus/ below it", "\".\"", .flags = PARAM_POSITIONAL},
        {NULL},
};

static bool put(const char *folder, const char *part, const char *name, const char *text, json_t *files, GError **error)
{
	g_autofree char *where = g_build_filename(folder, part, NULL), *path = g_build_filename(where, name, NULL);
	if (!file_make_folder(where, error) || !file_write(path, text, strlen(text), error))
		return false;
	json_array_append_new(files, json_text(path));
	return true;
}

static bool run(App *app, const json_t *in, json_t **ret, GError **error)
{
	(void)app;
	const char *folder = json_get_text(in, "folder", ".");
	json_auto_t *files = json_array();
	for (const Dashboard *d = DASHBOARDS; d->name; d++) {
		json_auto_t *dashboard = dashboard_json(d);
		g_autofree char *text = json_pretty(dashboard), *line = g_strconcat(text, "\n", NULL),
		                *name = g_strdup_printf("gyre-%s.json", d->name);
		if (!put(folder, "grafana", name, line, files, error))
			return false;
	}
	g_autofree char *rules = alert_rules_yaml();
	if (!put(folder, "prometheus", "gyre.rules.yml", rules, files, error))
		return false;
	*ret = json_pack("{s:O}", "files", files);
	return true;
}

const Op OP_MONITOR_DASHBOARDS = {
        .name = "monitor.dashboards",
        .help = "write dashboards for Grafana and alerting rules for Prometheus",
        .more = "Overview, serving, drift, performance and business, over what GET /metrics of `gyre serve` says.\n"
                "JSON: {\"files\": []}",
        .effect = OP_WRITE,
        .params = PARAMS,
        .run = run,
};
