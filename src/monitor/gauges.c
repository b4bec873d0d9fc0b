/* gauges.c: gauges read from the store: windows and their findings, alarms, what was told, the model in use. */
#include "monitor/gauges.h"

#include <math.h>
#include <string.h>

#include "base/duration.h"
#include "base/error.h"
#include "base/json.h"
#include "base/limits.h"
#include "impact/delivery.h"
#include "monitor/gauge_set.h"
#include "monitor/history.h"
#include "registry/registry.h"
#include "track/track.h"

enum { WINDOWS_BACK = 40 }; /* a look that could not judge for longer is silent */

/* Which gauges a measure is: the first line that fits.  NULL fits all. */
typedef struct GaugeLine {
	const char *look, *measure;
	GaugeId value, limit, lower, upper, p, alert;
	const char *subject_label, *measure_label, *kind;
} GaugeLine;

static const GaugeLine LINES[] = {
        {"drift", NULL, GAUGE_DRIFT_SCORE, GAUGE_DRIFT_THRESHOLD, .p = GAUGE_DRIFT_PVALUE, .alert = GAUGE_DRIFT_ALERT,
                .subject_label = "column", .measure_label = "method"},
        {"multivariate", NULL, GAUGE_DRIFT_SCORE, GAUGE_DRIFT_THRESHOLD, .p = GAUGE_DRIFT_PVALUE,
                .alert = GAUGE_DRIFT_ALERT, .subject_label = "column", .measure_label = "method"},
        {"performance", "coverage", GAUGE_LABEL_COVERAGE},
        {"performance", "delay", GAUGE_LABEL_DELAY},
        {"performance", "maturity", GAUGE_FINDING, .measure_label = "measure"},
        {"performance", "selection", GAUGE_FINDING, .measure_label = "measure"},
        {"performance", "goal", GAUGE_NONE, GAUGE_PERF_GOAL, .subject_label = "metric", .kind = "realized"},
        {"estimate", "goal", GAUGE_NONE, GAUGE_PERF_GOAL, .subject_label = "metric", .kind = "estimated"},
        {"performance", NULL, GAUGE_PERF, GAUGE_PERF_LIMIT, GAUGE_PERF_LOWER, GAUGE_PERF_UPPER,
                .measure_label = "metric", .subject_label = "subject", .kind = "realized"},
        {"estimate", NULL, GAUGE_PERF, GAUGE_PERF_LIMIT, GAUGE_PERF_LOWER, GAUGE_PERF_UPPER, .measure_label = "metric",
                .subject_label = "subject", .kind = "estimated"},
        {"concept", "disagreement", GAUGE_DISAGREEMENT, GAUGE_DISAGREEMENT_LIMIT, .subject_label = "metric"},
        {"kpi", NULL, GAUGE_KPI, GAUGE_KPI_GOAL, GAUGE_KPI_LOWER, GAUGE_KPI_UPPER, .measure_label = "name"},
        {"quality", "missing", GAUGE_MISSING, .subject_label = "column"},
        {"quality", "unseen", GAUGE_UNSEEN, .subject_label = "column"},
        {"quality", "out_of_range", GAUGE_OUT_OF_RANGE, .subject_label = "column"},
        {"quality", "refused", GAUGE_REFUSED},
        {NULL, NULL, GAUGE_FINDING, .subject_label = "column", .measure_label = "measure"},
};

static const GaugeLine *line_of(const json_t *finding)
{
	const GaugeLine *l = LINES;
	for (; l->look; l++)
		if (strcmp(l->look, json_get_text(finding, "look", "")) == 0 &&
		        (!l->measure || strcmp(l->measure, json_get_text(finding, "measure", "")) == 0))
			break;
	return l;
}

static bool is_alarm(const json_t *finding)
{
	return strcmp(json_get_text(finding, "state", ""), "alarm") == 0;
}

/* --- findings --- */

