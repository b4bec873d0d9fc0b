/* log_labelled.c: the op `log labelled`: predictions whose outcome is known, as rows to learn from. */
#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "op/labelled.h"
#include "retrain/labelled.h"

static const Param PARAMS[] = {
        {"file", PARAM_TEXT, "Parquet file to write", .flags = PARAM_POSITIONAL | PARAM_REQUIRED},
        {"memory_mb", PARAM_INT, "memory to stay within", "512", .min = 128, .max = 1e9, .unit = "MiB"},
        {NULL},
};

bool labelled_update(const Desk *d, const char *file, size_t memory_mb, json_t **ret, GError **error)
{
	g_autofree char *path = project_path(d->project, file), *schema_path = project_path(d->project, PROJECT_SCHEMA);
	json_auto_t *schema = NULL;
	int64_t rows = 0;
	bool is_changed = false;
	if (g_file_test(schema_path, G_FILE_TEST_EXISTS) && !json_read_file(schema_path, &schema, error))
		return false;
	LabelledInput in = {.meta = d->meta,
	        .state_folder = d->project->state_folder,
	        .model = project_name(d->project),
	        .target = json_get_text(project_block(d->project, "goal"), "target", ""),
	        .time = json_get_text(project_block(d->project, "data"), "time", NULL),
	        .schema = schema,
	        .memory_mb = memory_mb};
	if (!labelled_write(&in, path, &rows, &is_changed, error))
		return false;
	*ret = json_pack("{s:o,s:I,s:b}", "file", json_text(path), "rows", (json_int_t)rows, "changed", is_changed);
	return true;
}

static bool run(App *app, const json_t *in, json_t **ret, GError **error)
{
	Desk d;
	/* The caller's own folder, not the project's, is where a name on the command line begins. */
	g_autofree char *file = g_canonicalize_filename(json_get_text(in, "file", ""), NULL);
	if (!desk_open_sound(app, &d, error))
		return false;
	bool ok = labelled_update(&d, file, (size_t)json_get_int(in, "memory_mb", 512), ret, error);
	desk_clear(&d);
	return ok;
}

const Op OP_LOG_LABELLED = {
        .name = "log.labelled",
        .help = "write the predictions whose outcome is known as rows to learn from",
        .more = "The model's inputs, and the outcome under the target's name; the time of the prediction under "
                "data.time's, "
                "where that\n"
                "is no input.  A source of the project may name the file; retrain.labelled has the watch keep it up to "
                "date.\n"
                "JSON: {\"file\", \"rows\", \"changed\": are its bytes others than before?}",
        .effect = OP_WRITE,
        .params = PARAMS,
        .run = run,
};
