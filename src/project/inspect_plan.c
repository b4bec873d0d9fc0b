/* inspect_plan.c: what follows from the findings: how to split, what to check, how long to search, what to hope for. */
#include <math.h>
#include <string.h>

#include "base/json.h"
#include "project/inspect_internal.h"

enum { MOST_CHECKS = 40, SET_VALUES = 20, SLICE_VALUES = 12, MOST_SLICES = 2 };

static const json_t *columns_of(const Inspect *s)
{
	return json_object_get(s->profile, "columns");
}

/* --- the split --------------------------------------------------------------------------------------------------- */

static void plan_split(Inspect *s)
{
	const char *group = json_get_text(json_object_get(s->found, "group"), "column", NULL);
	const json_t *n = json_object_get(s->found, "neighbours");
	const char *by = s->time ? "time" : group ? "group" : s->ordered ? "order" : "stratified";
	g_autofree char *reason = NULL;
	if (s->time)
		reason = g_strdup_printf(
		        "the model is judged on the last fifth of the time, as it will be used: on what comes after");
	else if (group)
		reason = g_strdup_printf(
		        "rows of one %s stay together, or the model would be judged on what it has met", group);
	else if (s->ordered)
		reason = g_strdup_printf(
		        "there is no time column, but rows seem to follow each other in time: the target of "
		        "a row is that of the row before in %.3g %% (by chance %.3g %%)",
		        100 * json_get_number(n, "agree", 0), 100 * json_get_number(n, "chance", 0));
	else
		reason = g_strdup(
		        s->classifies
		                ? "nothing orders or groups the rows: shuffled, with every class in its share"
		                : "nothing orders or groups the rows: shuffled, over the whole range of the target");
	json_object_set_new(s->found, "split", json_pack("{s:s,s:f,s:s}", "by", by, "test", 0.2, "reason", reason));
	if (s->time && group)
		inspect_note(s, "rows belong to %s; if the model must serve new ones, split by: group instead", group);
}

/* --- checks ------------------------------------------------------------------------------------------------------ */

/* 1, 2 or 5 times a power of ten, not below x > 0. */
static double round_up(double x)
{
	double power = pow(10, floor(log10(x)));
	static const double STEPS[] = {1, 2, 5, 10};
	for (size_t i = 0; i < G_N_ELEMENTS(STEPS); i++)
		if (STEPS[i] * power >= x * (1 - 1e-12))
			return STEPS[i] * power;
	return 10 * power;
}

static double round_away(double x)
{
	return x > 0 ? round_up(x) : x < 0 ? -round_up(-x) : 0;
}

static json_t *plain_number(double x)
{
	return x == floor(x) && fabs(x) < 1e15 ? json_integer((json_int_t)x) : json_real(x);
}

static void add_row_count(const Inspect *s, json_t *checks)
{
	double least = pow(10, floor(log10((double)MAX(s->rows / 2, 1))));
	least *= floor((double)MAX(s->rows / 2, 1) / least);
	json_array_append_new(checks, json_pack("{s:s,s:o}", "check", "row_count", "min", plain_number(least)));
}

static void add_key(const Inspect *s, json_t *checks)
{
	const json_t *key = json_object_get(json_object_get(s->found, "key"), "columns");
	if (json_array_size(key) == 1)
		json_array_append_new(checks, json_pack("{s:s,s:O,s:s}", "check", "unique", "column",
		                                      json_array_get(key, 0), "policy", "quarantine"));
	else if (key)
		json_array_append_new(
		        checks, json_pack("{s:s,s:O,s:s}", "check", "unique", "columns", key, "policy", "quarantine"));
}

static void add_not_null(const Inspect *s, json_t *checks)
{
	json_t *complete = json_array();
	size_t i;
	json_t *c;
	json_array_foreach ((json_t *)columns_of(s), i, c)
		if (json_get_int(c, "missing", 1) == 0 && json_array_size(complete) < MOST_CHECKS &&
		        !inspect_is_dropped(s, json_get_text(c, "name", "")))
			json_array_append(complete, json_object_get(c, "name"));
	if (json_array_size(complete))
		json_array_append_new(
		        checks, json_pack("{s:s,s:O,s:s}", "check", "not_null", "columns", complete, "policy", "warn"));
	json_decref(complete);
}

