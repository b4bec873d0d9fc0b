/* verify.c: asks every check and the schema what they need to know, scans once, and lets them judge. */
#include "data/verify.h"

#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "data/user_query.h"

#define EXAMPLES 5

static void free_verdict(Verdict *v)
{
	check_clear(&v->check);
	check_rule_clear(&v->rule);
	json_decref(v->examples);
	g_free(v->path);
	g_free(v->sentence);
	g_free(v);
}

void verify_clear(Verify *v)
{
	scan_free(v->scan);
	json_decref(v->actual);
	json_decref(v->anomalies);
	json_decref(v->proposed);
	if (v->verdicts)
		g_ptr_array_unref(v->verdicts);
}

bool verify_open(Verify *v, const char *snapshot, GError **error)
{
	g_autofree char *path = sql_path(snapshot);
	json_auto_t *columns = NULL;
	v->scan = scan_new();
	v->verdicts = g_ptr_array_new_with_free_func((GDestroyNotify)free_verdict);
	if (!engine_runf(v->e, error, "CREATE VIEW %s AS SELECT * FROM read_parquet(%s, hive_partitioning = false)",
	            VERIFY_TABLE, path) ||
	        !engine_runf(v->e, error,
	                "CREATE VIEW %s AS SELECT * EXCLUDE (file_row_number), file_row_number AS \"_gyre_row\" FROM "
	                "read_parquet(%s, file_row_number = true, hive_partitioning = false)",
	                VERIFY_NUMBERED, path) ||
	        !engine_describe(v->e, "SELECT * FROM " VERIFY_TABLE, &columns, error))
		return false;
	v->actual = json_pack("{s:O}", "columns", columns);
	return true;
}

static CheckSubject subject_of(const Verify *v, const Verdict *verdict)
{
	return (CheckSubject){.params = verdict->check.params, .schema = v->actual, .time = v->time, .now = v->now};
}

/* What people wrote in SQL is looked at alone first, so that an error can be told in its place. */
static bool check_sql(const Verify *v, const Verdict *verdict, GError **error)
{
	static const char *const CONDITIONS[] = {"where", "condition"};
	for (size_t i = 0; i < G_N_ELEMENTS(CONDITIONS); i++) {
		const char *text = json_get_text(verdict->check.params, CONDITIONS[i], NULL);
		g_autofree char *where = g_strdup_printf("%s.%s", verdict->path, CONDITIONS[i]);
		if (text && !user_query_check_condition(v->e, where, text, VERIFY_TABLE, error))
			return false;
	}
	const char *query = json_get_text(verdict->check.params, "query", NULL);
	g_autofree char *where = g_strdup_printf("%s.query", verdict->path);
	g_autofree char *trimmed = query ? user_query_trim(query) : NULL;
	return !query || user_query_check(v->e, where, trimmed, error);
}

/* Is the row judged: by the kind and under the filter of the user. */
static char *judged_sql(const Verdict *verdict)
{
	const char *where = json_get_text(verdict->check.params, "where", NULL);
	return where ? g_strdup_printf("(%s) AND coalesce((%s\n), FALSE)", verdict->rule.judged, where)
	             : g_strdup_printf("(%s)", verdict->rule.judged);
}

char *verify_is_bad(const Verdict *verdict)
{
	g_autofree char *judged = judged_sql(verdict);
	return g_strdup_printf("(%s AND NOT coalesce((%s), FALSE))", judged, verdict->rule.good);
}

static bool ask_rows(Verify *v, Verdict *verdict, GError **error)
{
	CheckSubject subject = subject_of(v, verdict);
	if (!verdict->check.kind->rule(&subject, &verdict->rule, error))
		return false;
	g_autofree char *judged = judged_sql(verdict);
	g_autofree char *bad = verify_is_bad(verdict);
	verdict->judged = scan_askf(v->scan, "count(CASE WHEN %s THEN 1 END)", judged);
	verdict->bad = verdict->rule.bad ? scan_ask(v->scan, verdict->rule.bad)
	                                 : scan_askf(v->scan, "count(CASE WHEN %s THEN 1 END)", bad);
	return true;
}

