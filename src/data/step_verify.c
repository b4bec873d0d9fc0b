/* step_verify.c: the step `verify`: a snapshot is held to its schema and checks; bad rows are moved aside.
 *
 * A check that says no is FAIL_CONFLICT: the data is not what was agreed.  FAIL_INVALID is a check that makes no sense.
 *
 * Rows are neither lost nor made: rows in = rows out + quarantined is counted in the files written, each time. */
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "data/canonical.h"
#include "data/even.h"
#include "data/steps.h"
#include "data/user_query.h"
#include "data/verify.h"

#define MOST_SENTENCES 10

static const char *const SCHEMA_POLICIES[] = {"fail", "warn", "off", NULL};

static const Param PARAMS[] = {
        {.name = "checks", .type = PARAM_JSON, .preset = "[]", .help = "list of checks"},
        {.name = "time", .type = PARAM_TEXT, .help = "the column that orders the rows in time"},
        {.name = "now",
                .type = PARAM_TEXT,
                .flags = PARAM_HIDDEN,
                .help = "the time that freshness compares with, as ISO text"},
        {.name = "needs",
                .type = PARAM_JSON,
                .preset = "{}",
                .help = "columns that gyre.yaml names elsewhere, by the place where it does"},
        {.name = "schema",
                .type = PARAM_TEXT,
                .preset = "\"fail\"",
                .choices = SCHEMA_POLICIES,
                .help = "what a missing column, another type or a gap in a full column does"},
        {0},
};

typedef struct Sentences {
	GString *text;
	unsigned count;
} Sentences;

static void add_sentence(Sentences *all, const char *sentence)
{
	if (all->count++ < MOST_SENTENCES)
		g_string_append_printf(all->text, "\n  %s", sentence);
}

/* With quarantine the run stops only below a share that was asked for. */
static bool stops(const Verdict *v)
{
	if (v->pass || v->check.policy == POLICY_WARN)
		return false;
	return v->check.policy == POLICY_FAIL || json_object_get(v->check.params, "mostly");
}

static bool stop_if_bad(const Verify *v, const char *schema_policy, GError **error)
{
	g_autoptr(GString) text = g_string_new(NULL);
	Sentences all = {.text = text};
	size_t i;
	json_t *anomaly;
	json_array_foreach (v->anomalies, i, anomaly)
		if (strcmp(schema_policy, "fail") == 0 && strcmp(json_get_text(anomaly, "severity", ""), "fail") == 0)
			add_sentence(&all, json_get_text(anomaly, "sentence", ""));
	for (guint k = 0; k < v->verdicts->len; k++)
		if (stops(v->verdicts->pdata[k]))
			add_sentence(&all, ((const Verdict *)v->verdicts->pdata[k])->sentence);
	if (all.count == 0)
		return true;
	g_autofree char *more = all.count > MOST_SENTENCES
	                                ? g_strdup_printf("\n  and %u more", all.count - MOST_SENTENCES)
	                                : g_strdup("");
	return fail(error, FAIL_CONFLICT, "the data does not meet %u of its checks:%s%s", all.count, text->str, more);
}

static bool count_file(Engine *e, const char *path, int64_t *ret, GError **error)
{
	g_autofree char *file = sql_parquet(path);
	g_autofree char *sql = g_strdup_printf("SELECT count(*) AS rows FROM %s", file);
	json_auto_t *row = NULL;
	if (!engine_row(e, sql, &row, error))
		return false;
	*ret = json_get_int(row, "rows", 0);
	return true;
}

/* An anti-join keeps no order, so the rows are put back into theirs. */
static bool write_parted(StepRun *s, Engine *e, GError **error)
{
	return even_write(e,
	               "SELECT * EXCLUDE (\"_gyre_row\") FROM " VERIFY_NUMBERED
	               " WHERE \"_gyre_row\" NOT IN (SELECT \"_gyre_row\" FROM " VERIFY_BAD ") ORDER BY \"_gyre_row\"",
	               step_cores(s), step_output(s, "good"), error) &&
	       even_write(e,
	               "SELECT n.* EXCLUDE (\"_gyre_row\"), n.\"_gyre_row\", b.\"_gyre_reasons\" FROM " VERIFY_NUMBERED
	               " AS n JOIN " VERIFY_BAD " AS b ON n.\"_gyre_row\" = b.\"_gyre_row\" ORDER BY n.\"_gyre_row\"",
	               step_cores(s), step_output(s, "quarantine"), error);
}

static bool write_whole(StepRun *s, Engine *e, GError **error)
{
	return file_copy(step_input(s, "snapshot"), step_output(s, "good"), error) &&
	       engine_write_parquet(e,
	               "SELECT *, 0::BIGINT AS \"_gyre_row\", ''::VARCHAR AS \"_gyre_reasons\" FROM " VERIFY_TABLE
	               " WHERE FALSE",
	               step_output(s, "quarantine"), error);
}

