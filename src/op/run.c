/* run.c: the op `run`: the pipeline of the project, and what came of it. */
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "op/desk.h"
#include "op/origin.h"
#include "op/summary.h"
#include "pipeline/console.h"
#include "pipeline/run.h"
#include "project/life.h"
#include "retrain/settings.h"

static const Param PARAMS[] = {
        {"steps", PARAM_TEXTS, "steps to bring up to date, with what they need; all when none is named", "[]",
                .flags = PARAM_POSITIONAL},
        {"force", PARAM_BOOL, "run them even where nothing changed", "false", .letter = 'f'},
        {"candidate", PARAM_BOOL, "register a version and leave the champion in use where it is", "false"},
        {"mode", PARAM_TEXT,
                "retrain: train anew; fine_tune: the champion learns on from rows it has not seen, as "
                "retrain.fine_tune says",
                "\"retrain\"", .choices = RETRAIN_MODES},
        {"cores", PARAM_INT, "cores to use; 0: limits.cores, or all", "0", .min = 0, .max = 4096, .letter = 'j'},
        {NULL},
};

/* The schema stands in the project from its first run on, for people to read and edit. */
static bool keep_schema(const Desk *d, const json_t *result, GError **error)
{
	g_autofree char *path = project_path(d->project, PROJECT_SCHEMA);
	const char *digest = json_string_value(json_at(summary_step(result, "ingest"), "outputs.schema"));
	g_autofree char *blob = NULL, *text = NULL;
	size_t size;
	if (!digest || g_file_test(path, G_FILE_TEST_EXISTS))
		return true;
	return blobs_path(d->blobs, digest, &blob, error) && file_read(blob, G_MAXINT32, &text, &size, error) &&
	       file_write(path, text, size, error);
}

static char **names_of(const json_t *list)
{
	char **names = g_new0(char *, json_array_size(list) + 1);
	size_t i;
	json_t *name;
	json_array_foreach ((json_t *)list, i, name)
		names[i] = g_strdup(json_string_value(name));
	return names;
}

static bool run_plan(App *app, const Desk *d, const json_t *in, json_t **ret, GError **error)
{
	Champion champion = {d->project->state_folder, project_name(d->project)};
	g_autoptr(Plan) plan = NULL;
	g_auto(GStrv) only = names_of(json_object_get(in, "steps"));
	json_auto_t *tags = origin_tags(d->project);
	d->project->is_candidate = json_get_bool(in, "candidate", false);
	d->project->learns_on = strcmp(json_get_text(in, "mode", ""), "fine_tune") == 0;
	if (!life_plan(d->project, &champion, &plan, error))
		return false;
	int64_t limit = json_get_int(project_block(d->project, "limits"), "cores", 0);
	int64_t cores = json_get_int(in, "cores", 0);
	ConsoleLook look = console_look(STDERR_FILENO);
	g_autoptr(Console) console = app->is_quiet ? NULL : console_new(STDERR_FILENO, &look);
	RunOptions options = {
	        .state_folder = d->project->state_folder,
	        .experiment = project_name(d->project),
	        .tags = tags,
	        .only = only[0] ? (const char *const *)only : NULL,
	        .force = json_get_bool(in, "force", false),
	        .cores = (unsigned)(cores ? cores : limit),
	        .catch_signals = true,
	        .observe = console ? console_observe : NULL,
	        .context = console,
	        .tick_ms = console ? console_tick_ms(console) : 0,
	};
	return plan_run(plan, &options, ret, error);
}

static bool run_at(App *app, const Desk *d, const json_t *in, json_t **ret, GError **error)
{
	json_auto_t *result = NULL;
	if (!run_plan(app, d, in, &result, error) || !keep_schema(d, result, error) || !summary_add(d, result, error))
		return false;
	const char *status = json_get_text(result, "status", "");
	if (strcmp(status, "failed") == 0)
		app->status = summary_failure_status(result);
	else if (strcmp(status, "rejected") == 0)
		app->status = STATUS_NO;
	*ret = json_incref(result);
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

const Op OP_RUN = {
        .name = "run",
        .help = "run the pipeline: from the data to a registered model and a report",
        .more = "Steps: ingest, verify, profile, split, features, train, evaluate, gate, register, report, and your "
                "own.  Only what\n"
                "changed is run; interrupted runs go on where they were.  Exit status: 0 done, 1 the gate rejected the "
                "model, it cannot\n"
                "answer, or a check failed, 2 the configuration or the data is wrong, 3 something outside failed.\n"
                "JSON: {\"run\", \"status\": \"done\"|\"rejected\"|\"failed\", \"steps\": [{\"name\", \"status\": "
                "\"ran\"|\"cached\"|\"failed\"|\"skipped\",\n"
                "\"seconds\", \"key\", ...}], \"model\": {\"name\", \"version\", \"digest\", \"champion\", \"note\": "
                "why one that passed is not the champion} or null, \"metrics\": "
                "{\"test\": {}, \"baseline\": {}},\n"
                "\"gate\": {\"pass\", \"reasons\"}, \"summary\": {...}}",
        .effect = OP_WRITE,
        .params = PARAMS,
        .run = run,
};
