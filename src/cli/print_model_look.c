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

/* A list of objects as a table: `keys` are members of each, `heads` their titles. */
static void print_list(FILE *out, const json_t *list, const char *const *heads, const char *const *keys)
{
	Table *table = table_new(heads);
	size_t i;
	json_t *entry;
	json_array_foreach ((json_t *)list, i, entry) {
		g_autoptr(GPtrArray) cells = g_ptr_array_new_with_free_func(g_free);
		for (size_t k = 0; keys[k]; k++) {
			const json_t *value = json_object_get(entry, keys[k]);
			g_ptr_array_add(cells, json_is_integer(value) ? count_text(value)
			                       : json_is_real(value)  ? number_text(value, 3)
			                                              : cell_text(value));
		}
		table_add_cells(table, (const char *const *)cells->pdata);
	}
	table_print(table, out, "none");
}

/* whose: "test rows", "rows learnt from". */
static void print_suspects(FILE *out, const char *whose, const json_t *suspects)
{
	static const char *const HEADS[] = {"label", "rather", ">rows", NULL},
	                         *const KEYS[] = {"label", "likely", "rows", NULL},
	                         *const NUMBER_HEADS[] = {">number", ">rather", ">quartile ranges off", NULL},
	                         *const NUMBER_KEYS[] = {"actual", "predicted", "ranges", NULL};
	if (!json_is_object(suspects))
		return;
	g_autofree char *rows = count_text(json_object_get(suspects, "rows"));
	bool is_class = json_is_object(json_object_get(suspects, "thresholds"));
	g_autofree char *head = g_strdup_printf("%s worth a second look: %s", is_class ? "labels" : "numbers", whose);
	print_head(out, head);
	fprintf(out, "%s rows (%.2g %%) %s (--json shows the surest)\n", rows,
	        100 * json_get_number(suspects, "share", 0),
	        is_class ? "in which the model is sure of another class" : "that lie far beyond the usual error");
	if (is_class)
		print_list(out, json_object_get(suspects, "pairs"), HEADS, KEYS);
	else
		print_list(out, json_object_get(suspects, "worst"), NUMBER_HEADS, NUMBER_KEYS);
}

static void print_disagreement(FILE *out, const json_t *d)
{
	if (!json_object_get(d, "differ"))
		return;
	print_head(out, "beside the champion");
	g_autofree char *differ = count_text(json_object_get(d, "differ")),
	                *model = count_text(json_object_get(d, "model_right")),
	                *champion = count_text(json_object_get(d, "champion_right"));
	fprintf(out, "%s rows are decided differently: this model is right in %s, the champion in %s\n", differ, model,
	        champion);
}

void print_model_errors(FILE *out, const json_t *result)
{
	static const char *const SLICE_HEADS[] = {"where", ">rows", ">loss", ">elsewhere", ">effect", NULL},
	                         *const SLICE_KEYS[] = {"slice", "rows", "loss", "rest", "effect", NULL},
	                         *const RULE_HEADS[] = {"rows where", ">rows", ">loss", NULL},
	                         *const RULE_KEYS[] = {"rule", "rows", "loss", NULL},
	                         *const LEAN_HEADS[] = {"where", ">rows", ">mean", ">from", ">to", NULL},
	                         *const LEAN_KEYS[] = {"where", "rows", "mean", "low", "high", NULL},
	                         *const TIME_HEADS[] = {"from", "to", ">rows", ">loss", ">wrong", NULL},
	                         *const TIME_KEYS[] = {"from", "to", "rows", "loss", "wrong", NULL};
	g_autofree char *rows = count_text(json_object_get(result, "rows")),
	                *overall = number_text(json_at(result, "slices.overall"), 3);
	fprintf(out, "%s on %s test rows, mean loss %s\n", json_get_text(result, "model", ""), rows, overall);
	print_head(out, "where it is worse");
	print_list(out, json_at(result, "slices.worst"), SLICE_HEADS, SLICE_KEYS);
	print_head(out, "easy and hard rows");
	print_list(out, json_at(result, "tree.rules"), RULE_HEADS, RULE_KEYS);
	print_head(out, "where it leans to one side (what was so minus what was said)");
	print_list(out, json_object_get(result, "residuals"), LEAN_HEADS, LEAN_KEYS);
	if (json_is_object(json_object_get(result, "over_time"))) {
		print_head(out, "in the course of time");
		print_list(out, json_at(result, "over_time.periods"), TIME_HEADS, TIME_KEYS);
	}
	print_suspects(out, "test rows", json_object_get(result, "suspects"));
	print_suspects(out, "rows learnt from", json_object_get(result, "suspects_learnt"));
	print_disagreement(out, json_object_get(result, "disagreement"));
}
