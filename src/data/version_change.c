/* version_change.c: how one column's values are spread in two versions. */
#include <math.h>
#include <string.h>

#include "base/json.h"
#include "data/version.h"

#define TENTHS 10
#define LEAST_SHARE 0.0001
#define TOP 5

/* One column of the question: its name as SQL, and as a number the engine can cut into tenths.  NaN counts as missing. */
typedef struct Subject {
	Engine *e;
	const char *column, *type;
	char *number;
	bool is_time;
} Subject;

static char *number_of(const char *name, const char *type)
{
	if (strcmp(type, "time") == 0)
		return g_strdup_printf("CAST(epoch_us(%s) AS DOUBLE)", name);
	return strcmp(type, "real") == 0 ? g_strdup_printf("CASE WHEN isnan(%s) THEN NULL ELSE %s END", name, name)
	                                 : g_strdup_printf("CAST(%s AS DOUBLE)", name);
}

/* One row a side: what is said of a column of numbers or times. */
static bool read_moments(const Subject *s, json_t **ret, GError **error)
{
	const char *finite = "FILTER (WHERE isfinite(x))";
	g_autofree char *sql = s->is_time ? g_strdup_printf("SELECT side, count(*) AS n, count(x) AS present, "
	                                                    "make_timestamp(avg(x) %s ::BIGINT) AS mean, "
	                                                    "NULL AS sd, make_timestamp(min(x)::BIGINT) AS min, "
	                                                    "make_timestamp(max(x)::BIGINT) AS max",
	                                            finite)
	                                  : g_strdup_printf("SELECT side, count(*) AS n, count(x) AS present, avg(x) "
	                                                    "%s AS mean, stddev_samp(x) %s AS sd, min(x) "
	                                                    "AS min, max(x) AS max",
	                                            finite, finite);
	g_autofree char *query =
	        g_strdup_printf("%s FROM (SELECT \"_gyre_side\" AS side, %s AS x FROM %s) GROUP BY side ORDER BY side",
	                sql, s->number, VERSION_BOTH);
	return engine_rows(s->e, query, ret, error);
}

/* The ends of the tenths of version a; equal ones once. */
static bool read_cuts(const Subject *s, GArray *cuts, GError **error)
{
	g_autoptr(GString) sql = g_string_new("SELECT ");
	for (int i = 1; i < TENTHS; i++)
		g_string_append_printf(sql, "%sq[%d] AS q%d", i > 1 ? ", " : "", i, i);
	g_string_append_printf(sql,
	        " FROM (SELECT quantile_disc(%s, [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]) AS q FROM %s WHERE "
	        "\"_gyre_side\" = 0)",
	        s->number, VERSION_BOTH);
	json_auto_t *row = NULL;
	if (!engine_row(s->e, sql->str, &row, error))
		return false;
	for (int i = 1; i < TENTHS; i++) {
		char key[8];
		g_snprintf(key, sizeof key, "q%d", i);
		double cut = json_get_number(row, key, NAN);
		if (isfinite(cut) && (cuts->len == 0 || cut > g_array_index(cuts, double, cuts->len - 1)))
			g_array_append_val(cuts, cut);
	}
	return true;
}

/* shares[side][bin]; bin 0 is missing, the others lie between the cuts. */
static bool read_shares(const Subject *s, const GArray *cuts, double shares[2][TENTHS + 1], GError **error)
{
	g_autoptr(GString) bin = g_string_new("1");
	for (guint i = 0; i < cuts->len; i++) {
		char text[G_ASCII_DTOSTR_BUF_SIZE];
		g_string_append_printf(bin, " + CAST(x > CAST('%s' AS DOUBLE) AS INTEGER)",
		        g_ascii_dtostr(text, sizeof text, g_array_index(cuts, double, i)));
	}
	g_autofree char *sql = g_strdup_printf(
	        "SELECT side, CASE WHEN x IS NULL THEN 0 ELSE %s END AS bin, count(*) AS n FROM (SELECT "
	        "\"_gyre_side\" AS side, %s AS x FROM %s) GROUP BY ALL",
	        bin->str, s->number, VERSION_BOTH);
	json_auto_t *rows = NULL;
	if (!engine_rows(s->e, sql, &rows, error))
		return false;
	double totals[2] = {0, 0};
	size_t i;
	json_t *row;
	json_array_foreach (rows, i, row)
		totals[json_get_int(row, "side", 0) != 0] += json_get_number(row, "n", 0);
	json_array_foreach (rows, i, row) {
		int side = json_get_int(row, "side", 0) != 0;
		shares[side][CLAMP(json_get_int(row, "bin", 0), 0, TENTHS)] =
		        json_get_number(row, "n", 0) / totals[side];
	}
	return true;
}

static double psi_of(double shares[2][TENTHS + 1], guint bins)
{
	double psi = 0;
	for (guint i = 0; i <= bins; i++) {
		double a = shares[0][i], b = shares[1][i];
		if (a == 0 && b == 0)
			continue;
		a = MAX(a, LEAST_SHARE);
		b = MAX(b, LEAST_SHARE);
		psi += (b - a) * log(b / a);
	}
	return psi;
}

