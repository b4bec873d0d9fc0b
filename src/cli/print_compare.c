/* print_compare.c: two models side by side. */
#include <math.h>
#include <string.h>

#include "base/json.h"
#include "cli/print.h"
#include "cli/table.h"

static void print_decisions(FILE *out, const json_t *decisions)
{
	if (json_object_get(decisions, "differ")) {
		g_autofree char *differ = count_text(json_object_get(decisions, "differ")),
		                *only_a = count_text(json_object_get(decisions, "only_a")),
		                *only_b = count_text(json_object_get(decisions, "only_b"));
		fprintf(out,
		        "\nThey decide differently on %s rows (%.3g %%): A alone is right on %s, B alone on %s "
		        "(McNemar p "
		        "%.3g).\n",
		        differ, 100 * json_get_number(decisions, "share", NAN), only_a, only_b,
		        json_get_number(decisions, "p", NAN));
		return;
	}
	g_autofree char *closer_a = count_text(json_object_get(decisions, "closer_a")),
	                *closer_b = count_text(json_object_get(decisions, "closer_b"));
	fprintf(out, "\nA is closer on %s rows, B on %s; their answers are %.4g apart in the mean.\n", closer_a,
	        closer_b, json_get_number(decisions, "mean_difference", NAN));
}

static void print_slices(FILE *out, const json_t *slices)
{
	static const char *const HEADS[] = {"where they differ most", ">rows", ">loss of A", ">of B", ">B - A", NULL};
	Table *table = table_new(HEADS);
	size_t i;
	json_t *slice;
	json_array_foreach ((json_t *)slices, i, slice) {
		g_autofree char *rows = count_text(json_object_get(slice, "rows")),
		                *a = number_text(json_object_get(slice, "a"), 4),
		                *b = number_text(json_object_get(slice, "b"), 4),
		                *d = number_text(json_object_get(slice, "difference"), 3);
		table_add(table, json_get_text(slice, "slice", ""), rows, a, b, d, NULL);
	}
	fputc('\n', out);
	table_print(table, out, "In no slice of the rows do they differ more than chance would make them.");
}

void print_model_compare(FILE *out, const json_t *result)
{
	static const char *const HEADS[] = {"metric", ">A", ">B", ">B - A", "better", NULL};
	const json_t *bayes = json_object_get(result, "bayes");
	g_autofree char *rows = count_text(json_object_get(result, "rows"));
	fprintf(out, "A: %s\nB: %s\non %s rows (%s)\n\n", json_get_text(result, "a", ""),
	        json_get_text(result, "b", ""), rows, json_get_text(result, "on", ""));
	print_wrapped(out, "", json_get_text(result, "verdict", ""));
	if (json_is_object(bayes))
		fprintf(out, "Chances: A is better %.3g, the same within %.3g %.3g, B is better %.3g.\n",
		        json_get_number(bayes, "a", NAN), json_get_number(bayes, "rope", NAN),
		        json_get_number(bayes, "same", NAN), json_get_number(bayes, "b", NAN));
	print_decisions(out, json_object_get(result, "decisions"));
	Table *table = table_new(HEADS);
	const char *name;
	json_t *metric;
	json_object_foreach (json_object_get(result, "metrics"), name, metric) {
		g_autofree char *a = number_text(json_object_get(metric, "a"), 4),
		                *b = number_text(json_object_get(metric, "b"), 4),
		                *d = number_text(json_object_get(metric, "difference"), 3);
		const char *better = json_get_text(metric, "better", "");
		table_add(table, name, a, b, d, *better == 'a' ? "A" : *better == 'b' ? "B" : "", NULL);
	}
	fputc('\n', out);
	table_print(table, out, NULL);
	print_slices(out, json_object_get(result, "slices"));
}
