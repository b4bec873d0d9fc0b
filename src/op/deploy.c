/* deploy.c: the op that begins a deployment. */
#include "op/deploy.h"

#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "registry/registry.h"
#include "serve/deployment.h"

/* Bounds without a default here: what is not given is gyre.yaml's. */
static const Param PARAMS[] = {
        {"model", PARAM_TEXT, "NAME, NAME@VERSION or NAME@ALIAS; without @: its newest version",
                .flags = PARAM_POSITIONAL},
        {"strategy", PARAM_TEXT,
                "all_at_once, canary, shadow or blue_green; else what gyre.yaml says, or canary where a share is "
                "given"},
        {"percent", PARAM_REAL, "share of the requests for the version", .min = 0, .max = 100, .unit = "%"},
        {"shadow", PARAM_BOOL, "the same as --strategy shadow", "false"},
        {"sticky", PARAM_TEXT, "header whose value decides which version answers", .unit = "HEADER"},
        {"errors", PARAM_REAL, "most that the share of failed requests may lie above the stable version's", .min = 0,
                .max = 1},
        {"latency", PARAM_REAL,
                "most that the 95th percentile of latency may be, in times of the stable version's (or of 1 ms)",
                .min = 1, .max = 1000},
        {"score_shift", PARAM_REAL,
                "most that scores may differ from what they were on validation rows, beside how the stable version's "
                "do (PSI)",
                .min = 0, .max = 100},
        {"min_requests", PARAM_INT, "requests of each version before anything is judged", .min = 20, .max = 1e9},
        {"soak", PARAM_INT, "time within the bounds before it is promoted by itself", .min = 0, .max = 31e6,
                .unit = "s"},
        {"promote", PARAM_TEXT, "auto or by_hand"},
        {"rollback", PARAM_TEXT, "auto or by_hand"},
        {"override", PARAM_BOOL,
                "deploy although the gate said no, or it wants other inputs than the version in use; needs --by and "
                "--reason",
                "false"},
        {"by", PARAM_TEXT, "who decides; kept on record"},
        {"reason", PARAM_TEXT, "why; kept on record"},
        {NULL},
};

bool deploy_person(const json_t *in, const char **ret, GError **error)
{
	static const char *const NOBODY[] = {DEPLOY_WHO_AUTO, WHO_GATE, NULL};
	const char *by = json_get_text(in, "by", g_get_user_name());
	if (g_strv_contains(NOBODY, by))
		return fail(error, FAIL_INVALID,
		        "by: \"%s\" stands on record for what no person decided; say who decides: --by NAME", by);
	*ret = by;
	return true;
}

bool deploy_check_named(const Desk *d, const json_t *in, GError **error)
{
	const char *given = json_get_text(in, "model", NULL);
	g_autofree char *model = deploy_model(d, in);
	json_auto_t *version = NULL, *deployment = NULL;
	if (!given || !strchr(given, '@'))
		return true;
	if (!registry_get(d->meta, given, &version, error) || !deployment_current(d->meta, model, &deployment, error) ||
	        (!deployment && !deployment_newest(d->meta, model, &deployment, error)))
		return false;
	int wanted = (int)json_get_int(version, "version", 0), there = (int)json_get_int(deployment, "version", 0);
	return !deployment || wanted == there ||
	       fail(error, FAIL_CONFLICT, "the deployment of \"%s\" is of version %d, not of version %d", model, there,
	               wanted);
}

char *deploy_model(const Desk *d, const json_t *in)
{
	const char *given = json_get_text(in, "model", NULL), *at = given ? strrchr(given, '@') : NULL;
	if (at)
		return g_strndup(given, (size_t)(at - given));
	return g_strdup(given ? given : json_get_text(yaml_root(d->project->yaml), "project", ""));
}

static bool has_share(const char *strategy)
{
	const StrategyKind *kind = strategy_find(strategy);
	return !kind || kind->is_judged;
}

