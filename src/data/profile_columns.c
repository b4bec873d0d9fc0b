/* profile_columns.c: what two scans tell about all columns at once.
 *
 * The first counts and finds quantiles and extremes; with these the second sums moments about the median and counts
 * outliers. */
#include <math.h>
#include <string.h>

#include "base/json.h"
#include "data/profile_internal.h"
#include "data/profile_moments.h"

enum { EXTREMES = 5 };

static const struct {
	const char *name;
	double q;
} QUANTILES[] = {{"1", 0.01}, {"5", 0.05}, {"25", 0.25}, {"50", 0.5}, {"75", 0.75}, {"95", 0.95}, {"99", 0.99}};
enum { Q25 = 2, Q50 = 3, Q75 = 4, QUANTILE_COUNT = G_N_ELEMENTS(QUANTILES) };

char *profile_finite(const ProfileColumn *c)
{
	if (c->type == COLUMN_REAL)
		return g_strdup_printf("(CASE WHEN isfinite(%s) THEN %s END)", c->quoted, c->quoted);
	return g_strdup(c->quoted); /* quantiles of whole numbers are three times as fast as of doubles */
}

/* The finite values have a name, for they stand in a question a dozen times, and the engine would plan each. */
static char *finite_name(size_t i)
{
	return g_strdup_printf("_gyre_f%zu", i);
}

/* The view with the finite values of the numbers beside. */
static char *with_finite(const Profile *p, size_t from, size_t to)
{
	g_autoptr(GString) sql = g_string_new("(SELECT *");
	for (size_t i = from; i < to; i++) {
		const ProfileColumn *c = &p->columns[i];
		g_autofree char *finite = profile_is_number(c) ? profile_finite(c) : NULL;
		g_autofree char *name = finite_name(i - from);
		if (finite)
			g_string_append_printf(sql, ", %s AS %s", finite, name);
	}
	g_string_append_printf(sql, " FROM %s)", p->view);
	return g_strdup(sql->str);
}

/* --- the first scan ---------------------------------------------------------------------------------------------- */

static void ask_number(const ProfileColumn *c, size_t i, GString *inner, GString *outer)
{
	g_autofree char *x = finite_name(i);
	g_string_append_printf(inner,
	        ", min(%s) AS c%zu_min, max(%s) AS c%zu_max, count_if(%s = 0) AS c%zu_zeros, "
	        "count_if(%s < 0) AS c%zu_negatives, min(%s, %d) AS c%zu_lows, max(%s, %d) AS c%zu_highs",
	        x, i, x, i, x, i, x, i, x, EXTREMES, i, x, EXTREMES, i);
	if (c->type == COLUMN_REAL)
		g_string_append_printf(inner,
		        ", count_if(isinf(%s)) AS c%zu_infinities, count_if(isnan(%s)) AS c%zu_nans", c->quoted, i,
		        c->quoted, i);
	else
		g_string_append_printf(inner, ", 0 AS c%zu_infinities, 0 AS c%zu_nans", i, i);
	g_string_append_printf(outer, ", c%zu_min, c%zu_max, c%zu_zeros, c%zu_negatives, c%zu_infinities, c%zu_nans", i,
	        i, i, i, i, i);
	for (int k = 1; k <= EXTREMES; k++)
		g_string_append_printf(
		        outer, ", c%zu_lows[%d] AS c%zu_low%d, c%zu_highs[%d] AS c%zu_high%d", i, k, i, k, i, k, i, k);
	g_string_append_printf(inner, ", quantile_cont(%s, [", x);
	for (int k = 0; k < QUANTILE_COUNT; k++) {
		g_string_append_printf(inner, "%s%g", k ? ", " : "", QUANTILES[k].q);
		g_string_append_printf(outer, ", c%zu_q[%d] AS c%zu_q%d", i, k + 1, i, k);
	}
	g_string_append_printf(inner, "]) AS c%zu_q", i);
}

