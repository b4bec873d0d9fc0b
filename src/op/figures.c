/* figures.c: business figures of a model in use as JSON, period by period. */
#include "op/figures.h"

#include <math.h>
#include <string.h>

#include "base/json.h"
#include "impact/pushed.h"

json_t *figures_goal_json(const json_t *criterion)
{
	static const char *const BOUNDS[] = {"at_least", "at_most"};
	for (size_t i = 0; criterion && i < G_N_ELEMENTS(BOUNDS); i++)
		if (json_is_number(json_object_get(criterion, BOUNDS[i])))
			return json_pack("{s:O}", BOUNDS[i], json_object_get(criterion, BOUNDS[i]));
	return json_null();
}

/* true, false, or null where there is no goal or no value. */
static json_t *reached(const json_t *criterion, double value)
{
	double least = json_get_number(criterion, "at_least", NAN), most = json_get_number(criterion, "at_most", NAN);
	if (isnan(value) || (isnan(least) && isnan(most)))
		return json_null();
	return json_boolean(isnan(least) ? value <= most : value >= least);
}

/* A version as the registry counts it. */
static json_t *version_json(const char *version)
{
	return version ? json_integer(g_ascii_strtoll(version, NULL, 10)) : json_null();
}

static json_t *cell_json(const FigureCell *c, const json_t *figure, const json_t *criterion, int64_t predictions)
{
	bool is_mean = strcmp(json_get_text(figure, "per", "period"), "prediction") == 0;
	double total = is_mean ? c->value.value * (double)predictions : NAN;
	return json_pack("{s:o,s:o,s:o,s:I,s:I,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o}", "period", json_text(c->period),
	        "version", version_json(c->version), "route", json_text(c->route), "predictions",
	        (json_int_t)predictions, "outcomes", (json_int_t)c->rows, "value", json_number(c->value.value), "low",
	        json_number(c->value.low), "high", json_number(c->value.high), "today", json_number(c->today.value),
	        "gain", json_number(c->gain.value), "gain_low", json_number(c->gain.low), "gain_high",
	        json_number(c->gain.high), "total", json_number(total), "reached", reached(criterion, c->value.value));
}

static FigureKeys keys_of(const json_t *in)
{
	const char *by = json_get_text(in, "by", "month");
	bool versions = json_get_bool(in, "versions", false);
	return (FigureKeys){.period = strcmp(by, "all") == 0 ? NULL : by, .version = versions, .route = versions};
}

static bool same_keys(const FigureCell *a, const FigureCell *b)
{
	return g_strcmp0(a->period, b->period) == 0 && g_strcmp0(a->version, b->version) == 0 &&
	       g_strcmp0(a->route, b->route) == 0;
}

/* Predictions answered in the cell; its outcomes are some of these. */
static int64_t answered(const GPtrArray *all, const FigureCell *cell)
{
	for (guint i = 0; i < all->len; i++)
		if (same_keys(all->pdata[i], cell))
			return ((const FigureCell *)all->pdata[i])->rows;
	return cell->rows;
}

bool figures_periods(Produced *p, const char *name, const json_t *figure, const json_t *in, json_t *to, GError **error)
{
	FigureKeys keys = keys_of(in);
	g_autoptr(GPtrArray) cells = NULL;
	g_autoptr(GPtrArray) all = NULL;
	json_auto_t *count = json_pack("{s:s}", "sql", "count(*)");
	/* A shadow's answers reached nobody: they bring nothing, but may be shown. */
	const char *shadows = keys.route ? "" : " WHERE _gyre_route <> 'shadow'";
	if (!engine_runf(p->engine, error,
	            "CREATE OR REPLACE VIEW counted AS SELECT * FROM answered%s; "
	            "CREATE OR REPLACE VIEW judged AS SELECT * FROM known%s",
	            shadows, shadows) ||
	        !figure_measure(p->engine, "counted", name, count, &keys, &all, error) ||
	        !figure_measure(p->engine, "judged", name, figure, &keys, &cells, error))
		return false;
	json_t *list = json_array();
	for (guint i = 0; i < cells->len; i++)
		json_array_append_new(list, cell_json(cells->pdata[i], figure, produced_criterion(p, name),
		                                    answered(all, cells->pdata[i])));
	json_object_set_new(to, "periods", list);
	return true;
}

static void set_text(Column *c, size_t row, const char *text)
{
	if (text)
		c->codes[row] = dictionary_code(c->dictionary, text, strlen(text));
	else
		column_set_missing(c, row);
}

/* The numbers as a table of the engine, so that periods are cut as those of predictions are. */
static bool pushed_table(Produced *p, const char *name, GError **error)
{
	json_auto_t *values = NULL;
	if (!pushed_list(p->desk.meta, p->model, name, p->asked, p->until, &values, error))
		return false;
	size_t count = json_array_size(values), i;
	json_t *value;
	g_autoptr(Frame) f = frame_new(count);
	Column *at = column_new("_gyre_time", COLUMN_TIME, count, NULL),
	       *number = column_new("value", COLUMN_REAL, count, NULL),
	       *version = column_new("_gyre_version", COLUMN_TEXT, count, NULL),
	       *route = column_new("_gyre_route", COLUMN_TEXT, count, NULL);
	json_array_foreach (values, i, value) {
		at->ints[i] = json_get_int(value, "at", 0);
		number->reals[i] = json_get_number(value, "value", NAN);
		set_text(version, i, json_get_text(value, "version", NULL));
		set_text(route, i, json_get_text(value, "route", NULL));
	}
	frame_add(f, at);
	frame_add(f, number);
	frame_add(f, version);
	frame_add(f, route);
	return engine_run(p->engine, "DROP TABLE IF EXISTS pushed_values; DROP TABLE IF EXISTS pushed_rows", error) &&
	       engine_append(p->engine, "pushed_values", f, error) &&
	       engine_runf(p->engine, error,
	               "CREATE TABLE pushed_rows AS SELECT *, CAST(row_number() OVER () %% %d AS INTEGER) AS "
	               "_gyre_group FROM "
	               "pushed_values",
	               FIGURE_GROUPS);
}

bool figures_pushed(Produced *p, const char *name, const json_t *figure, const json_t *in, json_t *to, GError **error)
{
	const char *how = json_get_text(figure, "pushed", "mean"), *today = json_get_text(figure, "today", NULL);
	FigureKeys keys = keys_of(in);
	g_autoptr(GPtrArray) cells = NULL;
	json_auto_t *sql = json_pack("{s:s,s:s*}", "sql",
	        strcmp(how, "mean") == 0  ? "avg(value)"
	        : strcmp(how, "sum") == 0 ? "sum(value)"
	                                  : "arg_max(value, _gyre_time)",
	        "today", today);
	if (!pushed_table(p, name, error) || !figure_measure(p->engine, "pushed_rows", name, sql, &keys, &cells, error))
		return false;
	json_t *list = json_array();
	for (guint i = 0; i < cells->len; i++) {
		FigureCell *c = cells->pdata[i];
		if (strcmp(how, "mean") != 0) /* leaving numbers out says nothing of a sum or of the last one */
			c->value.low = c->value.high = c->gain.low = c->gain.high = NAN;
		json_array_append_new(list, cell_json(c, figure, produced_criterion(p, name), c->rows));
	}
	json_object_set_new(to, "periods", list);
	return true;
}
