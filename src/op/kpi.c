/* kpi.c: the ops on business figures: what the model in use brings, period by period, and numbers sent from elsewhere. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "impact/measure.h"
#include "impact/pushed.h"
#include "impact/threshold.h"
#include "op/figures.h"
#include "op/produced.h"

static const char *const PERIODS[] = {"hour", "day", "week", "month", "all", NULL};
static const Param PARAMS[] = {
        PRODUCED_PARAMS,
        {"by", PARAM_TEXT, "length of a period", "\"month\"", .choices = PERIODS},
        {"figure", PARAM_TEXT, "only this figure"},
        {"versions", PARAM_BOOL, "each version and route for itself", "false"},
        {NULL},
};

static json_t *uplift_json(const GPtrArray *cells)
{
	const FigureCell *stable = NULL, *canary = NULL;
	for (guint i = 0; i < cells->len; i++) {
		const FigureCell *c = cells->pdata[i];
		stable = g_strcmp0(c->route, "stable") == 0 ? c : stable;
		canary = g_strcmp0(c->route, "canary") == 0 ? c : canary;
	}
	if (!stable || !canary)
		return json_null();
	Uplift u = estimate_uplift(&canary->value, &stable->value);
	return json_pack("{s:o,s:o,s:o,s:o,s:o,s:o}", "stable", json_number(stable->value.value), "canary",
	        json_number(canary->value.value), "value", json_number(u.value), "low", json_number(u.low), "high",
	        json_number(u.high), "p", json_number(u.p));
}

/* Canary beside stable while both were there: the versions that a canary was held against. */
static bool add_uplift(Produced *p, const char *name, const json_t *figure, json_t *to, GError **error)
{
	g_autoptr(GPtrArray) cells = NULL;
	FigureKeys keys = {.route = true};
	if (!engine_run(p->engine,
	            "CREATE OR REPLACE VIEW side_by_side AS SELECT * FROM known WHERE _gyre_time BETWEEN (SELECT "
	            "min(_gyre_time) "
	            "FROM known WHERE _gyre_route = 'canary') AND (SELECT max(_gyre_time) FROM known WHERE _gyre_route "
	            "= "
	            "'canary')",
	            error) ||
	        !figure_measure(p->engine, "side_by_side", name, figure, &keys, &cells, error))
		return false;
	json_object_set_new(to, "uplift", uplift_json(cells));
	return true;
}

static bool add_computed(
        Produced *p, const char *name, const json_t *figure, const json_t *in, json_t *to, GError **error)
{
	bool grows = !json_object_get(produced_criterion(p, name), "at_most");
	json_t *thresholds = NULL;
	if (!p->predictions) {
		json_object_set_new(to, "periods", json_array());
		return true;
	}
	if (!figures_periods(p, name, figure, in, to, error) || !add_uplift(p, name, figure, to, error) ||
	        !figure_thresholds(p->engine, "known", p->bundle, figure, grows, &thresholds, error))
		return false;
	json_object_set_new(to, "thresholds", thresholds);
	return true;
}

static bool add_figure(
        Produced *p, const char *name, const json_t *figure, const json_t *in, json_t *list, GError **error)
{
	json_t *one = json_pack("{s:s,s:o,s:o}", "name", name, "unit", json_text(json_get_text(figure, "unit", NULL)),
	        "goal", figures_goal_json(produced_criterion(p, name)));
	json_array_append_new(list, one);
	return json_object_get(figure, "sql") ? add_computed(p, name, figure, in, one, error)
	                                      : figures_pushed(p, name, figure, in, one, error);
}