static void ask(const ProfileColumn *c, size_t i, GString *inner, GString *outer)
{
	g_string_append_printf(
	        inner, ", count(%s) AS c%zu_n, approx_count_distinct(%s) AS c%zu_d", c->quoted, i, c->quoted, i);
	g_string_append_printf(outer, ", c%zu_n, c%zu_d", i, i);
	if (profile_is_number(c))
		ask_number(c, i, inner, outer);
	if (c->type == COLUMN_TEXT)
		g_string_append_printf(inner,
		        ", min(length(%s)) AS c%zu_min, max(length(%s)) AS c%zu_max, avg(length(%s)) AS c%zu_mean",
		        c->quoted, i, c->quoted, i, c->quoted, i);
	if (c->type == COLUMN_TIME)
		g_string_append_printf(inner, ", min(%s) AS c%zu_min, max(%s) AS c%zu_max", c->quoted, i, c->quoted, i);
	if (c->type == COLUMN_TEXT || c->type == COLUMN_TIME)
		g_string_append_printf(outer, ", c%zu_min, c%zu_max", i, i);
	if (c->type == COLUMN_TEXT)
		g_string_append_printf(outer, ", c%zu_mean", i);
}

static json_t *answer(const json_t *row, size_t i, const char *what)
{
	g_autofree char *key = g_strdup_printf("c%zu_%s", i, what);
	json_t *value = json_object_get(row, key);
	return value ? json_incref(value) : json_null();
}

static double answer_number(const json_t *row, size_t i, const char *what)
{
	json_auto_t *value = answer(row, i, what);
	return json_is_number(value) ? json_number_value(value) : NAN;
}

static json_t *extremes(const json_t *row, size_t i, const char *which)
{
	json_t *list = json_array();
	for (int k = 1; k <= EXTREMES; k++) {
		g_autofree char *name = g_strdup_printf("%s%d", which, k);
		json_t *value = answer(row, i, name);
		if (json_is_number(value))
			json_array_append(list, value);
		json_decref(value);
	}
	return list;
}

static void tell_number(ProfileColumn *c, const json_t *row, size_t i)
{
	static const char *const PLAIN[] = {"min", "max", "zeros", "negatives", "infinities", "nans"};
	for (size_t k = 0; k < G_N_ELEMENTS(PLAIN); k++)
		json_object_set_new(c->json, PLAIN[k], answer(row, i, PLAIN[k]));
	json_t *quantiles = json_object();
	for (int k = 0; k < QUANTILE_COUNT; k++) {
		g_autofree char *key = g_strdup_printf("q%d", k);
		json_object_set_new(quantiles, QUANTILES[k].name, answer(row, i, key));
	}
	json_object_set_new(c->json, "quantiles", quantiles);
	json_object_set_new(c->json, "lowest", extremes(row, i, "low"));
	json_object_set_new(c->json, "highest", extremes(row, i, "high"));
}

static void tell(Profile *p, size_t at, size_t i, const json_t *row)
{
	ProfileColumn *c = &p->columns[at];
	c->present = (int64_t)answer_number(row, i, "n");
	/* An estimate may be above what is possible. */
	c->distinct = MIN((int64_t)answer_number(row, i, "d"), c->present);
	int64_t missing = p->rows - c->present;
	json_object_set_new(c->json, "missing", json_integer(missing));
	json_object_set_new(c->json, "missing_share", json_real(p->rows ? (double)missing / (double)p->rows : 0));
	if (profile_is_number(c))
		tell_number(c, row, i);
	if (c->type == COLUMN_TEXT)
		json_object_set_new(c->json, "length",
		        json_pack("{s:o,s:o,s:o}", "min", answer(row, i, "min"), "mean", answer(row, i, "mean"), "max",
		                answer(row, i, "max")));
	if (c->type == COLUMN_TIME) {
		json_object_set_new(c->json, "min", answer(row, i, "min"));
		json_object_set_new(c->json, "max", answer(row, i, "max"));
	}
}