static double badness(const json_t *finding)
{
	double value = fabs(json_get_number(finding, "value", 0)), limit = fabs(json_get_number(finding, "limit", NAN));
	return (is_alarm(finding) ? 1e6 : 0) + (limit > 0 ? fmin(value / limit, 1e5) : fmin(value, 1e5));
}

static int by_badness(const void *a, const void *b)
{
	double x = badness(*(json_t *const *)a), y = badness(*(json_t *const *)b);
	return (x < y) - (x > y);
}

static void add_finding(GaugeSet *s, const char *of, const GaugeLine *l, const json_t *finding)
{
	g_autoptr(GString) labels = g_string_new(of);
	const json_t *evidence = json_object_get(finding, "evidence");
	if (l->subject_label)
		gauge_label(labels, l->subject_label, json_get_text(finding, "subject", ""));
	if (l->measure_label)
		gauge_label(labels, l->measure_label, json_get_text(finding, "measure", ""));
	if (l->value == GAUGE_FINDING)
		gauge_label(labels, "look", json_get_text(finding, "look", ""));
	gauge_label(labels, "kind", l->kind);
	if (l->value == GAUGE_KPI)
		gauge_label(labels, "unit", json_get_text(evidence, "unit", ""));
	gauge_add(s, l->value, labels->str, json_get_number(finding, "value", NAN));
	gauge_add(s, l->limit, labels->str, json_get_number(finding, "limit", NAN));
	gauge_add(s, l->p, labels->str, json_get_number(finding, "p", NAN));
	gauge_add(s, l->alert, labels->str, is_alarm(finding));
	gauge_add(s, l->lower, labels->str, json_get_number(evidence, "low", NAN));
	gauge_add(s, l->upper, labels->str, json_get_number(evidence, "high", NAN));
	if (l->value == GAUGE_LABEL_DELAY)
		gauge_add(s, GAUGE_LABEL_DELAY_MOST, labels->str, json_get_number(evidence, "most", NAN));
}

/* The findings of one look and measure: the worst by their names, the rest as one. */
static void add_measure(GaugeSet *s, const char *of, GPtrArray *findings)
{
	const GaugeLine *l = line_of(findings->pdata[0]);
	double most = NAN;
	g_ptr_array_sort(findings, by_badness);
	for (guint i = 0; i < findings->len; i++)
		if (i < LIMIT_GAUGE_COLUMNS)
			add_finding(s, of, l, findings->pdata[i]);
		else
			most = fmax(most, json_get_number(findings->pdata[i], "value", NAN));
	if (findings->len <= LIMIT_GAUGE_COLUMNS || !l->subject_label)
		return;
	g_autoptr(GString) labels = g_string_new(of);
	gauge_label(labels, l->subject_label, "_other");
	if (l->measure_label)
		gauge_label(labels, l->measure_label, json_get_text(findings->pdata[0], "measure", ""));
	gauge_add(s, l->value, labels->str, most);
}

static void add_drifted(GaugeSet *s, const char *of, const json_t *findings)
{
	size_t i, judged = 0, drifted = 0;
	json_t *f;
	json_array_foreach ((json_t *)findings, i, f) {
		if (strcmp(json_get_text(f, "look", ""), "drift") != 0)
			continue;
		judged++;
		drifted += is_alarm(f);
	}
	if (judged == 0)
		return;
	gauge_add(s, GAUGE_DRIFT_COLUMNS, of, (double)drifted);
	gauge_add(s, GAUGE_DRIFT_RATIO, of, (double)drifted / (double)judged);
}

static void add_look_ends(GaugeSet *s, const char *of, const json_t *findings)
{
	json_auto_t *ends = json_object();
	const char *look;
	size_t i;
	json_t *f, *end;
	json_array_foreach ((json_t *)findings, i, f) {
		look = json_get_text(f, "look", "");
		if (json_get_int(f, "end", 0) < json_get_int(ends, look, INT64_MAX))
			json_object_set(ends, look, json_object_get(f, "end"));
	}
	json_object_foreach (ends, look, end) {
		g_autoptr(GString) labels = g_string_new(of);
		gauge_label(labels, "look", look);
		gauge_add(s, GAUGE_LOOK_END, labels->str, (double)json_integer_value(end) / 1e6);
	}
}

