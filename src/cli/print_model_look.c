/* print_model_look.c: parts of an evaluation as text. */
#include "base/json.h"
#include "cli/print.h"
#include "cli/table.h"

/* "0.312 (0.29 to 0.33)" */
static char *figure_text(const json_t *figure)
{
	g_autofree char *value = number_text(json_object_get(figure, "value"), 3),
	                *low = number_text(json_object_get(figure, "low"), 3),
	                *high = number_text(json_object_get(figure, "high"), 3);
	return json_is_number(json_object_get(figure, "value")) ? g_strdup_printf("%s (%s to %s)", value, low, high)
	                                                        : g_strdup("-");
}

static void print_groups(FILE *out, const json_t *groups)
{
	static const char *const HEADS[] = {"group", ">rows", ">positive", ">decided for", ">found (TPR)",
	        ">marked wrongly (FPR)", ">marks right (PPV)", ">said - was", NULL};
	Table *table = table_new(HEADS);
	size_t i;
	json_t *group;
	json_array_foreach ((json_t *)groups, i, group) {
		g_autofree char *rows = count_text(json_object_get(group, "rows")),
		                *actual = number_text(json_at(group, "actual.value"), 3),
		                *selected = figure_text(json_object_get(group, "selection_rate")),
		                *tpr = figure_text(json_object_get(group, "tpr")),
		                *fpr = figure_text(json_object_get(group, "fpr")),
		                *ppv = figure_text(json_object_get(group, "ppv")),
		                *gap = number_text(json_at(group, "calibration.gap"), 2),
		                *name = g_strdup_printf("%s%s", json_get_text(group, "group", ""),
		                        json_get_bool(group, "enough", true) ? "" : " (too few)");
		table_add(table, name, rows, actual, selected, tpr, fpr, ppv, gap, NULL);
	}
	table_print(table, out, "no groups");
}

static void print_measures(FILE *out, const json_t *measures)
{
	static const char *const HEADS[] = {"measure", ">value", ">95 % interval", "most", "least", NULL};
	Table *table = table_new(HEADS);
	const char *name;
	json_t *measure;
	json_object_foreach ((json_t *)measures, name, measure) {
		g_autofree char *value = number_text(json_object_get(measure, "value"), 3),
		                *low = number_text(json_object_get(measure, "low"), 3),
		                *high = number_text(json_object_get(measure, "high"), 3),
		                *interval = g_strdup_printf("%s to %s", low, high);
		table_add(table, name, value, interval, json_get_text(measure, "most", "-"),
		        json_get_text(measure, "least", "-"), NULL);
	}
	table_print(table, out, NULL);
}

void print_model_fairness(FILE *out, const json_t *result)
{
	const char *name;
	json_t *column;
	fprintf(out, "%s, decided for: %s\n", json_get_text(result, "model", ""),
	        json_get_text(result, "positive", "the positive class"));
	json_object_foreach (json_object_get(result, "columns"), name, column) {
		print_head(out, name);
		print_groups(out, json_object_get(column, "groups"));
		fputc('\n', out);
		print_measures(out, json_object_get(column, "measures"));
	}
}
