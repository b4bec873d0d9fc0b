/* measure.c: figures over rows of the prediction log, and how sure they are. */
#include "impact/measure.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "stats/distribution.h"

static void cell_free(gpointer cell)
{
	FigureCell *c = cell;
	g_free(c->period);
	g_free(c->version);
	g_free(c->route);
	g_free(c);
}

/* The target's type in the data, so that prediction = late can be asked as in the evaluation. */
static const char *target_type(const Bundle *b, const char *target)
{
	if (!bundle_classifies(b))
		return "DOUBLE";
	const json_t *columns = json_object_get(json_object_get(bundle_header(b), "schema"), "columns");
	size_t i;
	json_t *column;
	json_array_foreach ((json_t *)columns, i, column) {
		if (strcmp(json_get_text(column, "name", ""), target) != 0)
			continue;
		const char *type = json_get_text(column, "type", "text");
		return strcmp(type, "int") == 0    ? "BIGINT"
		       : strcmp(type, "real") == 0 ? "DOUBLE"
		       : strcmp(type, "bool") == 0 ? "BOOLEAN"
		                                   : "VARCHAR";
	}
	return "VARCHAR";
}

/* ", probability_LABEL AS probability", or "". */
static char *probability_sql(const Bundle *b)
{
	if (bundle_positive(b) < 0)
		return g_strdup("");
	g_autofree char *column = g_strconcat("probability_", bundle_class(b, (size_t)bundle_positive(b)), NULL);
	g_autofree char *name = sql_name(column);
	return g_strdup_printf(", %s AS probability", name);
}

/* An input that is called as what the model says, or as the target, is there as "input.NAME", as in the prediction log. */
static void own_names(const Bundle *b, const char *target, GString *without, GString *with)
{
	const char *const taken[] = {"probability", target};
	size_t i;
	json_t *input;
	json_array_foreach ((json_t *)json_at(bundle_header(b), "recipe.inputs"), i, input) {
		const char *name = json_get_text(input, "name", "");
		for (size_t k = 0; k < G_N_ELEMENTS(taken); k++) {
			if (g_ascii_strcasecmp(name, taken[k]) != 0)
				continue;
			g_autofree char *plain = g_strconcat("input.", name, NULL), *quoted = sql_name(name),
			                *other = sql_name(plain);
			g_string_append_printf(without, ", %s", quoted);
			g_string_append_printf(with, ", %s AS %s", quoted, other);
			break;
		}
	}
}

bool figure_rows(Engine *e, const char *view, const Bundle *b, bool known, const char *name, GError **error)
{
	const char *target = json_get_text(json_object_get(bundle_header(b), "roles"), "target", ""),
	           *type = target_type(b, target);
	g_autofree char *from = sql_name(view), *to = sql_name(name), *quoted = sql_name(target),
	                *probability = probability_sql(b);
	g_autoptr(GString) without = g_string_new(NULL), with = g_string_new(NULL);
	own_names(b, target, without, with);
	return engine_runf(e, error,
	        "CREATE OR REPLACE TABLE %s AS SELECT * EXCLUDE (prediction%s), TRY_CAST(prediction AS %s) AS "
	        "prediction, "
	        "TRY_CAST(_gyre_outcome AS %s) AS %s%s%s, CAST(hash(_gyre_id) %% %d AS INTEGER) AS _gyre_group FROM %s "
	        "WHERE _gyre_error IS NULL%s",
	        to, without->str, type, type, quoted, probability, with->str, FIGURE_GROUPS, from,
	        known ? " AND _gyre_outcome IS NOT NULL" : "");
}

/* "period, version, route, " of the keys asked for, as they are computed or as they are called. */
static char *key_columns(const FigureKeys *k, bool computed)
{
	GString *sql = g_string_new(NULL);
	if (k->period)
		g_string_append_printf(sql,
		        computed ? "strftime(date_trunc('%s', _gyre_time), '%%Y-%%m-%%dT%%H:%%M:%%SZ') AS _gyre_p, "
		                 : "_gyre_p, ",
		        k->period);
	if (k->version)
		g_string_append(sql, computed ? "CAST(_gyre_version AS VARCHAR) AS _gyre_v, " : "_gyre_v, ");
	if (k->route)
		g_string_append(sql, computed ? "_gyre_route AS _gyre_r, " : "_gyre_r, ");
	return g_string_free(sql, FALSE);
}