static void add_findings(GaugeSet *s, const char *of, const json_t *findings)
{
	g_autoptr(GHashTable) by_measure =
	        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_ptr_array_unref);
	g_autoptr(GPtrArray) order = g_ptr_array_new();
	size_t i;
	json_t *f;
	json_array_foreach ((json_t *)findings, i, f) {
		g_autofree char *key =
		        g_strjoin("\n", json_get_text(f, "look", ""), json_get_text(f, "measure", ""), NULL);
		GPtrArray *list = g_hash_table_lookup(by_measure, key);
		if (!list) {
			list = g_ptr_array_new();
			g_ptr_array_add(order, list);
			g_hash_table_insert(by_measure, g_steal_pointer(&key), list);
		}
		g_ptr_array_add(list, f);
	}
	for (guint k = 0; k < order->len; k++)
		add_measure(s, of, order->pdata[k]);
	add_drifted(s, of, findings);
	add_look_ends(s, of, findings);
}

/* --- windows --- */

static char *labels_of(const json_t *window)
{
	g_autofree char *version = g_strdup_printf("%d", (int)json_get_int(window, "version", 0));
	GString *labels = g_string_new(NULL);
	gauge_label(labels, "model", json_get_text(window, "model", ""));
	gauge_label(labels, "version", version);
	gauge_label(labels, "route", json_get_text(window, "route", ""));
	return g_string_free(labels, FALSE);
}

static bool add_states(Meta *m, GaugeSet *s, const char *of, const json_t *window, GError **error)
{
	json_auto_t *rows = NULL;
	size_t i;
	json_t *row;
	if (!meta_run(m,
	            "SELECT look, state, count(*) AS n FROM monitor_findings WHERE window_id = $1 GROUP BY look, state "
	            "ORDER BY look, state",
	            json_pack("[O]", json_object_get(window, "id")), &rows, error))
		return false;
	json_array_foreach (rows, i, row) {
		g_autoptr(GString) labels = g_string_new(of);
		gauge_label(labels, "look", json_get_text(row, "look", ""));
		gauge_label(labels, "state", json_get_text(row, "state", ""));
		gauge_add(s, GAUGE_FINDINGS, labels->str, json_get_number(row, "n", NAN));
	}
	return true;
}

#define JUDGED "f.state <> 'too_few' AND f.value IS NOT NULL"

/* Of a measure the newest window counts in which it could be judged at all: columns of two windows side by side would be no picture
 * of either. */
static bool read_findings(Meta *m, const json_t *window, json_t **ret, GError **error)
{
	json_auto_t *rows = NULL;
	size_t i;
	json_t *row;
	if (!meta_run(m,
	            "WITH w AS (SELECT id, begin_at, end_at FROM monitor_windows WHERE model = $1 AND version = $2 AND "
	            "route = "
	            "$3 ORDER BY begin_at DESC LIMIT $4), n AS (SELECT f.look, f.measure, max(w.begin_at) AS newest "
	            "FROM w JOIN "
	            "monitor_findings f ON f.window_id = w.id WHERE " JUDGED
	            " GROUP BY f.look, f.measure) SELECT f.look, "
	            "f.measure, f.subject, f.value, f.limit_value AS \"limit\", f.p, f.state, f.evidence, w.end_at AS "
	            "\"end\" "
	            "FROM n JOIN w ON w.begin_at = n.newest JOIN monitor_findings f ON f.window_id = w.id AND f.look = "
	            "n.look "
	            "AND f.measure = n.measure WHERE " JUDGED " ORDER BY f.look, f.place",
	            json_pack("[O,O,O,i]", json_object_get(window, "model"), json_object_get(window, "version"),
	                    json_object_get(window, "route"), WINDOWS_BACK),
	            &rows, error))
		return false;
	json_array_foreach (rows, i, row) {
		const char *text = json_get_text(row, "evidence", NULL);
		json_t *evidence = text ? json_loads(text, JSON_DECODE_ANY, NULL) : NULL;
		json_object_set_new(row, "evidence", evidence ? evidence : json_null());
	}
	*ret = json_incref(rows);
	return true;
}

