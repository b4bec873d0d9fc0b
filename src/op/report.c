/* report.c: the op `report`: the report of the newest run, or of a run that is named. */
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "op/desk.h"
#include "op/summary.h"
#include "pipeline/run.h"
#include "track/track.h"

static const Param PARAMS[] = {
        {"run", PARAM_TEXT, "a run's id, or the first characters of it; the newest with a report when absent",
                .flags = PARAM_POSITIONAL},
        {"output", PARAM_TEXT, "file to write", "\"report.html\"", .letter = 'o', .unit = "FILE"},
        {NULL},
};

static const char *report_of(const json_t *record)
{
	return json_get_text(json_object_get(summary_step(record, "report"), "outputs"), "report", NULL);
}

static bool of_run(const Desk *d, const char *given, char **ret_run, char **ret_digest, GError **error)
{
	g_autofree char *id = NULL;
	json_auto_t *record = NULL;
	if (!track_find(d->meta, given, &id, error) || !plan_run_record(d->meta, id, &record, error))
		return false;
	if (!report_of(record))
		return fail(error, FAIL_NOT_FOUND, "run %s did not get as far as a report", id);
	*ret_digest = g_strdup(report_of(record));
	*ret_run = g_steal_pointer(&id);
	return true;
}

static bool newest(const Desk *d, char **ret_run, char **ret_digest, GError **error)
{
	enum { LOOK_BACK = 100 };
	g_autofree char *experiment = NULL;
	json_auto_t *runs = NULL;
	if (!track_experiment(d->meta, json_get_text(yaml_root(d->project->yaml), "project", ""), &experiment, error) ||
	        !track_list(d->meta, experiment, NULL, LOOK_BACK, &runs, error))
		return false;
	size_t i;
	json_t *run;
	json_array_foreach (runs, i, run) {
		json_auto_t *record = NULL;
		const char *id = json_get_text(run, "run_id", "");
		if (!plan_run_record(d->meta, id, &record, NULL) || !report_of(record))
			continue;
		*ret_digest = g_strdup(report_of(record));
		*ret_run = g_strdup(id);
		return true;
	}
	return fail(error, FAIL_NOT_FOUND, "no run has got as far as a report; try: gyre run");
}

static bool write_report(const Desk *d, const json_t *in, json_t **ret, GError **error)
{
	const char *given = json_get_text(in, "run", NULL), *output = json_get_text(in, "output", "report.html");
	g_autofree char *run = NULL, *digest = NULL, *blob = NULL, *html = NULL;
	size_t size;
	if (!(given ? of_run(d, given, &run, &digest, error) : newest(d, &run, &digest, error)) ||
	        !blobs_path(d->blobs, digest, &blob, error) || !file_read(blob, G_MAXINT32, &html, &size, error) ||
	        !file_write(output, html, size, error))
		return false;
	*ret = json_pack("{s:s,s:s,s:I}", "run", run, "output", output, "bytes", (json_int_t)size);
	return true;
}

static bool run(App *app, const json_t *in, json_t **ret, GError **error)
{
	Desk d;
	if (!desk_open(app, &d, error))
		return false;
	bool ok = write_report(&d, in, ret, error);
	desk_clear(&d);
	return ok;
}

const Op OP_REPORT = {
        .name = "report",
        .help = "write the report for stakeholders: one HTML file",
        .more = "JSON: {\"run\", \"output\", \"bytes\"}",
        .params = PARAMS,
        .run = run,
};
