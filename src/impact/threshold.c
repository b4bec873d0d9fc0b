/* threshold.c: a figure at other thresholds. */
#include "impact/threshold.h"

#include <math.h>

#include "base/error.h"
#include "base/json.h"

enum { STEPS = 100, MOST_ROWS = 200000 };

typedef struct Curve {
	double value[STEPS + 2]; /* at i / STEPS; the last: above all, nobody is foreseen */
	double sign;             /* 1: more is better; -1: less */
} Curve;

static bool better(const Curve *c, double a, double b)
{
	return !isnan(a) && (isnan(b) || c->sign * a > c->sign * b);
}

static char *curve_sql(const char *table, const Bundle *b, const json_t *figure, const char *type)
{
	size_t positive = (size_t)bundle_positive(b);
	g_autofree char *quoted = sql_name(table), *yes = sql_text(bundle_class(b, positive)),
	                *no = sql_text(bundle_class(b, 1 - positive));
	return g_strdup_printf(
	        "WITH chosen AS (SELECT * FROM %s ORDER BY hash(_gyre_id) LIMIT %d), "
	        "moved AS (SELECT chosen.* REPLACE (CAST(CASE WHEN probability * %d >= _gyre_at THEN %s ELSE %s END AS "
	        "%s) AS prediction), "
	        "_gyre_at FROM chosen, (SELECT unnest(range(%d)) AS _gyre_at)) "
	        "SELECT _gyre_at AS at, CAST(%s AS DOUBLE) AS value FROM moved GROUP BY _gyre_at ORDER BY _gyre_at",
	        quoted, MOST_ROWS, STEPS, yes, no, type, STEPS + 2, json_get_text(figure, "sql", "NULL"));
}

static bool curve_read(Engine *e, const char *sql, Curve *c, GError **error)
{
	json_auto_t *rows = NULL;
	size_t i;
	json_t *row;
	if (!engine_rows(e, sql, &rows, error))
		return false;
	for (int k = 0; k < STEPS + 2; k++)
		c->value[k] = NAN;
	json_array_foreach (rows, i, row)
		c->value[CLAMP(json_get_int(row, "at", 0), 0, STEPS + 1)] = json_get_number(row, "value", NAN);
	return true;
}

/* Without a known outcome there is nothing to be best. */
static bool has_value(const Curve *c)
{
	bool has = false;
	for (int i = 0; i <= STEPS; i++)
		has = has || !isnan(c->value[i]);
	return has;
}

static json_t *point(double threshold, double value)
{
	return json_pack("{s:o,s:o}", "threshold", json_number(threshold), "value", json_number(value));
}

/* The thresholds about the best where it pays. */
static json_t *pays(const Curve *c, int best, double without)
{
	int from = best, to = best;
	if (!better(c, c->value[best], without))
		return json_null();
	while (from > 0 && better(c, c->value[from - 1], without))
		from--;
	while (to < STEPS && better(c, c->value[to + 1], without))
		to++;
	return json_pack("[f,f]", (double)from / STEPS, (double)to / STEPS);
}

static json_t *curve_json(const Curve *c, double threshold, double today)
{
	int best = 0, current = CLAMP((int)ceil(threshold * STEPS - 1e-9), 0, STEPS + 1);
	double without = isnan(today) ? c->value[STEPS + 1] : today;
	json_t *points = json_array();
	for (int i = 0; i <= STEPS; i++) {
		best = better(c, c->value[i], c->value[best]) ? i : best;
		json_array_append_new(points, json_pack("[f,o]", (double)i / STEPS, json_number(c->value[i])));
	}
	return json_pack("{s:o,s:o,s:o,s:o,s:o}", "current", point(threshold, c->value[current]), "best",
	        point((double)best / STEPS, c->value[best]), "without", json_number(without), "pays",
	        pays(c, best, without), "curve", points);
}

bool figure_thresholds(
        Engine *e, const char *table, const Bundle *b, const json_t *figure, bool grows, json_t **ret, GError **error)
{
	double threshold = json_get_number(bundle_header(b), "threshold", NAN);
	if (isnan(threshold) || bundle_positive(b) < 0) {
		*ret = json_null();
		return true;
	}
	Curve c = {.sign = grows ? 1 : -1};
	json_auto_t *row = NULL;
	g_autofree char *quoted = sql_name(table);
	g_autofree char *before =
	        g_strdup_printf("SELECT any_value(typeof(prediction)) AS type, CAST(%s AS DOUBLE) AS today FROM %s",
	                json_get_text(figure, "today", "NULL"), quoted);
	if (!engine_row(e, before, &row, error))
		return false;
	g_autofree char *sql = curve_sql(table, b, figure, json_get_text(row, "type", "VARCHAR"));
	if (!curve_read(e, sql, &c, error))
		return false;
	*ret = has_value(&c) ? curve_json(&c, threshold, json_get_number(row, "today", NAN)) : json_null();
	return true;
}
