/* pass.c: one round of monitoring.
 *
 * What can be tried again (a database that is held, a full disk, a library that is not there) leaves the window unmeasured for the next pass;
 * a look that cannot do its work for another reason says so in a finding of its own, and the window is done. */
#include "monitor/pass.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "monitor/alarm.h"
#include "monitor/cause.h"
#include "monitor/history.h"
#include "monitor/look.h"
#include "monitor/prune.h"
#include "monitor/windows.h"
#include "registry/registry.h"
#include "serve/predlog.h"

#define LOG "monitor_log"
#define OUTCOMES "monitor_outcomes"
#define VIEW "monitor_window"

/* The model at hand. */
typedef struct Pass {
	const PassInput *in;
	Engine *engine;
	const char *model;
	int version; /* of the bundle; 0: none is loaded */
	Bundle *bundle;
	json_t *windows, *problems;
	json_t *renamed; /* predlog_renamed */
} Pass;

static bool is_passing(const GError *problem)
{
	return problem->domain != FAIL || problem->code == FAIL_UNAVAILABLE || problem->code == FAIL_CONFLICT;
}

static void note(Pass *p, const char *window, const GError *problem)
{
	json_array_append_new(p->problems,
	        json_pack("{s:o,s:o,s:o}", "model", json_text(p->model), "window",
	                window ? json_string(window) : json_null(), "problem", json_text(problem->message)));
}

/* One bundle at a time is kept: windows come in the order of time, so mostly of one version. */
static bool load_bundle(Pass *p, int version, GError **error)
{
	g_autofree char *reference = g_strdup_printf("%s@%d", p->model, version), *path = NULL;
	json_auto_t *about = NULL;
	Bundle *bundle = NULL;
	if (p->bundle && p->version == version)
		return true;
	if (!registry_get(p->in->meta, reference, &about, error) ||
	        !blobs_path(p->in->blobs, json_get_text(about, "digest", ""), &path, error) ||
	        !bundle_load(path, &bundle, error))
		return false;
	g_clear_pointer(&p->bundle, bundle_free);
	p->bundle = bundle;
	p->version = version;
	return true;
}

/* The window's rows, with their outcomes beside them. */
static bool make_view(const Pass *p, const DueWindow *d, GError **error)
{
	const MonitorWindow *w = &d->window;
	g_autofree char *route = sql_text(w->route);
	g_autofree char *rows =
	        g_strdup_printf("_gyre_version = %d AND coalesce(_gyre_route, '') = %s AND _gyre_time >= "
	                        "make_timestamp(%" G_GINT64_FORMAT "::BIGINT) AND _gyre_time < "
	                        "make_timestamp(%" G_GINT64_FORMAT "::BIGINT)",
	                w->version, route, w->begin, w->end);
	if (d->outcomes == 0)
		return engine_runf(p->engine, error,
		        "CREATE OR REPLACE TEMP VIEW " VIEW " AS SELECT *, NULL::VARCHAR AS _gyre_outcome, "
		        "NULL::TIMESTAMP AS _gyre_observed FROM " LOG " WHERE %s",
		        rows);
	return engine_runf(p->engine, error,
	        "CREATE OR REPLACE TEMP TABLE monitor_told AS SELECT id, value, observed FROM " OUTCOMES
	        " SEMI JOIN (SELECT _gyre_id AS id FROM " LOG " WHERE %s) AS asked USING (id);"
	        "CREATE OR REPLACE TEMP VIEW " VIEW
	        " AS SELECT l.*, o.value AS _gyre_outcome, o.observed AS _gyre_observed "
	        "FROM (SELECT * FROM " LOG " WHERE %s) AS l LEFT JOIN monitor_told AS o ON l._gyre_id = o.id",
	        rows, rows);
}

/* Of a window whose rows are as they were, only what outcomes say is looked at again. */
static bool is_wanted(const LookKind *k, const DueWindow *d)
{
	if (d->window.rows == 0)
		return k->looks_at_none;
	bool uses = k->needs_outcomes || k->uses_outcomes;
	return (d->rows_changed || uses) && (!k->needs_outcomes || d->outcomes > 0);
}

static bool run_look(const LookInput *in, const LookKind *k, GArray *findings, GError **error)
{
	const json_t *looks = json_object_get(json_object_get(in->project, "monitor"), "looks"),
	             *params = json_object_get(looks, k->name);
	g_autoptr(GError) problem = NULL;
	guint before = findings->len;
	if (!json_is_object(params) || k->run(in, params, findings, &problem))
		return true;
	if (is_passing(problem)) {
		g_propagate_error(error, g_steal_pointer(&problem));
		return false;
	}
	g_array_set_size(findings, before);
	finding_add(findings, (Finding){k->name, "problem", "", NAN, NAN, NAN, FINDING_TOO_FEW,
	                              json_pack("{s:o}", "problem", json_text(problem->message))});
	return true;
}

