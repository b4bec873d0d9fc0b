/* print_backtest.c: the screen of `gyre monitor backtest`: periods beside modes, what it cost, and which mode to take. */
#include <string.h>

#include "base/json.h"
#include "cli/print.h"
#include "cli/table.h"

static const json_t *judged(const json_t *period, const json_t *mode)
{
	return json_object_get(json_object_get(period, "modes"), json_get_text(mode, "mode", ""));
}

/* One figure of every period and mode; kpi NULL: the metric. */
static void print_figure(FILE *out, const json_t *result, const char *title, const char *kpi, const char *key)
{
	const json_t *modes = json_object_get(result, "modes");
	g_autoptr(GPtrArray) heads = g_ptr_array_new_with_free_func(g_free);
	size_t i, k;
	json_t *period, *mode;
	g_ptr_array_add(heads, g_strdup("period from"));
	g_ptr_array_add(heads, g_strdup(">rows"));
	json_array_foreach (modes, k, mode)
		g_ptr_array_add(heads, g_strdup_printf(">%s", json_get_text(mode, "mode", "")));
	g_ptr_array_add(heads, NULL);
	Table *table = table_new((const char *const *)heads->pdata);
	json_array_foreach (json_object_get(result, "periods"), i, period) {
		g_autoptr(GPtrArray) cells = g_ptr_array_new_with_free_func(g_free);
		g_ptr_array_add(cells, g_strdup(json_get_text(period, "begin", "")));
		g_ptr_array_add(cells, count_text(json_object_get(period, "rows")));
		json_array_foreach (modes, k, mode) {
			const json_t *of = judged(period, mode);
			g_ptr_array_add(
			        cells, number_text(json_object_get(kpi ? json_object_get(of, "kpi") : of, key), 4));
		}
		g_ptr_array_add(cells, NULL);
		table_add_cells(table, (const char *const *)cells->pdata);
	}
	print_head(out, title);
	table_print(table, out, "no period was replayed");
}

static char *against_text(const json_t *against)
{
	if (!json_is_object(against))
		return g_strdup("-");
	g_autofree char *value = number_text(json_object_get(against, "difference"), 3),
	                *low = number_text(json_object_get(against, "low"), 3),
	                *high = number_text(json_object_get(against, "high"), 3);
	return g_strdup_printf("%s (%s to %s)", value, low, high);
}

static void print_modes(FILE *out, const json_t *result)
{
	const json_t *modes = json_object_get(result, "modes");
	g_autofree char *difference =
	        g_strdup_printf("against %s", json_get_text(json_array_get(modes, 0), "mode", ""));
	const char *const heads[] = {"mode", ">mean", difference, ">CPU seconds", NULL};
	Table *table = table_new(heads);
	size_t i;
	json_t *mode;
	json_array_foreach (modes, i, mode) {
		g_autofree char *mean = number_text(json_object_get(mode, "metric"), 4),
		                *cpu = number_text(json_object_get(mode, "cpu_seconds"), 3),
		                *against = against_text(json_object_get(mode, "against"));
		table_add(table, json_get_text(mode, "mode", ""), mean, against, cpu, NULL);
	}
	print_head(out, "over all periods");
	table_print(table, out, NULL);
}

void print_backtest(FILE *out, const json_t *result)
{
	const json_t *first = json_array_get(json_object_get(result, "modes"), 0);
	const json_t *verdict = json_object_get(result, "verdict");
	const char *name;
	size_t i;
	json_t *value;
	print_figure(out, result, json_get_text(result, "metric", "metric"), NULL, "metric");
	json_object_foreach (json_object_get(first, "kpi"), name, value)
		print_figure(out, result, name, name, name);
	print_figure(out, result, "CPU seconds of training", NULL, "cpu_seconds");
	print_modes(out, result);
	json_array_foreach (json_object_get(result, "notes"), i, value)
		print_wrapped(out, "note: ", json_string_value(value));
	json_array_foreach (json_object_get(result, "steps"), i, value)
		if (json_get_text(value, "error", NULL)) {
			g_autofree char *head = g_strdup_printf("%s: ", json_get_text(value, "name", ""));
			print_wrapped(out, head, json_get_text(value, "error", ""));
		}
	if (verdict)
		fprintf(out, "\n%s\n", json_get_text(verdict, "sentence", ""));
	json_array_foreach (json_object_get(verdict, "reasons"), i, value)
		print_wrapped(out, "  - ", json_string_value(value));
}
