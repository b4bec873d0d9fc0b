/* print_feasible.c: the screen of `gyre feasible`: the answer first, then what it rests on. */
#include <math.h>
#include <string.h>

#include "base/json.h"
#include "cli/print.h"
#include "cli/table.h"

static void print_verdict(FILE *out, const json_t *found)
{
	const json_t *verdict = json_object_get(found, "verdict");
	size_t i;
	json_t *reason;
	g_autofree char *rows = count_text(json_object_get(found, "rows")),
	                *sampled = count_text(json_object_get(found, "sampled"));
	fprintf(out, "%s\n\n", json_get_text(verdict, "sentence", ""));
	json_array_foreach (json_object_get(verdict, "reasons"), i, reason)
		print_wrapped(out, "  - ", json_string_value(reason));
	fprintf(out, "\nJudged %s on %s of %s rows to learn from; the test part was not looked at.\n",
	        json_get_text(found, "judged", ""), sampled, rows);
}

static char *figure_text(const json_t *figure)
{
	g_autofree char *value = number_text(json_object_get(figure, "value"), 4);
	g_autofree char *low = number_text(json_object_get(figure, "low"), 4),
	                *high = number_text(json_object_get(figure, "high"), 4);
	if (!json_is_number(json_object_get(figure, "low")))
		return g_steal_pointer(&value);
	return g_strdup_printf("%s (%s to %s)", value, low, high);
}

static char *model_text(const json_t *found, const char *name)
{
	if (strcmp(name, "baseline") == 0)
		return g_strdup("guessing");
	if (strcmp(name, "one_rule") == 0)
		return g_strdup_printf(
		        "a rule over \"%s\"", json_get_text(json_object_get(found, "rule"), "column", ""));
	return g_strdup(strcmp(name, "linear") == 0 ? "linear model" : "boosted trees, quick");
}

static void print_models_tried(FILE *out, const json_t *found)
{
	static const char *const MORE[] = {"roc_auc", "log_loss", "rmse", "r2", NULL};
	const char *metric = json_get_text(found, "metric", "");
	const json_t *models = json_object_get(found, "models");
	const json_t *first = json_object_get(json_array_get(models, 0), "metrics");
	const char *second = "";
	for (const char *const *name = MORE; *name && !*second; name++)
		if (strcmp(*name, metric) != 0 && json_object_get(first, *name))
			second = *name;
	g_autofree char *head = g_strdup_printf("%s (95 %% interval)", metric);
	const char *const heads[] = {"What", head, second, NULL};
	Table *table = table_new(heads);
	size_t i;
	json_t *model;
	json_array_foreach (models, i, model) {
		const json_t *metrics = json_object_get(model, "metrics");
		g_autofree char *name = model_text(found, json_get_text(model, "name", ""));
		g_autofree char *value = figure_text(json_object_get(metrics, metric)),
		                *other = figure_text(json_object_get(metrics, second));
		table_add(table, name, value, other, NULL);
	}
	fputc('\n', out);
	table_print(table, out, NULL);
}

/* With two classes every bin speaks of the same one: it stands in the head. */
static void print_rule(FILE *out, const json_t *found)
{
	const json_t *rule = json_object_get(found, "rule"), *bins = json_object_get(rule, "bins"),
	             *first = json_object_get(json_array_get(bins, 0), "says");
	if (!json_is_object(rule))
		return;
	bool same = json_is_string(first);
	size_t i;
	json_t *bin;
	json_array_foreach (bins, i, bin)
		same = same && json_equal(json_object_get(bin, "says"), first);
	g_autofree char *head = g_strdup_printf("When \"%s\" is", json_get_text(rule, "column", ""));
	g_autofree char *says = same ? g_strdup_printf(">share of \"%s\"", json_string_value(first)) : g_strdup("says");
	const char *const heads[] = {head, ">rows", says, same || !json_is_string(first) ? NULL : ">share", NULL};
	Table *table = table_new(heads);
	json_array_foreach (bins, i, bin) {
		const json_t *said = json_object_get(bin, "says");
		g_autofree char *rows = count_text(json_object_get(bin, "rows")),
		                *share = number_text(json_object_get(bin, "share"), 3);
		g_autofree char *word = json_is_string(said) ? g_strdup(json_string_value(said)) : number_text(said, 4);
		table_add(table, json_get_text(bin, "when", ""), rows, same ? share : word, share, NULL);
	}
	fputc('\n', out);
	table_print(table, out, NULL);
}

static void add_point(Table *table, const json_t *point, const char *what)
{
	g_autofree char *rows = count_text(json_object_get(point, "rows")), *value = figure_text(point);
	table_add(table, rows, value, what, NULL);
}

