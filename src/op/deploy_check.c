/* deploy_check.c: a version tried before it is let near a caller: by `gyre deploy`, or on its own.
 *
 * A deployment is checked once.  Machines that share a store claim it there for a time; on one machine a lock tells at once that
 * who claimed it was killed. */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/error.h"
#include "base/json.h"
#include "op/deploy.h"
#include "registry/registry.h"
#include "serve/deployment.h"
#include "serve/infra.h"

enum { REQUESTS = 200, CLAIM_S = 180 };

static const Param PARAMS[] = {
        {"model", PARAM_TEXT, "NAME, NAME@VERSION or NAME@ALIAS; without @: its newest version",
                .flags = PARAM_POSITIONAL},
        {"deployment", PARAM_TEXT, "id of a deployment that waits for its check; it then goes on or is refused",
                .unit = "ID"},
        {NULL},
};

/* goal.success: {metric: latency_p99_ms, at_most: MS}. */
static double latency_limit(const Desk *d)
{
	const json_t *success = json_at(yaml_root(d->project->yaml), "goal.success");
	size_t i;
	json_t *criterion;
	json_array_foreach ((json_t *)success, i, criterion)
		if (g_strcmp0(json_get_text(criterion, "metric", ""), "latency_p99_ms") == 0)
			return json_get_number(criterion, "at_most", NAN);
	return NAN;
}

bool deploy_try(const Desk *d, const char *model, int version, int stable, json_t **ret, GError **error)
{
	InfraInput in = {.state_folder = d->project->state_folder,
	        .meta = d->meta,
	        .blobs = d->blobs,
	        .model = model,
	        .version = version,
	        .stable = stable,
	        .limit_ms = latency_limit(d),
	        .requests = REQUESTS};
	return infra_check(&in, ret, error);
}

static bool check_claimed(const Desk *d, const json_t *deployment, json_t **ret, GError **error)
{
	const char *id = json_get_text(deployment, "id", ""), *model = json_get_text(deployment, "model", "");
	json_auto_t *check = NULL, *now = NULL;
	bool override = json_get_bool(json_object_get(deployment, "params"), "override", false);
	if (!deploy_try(d, model, (int)json_get_int(deployment, "version", 0),
	            override ? 0 : (int)json_get_int(deployment, "stable", 0), &check, error) ||
	        !deployment_checked(d->meta, id, check, json_get_text(check, "reason", NULL), &now, error))
		return false;
	const StrategyKind *kind = strategy_find(json_get_text(now, "strategy", ""));
	if (strcmp(json_get_text(now, "state", ""), "running") != 0 || !kind || kind->waits) {
		*ret = g_steal_pointer(&now);
		return true;
	}
	return deployment_end(d->meta, model, "promoted", json_get_text(now, "who", ""),
	        json_get_text(now, "reason", NULL), ret, error);
}

/* -1 in *ret: a process of this machine has it.  The lock ends with the process. */
static bool lock_check(const char *path, int *ret, GError **error)
{
	int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (file < 0)
		return fail(error, FAIL_UNAVAILABLE, "%s: %s", path, g_strerror(errno));
	*ret = file;
	if (flock(file, LOCK_EX | LOCK_NB) == 0)
		return true;
	close(file);
	*ret = -1;
	return true;
}

static bool check_alone(const Desk *d, const json_t *deployment, json_t **ret, GError **error)
{
	const char *id = json_get_text(deployment, "id", "");
	bool mine;
	if (!deployment_claim(d->meta, id, g_get_host_name(), CLAIM_S, &mine, error))
		return false;
	return mine ? check_claimed(d, deployment, ret, error) : deployment_get(d->meta, id, ret, error);
}

bool deploy_check(const Desk *d, const json_t *deployment, json_t **ret, GError **error)
{
	const char *id = json_get_text(deployment, "id", "");
	g_autofree char *name = g_strdup_printf("check-%s.lock", id),
	                *path = g_build_filename(d->project->state_folder, name, NULL);
	int lock;
	if (!lock_check(path, &lock, error))
		return false;
	if (lock < 0)
		return deployment_get(d->meta, id, ret, error);
	bool ok = check_alone(d, deployment, ret, error);
	unlink(path); /* who opened it before finds the deployment checked */
	close(lock);
	return ok;
}

/* Times are for people here, as in other ops. */
json_t *deploy_json(const json_t *deployment)
{
	static const char *const TIMES[] = {"created", "started", "ended", "undone"};
	json_t *out = json_deep_copy(deployment), *evidence = json_object_get(out, "evidence");
	for (size_t i = 0; i < G_N_ELEMENTS(TIMES); i++)
		json_object_set_new(out, TIMES[i], time_json(json_get_int(deployment, TIMES[i], 0)));
	json_object_del(out, "checked_until");
	json_object_del(json_object_get(evidence, "check"), "rows");
	return out;
}

/* A version on its own: beside the one in use, if that is another. */
static bool check_version(const Desk *d, const json_t *in, json_t **ret, GError **error)
{
	json_auto_t *version = NULL, *served = NULL, *check = NULL;
	const char *given = json_get_text(in, "model", NULL);
	g_autofree char *name = deploy_model(d, in);
	g_autofree char *reference = given && strchr(given, '@') ? g_strdup(given) : g_strconcat(name, "@latest", NULL);
	if (!registry_get(d->meta, reference, &version, error) || !registry_get(d->meta, name, &served, error))
		return false;
	int number = (int)json_get_int(version, "version", 0), stable = (int)json_get_int(served, "version", 0);
	if (!deploy_try(d, name, number, stable == number ? 0 : stable, &check, error))
		return false;
	json_object_del(check, "rows");
	*ret = json_pack("{s:s,s:i,s:O}", "model", name, "version", number, "check", check);
	return true;
}

static bool check_deployment(const Desk *d, const char *id, json_t **ret, GError **error)
{
	json_auto_t *deployment = NULL, *now = NULL;
	if (!deployment_get(d->meta, id, &deployment, error) || !deploy_check(d, deployment, &now, error))
		return false;
	json_auto_t *shown = deploy_json(now);
	const json_t *check = json_at(shown, "evidence.check");
	json_auto_t *none = json_null();
	*ret = json_pack("{s:O,s:O,s:O,s:O}", "model", json_object_get(shown, "model"), "version",
	        json_object_get(shown, "version"), "state", json_object_get(shown, "state"), "check",
	        check ? check : none);
	return true;
}

static bool run(App *app, const json_t *in, json_t **ret, GError **error)
{
	Desk d;
	const char *id = json_get_text(in, "deployment", NULL);
	if (!desk_open(app, &d, error))
		return false;
	bool ok = id ? check_deployment(&d, id, ret, error) : check_version(&d, in, ret, error);
	desk_clear(&d);
	if (ok && !json_get_bool(json_object_get(*ret, "check"), "pass", true))
		app->status = 1;
	return ok;
}

const Op OP_DEPLOY_CHECK = {
        .name = "deploy.check",
        .help = "try a version in a server of its own, as `gyre deploy` does first",
        .more = "It is loaded, must take requests made for the version in use, answers the newest requests of the "
                "prediction log (or the\n"
                "example of its training data), and must keep the goal's latency_p99_ms.  Status 1: it is not fit.\n"
                "JSON: {\"model\", \"version\", \"check\": {\"pass\", \"reason\"|null, \"requests\": answered, "
                "\"from\": log | example,\n"
                "\"start_ms\", \"p50_ms\", \"p99_ms\", \"limit_ms\"|null}}",
        .params = PARAMS,
        .effect = OP_WRITE,
        .run = run,
};
