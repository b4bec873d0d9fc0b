/* deploy_end.c: the ops that end a deployment. */
#include "base/json.h"
#include "op/deploy.h"
#include "serve/deployment.h"

static const Param PARAMS[] = {
        {"model", PARAM_TEXT, "NAME, or NAME@VERSION: that version's alone; the project's own when absent",
                .flags = PARAM_POSITIONAL},
        {"by", PARAM_TEXT, "who decides; kept on record"},
        {"reason", PARAM_TEXT, "why; kept on record"},
        {NULL},
};

static bool end(App *app, const json_t *in, const char *how, json_t **ret, GError **error)
{
	Desk d;
	json_auto_t *deployment = NULL;
	if (!desk_open(app, &d, error))
		return false;
	const char *person;
	g_autofree char *model = deploy_model(&d, in);
	bool ok = deploy_person(in, &person, error) && deploy_check_named(&d, in, error) &&
	          deployment_end(d.meta, model, how, person, json_get_text(in, "reason", NULL), &deployment, error);
	desk_clear(&d);
	if (ok)
		*ret = deploy_json(deployment);
	return ok;
}

static bool promote(App *app, const json_t *in, json_t **ret, GError **error)
{
	return end(app, in, "promoted", ret, error);
}

static bool rollback(App *app, const json_t *in, json_t **ret, GError **error)
{
	return end(app, in, "rolled_back", ret, error);
}

const Op OP_DEPLOY_PROMOTE = {
        .name = "deploy.promote",
        .help = "make the version that is being deployed the champion",
        .more = "JSON: as `gyre deploy`",
        .effect = OP_WRITE,
        .remote = true,
        .params = PARAMS,
        .run = promote,
};

const Op OP_DEPLOY_ROLLBACK = {
        .name = "deploy.rollback",
        .help = "give up the deployment in progress, or take the newest one back",
        .more = "Where none is in progress, and the newest was promoted and its version is the champion still, the "
                "version before is\n"
                "the champion again.\n"
                "JSON: as `gyre deploy`",
        .effect = OP_WRITE,
        .remote = true,
        .params = PARAMS,
        .run = rollback,
};
