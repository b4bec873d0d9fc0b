/* monitor_history.c: the op `monitor history`: a measure from window to window, at the times of the data. */
#include <math.h>
#include <string.h>

#include "base/duration.h"
#include "base/error.h"
#include "base/json.h"
#include "data/frame.h"
#include "monitor/history.h"
#include "op/desk.h"
#include "op/iso_times.h"

static const Param PARAMS[] = {
        {"model", PARAM_TEXT, "name of the model; the project's own when absent", .flags = PARAM_POSITIONAL},
        {"look", PARAM_TEXT, "only of this look: drift, performance, kpi ..."},
        {"measure", PARAM_TEXT, "only this measure: roc_auc, psi, missing ..."},
        {"subject", PARAM_TEXT, "only of this column, or \"score\", \"decision\""},
        {"version", PARAM_INT, "only of this version; 0: of all", "0", .min = 0, .max = 1e9},
        {"route", PARAM_TEXT, "only of this route: stable, canary, shadow"},
        {"since", PARAM_TEXT, "windows that end after this: 30d before now, or an ISO time", "\"\""},
        {"limit", PARAM_INT, "points, the newest", "1000", .min = 1, .max = 1e6},
        {NULL},
};

static bool since_of(const char *text, int64_t *ret, GError **error)
{
	int64_t length;
	*ret = 0;
	if (!*text)
		return true;
	if (duration_parse(text, &length)) {
		*ret = meta_now() - length;
		return true;
	}
	return time_parse(text, ret) ||
	       fail(error, FAIL_INVALID, "\"%s\" is neither a length of time such as 30d nor an ISO time", text);
}

static bool read_points(const Desk *d, const json_t *in, json_t **ret, GError **error)
{
	HistoryQuery q = {.model = json_get_text(in, "model", project_name(d->project)),
	        .look = json_get_text(in, "look", NULL),
	        .measure = json_get_text(in, "measure", NULL),
	        .subject = json_get_text(in, "subject", NULL),
	        .route = json_get_text(in, "route", NULL),
	        .version = (int)json_get_int(in, "version", 0),
	        .limit = (int)json_get_int(in, "limit", 1000)};
	return since_of(json_get_text(in, "since", ""), &q.since, error) && history_points(d->meta, &q, ret, error);
}

static bool run(App *app, const json_t *in, json_t **ret, GError **error)
{
	static const char *const TIMES[] = {"begin", "end", NULL};
	Desk d;
	json_auto_t *points = NULL;
	if (!desk_open(app, &d, error))
		return false;
	bool ok = read_points(&d, in, &points, error);
	desk_clear(&d);
	if (!ok)
		return false;
	iso_times_each(points, TIMES);
	*ret = json_pack("{s:O}", "points", points);
	return true;
}

const Op OP_MONITOR_HISTORY = {
        .name = "monitor.history",
        .help = "show a measure from window to window",
        .more = "At the times of the data, so that what was measured later lies where it belongs: what Prometheus "
                "cannot do.\n\n"
                "    gyre monitor history --look performance --measure roc_auc\n"
                "    gyre monitor history --look drift --subject age --since 30d\n\n"
                "JSON: {\"points\": [{\"begin\", \"end\", \"version\", \"route\", \"look\", \"measure\", \"subject\", "
                "\"value\", \"limit\", \"low\", \"high\", \"p\",\n\"state\"}]}, the oldest first; low and high: the "
                "interval, "
                "where there is one",
        .remote = true,
        .params = PARAMS,
        .run = run,
};
