/* feasible.c: the op `feasible`: can this be done, before any long search? */
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/json.h"
#include "op/desk.h"
#include "op/origin.h"
#include "op/summary.h"
#include "pipeline/console.h"
#include "pipeline/run.h"
#include "project/life.h"

static const Param PARAMS[] = {
        {"rows", PARAM_INT, "rows to look at, about; of more a sample is taken", "50000", .min = 100, .max = 1000000},
        {"force", PARAM_BOOL, "look again even where nothing changed", "false", .letter = 'f'},
        {NULL},
};

static bool run_plan(App *app, const Desk *d, const json_t *in, json_t **ret, GError **error)
{
	static const char *const ONLY[] = {"feasible", NULL};
	Champion champion = {d->project->state_folder, project_name(d->project)};
	g_autoptr(Plan) plan = NULL;
	json_auto_t *tags = origin_tags(d->project);
	if (!life_plan_feasible(d->project, &champion, json_get_int(in, "rows", 0), &plan, error))
		return false;
	ConsoleLook look = console_look(STDERR_FILENO);
	g_autoptr(Console) console = app->is_quiet ? NULL : console_new(STDERR_FILENO, &look);
	RunOptions options = {
	        .state_folder = d->project->state_folder,
	        .experiment = project_name(d->project),
	        .name = "feasible",
	        .tags = tags,
	        .only = ONLY,
	        .force = json_get_bool(in, "force", false),
	        .cores = (unsigned)json_get_int(project_block(d->project, "limits"), "cores", 0),
	        .catch_signals = true,
	        .observe = console ? console_observe : NULL,
	        .context = console,
	        .tick_ms = console ? console_tick_ms(console) : 0,
	};
	return plan_run(plan, &options, ret, error);
}

static bool run_at(App *app, const Desk *d, const json_t *in, json_t **ret, GError **error)
{
	json_auto_t *result = NULL, *found = NULL;
	if (!run_plan(app, d, in, &result, error) ||
	        !summary_artifact(d, result, "feasible", "feasible", &found, error))
		return false;
	const char *answer = json_get_text(json_object_get(found, "verdict"), "answer", "");
	bool is_no = strcmp(answer, "no") == 0 || strcmp(answer, "check_leaks") == 0;
	app->status = !found ? summary_failure_status(result) : is_no ? STATUS_NO : STATUS_DONE;
	const json_t *data = json_at(summary_step(result, "ingest"), "outputs.snapshot");
	*ret = json_pack("{s:O,s:O,s:O?,s:O?,s:O}", "run", json_object_get(result, "run"), "status",
	        json_object_get(result, "status"), "data", data, "feasible", found, "steps",
	        json_object_get(result, "steps"));
	return true;
}

static bool run(App *app, const json_t *in, json_t **ret, GError **error)
{
	Desk d;
	if (!desk_make(app, &d, error))
		return false;
	bool ok = run_at(app, &d, in, ret, error);
	desk_clear(&d);
	return ok;
}

const Op OP_FEASIBLE = {
        .name = "feasible",
        .help = "tell whether the goal can be reached, before any long search",
        .more = "Compares guessing, a rule over one column, a linear model and quick boosting on rows to learn from "
                "(never "
                "the\n"
                "test part), and tells whether there is signal, whether a rule is enough, whether more rows would "
                "help, "
                "which\n"
                "labels are doubtful, which columns give the answer away, and what the KPIs could come to.\n"
                "Exit status: 0 yes, perhaps, or no model is needed; 1 no, or a column gives the answer away; 2 the "
                "configuration\n"
                "or the data is wrong.\n"
                "JSON: {\"run\", \"status\": \"done\"|\"failed\", \"data\": version, \"feasible\": {\"metric\", "
                "\"rows\", "
                "\"sampled\", \"judged\",\n"
                "\"verdict\": {\"answer\": \"yes\"|\"no_model_needed\"|\"maybe\"|\"no\"|\"check_leaks\", \"sentence\", "
                "\"reasons\"}, \"models\",\n"
                "\"signal\", \"criteria\", \"rule\", \"curve\", \"labels\", \"leaks\", \"balance\", \"time\", "
                "\"stretches\", "
                "\"value\", "
                "\"warnings\"}, \"steps\"};\n"
                "docs/feasible.md has every key",
        .effect = OP_WRITE,
        .params = PARAMS,
        .run = run,
};