/* Half the range more on each side, to round numbers; what was never negative stays so. */
static void add_between(const json_t *c, json_t *checks)
{
	double min = json_get_number(c, "min", NAN), max = json_get_number(c, "max", NAN), reach = (max - min) / 2;
	if (!isfinite(reach) || json_get_int(c, "distinct", 0) <= 2)
		return;
	double low = min >= 0 ? 0 : round_away(min - reach), high = max <= 0 ? 0 : round_away(max + reach);
	json_array_append_new(
	        checks, json_pack("{s:s,s:O,s:o,s:o,s:s}", "check", "between", "column", json_object_get(c, "name"),
	                        "min", plain_number(low), "max", plain_number(high), "policy", "warn"));
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void add_in_set(const json_t *c, json_t *checks)
{
	const json_t *top = json_object_get(c, "top");
	if (!top || json_get_int(c, "distinct", 0) > (json_int_t)json_array_size(top) ||
	        json_array_size(top) > SET_VALUES)
		return;
	g_autoptr(GPtrArray) values = g_ptr_array_new();
	size_t i;
	json_t *entry, *list = json_array();
	json_array_foreach ((json_t *)top, i, entry)
		g_ptr_array_add(values, (void *)json_get_text(entry, "value", ""));
	g_ptr_array_sort(values, by_text);
	for (i = 0; i < values->len; i++)
		json_array_append_new(list, json_text(values->pdata[i]));
	json_array_append_new(checks, json_pack("{s:s,s:O,s:o,s:s}", "check", "in_set", "column",
	                                      json_object_get(c, "name"), "values", list, "policy", "warn"));
}

static void plan_checks(Inspect *s)
{
	json_t *checks = json_array();
	size_t i;
	json_t *c;
	add_row_count(s, checks);
	add_key(s, checks);
	add_not_null(s, checks);
	json_array_foreach ((json_t *)columns_of(s), i, c) {
		const char *type = json_get_text(c, "type", "");
		if (inspect_is_dropped(s, json_get_text(c, "name", "")) || json_array_size(checks) >= MOST_CHECKS)
			continue;
		if (strcmp(type, "int") == 0 || strcmp(type, "real") == 0)
			add_between(c, checks);
		else if (strcmp(type, "text") == 0)
			add_in_set(c, checks);
	}
	json_object_set_new(s->found, "checks", checks);
}

/* --- models and goal --------------------------------------------------------------------------------------------- */

static void plan_models(Inspect *s)
{
	double cells = (double)s->rows * (double)json_array_size(columns_of(s));
	int trials = cells < 2e5 ? 30 : cells < 2e6 ? 20 : cells < 2e7 ? 12 : 8;
	g_autofree char *reason =
	        g_strdup_printf("%d trials fit %" G_GINT64_FORMAT " rows and %zu columns; more find a little more",
	                trials, s->rows, json_array_size(columns_of(s)));
	json_object_set_new(s->found, "models",
	        json_pack("{s:[s,s,s,s],s:i,s:s}", "families", "baseline", "linear", "forest", "boosted", "trials",
	                trials, "reason", reason));
}

/* The column left that says most alone, chosen as a model would be: before the rows it is then judged on.  -1: none. */
static int best_column(const Inspect *s)
{
	int best = -1;
	size_t i;
	json_t *c;
	json_array_foreach ((json_t *)columns_of(s), i, c) {
		const char *name = json_get_text(c, "name", "");
		bool usable = strcmp(name, s->target) != 0 && !inspect_is_dropped(s, name) &&
		              !isnan(s->early_rules[i].score) && !isnan(s->rules[i].score);
		if (usable && (best < 0 || s->early_rules[i].score > s->early_rules[best].score))
			best = (int)i;
	}
	return best;
}

static void set_goal(Inspect *s, const char *metric, const char *bound, double value, const char *reason)
{
	json_t *goal = json_object_get(s->found, "goal");
	json_object_set_new(goal, "metric", json_string(metric));
	json_object_set_new(goal, bound, json_real(value));
	json_object_set_new(goal, "metric_reason", json_text(reason));
}

/* Three digits, towards the modest side. */
static double rounded_up(double x)
{
	double unit = pow(10, floor(log10(fmax(x, 1e-300))) - 2);
	return ceil(x / unit - 1e-9) * unit;
}

static char *loss_text(double x)
{
	return fabs(x) >= 1000 ? g_strdup_printf("%.0f", x) : g_strdup_printf("%.4g", x);
}

/* A modest beginning: four fifths of the way from knowing nothing to what the best single column reaches on rows it has not
 * seen.  A model that does not get there has learned nothing of use. */
static const double MODEST = 0.8;

static void plan_goal(Inspect *s)
{
	int best = best_column(s);
	const char *name = best < 0 ? "" : json_get_text(json_array_get(columns_of(s), (size_t)best), "name", "");
	OneRule rule = best < 0 ? (OneRule){NAN, NAN} : s->rules[best];
	g_autofree char *reason = NULL;
	if (s->classes == 2) {
		double found = isnan(rule.score) ? 0.6 : rule.score;
		reason = g_strdup_printf(
		        "the best single column (%s) reaches %.3f on rows not seen; 0.5 is guessing, 1 perfect", name,
		        found);
		set_goal(s, "roc_auc", "at_least", CLAMP(floor(100 * (0.5 + MODEST * (found - 0.5))) / 100, 0.55, 0.95),
		        reason);
		return;
	}
	double gain = rule.loss < s->plain_loss ? s->plain_loss - rule.loss : 0;
	g_autofree char *alone = loss_text(rule.loss), *plain = loss_text(s->plain_loss);
	reason = g_strdup_printf("the best single column (%s) reaches %s on rows not seen; always saying the %s, %s",
	        name, alone, s->classifies ? "classes' shares" : "mean", plain);
	set_goal(s, s->classifies ? "log_loss" : "rmse", "at_most", rounded_up(s->plain_loss - MODEST * gain), reason);
}

/* Kinds of rows worth a look of their own: texts of few values, none of which is nearly all. */
static void plan_slices(Inspect *s)
{
	json_t *slices = json_array();
	size_t i;
	json_t *c;
	json_array_foreach ((json_t *)columns_of(s), i, c) {
		const char *name = json_get_text(c, "name", "");
		int64_t distinct = json_get_int(c, "distinct", 0);
		bool fits = strcmp(json_get_text(c, "type", ""), "text") == 0 && distinct >= 2 &&
		            distinct <= SLICE_VALUES && json_get_number(c, "imbalance", 1) < 0.6;
		if (fits && strcmp(name, s->target) != 0 && !inspect_is_dropped(s, name) &&
		        json_array_size(slices) < MOST_SLICES)
			json_array_append(slices, json_object_get(c, "name"));
	}
	json_object_set_new(s->found, "slices", slices);
}

void inspect_plan(Inspect *s)
{
	plan_split(s);
	plan_checks(s);
	plan_models(s);
	plan_goal(s);
	plan_slices(s);
}