static json_t *side_json(json_t *row)
{
	double n = json_get_number(row, "n", 0);
	json_object_set_new(row, "missing", json_number(1 - json_get_number(row, "present", 0) / n));
	json_object_del(row, "side");
	json_object_del(row, "n");
	json_object_del(row, "present");
	return json_incref(row);
}

static char *mean_text(const json_t *side)
{
	const json_t *mean = json_object_get(side, "mean");
	if (json_is_string(mean))
		return g_strdup(json_string_value(mean));
	return json_is_number(mean) ? g_strdup_printf("%.6g", json_number_value(mean)) : g_strdup("none");
}

static bool change_of_number(const Subject *s, json_t **ret, GError **error)
{
	json_auto_t *moments = NULL;
	g_autoptr(GArray) cuts = g_array_new(FALSE, FALSE, sizeof(double));
	double shares[2][TENTHS + 1] = {{0}};
	if (!read_moments(s, &moments, error) || !read_cuts(s, cuts, error) || !read_shares(s, cuts, shares, error))
		return false;
	double psi = psi_of(shares, cuts->len + 1);
	json_auto_t *a = side_json(json_array_get(moments, 0)), *b = side_json(json_array_get(moments, 1));
	g_autofree char *mean_a = mean_text(a), *mean_b = mean_text(b);
	g_autofree char *sentence = g_strdup_printf("mean %s, before %s; PSI %.3f", mean_b, mean_a, psi);
	*ret = json_pack("{s:s,s:s,s:s,s:o,s:s,s:O,s:O}", "column", s->column, "type", s->type, "measure", "psi",
	        "value", json_number(psi), "sentence", sentence, "a", a, "b", b);
	return true;
}

/* Shares by value, those that changed most first. */
static bool read_values(const Subject *s, const char *name, json_t **ret, GError **error)
{
	g_autofree char *sql = g_strdup_printf("WITH v AS (SELECT %s AS value, count(*) FILTER (WHERE \"_gyre_side\" = "
	                                       "0) AS a, count(*) FILTER (WHERE \"_gyre_side\" = "
	                                       "1) AS b FROM %s GROUP BY 1), t AS (SELECT sum(a) AS a, sum(b) AS b, "
	                                       "count(*) FILTER (WHERE a > 0 AND value IS NOT NULL) "
	                                       "AS da, count(*) FILTER (WHERE b > 0 AND value IS NOT NULL) AS db, "
	                                       "sum(a) FILTER (WHERE value IS NULL) AS ma, sum(b) "
	                                       "FILTER (WHERE value IS NULL) AS mb FROM v) SELECT left(CAST(value AS "
	                                       "VARCHAR), 100) AS value, v.a / t.a AS a, v.b / t.b "
	                                       "AS b, t.da AS da, t.db AS db, coalesce(t.ma, 0) / t.a AS ma, "
	                                       "coalesce(t.mb, 0) / t.b AS mb FROM v, t ORDER BY abs(v.b / "
	                                       "t.b - v.a / t.a) DESC, v.value LIMIT %d",
	        name, VERSION_BOTH, TOP);
	return engine_rows(s->e, sql, ret, error);
}

static json_t *top_values(const json_t *rows)
{
	json_t *top = json_array();
	size_t i;
	json_t *row;
	json_array_foreach ((json_t *)rows, i, row)
		json_array_append_new(top, json_pack("{s:O,s:O,s:O}", "value", json_object_get(row, "value"), "a",
		                                   json_object_get(row, "a"), "b", json_object_get(row, "b")));
	return top;
}

static bool change_of_values(const Subject *s, json_t **ret, GError **error)
{
	json_auto_t *rows = NULL;
	g_autofree char *name = sql_name(s->column);
	if (!read_values(s, name, &rows, error))
		return false;
	const json_t *first = json_array_get(rows, 0);
	double a = json_get_number(first, "a", 0), b = json_get_number(first, "b", 0), linf = fabs(b - a);
	g_autofree char *sentence = linf > 0 ? g_strdup_printf("\"%s\" is %.1f%% of the rows, before %.1f%%",
	                                               json_get_text(first, "value", "(missing)"), 100 * b, 100 * a)
	                                     : g_strdup("the same shares");
	*ret = json_pack("{s:s,s:s,s:s,s:o,s:s,s:{s:O,s:O},s:{s:O,s:O},s:o}", "column", s->column, "type", s->type,
	        "measure", "linf", "value", json_number(linf), "sentence", sentence, "a", "missing",
	        json_object_get(first, "ma"), "distinct", json_object_get(first, "da"), "b", "missing",
	        json_object_get(first, "mb"), "distinct", json_object_get(first, "db"), "top", top_values(rows));
	return true;
}

bool version_change(Engine *e, const char *column, const char *type, json_t **ret, GError **error)
{
	g_autofree char *name = sql_name(column);
	g_autofree char *number = number_of(name, type);
	Subject s = {.e = e, .column = column, .type = type, .number = number, .is_time = strcmp(type, "time") == 0};
	bool has_order = s.is_time || strcmp(type, "int") == 0 || strcmp(type, "real") == 0;
	return has_order ? change_of_number(&s, ret, error) : change_of_values(&s, ret, error);
}