static bool add_window(Meta *m, GaugeSet *s, const json_t *w, GError **error)
{
	g_autofree char *of = labels_of(w);
	json_auto_t *findings = NULL;
	int64_t begin = json_get_int(w, "begin", 0), end = json_get_int(w, "end", 0);
	gauge_add(s, GAUGE_WINDOW_END, of, (double)end / 1e6);
	gauge_add(s, GAUGE_WINDOW_SECONDS, of, (double)(end - begin) / 1e6);
	gauge_add(s, GAUGE_WINDOW_ROWS, of, json_get_number(w, "rows", NAN));
	gauge_add(s, GAUGE_WINDOW_OUTCOMES, of, json_get_number(w, "outcomes", NAN));
	if (!add_states(m, s, of, w, error) || !read_findings(m, w, &findings, error))
		return false;
	add_findings(s, of, findings);
	return true;
}

/* Versions and routes that answered lately: within three windows of the model's last. */
static bool add_windows(Meta *m, GaugeSet *s, const char *model, GError **error)
{
	json_auto_t *rows = NULL;
	size_t i;
	json_t *w;
	int64_t newest = 0;
	if (!meta_run(m,
	            "SELECT w.id, w.model, w.version, w.route, w.begin_at AS \"begin\", w.end_at AS \"end\", "
	            "w.\"rows\", "
	            "w.outcomes FROM monitor_windows w JOIN (SELECT version, route, max(begin_at) AS last FROM "
	            "monitor_windows "
	            "WHERE model = $1 GROUP BY version, route) n ON n.version = w.version AND n.route = w.route AND "
	            "n.last = "
	            "w.begin_at WHERE w.model = $1 ORDER BY w.end_at DESC LIMIT $2",
	            json_pack("[s,i]", model, LIMIT_GAUGE_ROUTES), &rows, error))
		return false;
	json_array_foreach (rows, i, w) {
		int64_t begin = json_get_int(w, "begin", 0), end = json_get_int(w, "end", 0);
		newest = MAX(newest, end);
		if (newest - end <= 3 * (end - begin) && !add_window(m, s, w, error))
			return false;
	}
	return true;
}

/* --- alarms, the model in use, retrainings --- */

/* A count by labels, straight from a query whose columns are the labels and "n". */
static bool add_counts(Meta *m, GaugeSet *s, GaugeId id, const char *sql, GError **error)
{
	json_auto_t *rows = NULL;
	size_t i;
	json_t *row, *value;
	const char *name;
	if (!meta_run(m, sql, json_pack("[i]", LIMIT_GAUGE_MODELS), &rows, error))
		return false;
	json_array_foreach (rows, i, row) {
		g_autoptr(GString) labels = g_string_new(NULL);
		json_object_foreach (row, name, value)
			if (json_is_string(value))
				gauge_label(labels, name, json_string_value(value));
		gauge_add(s, id, labels->str, json_get_number(row, "n", NAN));
	}
	return true;
}

