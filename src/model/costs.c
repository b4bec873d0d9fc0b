/* costs.c: costs of decisions, given or found out from a business figure. */
#include "model/costs.h"

#include <math.h>

#include "base/json.h"
#include "data/engine.h"

/* Rows of a table to ask with: of the outcomes tp, fp, fn, tn, how many each. */
typedef struct Asked {
	Engine *e;
	const char *sql;
	char *target, *type, *label[2]; /* quoted; label[1]: the positive */
} Asked;

static void asked_clear(Asked *a)
{
	engine_close(a->e);
	g_free(a->target);
	g_free(a->type);
	g_free(a->label[0]);
	g_free(a->label[1]);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Asked, asked_clear)

/* NaN when the engine refuses the figure. */
static double ask(const Asked *a, const unsigned counts[4])
{
	g_autoptr(GString) sql = g_string_new(NULL);
	json_auto_t *row = NULL;
	g_string_append_printf(sql, "SELECT CAST(%s AS DOUBLE) AS value FROM (", a->sql);
	for (unsigned outcome = 0, n = 0; outcome < 4; outcome++)
		for (unsigned i = 0; i < counts[outcome]; i++, n++)
			g_string_append_printf(sql, "%s SELECT CAST(%s AS %s) AS %s, CAST(%s AS %s) AS prediction",
			        n ? " UNION ALL" : "", a->label[outcome == 0 || outcome == 2], a->type, a->target,
			        a->label[outcome < 2], a->type);
	g_string_append_c(sql, ')');
	return engine_row(a->e, sql->str, &row, NULL) ? json_get_number(row, "value", NAN) : NAN;
}

static bool near(double a, double b)
{
	return fabs(a - b) <= 1e-9 * MAX(1, MAX(fabs(a), fabs(b)));
}

/* Do the four values make up the figure of several rows, as their mean or their sum? */
static bool adds_up(const Asked *a, const double value[4])
{
	static const unsigned TABLES[][4] = {{1, 1, 1, 1}, {4, 1, 2, 3}, {0, 5, 1, 0}, {2, 0, 0, 7}};
	bool is_mean = true, is_sum = true;
	for (size_t t = 0; t < G_N_ELEMENTS(TABLES); t++) {
		double sum = 0, rows = 0, found = ask(a, TABLES[t]);
		for (unsigned outcome = 0; outcome < 4; outcome++) {
			sum += TABLES[t][outcome] * value[outcome];
			rows += TABLES[t][outcome];
		}
		is_mean = is_mean && near(found, sum / rows);
		is_sum = is_sum && near(found, sum);
	}
	return is_mean || is_sum;
}

static bool prepare(Asked *a, const char *table, const json_t *roles, size_t positive, GError **error)
{
	const EngineLimits limits = {.threads = 1};
	const char *target = json_get_text(roles, "target", "");
	const json_t *classes = json_object_get(roles, "classes");
	json_auto_t *row = NULL;
	g_autofree char *from = sql_parquet(table);
	if (!engine_open(&limits, &a->e, error))
		return false;
	a->target = sql_name(target);
	for (size_t k = 0; k < 2; k++)
		a->label[k == positive] = sql_text(json_string_value(json_array_get(classes, k)));
	g_autofree char *sql = g_strdup_printf("SELECT typeof(%s) AS type FROM %s LIMIT 1", a->target, from);
	if (!engine_row(a->e, sql, &row, error))
		return false;
	a->type = g_strdup(json_get_text(row, "type", "VARCHAR"));
	return true;
}

DecisionCosts costs_from_json(const json_t *costs)
{
	return (DecisionCosts){json_get_number(costs, "tp", 0), json_get_number(costs, "fp", 0),
	        json_get_number(costs, "fn", 0), json_get_number(costs, "tn", 0)};
}

bool costs_from_figure(const char *table, const json_t *roles, size_t positive, const char *sql, bool grows,
        DecisionCosts *ret, bool *ret_found, GError **error)
{
	g_auto(Asked) a = {.sql = sql};
	double value[4], sign = grows ? -1 : 1;
	*ret_found = false;
	if (!prepare(&a, table, roles, positive, error))
		return false;
	for (unsigned outcome = 0; outcome < 4; outcome++) {
		unsigned counts[4] = {0};
		counts[outcome] = 1;
		value[outcome] = ask(&a, counts);
		if (isnan(value[outcome]))
			return true;
	}
	*ret_found = adds_up(&a, value);
	*ret = (DecisionCosts){sign * value[0], sign * value[1], sign * value[2], sign * value[3]};
	return true;
}