static void print_curve(FILE *out, const json_t *found)
{
	const json_t *curve = json_object_get(found, "curve"), *goal = json_object_get(curve, "rows_for_goal");
	if (!json_is_object(curve))
		return;
	const char *const heads[] = {">Rows", json_get_text(found, "metric", ""), "", NULL};
	Table *table = table_new(heads);
	size_t i;
	json_t *point;
	json_array_foreach (json_object_get(curve, "points"), i, point)
		add_point(table, point, "");
	add_point(table, json_object_get(curve, "twice"), "expected");
	add_point(table, json_object_get(curve, "ten_times"), "expected");
	fputc('\n', out);
	table_print(table, out, NULL);
	if (!json_is_object(goal))
		return;
	g_autofree char *rows = count_text(json_object_get(goal, "rows")),
	                *low = count_text(json_object_get(goal, "low")),
	                *high = count_text(json_object_get(goal, "high"));
	if (json_is_number(json_object_get(goal, "rows")))
		fprintf(out, "The goal would take about %s rows (%s to %s%s).\n", rows, low,
		        json_is_number(json_object_get(goal, "high")) ? high : "more than can be told", "");
	else
		fputs("More rows alone would not reach the goal.\n", out);
}

static void print_labels(FILE *out, const json_t *found)
{
	enum { SHOWN = 5 };
	static const char *const HEADS[] = {">Row", "label", "rather", ">sure", NULL};
	const json_t *labels = json_object_get(found, "labels"), *worst = json_object_get(labels, "worst");
	if (!json_is_object(labels))
		return;
	g_autofree char *suspects = count_text(json_object_get(labels, "suspects"));
	fprintf(out, "\nLabels    the rest of the data contradicts %.3g %% of them (%s rows): wrong, or simply hard\n",
	        100 * json_get_number(labels, "noise", 0), suspects);
	Table *table = table_new(HEADS);
	for (size_t i = 0; i < MIN(json_array_size(worst), (size_t)SHOWN); i++) {
		const json_t *entry = json_array_get(worst, i);
		g_autofree char *row = cell_text(json_object_get(entry, "row")),
		                *sure = number_text(json_object_get(entry, "confidence"), 3);
		table_add(table, row, json_get_text(entry, "label", ""), json_get_text(entry, "suggested", ""), sure,
		        NULL);
	}
	table_print(table, out, NULL);
}

static void print_balance(FILE *out, const json_t *found)
{
	const json_t *balance = json_object_get(found, "balance"), *rarest = json_object_get(balance, "rarest");
	if (!json_is_object(balance))
		return;
	g_autofree char *rows = count_text(json_object_get(rarest, "rows"));
	const char *label = json_get_text(rarest, "label", "");
	fprintf(out, "\nClasses   %zu; the rarest is \"%s\" with %.3g %% of the rows (%s)\n",
	        json_object_size(json_object_get(balance, "rates")), label,
	        100 * json_get_number(json_object_get(balance, "rates"), label, 0), rows);
}

static void print_value(FILE *out, const json_t *found)
{
	static const char *const HEADS[] = {"KPI", ">knowing nothing", ">likely", ">perfect", NULL};
	const json_t *value = json_object_get(found, "value");
	const char *name, *problem = json_get_text(found, "value_problem", NULL);
	json_t *figures;
	if (problem)
		fprintf(out, "\nKPI       %s\n", problem);
	if (!json_object_size(value))
		return;
	Table *table = table_new(HEADS);
	json_object_foreach ((json_t *)value, name, figures) {
		g_autofree char *nothing = number_text(json_object_get(figures, "nothing"), 4),
		                *likely = number_text(json_object_get(figures, "likely"), 4),
		                *perfect = number_text(json_object_get(figures, "perfect"), 4);
		table_add(table, name, nothing, likely, perfect, NULL);
	}
	fputc('\n', out);
	table_print(table, out, NULL);
}

static void print_warnings(FILE *out, const json_t *found)
{
	size_t i;
	json_t *warning;
	json_array_foreach (json_object_get(found, "warnings"), i, warning) {
		if (i == 0)
			fputc('\n', out);
		print_wrapped(out, "Warning   ", json_string_value(warning));
	}
}

static void print_failure(FILE *out, const json_t *result)
{
	size_t i;
	json_t *step;
	json_array_foreach (json_object_get(result, "steps"), i, step)
		if (strcmp(json_get_text(step, "status", ""), "failed") == 0) {
			g_autofree char *word = shell_word(json_get_text(step, "name", "?"));
			fprintf(out, "failed: %s\n  %s\n  log: gyre logs %.8s %s\n", json_get_text(step, "name", "?"),
			        json_get_text(step, "error", "no reason known"), json_get_text(result, "run", ""),
			        word);
		}
}

void print_feasible(FILE *out, const json_t *result)
{
	const json_t *found = json_object_get(result, "feasible");
	if (!json_is_object(found)) {
		print_failure(out, result);
		return;
	}
	print_verdict(out, found);
	print_models_tried(out, found);
	print_rule(out, found);
	print_curve(out, found);
	print_value(out, found);
	print_balance(out, found);
	print_labels(out, found);
	print_warnings(out, found);
}