static bool write_rows(StepRun *s, const Verify *v, int64_t *ret_moved, GError **error)
{
	int64_t moved = 0, good = 0, quarantined = 0;
	if (!verify_collect(v, &moved, error))
		return false;
	if (moved == v->rows)
		return fail(error, FAIL_CONFLICT,
		        "all %" G_GINT64_FORMAT " rows would go to the quarantine: no row passes the checks", moved);
	if (!(moved ? write_parted : write_whole)(s, v->e, error) ||
	        !count_file(v->e, step_output(s, "good"), &good, error) ||
	        !count_file(v->e, step_output(s, "quarantine"), &quarantined, error))
		return false;
	if (good + quarantined != v->rows || quarantined != moved)
		return fail(error, FAIL_BROKEN,
		        "%" G_GINT64_FORMAT " rows became %" G_GINT64_FORMAT " good and %" G_GINT64_FORMAT
		        " quarantined ones",
		        v->rows, good, quarantined);
	*ret_moved = moved;
	return true;
}

static int64_t count_warnings(const Verify *v)
{
	int64_t warnings = (int64_t)json_array_size(v->anomalies);
	for (guint i = 0; i < v->verdicts->len; i++) {
		const Verdict *verdict = v->verdicts->pdata[i];
		warnings += verdict->check.policy == POLICY_WARN && !verdict->pass;
	}
	return warnings;
}

static bool tell(StepRun *s, const Verify *v, int64_t moved, GError **error)
{
	bool pass = true;
	for (guint i = 0; i < v->verdicts->len; i++)
		pass = pass && ((const Verdict *)v->verdicts->pdata[i])->pass;
	json_t *schema = verify_schema_json(v);
	pass = pass && json_get_bool(schema, "pass", false);
	json_auto_t *checks = json_pack("{s:b,s:I,s:I,s:I,s:I,s:o,s:o}", "pass", pass, "rows_in", v->rows, "rows_out",
	        v->rows - moved, "quarantined", moved, "warnings", count_warnings(v), "schema", schema, "checks",
	        verify_checks_json(v));
	step_metric(s, "rows_in", (double)v->rows);
	step_metric(s, "rows_out", (double)(v->rows - moved));
	step_metric(s, "quarantined", (double)moved);
	step_metric(s, "warnings", (double)count_warnings(v));
	return step_output_json(s, "checks", checks, error);
}

static bool confine(StepRun *s, Engine *e, GError **error)
{
	g_autoptr(GPtrArray) paths = g_ptr_array_new();
	g_ptr_array_add(paths, (void *)step_input(s, "snapshot"));
	g_ptr_array_add(paths, (void *)step_output(s, "good"));
	g_ptr_array_add(paths, (void *)step_output(s, "quarantine"));
	return user_query_confine(e, paths, error);
}

/* A misspelt column is told here, before hours are spent on what needs it, and before a leak slips past its drop. */
static bool check_needs(const Verify *v, const json_t *needs, GError **error)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	size_t i;
	json_t *column, *name;
	const char *place;
	json_array_foreach (json_object_get(v->actual, "columns"), i, column)
		g_ptr_array_add(names, (void *)json_get_text(column, "name", ""));
	json_object_foreach ((json_t *)needs, place, name)
		if (!canonical_check_known(names, place, json_string_value(name), error))
			return false;
	return true;
}

static bool verify(StepRun *s, Engine *e, const json_t *params, GError **error)
{
	const char *policy = json_get_text(params, "schema", "fail");
	json_auto_t *schema = NULL;
	g_auto(Verify)
	        v = {.e = e, .time = json_get_text(params, "time", NULL), .now = json_get_text(params, "now", NULL)};
	if (!step_input_json(s, "schema", &schema, error) || !verify_open(&v, step_input(s, "snapshot"), error) ||
	        !check_needs(&v, json_object_get(params, "needs"), error))
		return false;
	v.schema = strcmp(policy, "off") == 0 ? NULL : schema;
	int64_t moved = 0;
	return confine(s, e, error) && verify_run(&v, json_object_get(params, "checks"), error) &&
	       stop_if_bad(&v, policy, error) && write_rows(s, &v, &moved, error) && tell(s, &v, moved, error);
}

static bool run(StepRun *s, const json_t *params, GError **error)
{
	EngineLimits limits = {.threads = step_cores(s), .memory_mb = step_memory_mb(s), .scratch = step_scratch(s)};
	g_autoptr(Engine) e = NULL;
	return engine_open(&limits, &e, error) && verify(s, e, params, error);
}

const StepKind STEP_VERIFY = {
        .name = "verify",
        .help = "holds the snapshot to its schema and checks, and moves bad rows to the quarantine",
        .version = 3,
        .params = PARAMS,
        .inputs = (const char *const[]){"snapshot", "schema", NULL},
        .outputs = (const char *const[]){"good", "quarantine", "checks", NULL},
        .flags = STEP_ALL_CORES,
        .run = run,
};