static bool add_training(Meta *m, GaugeSet *s, const char *of, const json_t *version, GError **error)
{
	const char *run = json_get_text(version, "run_id", NULL);
	json_auto_t *record = NULL;
	g_autoptr(GError) problem = NULL;
	if (!run)
		return true;
	if (!track_get(m, run, &record, &problem)) {
		if (problem->code == FAIL_NOT_FOUND)
			return true;
		g_propagate_error(error, g_steal_pointer(&problem));
		return false;
	}
	const json_t *metrics = json_object_get(record, "metrics");
	double in = json_get_number(metrics, "verify.rows_in", NAN),
	       out = json_get_number(metrics, "verify.rows_out", NAN);
	gauge_add(s, GAUGE_TRAINING_ROWS, of, out);
	gauge_add(s, GAUGE_QUARANTINED, of, in - out);
	gauge_add(s, GAUGE_CHECK_WARNINGS, of, json_get_number(metrics, "verify.warnings", NAN));
	gauge_add(s, GAUGE_TRAINING_MISSING, of, json_get_number(metrics, "profile.missing_share", NAN));
	return true;
}

static bool add_model(Meta *m, GaugeSet *s, const char *model, int64_t now, GError **error)
{
	json_auto_t *version = NULL, *delivery = NULL;
	g_autoptr(GString) labels = g_string_new(NULL);
	gauge_label(labels, "model", model);
	if (!registry_alias(m, model, ALIAS_CHAMPION, &version, error) ||
	        !delivery_of(m, model, now - 90 * DURATION_DAY, now, &delivery, error))
		return false;
	gauge_add(s, GAUGE_DEPLOYMENTS, labels->str, json_get_number(delivery, "deployments", NAN));
	gauge_add(s, GAUGE_LEAD_TIME, labels->str, json_get_number(delivery, "lead_time_s", NAN));
	gauge_add(s, GAUGE_FAILURE_RATIO, labels->str, json_get_number(delivery, "failure_rate", NAN));
	gauge_add(s, GAUGE_RESTORE, labels->str, json_get_number(delivery, "restore_s", NAN));
	if (!version)
		return true;
	g_autofree char *number = g_strdup_printf("%d", (int)json_get_int(version, "version", 0));
	gauge_label(labels, "version", number);
	gauge_add(s, GAUGE_CHAMPION, labels->str, 1);
	gauge_add(s, GAUGE_MODEL_AGE, labels->str, (double)(now - json_get_int(version, "created", now)) / 1e6);
	gauge_add(s, GAUGE_DATA_AGE, labels->str, json_get_number(delivery, "data_age_s", NAN));
	return add_training(m, s, labels->str, version, error);
}

static bool add_models(Meta *m, GaugeSet *s, int64_t now, GError **error)
{
	json_auto_t *models = NULL;
	size_t i;
	json_t *model;
	if (!registry_models(m, &models, error))
		return false;
	json_array_foreach (models, i, model) {
		const char *name = json_get_text(model, "name", "");
		if (i < LIMIT_GAUGE_MODELS && (!add_windows(m, s, name, error) || !add_model(m, s, name, now, error)))
			return false;
	}
	return true;
}

bool gauges_write(Meta *m, int64_t now, GString *to, GError **error)
{
	g_auto(GaugeSet) s = {0};
	gauge_set_init(&s);
	if (!add_models(m, &s, now, error) ||
	        !add_counts(m, &s, GAUGE_ALARMS,
	                "SELECT model, look, severity, state, count(*) AS n FROM alarms WHERE state <> 'resolved' "
	                "GROUP BY model, "
	                "look, severity, state ORDER BY model, look, severity, state LIMIT $1 * 10",
	                error) ||
	        !add_counts(m, &s, GAUGE_NOTICES,
	                "SELECT receiver, state, count(*) AS n FROM outbox GROUP BY receiver, state ORDER BY receiver, "
	                "state LIMIT "
	                "$1",
	                error) ||
	        !add_counts(m, &s, GAUGE_RETRAININGS,
	                "SELECT model, phase, count(*) AS n FROM retrainings GROUP BY model, phase ORDER BY model, "
	                "phase LIMIT $1 "
	                "* 10",
	                error))
		return false;
	gauge_add(&s, GAUGE_READ, "", (double)now / 1e6);
	gauge_set_write(&s, to);
	return true;
}