static bool ask_table(Verify *v, Verdict *verdict, GError **error)
{
	CheckSubject subject = subject_of(v, verdict);
	g_autofree char *expression = NULL;
	verdict->rows_judged = verdict->rows_bad = -1;
	if (!verdict->check.kind->ask(&subject, &expression, error))
		return false;
	verdict->asks = expression != NULL;
	if (expression)
		verdict->answer = scan_ask(v->scan, expression);
	return true;
}

/* The check alone is prepared, so that an error names it; regular expressions are compiled then. */
static bool prepare_alone(const Verify *v, const Verdict *verdict, GError **error)
{
	json_auto_t *columns = NULL;
	if (!verdict->check.judges_rows)
		return true;
	g_autofree char *bad = verify_is_bad(verdict);
	g_autofree char *sql = g_strdup_printf("SELECT %s FROM %s", bad, VERIFY_NUMBERED);
	return engine_describe(v->e, sql, &columns, error);
}

static bool add_check(Verify *v, const json_t *given, size_t i, GError **error)
{
	g_autofree char *path = g_strdup_printf("data.checks[%zu]", i);
	Check check;
	if (!check_load(given, path, v->actual, &check, error))
		return false;
	Verdict *verdict = g_new0(Verdict, 1);
	verdict->check = check;
	verdict->path = g_strdup(path);
	g_ptr_array_add(v->verdicts, verdict);
	if (!check_sql(v, verdict, error))
		return false;
	if ((check.judges_rows ? ask_rows : ask_table)(v, verdict, error) && prepare_alone(v, verdict, error))
		return true;
	g_prefix_error(error, "%s: ", path);
	return false;
}

/* The scan failed: which check was it?  Each is tried alone. */
static bool blame(const Verify *v, GError *cause, GError **error)
{
	g_autoptr(GError) whole = cause;
	for (guint i = 0; i < v->verdicts->len; i++) {
		const Verdict *verdict = v->verdicts->pdata[i];
		g_autoptr(Scan) one = scan_new();
		g_autofree char *bad = verdict->check.judges_rows && !verdict->rule.bad ? verify_is_bad(verdict) : NULL;
		if (!bad)
			continue;
		scan_askf(one, "count(CASE WHEN %s THEN 1 END)", bad);
		if (!scan_run(one, v->e, VERIFY_TABLE, error)) {
			g_prefix_error(error, "%s: ", verdict->path);
			return false;
		}
	}
	g_propagate_error(error, g_steal_pointer(&whole));
	return false;
}

static bool read_examples(const Verify *v, Verdict *verdict, GError **error)
{
	g_autofree char *bad = verify_is_bad(verdict);
	g_autofree char *sql = g_strdup_printf(
	        "SELECT value FROM (SELECT %s AS value, %s AS bad FROM %s) WHERE bad AND value IS NOT NULL GROUP BY 1 "
	        "ORDER BY count(*) DESC, 1 LIMIT %d",
	        verdict->rule.value, bad, VERIFY_NUMBERED, EXAMPLES);
	json_auto_t *rows = NULL;
	if (!engine_rows(v->e, sql, &rows, error))
		return false;
	size_t i;
	json_t *row;
	json_array_foreach (rows, i, row)
		json_array_append(verdict->examples, json_object_get(row, "value"));
	return true;
}

static char *examples_text(const json_t *examples)
{
	GString *text = g_string_new(NULL);
	size_t i;
	json_t *value;
	json_array_foreach ((json_t *)examples, i, value) {
		g_autofree char *one =
		        json_is_string(value) ? g_strdup(json_string_value(value)) : json_canonical(value);
		g_autofree char *start = g_utf8_strlen(one, -1) > 60 ? g_utf8_substring(one, 0, 57) : g_strdup(one);
		g_string_append_printf(
		        text, "%s%s%s", i ? ", " : ": ", start, strlen(start) < strlen(one) ? "..." : "");
	}
	return g_string_free(text, FALSE);
}