static bool show(App *app, const json_t *in, json_t **ret, GError **error)
{
	g_auto(Produced) p = {0};
	const char *name, *only = json_get_text(in, "figure", NULL);
	json_auto_t *list = json_array();
	json_t *figure;
	if (!produced_open(app, in, &p, error))
		return false;
	if (only && !json_object_get(p.figures, only))
		return fail(error, FAIL_NOT_FOUND, "gyre.yaml has no kpi \"%.80s\"", only);
	json_object_foreach ((json_t *)p.figures, name, figure)
		if ((!only || strcmp(only, name) == 0) && !add_figure(&p, name, figure, in, list, error))
			return false;
	*ret = json_pack("{s:s,s:s,s:I,s:I,s:O}", "model", p.model, "by", json_get_text(in, "by", ""), "predictions",
	        (json_int_t)p.predictions, "outcomes", (json_int_t)p.outcomes, "figures", list);
	return true;
}

const Op OP_KPI = {
        .name = "kpi",
        .help = "show what the model in use brings, in the project's own figures",
        .more = "Over predictions whose outcome is known, each period for itself, with 95 % intervals (delete-a-group "
                "jackknife); beside what there was before (today) and the goal; a canary beside stable; and the "
                "thresholds "
                "between which the model pays.\n"
                "JSON: {\"model\", \"by\", \"predictions\", \"outcomes\", \"figures\": [{\"name\", \"unit\", \"goal\", "
                "\"periods\": "
                "[{\"period\", \"version\", \"route\", \"predictions\", \"outcomes\", \"value\", \"low\", \"high\", "
                "\"today\", "
                "\"gain\", \"gain_low\", \"gain_high\", \"total\", \"reached\"}], \"uplift\", \"thresholds\"}]}",
        .remote = true,
        .params = PARAMS,
        .run = show,
};

static const Param PUSH_PARAMS[] = {
        {"name", PARAM_TEXT, "a figure of the kpi block that is pushed", .flags = PARAM_POSITIONAL},
        {"value", PARAM_JSON, "the number; null takes it back", .flags = PARAM_POSITIONAL},
        {"at", PARAM_TEXT, "when it was so, as ISO time; now when absent"},
        {"version", PARAM_TEXT, "the version it belongs to"},
        {"route", PARAM_TEXT, "the route it belongs to: stable, canary"},
        {"values", PARAM_JSON, "many at once: a list of {\"name\", \"value\", \"at\", \"version\", \"route\"}"},
        {"model", PARAM_TEXT, "name of the model; the project's own when absent"},
        {NULL},
};

/* One from its parts, or the list. */
static bool gather(const json_t *in, json_t **ret, GError **error)
{
	static const char *const PARTS[] = {"name", "value", "at", "version", "route"};
	json_t *list = json_object_get(in, "values");
	if (!list == !json_object_get(in, "name"))
		return fail(error, FAIL_INVALID, "give a name and a value, or \"values\", a list of them");
	if (list) {
		*ret = json_incref(list);
		return true;
	}
	json_t *one = json_object();
	for (size_t i = 0; i < G_N_ELEMENTS(PARTS); i++)
		if (json_object_get(in, PARTS[i]))
			json_object_set(one, PARTS[i], json_object_get(in, PARTS[i]));
	*ret = json_pack("[o]", one);
	return true;
}

static bool push(App *app, const json_t *in, json_t **ret, GError **error)
{
	Desk d;
	json_auto_t *values = NULL;
	if (!gather(in, &values, error) || !desk_open_sound(app, &d, error))
		return false;
	bool ok = pushed_add(d.meta, json_get_text(in, "model", project_name(d.project)),
	        project_block(d.project, "figures"), values, ret, error);
	desk_clear(&d);
	return ok;
}

const Op OP_KPI_PUSH = {
        .name = "kpi.push",
        .help = "send a business figure that is measured elsewhere",
        .more = "For figures declared as {pushed: mean | sum | last} in the kpi block.  In any order, twice or "
                "corrected: the newest "
                "word for a time, version and route wins.  POST /api/v1/kpi takes the same.\n"
                "JSON: {\"new\", \"changed\", \"same\"}: how many were taken",
        .effect = OP_WRITE,
        .remote = true,
        .params = PUSH_PARAMS,
        .run = push,
};