/* All values of a figure: a row for each cell with _gyre_left -1 for the whole, and one for each group left out. */
static char *measure_sql(const char *table, const json_t *figure, const FigureKeys *keys)
{
	g_autofree char *quoted = sql_name(table), *made = key_columns(keys, true), *called = key_columns(keys, false);
	return g_strdup_printf("WITH keyed AS (SELECT %s* FROM %s) "
	                       "SELECT %s_gyre_left, count(*) AS _gyre_n, CAST(%s AS DOUBLE) AS _gyre_value, CAST(%s "
	                       "AS DOUBLE) AS _gyre_today "
	                       "FROM keyed JOIN (SELECT CAST(unnest(range(-1, %d)) AS INTEGER) AS _gyre_left) ON "
	                       "_gyre_left <> _gyre_group "
	                       "GROUP BY %s_gyre_left ORDER BY %s_gyre_left",
	        made, quoted, called, json_get_text(figure, "sql", "NULL"), json_get_text(figure, "today", "NULL"),
	        FIGURE_GROUPS, called, called);
}

static void estimate_finish(Estimate *e, int64_t rows)
{
	double mean = 0, square = 0;
	for (int g = 0; g < FIGURE_GROUPS; g++)
		mean += e->groups[g] / FIGURE_GROUPS;
	for (int g = 0; g < FIGURE_GROUPS; g++)
		square += (e->groups[g] - mean) * (e->groups[g] - mean);
	double t = student_quantile(0.975, FIGURE_GROUPS - 1);
	e->error = rows < FIGURE_GROUPS ? NAN : sqrt(square * (FIGURE_GROUPS - 1) / FIGURE_GROUPS);
	e->low = e->value - t * e->error;
	e->high = e->value + t * e->error;
}

static bool same_cell(const FigureCell *c, const json_t *row)
{
	return g_strcmp0(c->period, json_get_text(row, "_gyre_p", NULL)) == 0 &&
	       g_strcmp0(c->version, json_get_text(row, "_gyre_v", NULL)) == 0 &&
	       g_strcmp0(c->route, json_get_text(row, "_gyre_r", NULL)) == 0;
}

static FigureCell *cell_new(const json_t *row)
{
	FigureCell *c = g_new0(FigureCell, 1);
	c->period = g_strdup(json_get_text(row, "_gyre_p", NULL));
	c->version = g_strdup(json_get_text(row, "_gyre_v", NULL));
	c->route = g_strdup(json_get_text(row, "_gyre_r", NULL));
	for (int g = 0; g < FIGURE_GROUPS; g++)
		c->value.groups[g] = c->today.groups[g] = c->gain.groups[g] = NAN;
	return c;
}

static void cell_take(FigureCell *c, const json_t *row)
{
	int left = (int)json_get_int(row, "_gyre_left", -1);
	double value = json_get_number(row, "_gyre_value", NAN), today = json_get_number(row, "_gyre_today", NAN);
	double *values = left < 0 ? &c->value.value : &c->value.groups[left],
	       *todays = left < 0 ? &c->today.value : &c->today.groups[left],
	       *gains = left < 0 ? &c->gain.value : &c->gain.groups[left];
	*values = value;
	*todays = today;
	*gains = value - today;
	if (left < 0)
		c->rows = json_get_int(row, "_gyre_n", 0);
}

bool figure_measure(Engine *e, const char *table, const char *name, const json_t *figure, const FigureKeys *keys,
        GPtrArray **ret, GError **error)
{
	g_autofree char *sql = measure_sql(table, figure, keys);
	json_auto_t *rows = NULL;
	g_autoptr(GError) problem = NULL;
	if (!engine_rows(e, sql, &rows, &problem))
		return fail(error, FAIL_INVALID, "kpi.%s: %s", name, problem->message);
	GPtrArray *cells = g_ptr_array_new_with_free_func(cell_free);
	size_t i;
	json_t *row;
	json_array_foreach (rows, i, row) {
		if (!cells->len || !same_cell(cells->pdata[cells->len - 1], row))
			g_ptr_array_add(cells, cell_new(row));
		cell_take(cells->pdata[cells->len - 1], row);
	}
	for (guint k = 0; k < cells->len; k++) {
		FigureCell *c = cells->pdata[k];
		estimate_finish(&c->value, c->rows);
		estimate_finish(&c->today, c->rows);
		estimate_finish(&c->gain, c->rows);
	}
	*ret = cells;
	return true;
}

Uplift estimate_uplift(const Estimate *a, const Estimate *b)
{
	double va = a->error * a->error, vb = b->error * b->error, error = sqrt(va + vb);
	double freedom = (va + vb) * (va + vb) * (FIGURE_GROUPS - 1) / (va * va + vb * vb);
	double value = a->value - b->value, t = student_quantile(0.975, freedom);
	return (Uplift){value, value - t * error, value + t * error, student_two_sided(value / error, freedom)};
}