static void tell_rows(Verdict *verdict)
{
	g_autofree char *columns = check_columns_text(verdict->check.params);
	g_autofree char *who = columns ? g_strdup_printf("column \"%s\"", columns) : g_strdup("the table");
	if (verdict->rows_bad == 0) {
		verdict->sentence = g_strdup_printf("%s: all %" G_GINT64_FORMAT " judged rows are %s", who,
		        verdict->rows_judged, verdict->rule.phrase);
		return;
	}
	g_autofree char *share = share_text((double)verdict->rows_bad / (double)verdict->rows_judged);
	g_autofree char *examples = examples_text(verdict->examples);
	verdict->sentence = g_strdup_printf("%s: %" G_GINT64_FORMAT " of %" G_GINT64_FORMAT " rows (%s) are not %s%s",
	        who, verdict->rows_bad, verdict->rows_judged, share, verdict->rule.phrase, examples);
}

/* A check passes when enough of the judged rows are good; with nothing judged it does. */
static bool judge_rows(const Verify *v, Verdict *verdict, GError **error)
{
	verdict->rows_judged = scan_count(v->scan, verdict->judged);
	verdict->rows_bad = scan_count(v->scan, verdict->bad);
	/* As a quotient: 0.55 * 100 is more than 55, and 55 of 100 are enough for 0.55. */
	double mostly = json_get_number(verdict->check.params, "mostly", 1);
	double good = (double)(verdict->rows_judged - verdict->rows_bad);
	verdict->pass = verdict->rows_judged == 0 || good / (double)verdict->rows_judged >= mostly;
	if (verdict->rows_bad > 0 && !read_examples(v, verdict, error))
		return false;
	tell_rows(verdict);
	return true;
}

static bool judge_table(const Verify *v, Verdict *verdict, GError **error)
{
	CheckSubject subject = subject_of(v, verdict);
	g_autofree char *problem = NULL;
	g_autofree char *columns = check_columns_text(verdict->check.params);
	if (!verdict->check.kind->judge(
	            &subject, verdict->asks ? scan_answer(v->scan, verdict->answer) : NULL, &problem, error))
		return false;
	verdict->pass = problem == NULL;
	verdict->sentence = problem ? g_steal_pointer(&problem)
	                            : g_strdup_printf("%s%s%s: as expected", verdict->check.kind->name,
	                                      columns ? " of " : "", columns ? columns : "");
	return true;
}

static bool judge_all(Verify *v, GError **error)
{
	for (guint i = 0; i < v->verdicts->len; i++) {
		Verdict *verdict = v->verdicts->pdata[i];
		verdict->examples = json_array();
		if (!(verdict->check.judges_rows ? judge_rows : judge_table)(v, verdict, error)) {
			g_prefix_error(error, "%s: ", verdict->path);
			return false;
		}
	}
	return true;
}

bool verify_run(Verify *v, const json_t *checks, GError **error)
{
	g_autoptr(SchemaCheck) schema = schema_check_new(v->schema ? v->schema : v->actual, v->actual, v->scan);
	GError *cause = NULL;
	size_t i;
	json_t *check;
	json_array_foreach ((json_t *)checks, i, check)
		if (!add_check(v, check, i, error))
			return false;
	guint rows = scan_ask(v->scan, "count(*)");
	if (!scan_run(v->scan, v->e, VERIFY_TABLE, &cause))
		return blame(v, cause, error);
	v->rows = scan_count(v->scan, rows);
	return judge_all(v, error) &&
	       schema_check_finish(schema, v->scan, v->e, VERIFY_TABLE, &v->anomalies, &v->proposed, error);
}

/* 'distance = 7000 is not between 1 and 6000', as SQL. */
static void add_reason(GString *sql, const Verdict *verdict, guint i)
{
	g_autofree char *columns = check_columns_text(verdict->check.params);
	g_autofree char *who = sql_text(columns ? columns : "the row");
	g_autofree char *plain = g_strdup_printf(" is not %s", verdict->rule.phrase);
	g_autofree char *phrase = sql_text(plain);
	g_string_append_printf(sql, ", CASE WHEN b%u THEN concat(%s, ' = ' || left(CAST(v%u AS VARCHAR), 60), %s) END",
	        i, who, i, phrase);
}

