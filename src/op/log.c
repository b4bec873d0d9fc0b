/* log.c: the ops on the prediction log: what was asked and answered, and the journals made into Parquet. */
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "op/desk.h"
#include "serve/predlog.h"

static const Param PARAMS[] = {
        {"model", PARAM_TEXT, "name of the model; the project's own when absent", .flags = PARAM_POSITIONAL},
        {"limit", PARAM_INT, "rows to show, the newest", "20", .min = 1, .max = 100000},
        {"errors", PARAM_BOOL, "only requests that were refused", "false"},
        {"memory_mb", PARAM_INT, "memory to stay within", "512", .min = 128, .max = 1e9, .unit = "MiB"},
        {NULL},
};

static bool list_rows(Engine *e, const json_t *in, json_t **ret, GError **error)
{
	g_autofree char *sql = g_strdup_printf(
	        "SELECT * FROM predictions WHERE _gyre_error IS %s ORDER BY _gyre_time DESC, _gyre_id LIMIT %d",
	        json_get_bool(in, "errors", false) ? "NOT NULL" : "NULL", (int)json_get_int(in, "limit", 20));
	return engine_rows(e, sql, ret, error);
}

static bool show_with(Engine *e, const Desk *d, const json_t *in, json_t **ret, GError **error)
{
	const char *model = json_get_text(in, "model", json_get_text(yaml_root(d->project->yaml), "project", ""));
	json_auto_t *rows = NULL, *counts = NULL;
	if (!predlog_view(e, d->project->state_folder, model, "predictions", error) ||
	        !engine_row(e,
	                "SELECT count(*) - count(_gyre_error) AS rows, count(_gyre_error) AS errors FROM predictions",
	                &counts, error) ||
	        !list_rows(e, in, &rows, error))
		return false;
	*ret = json_pack("{s:s,s:O,s:O,s:O}", "model", model, "rows", json_object_get(counts, "rows"), "errors",
	        json_object_get(counts, "errors"), "predictions", rows);
	return true;
}

static bool show(App *app, const json_t *in, json_t **ret, GError **error)
{
	Desk d;
	EngineLimits limits = {.memory_mb = (size_t)json_get_int(in, "memory_mb", 512)};
	g_autoptr(Engine) e = NULL;
	if (!desk_open(app, &d, error))
		return false;
	bool ok = engine_open(&limits, &e, error) && show_with(e, &d, in, ret, error);
	desk_clear(&d);
	return ok;
}

const Op OP_LOG = {
        .name = "log",
        .help = "show the predictions a server has answered",
        .more = "Columns: _gyre_id, _gyre_time, _gyre_version, _gyre_route, _gyre_protocol, _gyre_latency_us, "
                "_gyre_error,\n"
                "prediction, probability_LABEL for each class, and the model's inputs.\n"
                "JSON: {\"model\", \"rows\": answered, \"errors\": refused, \"predictions\": [{column: value}...] the "
                "newest first}",
        .remote = true,
        .params = PARAMS,
        .run = show,
};

static const Param SEAL_PARAMS[] = {
        {"memory_mb", PARAM_INT, "memory to stay within", "512", .min = 128, .max = 1e9, .unit = "MiB"},
        {NULL},
};

static bool seal(App *app, const json_t *in, json_t **ret, GError **error)
{
	Desk d;
	int64_t rows = 0;
	if (!desk_open(app, &d, error))
		return false;
	bool ok = predlog_seal(d.project->state_folder, (size_t)json_get_int(in, "memory_mb", 512), &rows, error);
	desk_clear(&d);
	if (ok)
		*ret = json_pack("{s:I}", "rows", (json_int_t)rows);
	return ok;
}

const Op OP_LOG_SEAL = {
        .name = "log.seal",
        .help = "make Parquet of the prediction log's journals that no server writes any more",
        .more = "A server has this done whenever it leaves a journal (64 MiB, an hour, its end); it may be called at "
                "any time.\n"
                "JSON: {\"rows\": rows sealed}",
        .effect = OP_WRITE,
        .params = SEAL_PARAMS,
        .run = seal,
};