static bool first_scan(Profile *p, size_t from, size_t to, GError **error)
{
	g_autoptr(GString) inner = g_string_new("SELECT count(*) AS none"), outer = g_string_new("SELECT none");
	for (size_t i = from; i < to; i++)
		ask(&p->columns[i], i - from, inner, outer);
	g_autofree char *view = with_finite(p, from, to);
	g_autofree char *sql = g_strdup_printf("%s FROM (%s FROM %s)", outer->str, inner->str, view);
	json_auto_t *row = NULL;
	if (!engine_row(p->e, sql, &row, error))
		return false;
	for (size_t i = from; i < to; i++)
		tell(p, i, i - from, row);
	return true;
}

/* --- the second scan --------------------------------------------------------------------------------------------- */

static double quantile(const ProfileColumn *c, int which)
{
	return json_get_number(json_object_get(c->json, "quantiles"), QUANTILES[which].name, NAN);
}

static MomentBase base_of(const ProfileColumn *c)
{
	return moment_base(
	        json_get_number(c->json, "min", NAN), json_get_number(c->json, "max", NAN), quantile(c, Q50));
}

/* Tukey's outer fences. */
static void fences(const ProfileColumn *c, double ret[2])
{
	double reach = 3 * (quantile(c, Q75) - quantile(c, Q25));
	ret[0] = quantile(c, Q25) - reach;
	ret[1] = quantile(c, Q75) + reach;
}

static bool has_spread(const ProfileColumn *c)
{
	MomentBase base = base_of(c);
	return isfinite(base.centre) &&
	       isfinite(json_get_number(c->json, "max", 0) - json_get_number(c->json, "min", 0));
}

static void ask_moments(const ProfileColumn *c, size_t i, GString *sql)
{
	double ends[2];
	g_autofree char *x = finite_name(i), *prefix = g_strdup_printf("c%zu", i);
	g_autofree char *sums = moment_sql(x, base_of(c), prefix);
	fences(c, ends);
	g_string_append_printf(sql,
	        "%s, count_if(%s < CAST('%.17g' AS DOUBLE) OR %s > CAST('%.17g' AS DOUBLE)) AS c%zu_out", sums, x,
	        ends[0], x, ends[1], i);
}

/* Nothing to tell where there are no values, or where they span more than a double can. */
static void tell_moments(ProfileColumn *c, size_t i, const json_t *row)
{
	double ends[2];
	bool known = has_spread(c);
	g_autofree char *prefix = g_strdup_printf("c%zu", i);
	Moments m = known ? moments_of(row, prefix, base_of(c)) : (Moments){NAN, NAN, NAN, NAN};
	fences(c, ends);
	json_object_set_new(c->json, "mean", json_number(m.mean));
	json_object_set_new(c->json, "sd", json_number(m.sd));
	json_object_set_new(c->json, "skewness", json_number(m.skewness));
	json_object_set_new(c->json, "kurtosis", json_number(m.kurtosis));
	json_object_set_new(c->json, "fences", json_pack("[o,o]", json_number(ends[0]), json_number(ends[1])));
	json_object_set_new(c->json, "outliers", known ? answer(row, i, "out") : json_integer(0));
}

static bool second_scan(Profile *p, size_t from, size_t to, GError **error)
{
	g_autoptr(GString) sql = g_string_new("SELECT count(*) AS none");
	for (size_t i = from; i < to; i++)
		if (profile_is_number(&p->columns[i]) && has_spread(&p->columns[i]))
			ask_moments(&p->columns[i], i - from, sql);
	g_autofree char *view = with_finite(p, from, to);
	g_string_append_printf(sql, " FROM %s", view);
	json_auto_t *row = NULL;
	if (!engine_row(p->e, sql->str, &row, error))
		return false;
	for (size_t i = from; i < to; i++)
		if (profile_is_number(&p->columns[i]))
			tell_moments(&p->columns[i], i - from, row);
	return true;
}

bool profile_columns(Profile *p, size_t from, size_t to, GError **error)
{
	return first_scan(p, from, to, error) && second_scan(p, from, to, error);
}