static bool moves(const Verdict *verdict)
{
	return verdict->check.policy == POLICY_QUARANTINE && verdict->rows_bad > 0;
}

bool verify_collect(const Verify *v, int64_t *ret_rows, GError **error)
{
	g_autoptr(GString) inner = g_string_new("SELECT \"_gyre_row\"");
	g_autoptr(GString) reasons = g_string_new("concat_ws('; '");
	g_autoptr(GString) any = g_string_new("FALSE");
	for (guint i = 0; i < v->verdicts->len; i++) {
		const Verdict *verdict = v->verdicts->pdata[i];
		if (!moves(verdict))
			continue;
		g_autofree char *bad = verify_is_bad(verdict);
		g_string_append_printf(inner, ", %s AS b%u, %s AS v%u", bad, i, verdict->rule.value, i);
		g_string_append_printf(any, " OR b%u", i);
		add_reason(reasons, verdict, i);
	}
	json_auto_t *count = NULL;
	*ret_rows = 0;
	if (strcmp(any->str, "FALSE") == 0)
		return true;
	if (!engine_runf(v->e, error,
	            "CREATE TEMP TABLE %s AS SELECT \"_gyre_row\", %s) AS \"_gyre_reasons\" FROM (%s FROM %s) WHERE %s",
	            VERIFY_BAD, reasons->str, inner->str, VERIFY_NUMBERED, any->str) ||
	        !engine_row(v->e, "SELECT count(*) AS rows FROM " VERIFY_BAD, &count, error))
		return false;
	*ret_rows = json_get_int(count, "rows", 0);
	return true;
}

static json_t *sql_json(const Verdict *verdict)
{
	if (!verdict->check.judges_rows)
		return json_null();
	g_autofree char *bad = verify_is_bad(verdict);
	g_autofree char *sql =
	        verdict->rule.bad
	                ? g_strdup_printf("SELECT *, row_number() OVER () AS _gyre_row FROM data QUALIFY %s", bad)
	                : g_strdup_printf("SELECT * FROM data WHERE %s", bad);
	return json_text(sql);
}

static json_t *verdict_json(const Verdict *verdict)
{
	static const char *const POLICIES[] = {"fail", "warn", "quarantine"};
	g_autofree char *columns = check_columns_text(verdict->check.params);
	bool rows = verdict->rows_judged >= 0;
	double judged = (double)verdict->rows_judged;
	return json_pack("{s:s,s:o,s:s,s:b,s:o,s:o,s:o,s:O,s:s,s:o}", "check", verdict->check.kind->name, "column",
	        json_text(columns), "policy", POLICIES[verdict->check.policy], "pass", verdict->pass, "rows_judged",
	        rows ? json_integer(verdict->rows_judged) : json_null(), "rows_bad",
	        rows ? json_integer(verdict->rows_bad) : json_null(), "fraction_bad",
	        rows ? json_real(judged > 0 ? (double)verdict->rows_bad / judged : 0) : json_null(), "examples",
	        verdict->examples, "sentence", verdict->sentence, "sql", sql_json(verdict));
}

json_t *verify_checks_json(const Verify *v)
{
	json_t *list = json_array();
	for (guint i = 0; i < v->verdicts->len; i++)
		json_array_append_new(list, verdict_json(v->verdicts->pdata[i]));
	return list;
}

json_t *verify_schema_json(const Verify *v)
{
	bool pass = true;
	size_t i;
	json_t *anomaly;
	json_array_foreach (v->anomalies, i, anomaly)
		pass = pass && strcmp(json_get_text(anomaly, "severity", ""), "fail") != 0;
	return json_pack("{s:b,s:O,s:O}", "pass", pass, "anomalies", v->anomalies, "proposed",
	        json_array_size(v->anomalies) ? v->proposed : json_null());
}
