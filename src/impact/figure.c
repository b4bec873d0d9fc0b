/* figure.c: the figures of the `kpi:` block, whatever form they are written in, brought to one. */
#include "impact/figure.h"

#include <math.h>
#include <string.h>

#include "base/json.h"
#include "data/engine.h"

static const char *const PUSHED_WORDS[] = {"mean", "sum", "last", NULL};
static const char *const PER_WORDS[] = {"prediction", "period", NULL};
const Param FIGURE_PARAMS[] = {
        {"sql", PARAM_TEXT,
                "an aggregate in DuckDB SQL over rows with the model's inputs, prediction, probability and the target"},
        {"worth", PARAM_JSON, "what a decision of each kind is worth: {tp: 40, fp: -10}; the figure is their mean"},
        {"pushed", PARAM_TEXT, "measured elsewhere and sent to POST /api/v1/kpi: how a period's numbers become one",
                .choices = PUSHED_WORDS},
        {"unit", PARAM_TEXT, "what it is counted in: EUR, minutes"},
        {"today", PARAM_JSON, "what it came to before there was a model: a number, or SQL over the same rows"},
        {"per", PARAM_TEXT,
                "prediction: the figure is a mean over predictions, so that times their number it is a total",
                "\"period\"", .choices = PER_WORDS},
        {NULL},
};

const Param WORTH_PARAMS[] = {
        {"tp", PARAM_REAL, "of a case foreseen", "0", .min = -1e15, .max = 1e15},
        {"fp", PARAM_REAL, "of a false alarm", "0", .min = -1e15, .max = 1e15},
        {"fn", PARAM_REAL, "of a case missed", "0", .min = -1e15, .max = 1e15},
        {"tn", PARAM_REAL, "of silence where there was nothing", "0", .min = -1e15, .max = 1e15},
        {NULL},
};

/* avg(case ...): labels are compared as texts, which is what the prediction log and outcomes hold. */
static char *worth_sql(const json_t *worth, const json_t *goal)
{
	g_autofree char *target = sql_name(json_get_text(goal, "target", "")),
	                *positive = sql_text(json_get_text(goal, "positive", ""));
	return g_strdup_printf("avg(CASE WHEN %s IS NULL THEN NULL "
	                       "WHEN CAST(prediction AS VARCHAR) = %s THEN CASE WHEN CAST(%s AS VARCHAR) = %s THEN "
	                       "%.17g ELSE %.17g END "
	                       "ELSE CASE WHEN CAST(%s AS VARCHAR) = %s THEN %.17g ELSE %.17g END END)",
	        target, positive, target, positive, json_get_number(worth, "tp", 0), json_get_number(worth, "fp", 0),
	        target, positive, json_get_number(worth, "fn", 0), json_get_number(worth, "tn", 0));
}

/* Names of columns are the same in SQL whatever their case. */
bool figures_confuse(const json_t *goal)
{
	const char *target = json_get_text(goal, "target", "");
	bool classifies = g_strcmp0(json_get_text(goal, "task", "classification"), "regression") != 0;
	return g_ascii_strcasecmp(target, "prediction") == 0 ||
	       (classifies && g_ascii_strcasecmp(target, "probability") == 0);
}

/* One of the three forms, and no more. */
static const char *form_problem(const json_t *figure, const json_t *goal)
{
	size_t forms = 0;
	static const char *const FORMS[] = {"sql", "worth", "pushed"};
	for (size_t i = 0; i < G_N_ELEMENTS(FORMS); i++)
		forms += json_object_get(figure, FORMS[i]) != NULL;
	if (forms != 1)
		return "a figure has one of sql, worth and pushed";
	if (!json_object_get(figure, "pushed") && figures_confuse(goal))
		return "the target is called as a figure calls what the model says (prediction, probability), so SQL "
		       "cannot tell "
		       "them apart: give the column another name in the data, and say it in goal.target";
	if (json_object_get(figure, "worth") && !json_get_text(goal, "positive", NULL))
		return "worth is of two classes: say in goal.positive which one is foreseen";
	if (json_object_get(figure, "pushed") && json_object_get(figure, "today") &&
	        !json_is_number(json_object_get(figure, "today")))
		return "today of a pushed figure is a number";
	return NULL;
}

/* A number or SQL, as SQL; NULL where it is neither.  Free with g_free. */
static char *today_sql(const json_t *today)
{
	if (json_is_number(today))
		return g_strdup_printf("%.17g", json_number_value(today));
	return json_is_string(today) && *json_string_value(today) ? g_strdup(json_string_value(today)) : NULL;
}

/* The figure in the form all are read in, or NULL after a problem was told. */
static json_t *figure_from(
        const json_t *given, const char *path, const json_t *goal, ParamReport *report, void *context)
{
	json_auto_t *wrapped = json_is_string(given) ? json_pack("{s:O}", "sql", given) : json_incref((json_t *)given);
	json_auto_t *figure = param_check(FIGURE_PARAMS, path, wrapped, report, context);
	const char *problem = figure ? form_problem(figure, goal) : NULL;
	json_t *today = json_object_get(figure, "today"), *worth = json_object_get(figure, "worth");
	g_autofree char *before = today ? today_sql(today) : NULL;
	if (!problem && today && !before)
		problem = "today is a number, or SQL over the same rows";
	if (problem)
		report(context, path, problem);
	if (!figure || problem)
		return NULL;
	if (worth) {
		g_autofree char *inside = g_strconcat(path, ".worth", NULL);
		json_auto_t *filled = param_check(WORTH_PARAMS, inside, worth, report, context);
		if (!filled)
			return NULL;
		g_autofree char *sql = worth_sql(filled, goal);
		json_object_set_new(figure, "sql", json_text(sql));
		json_object_set_new(figure, "per", json_string("prediction"));
		json_object_del(figure, "worth");
	}
	if (before)
		json_object_set_new(figure, "today", json_text(before));
	return json_incref(figure);
}

json_t *figures_check(const json_t *kpi, const json_t *goal, ParamReport *report, void *context)
{
	json_t *figures = json_object();
	const char *name;
	json_t *given;
	json_object_foreach ((json_t *)kpi, name, given) {
		g_autofree char *path = g_strdup_printf("kpi.%s", name);
		if (!json_is_string(given) && !json_is_object(given)) {
			report(context, path,
			        "not SQL such as avg(prediction = late), nor a block with sql, worth or pushed");
			continue;
		}
		json_t *figure = figure_from(given, path, goal, report, context);
		if (figure)
			json_object_set_new(figures, name, figure);
	}
	return figures;
}

json_t *figures_sql(const json_t *figures)
{
	json_t *sql = json_object(), *figure;
	const char *name;
	json_object_foreach ((json_t *)figures, name, figure)
		if (json_object_get(figure, "sql"))
			json_object_set(sql, name, json_object_get(figure, "sql"));
	return sql;
}

json_t *figures_goal(const json_t *figures, const json_t *goal)
{
	json_t *left = json_copy((json_t *)goal), *kept = json_array(), *criterion;
	size_t i;
	json_array_foreach (json_object_get(goal, "success"), i, criterion) {
		const json_t *figure = json_object_get(figures, json_get_text(criterion, "kpi", ""));
		if (!figure || json_object_get(figure, "sql"))
			json_array_append(kept, criterion);
	}
	if (json_object_get(goal, "success"))
		json_object_set(left, "success", kept);
	json_decref(kept);
	return left;
}
