/* deploy_share.c: the op that gives a running deployment another share. */
#include "base/json.h"
#include "op/deploy.h"
#include "serve/deployment.h"

static const Param PARAMS[] = {
        {"percent", PARAM_REAL, "share of the requests", .min = 0, .max = 100, .unit = "%",
                .flags = PARAM_POSITIONAL | PARAM_REQUIRED},
        {"model", PARAM_TEXT, "NAME, or NAME@VERSION: that version's alone; the project's own when absent",
                .flags = PARAM_POSITIONAL},
        {"by", PARAM_TEXT, "who decides; kept on record"},
        {NULL},
};

static bool run(App *app, const json_t *in, json_t **ret, GError **error)
{
	Desk d;
	json_auto_t *deployment = NULL;
	if (!desk_open(app, &d, error))
		return false;
	const char *person;
	g_autofree char *model = deploy_model(&d, in);
	bool ok = deploy_person(in, &person, error) && deploy_check_named(&d, in, error) &&
	          deployment_share(d.meta, model, json_get_number(in, "percent", 0), person, &deployment, error);
	desk_clear(&d);
	if (ok)
		*ret = deploy_json(deployment);
	return ok;
}

const Op OP_DEPLOY_SHARE = {
        .name = "deploy.share",
        .help = "give the version that is being deployed another share of the requests",
        .more = "Callers that have it keep it when the share grows.\n"
                "JSON: as `gyre deploy`",
        .effect = OP_WRITE,
        .remote = true,
        .params = PARAMS,
        .run = run,
};