static bool look(const Pass *p, const DueWindow *d, GArray *findings, GError **error)
{
	LookInput in = {.window = &d->window,
	        .engine = p->engine,
	        .view = VIEW,
	        .bundle = p->bundle,
	        .project = p->in->project,
	        .meta = p->in->meta,
	        .state_folder = p->in->state_folder,
	        .renamed = p->renamed,
	        .now = d->now};
	for (const LookKind *const *k = LOOKS; *k; k++)
		if (is_wanted(*k, d) && !run_look(&in, *k, findings, error))
			return false;
	return true;
}

/* The findings that stay: of looks that had no reason to look again. */
static bool keep_findings(Meta *m, const DueWindow *d, json_t *list, GError **error)
{
	json_auto_t *before = NULL;
	size_t i;
	json_t *finding;
	if (d->revision == 0 || d->rows_changed)
		return true;
	if (!history_findings(m, d->id, &before, error))
		return false;
	json_array_foreach (before, i, finding) {
		const LookKind *k = look_kind(json_get_text(finding, "look", ""));
		if (k && !is_wanted(k, d))
			json_array_append(list, finding);
	}
	return true;
}

static bool write_findings(Meta *m, const char *window, const json_t *findings, GError **error)
{
	size_t i;
	json_t *f;
	if (!meta_run(m, "DELETE FROM monitor_findings WHERE window_id = $1", json_pack("[s]", window), NULL, error))
		return false;
	json_array_foreach ((json_t *)findings, i, f)
		if (!meta_run(m,
		            "INSERT INTO monitor_findings (window_id, place, look, measure, subject, value, "
		            "limit_value, p, "
		            "state, evidence) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
		            json_pack("[s,i,O,O,O,O,O,O,O,O]", window, (int)i, json_object_get(f, "look"),
		                    json_object_get(f, "measure"), json_object_get(f, "subject"),
		                    json_object_get(f, "value"), json_object_get(f, "limit"), json_object_get(f, "p"),
		                    json_object_get(f, "state"), json_object_get(f, "evidence")),
		            NULL, error))
			return false;
	return true;
}

/* *ret_mine false: another pass has written it meanwhile. */
static bool write_window(Meta *m, const DueWindow *d, bool *ret_mine, GError **error)
{
	const MonitorWindow *w = &d->window;
	json_auto_t *row = NULL;
	if (!meta_row(m,
	            "INSERT INTO monitor_windows (id, model, version, route, begin_at, end_at, \"rows\", outcomes, "
	            "outcome_changes, measured, revision) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11 + 1) ON "
	            "CONFLICT (id) DO UPDATE SET \"rows\" = excluded.\"rows\", outcomes = excluded.outcomes, "
	            "outcome_changes = excluded.outcome_changes, measured = excluded.measured, revision = "
	            "excluded.revision WHERE monitor_windows.revision = $11 RETURNING revision",
	            json_pack("[s,o,i,s,I,I,I,I,I,I,I]", d->id, json_text(w->model), w->version, w->route,
	                    (json_int_t)w->begin, (json_int_t)w->end, (json_int_t)w->rows, (json_int_t)d->outcomes,
	                    (json_int_t)d->outcome_changes, (json_int_t)meta_now(), (json_int_t)d->revision),
	            &row, error))
		return false;
	*ret_mine = row != NULL;
	return true;
}

static bool tell_causes(const Pass *p, const DueWindow *d, json_t *findings, GError **error)
{
	CauseInput in = {.window = &d->window, .bundle = p->bundle, .project = p->in->project, .meta = p->in->meta};
	return cause_tell(&in, findings, error);
}

static bool record(const Pass *p, const DueWindow *d, json_t *findings, bool *ret_mine, GError **error)
{
	Meta *m = p->in->meta;
	const json_t *alarms = json_object_get(json_object_get(p->in->project, "monitor"), "alarms");
	if (!meta_begin(m, error))
		return false;
	bool ok = write_window(m, d, ret_mine, error) &&
	          (!*ret_mine || (keep_findings(m, d, findings, error) && tell_causes(p, d, findings, error) &&
	                                 write_findings(m, d->id, findings, error) &&
	                                 alarm_end_left_out(m, &d->window, p->in->project, error) &&
	                                 alarm_update(m, &d->window, findings, alarms, error)));
	return meta_end(m, ok, error);
}