/* Who asks for a share, or for callers to stay with a version, means a canary where nothing else is said. */
static const char *strategy_of(const json_t *in, const char *usual)
{
	const char *given = json_get_bool(in, "shadow", false) ? "shadow" : json_get_text(in, "strategy", NULL);
	bool shares = json_object_get(in, "percent") || json_object_get(in, "sticky");
	return given ? given : shares && !has_share(usual) ? STRATEGY_CANARY.name : usual;
}

/* The block of gyre.yaml with what was given laid over it.  A share is its strategy's: with another strategy it goes. */
static json_t *settings_of(const Desk *d, const json_t *in)
{
	json_t *block = json_object_get(yaml_root(d->project->yaml), "deploy");
	json_t *settings = json_is_object(block) ? json_copy(block) : json_object();
	const char *usual = json_get_text(settings, "strategy", STRATEGY_ALL_AT_ONCE.name);
	json_auto_t *strategy = json_text(strategy_of(in, usual));
	if (g_strcmp0(json_string_value(strategy), usual) != 0)
		json_object_del(settings, "percent");
	for (const Param *p = DEPLOY_PARAMS; p->name; p++)
		if (json_object_get(in, p->name))
			json_object_set(settings, p->name, json_object_get(in, p->name));
	json_object_set(settings, "strategy", strategy);
	if (json_get_bool(in, "override", false))
		json_object_set_new(settings, "override", json_true());
	return settings;
}

static bool find_version(const Desk *d, const json_t *in, json_t **ret, GError **error)
{
	const char *given = json_get_text(in, "model", NULL);
	g_autofree char *name = deploy_model(d, in);
	g_autofree char *reference = given && strchr(given, '@') ? g_strdup(given) : g_strconcat(name, "@latest", NULL);
	return registry_get(d->meta, reference, ret, error);
}

static bool deploy_in(const Desk *d, const json_t *in, json_t **ret, GError **error)
{
	json_auto_t *version = NULL, *begun = NULL, *settings = settings_of(d, in);
	const char *by = json_get_text(in, "by", NULL), *person;
	bool override = json_get_bool(in, "override", false);
	if (!deploy_person(in, &person, error) || !find_version(d, in, &version, error) ||
	        !deployment_begin(d->meta, json_get_text(version, "name", ""), (int)json_get_int(version, "version", 0),
	                NULL, settings, override ? by : person, json_get_text(in, "reason", NULL), &begun, error))
		return false;
	return deploy_check(d, begun, ret, error);
}

static bool run(App *app, const json_t *in, json_t **ret, GError **error)
{
	Desk d;
	json_auto_t *deployment = NULL;
	if (!desk_open(app, &d, error))
		return false;
	bool ok = deploy_in(&d, in, &deployment, error);
	desk_clear(&d);
	if (!ok)
		return false;
	if (g_strcmp0(json_get_text(deployment, "state", ""), "refused") == 0)
		app->status = 1;
	*ret = deploy_json(deployment);
	return true;
}

const Op OP_DEPLOY = {
        .name = "deploy",
        .help = "put a version into use, by a strategy",
        .more = "The version is tried in a server of its own first: it is loaded, answers real requests of the "
                "prediction log, and must keep\n"
                "the goal's latency_p99_ms; refused: status 1, and nothing changes.  Running servers follow within a "
                "second.  What is not\n"
                "given stands in the block `deploy` of gyre.yaml.  docs/deploy.md has the rest.\n"
                "JSON: {\"id\", \"model\", \"version\", \"stable\": version before or null, \"strategy\", \"params\": "
                "{...}, \"state\": checking | running |\n"
                "promoted | rolled_back | refused, \"who\", \"reason\", \"created\", \"started\", \"ended\", "
                "\"ended_by\", \"ended_reason\", \"undone\",\n"
                "\"evidence\": {\"check\": {\"pass\", \"reason\", \"requests\", \"from\", \"start_ms\", \"p50_ms\", "
                "\"p99_ms\", \"limit_ms\"}, \"verdict\"}}",
        .effect = OP_WRITE,
        .remote = true,
        .is_long = true,
        .params = PARAMS,
        .run = run,
};
