/* status.c: the op `status`: the plan as a tree: what is fresh, what would run, and why. */
#include "base/json.h"
#include "op/desk.h"
#include "project/life.h"

static const Param PARAMS[] = {{NULL}};

static bool run(App *app, const json_t *in, json_t **ret, GError **error)
{
	g_autoptr(Project) p = NULL;
	g_autoptr(Plan) plan = NULL;
	(void)in;
	if (!project_open(app->folder, &p, error))
		return false;
	Champion champion = {p->state_folder, project_name(p)};
	json_auto_t *status = NULL;
	if (!life_plan(p, &champion, &plan, error) || !plan_status(plan, p->state_folder, &status, error))
		return false;
	json_object_set_new(status, "project", json_text(project_name(p)));
	*ret = json_incref(status);
	return true;
}

const Op OP_STATUS = {
        .name = "status",
        .help = "show the plan: what is fresh, stale or failed, and why",
        .more = "Runs nothing.  JSON: {\"project\", \"steps\": [{\"name\", \"kind\", \"status\": "
                "\"fresh\"|\"stale\"|\"failed\"|\"waiting\", \"why\", "
                "\"key\", \"seconds\", \"needs\": []}]}",
        .remote = true,
        .params = PARAMS,
        .run = run,
};