static json_t *count_states(const json_t *findings)
{
	json_t *counts = json_object(), *f;
	size_t i;
	for (int s = 0; s < FINDING_STATES; s++)
		json_object_set_new(counts, finding_state_name((FindingState)s), json_integer(0));
	json_array_foreach ((json_t *)findings, i, f) {
		const char *state = json_get_text(f, "state", "ok");
		json_object_set_new(counts, state, json_integer(json_get_int(counts, state, 0) + 1));
	}
	return counts;
}

static bool tell(Pass *p, const DueWindow *d, const json_t *findings, GError **error)
{
	json_t *about = NULL;
	if (!history_window(p->in->meta, d->id, &about, error))
		return false;
	json_object_set_new(about, "states", count_states(findings));
	json_array_append_new(p->windows, about);
	return true;
}

static bool measure(Pass *p, const DueWindow *d, GError **error)
{
	g_autoptr(GArray) findings = findings_new();
	bool mine = false;
	if (!load_bundle(p, d->window.version, error) || !make_view(p, d, error) || !look(p, d, findings, error))
		return false;
	json_auto_t *list = findings_json(findings);
	return record(p, d, list, &mine, error) && (!mine || tell(p, d, list, error));
}

/* What is not a passing problem (a bundle that is gone) may still be mended, but is not waited for longer than for outcomes. */
static bool is_given_up(const DueWindow *d, const WindowRule *rule, const GError *problem)
{
	return !is_passing(problem) && d->window.end <= d->now - rule->late;
}

/* One bad window must not keep the others from being measured; the next pass begins with it. */
static bool pass_windows(Pass *p, const WindowsQuery *q, GError **error)
{
	g_autoptr(GArray) due = NULL;
	int64_t open_from;
	if (!windows_due(q, &due, &open_from, error))
		return false;
	for (guint i = 0; i < due->len; i++) {
		const DueWindow *d = &g_array_index(due, DueWindow, i);
		g_autoptr(GError) problem = NULL;
		if (measure(p, d, &problem))
			continue;
		note(p, d->id, problem);
		if (!is_given_up(d, &q->rule, problem))
			open_from = MIN(open_from, d->window.begin);
	}
	return scope_save(q->scope, open_from, error) && monitor_prune(q->meta, q->model, q->now, q->rule.keep, error);
}

static bool pass_over(Pass *p, GError **error)
{
	const PassInput *in = p->in;
	WindowRule rule = window_rule(json_object_get(in->project, "monitor"));
	rule.without_wait = in->without_wait;
	ScopeInput input = {.meta = in->meta,
	        .engine = p->engine,
	        .state_folder = in->state_folder,
	        .model = p->model,
	        .log = LOG,
	        .outcomes = OUTCOMES,
	        .rule = rule,
	        .now = in->now};
	g_auto(Scope) scope = {0};
	WindowsQuery q = {.engine = p->engine,
	        .meta = in->meta,
	        .model = p->model,
	        .log = LOG,
	        .outcomes = OUTCOMES,
	        .scope = &scope,
	        .rule = rule,
	        .now = in->now};
	return scope_open(&input, &scope, error) && pass_windows(p, &q, error);
}

static bool pass_model(Pass *p, GError **error)
{
	EngineLimits limits = {.memory_mb = p->in->memory_mb, .scratch = p->in->scratch};
	g_autoptr(Engine) e = NULL;
	g_autoptr(GError) problem = NULL;
	if (!engine_open(&limits, &e, error))
		return false;
	p->engine = e;
	bool ok = predlog_renamed(p->in->state_folder, p->model, &p->renamed, &problem) && pass_over(p, &problem);
	if (!ok && !g_error_matches(problem, FAIL, FAIL_NOT_FOUND)) /* a model nobody has asked anything has no log */
		note(p, NULL, problem);
	g_clear_pointer(&p->bundle, bundle_free);
	g_clear_pointer(&p->renamed, json_decref);
	p->version = 0;
	return true;
}

bool monitor_pass(const PassInput *in, json_t **ret, GError **error)
{
	json_auto_t *models = NULL;
	size_t i;
	json_t *model;
	if (!registry_models(in->meta, &models, error))
		return false;
	json_auto_t *windows = json_array(), *problems = json_array();
	Pass p = {.in = in, .windows = windows, .problems = problems};
	json_array_foreach (models, i, model) {
		p.model = json_get_text(model, "name", "");
		if ((!in->model || strcmp(in->model, p.model) == 0) && !pass_model(&p, error))
			return false;
	}
	*ret = json_pack("{s:O,s:O}", "windows", windows, "problems", problems);
	return true;
}
