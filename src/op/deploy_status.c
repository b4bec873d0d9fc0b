/* deploy_status.c: how a deployment is doing. */
#include <math.h>
#include <string.h>

#include "base/json.h"
#include "op/deploy.h"
#include "registry/registry.h"
#include "serve/conduct.h"
#include "serve/deployment.h"

static const Param PARAMS[] = {
        {"model", PARAM_TEXT, "name of the model; the project's own when absent", .flags = PARAM_POSITIONAL},
        {"limit", PARAM_INT, "earlier deployments to show", "10", .min = 0, .max = 1000},
        {NULL},
};

static json_t *milliseconds(const RouteCounts *c, double share)
{
	return json_number(rollout_latency_quantile(c, share) / 1000);
}

static json_t *routes_json(const RolloutCounts *c)
{
	json_t *routes = json_array();
	for (size_t k = 0; k < ROLLOUT_ROUTES; k++) {
		const RouteCounts *r = &c->routes[k];
		if (r->requests)
			json_array_append_new(
			        routes, json_pack("{s:s,s:I,s:I,s:o,s:o,s:o}", "route", ROLLOUT_NAMES[k], "requests",
			                        (json_int_t)r->requests, "errors", (json_int_t)r->errors, "p50_ms",
			                        milliseconds(r, 0.5), "p95_ms", milliseconds(r, 0.95), "p99_ms",
			                        milliseconds(r, 0.99)));
	}
	return routes;
}

static json_t *shadow_json(const RolloutCounts *c)
{
	double rows = c->shadow.rows ? (double)c->shadow.rows : NAN;
	if (!c->routes[ROLLOUT_SHADOW].requests && !c->shadow.dropped)
		return json_null();
	return json_pack("{s:I,s:I,s:o,s:o,s:o,s:I}", "rows", (json_int_t)c->shadow.rows, "different",
	        (json_int_t)c->shadow.different, "share", json_number((double)c->shadow.different / rows),
	        "mean_difference", json_number(c->shadow.difference / rows), "largest_difference",
	        json_number(c->shadow.rows ? c->shadow.most : NAN), "dropped", (json_int_t)c->shadow.dropped);
}

static json_t *event_json(const json_t *e)
{
	json_t *about = json_copy(json_object_get(e, "about"));
	json_object_del(about, "counts");
	json_object_del(about, "findings");
	return json_pack("{s:o,s:O,s:O,s:o}", "at", time_json(json_get_int(e, "at", 0)), "event",
	        json_object_get(e, "event"), "who", json_object_get(e, "who"), "about", about);
}

static bool describe(const Desk *d, const json_t *deployment, json_t **ret, GError **error)
{
	const char *id = json_get_text(deployment, "id", "");
	g_autofree RolloutCounts *counts = g_new0(RolloutCounts, 1);
	json_auto_t *events = NULL;
	if (!conduct_counts(d->meta, id, counts, error) || !deployment_events(d->meta, id, &events, error))
		return false;
	json_t *out = deploy_json(deployment), *shown = json_array(), *event;
	size_t i;
	json_array_foreach (events, i, event)
		json_array_append_new(shown, event_json(event));
	json_object_set_new(out, "routes", routes_json(counts));
	json_object_set_new(out, "shadow", shadow_json(counts));
	json_object_set_new(out, "events", shown);
	*ret = out;
	return true;
}

static json_t *history_json(const json_t *list, size_t limit)
{
	static const char *const KEYS[] = {
	        "id", "version", "stable", "strategy", "state", "created", "ended", "ended_by", "ended_reason"};
	json_t *history = json_array();
	for (size_t i = 1; i < json_array_size(list) && i <= limit; i++) {
		json_auto_t *d = deploy_json(json_array_get(list, i));
		json_t *line = json_object();
		for (size_t k = 0; k < G_N_ELEMENTS(KEYS); k++)
			json_object_set(line, KEYS[k], json_object_get(d, KEYS[k]));
		json_array_append_new(history, line);
	}
	return history;
}

static bool status_of(const Desk *d, const json_t *in, json_t **ret, GError **error)
{
	g_autofree char *model = deploy_model(d, in);
	json_auto_t *list = NULL, *newest = json_null(), *version = NULL;
	if (!deployment_list(d->meta, model, &list, error) ||
	        (!json_array_size(list) && !registry_get(d->meta, model, &version, error)))
		return false;
	if (json_array_size(list)) {
		json_t *described;
		if (!describe(d, json_array_get(list, 0), &described, error))
			return false;
		json_decref(newest);
		newest = described;
	}
	*ret = json_pack("{s:s,s:O,s:o}", "model", model, "deployment", newest, "before",
	        history_json(list, (size_t)json_get_int(in, "limit", 10)));
	return true;
}

static bool run(App *app, const json_t *in, json_t **ret, GError **error)
{
	Desk d;
	if (!desk_open(app, &d, error))
		return false;
	bool ok = status_of(&d, in, ret, error);
	desk_clear(&d);
	return ok;
}

const Op OP_DEPLOY_STATUS = {
        .name = "deploy.status",
        .help = "show how the newest deployment of a model is doing",
        .more = "Servers write down what they saw once a second.\n"
                "JSON: {\"model\", \"deployment\": null or as `gyre deploy` with \"routes\": [{\"route\", "
                "\"requests\", \"errors\", \"p50_ms\",\n"
                "\"p95_ms\", \"p99_ms\"}], \"shadow\": null or {\"rows\", \"different\", \"share\", "
                "\"mean_difference\", \"largest_difference\",\n"
                "\"dropped\"}, \"events\": [{\"at\", \"event\", \"who\", \"about\"}]; \"before\": [{\"id\", "
                "\"version\", \"stable\", \"strategy\",\n"
                "\"state\", \"created\", \"ended\", \"ended_by\", \"ended_reason\"}]}",
        .remote = true,
        .params = PARAMS,
        .run = run,
};
