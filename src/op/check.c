/* check.c: the op `check`: what is wrong with the project before anything runs. */
#include <string.h>

#include "base/json.h"
#include "goal/goal.h"
#include "op/op.h"
#include "base/error.h"
#include "project/project.h"

static const Param PARAMS[] = {
        {"data", PARAM_BOOL, "look at the data too: are the files and columns there?", "true"},
        {NULL},
};

static bool all_ok(const json_t *smart)
{
	size_t i;
	json_t *entry;
	json_array_foreach ((json_t *)smart, i, entry)
		if (!json_get_bool(entry, "ok", false))
			return false;
	return true;
}

static bool run(App *app, const json_t *in, json_t **ret, GError **error)
{
	g_autoptr(Project) p = NULL;
	if (!project_read(app->folder, &p, error))
		return false;
	if (p->config && json_get_bool(in, "data", true) && !project_check_data(p, error))
		return false;
	bool sound = !project_has_errors(p);
	json_t *smart = sound ? goal_smart(project_block(p, "goal"), project_block(p, "figures")) : json_array();
	bool is_smart = sound && all_ok(smart);
	app->status = !sound ? STATUS_USAGE : is_smart ? STATUS_DONE : STATUS_NO;
	*ret = json_pack("{s:s,s:b,s:O,s:b,s:o}", "file", yaml_name(p->yaml), "ok", sound, "problems", p->problems,
	        "smart", is_smart, "goal", smart);
	return true;
}

const Op OP_CHECK = {
        .name = "check",
        .help = "tell what is wrong with the project before anything runs",
        .more = "Exit status: 0 sound, 1 sound but the goal is not SMART, 2 gyre.yaml has errors.\n"
                "JSON: {\"file\", \"ok\", \"problems\": "
                "[{\"file\",\"line\",\"column\",\"path\",\"severity\",\"problem\"}], \"smart\", \"goal\": "
                "[{\"letter\",\"name\",\"ok\",\"finding\"}]}",
        .remote = true,
        .params = PARAMS,
        .run = run,
};
