/* print_learn.c: the screen of `gyre monitor learn`: which version came of which outcomes, and whether it may go into use. */
#include "base/json.h"
#include "cli/print.h"
#include "cli/table.h"

static void print_gate(FILE *out, const json_t *gate)
{
	const json_t *comparison = json_object_get(gate, "comparison");
	size_t i;
	json_t *reason;
	if (json_is_object(comparison)) {
		g_autofree char *value = number_text(json_object_get(comparison, "difference"), 3),
		                *low = number_text(json_object_get(comparison, "low"), 3),
		                *high = number_text(json_object_get(comparison, "high"), 3);
		fprintf(out, "On the newest %d of them: %s %s (%s to %s) against its parent.\n",
		        (int)json_get_int(gate, "rows", 0), json_get_text(comparison, "metric", ""), value, low, high);
	}
	fprintf(out, "Gate: %s\n", json_get_bool(gate, "pass", false) ? "passed" : "not passed");
	json_array_foreach (json_object_get(gate, "reasons"), i, reason)
		print_wrapped(out, "  - ", json_string_value(reason));
}

void print_learn(FILE *out, const json_t *result)
{
	const char *model = json_get_text(result, "model", "");
	int version = (int)json_get_int(result, "version", 0);
	g_autofree char *outcomes = count_text(json_object_get(result, "outcomes")),
	                *waiting = count_text(json_object_get(result, "waiting"));
	if (!version) {
		fprintf(out, "%s@%d has learnt nothing: ", model, (int)json_get_int(result, "parent", 0));
		print_wrapped(out, "", json_get_text(result, "reason", ""));
		return;
	}
	fprintf(out, "%s@%d is %s@%d after %s outcomes; %s wait.\n", model, version, model,
	        (int)json_get_int(result, "parent", 0), outcomes, waiting);
	print_gate(out, json_object_get(result, "gate"));
	g_autofree char *name = g_strdup_printf("%s@%d", model, version), *word = shell_word(name);
	fprintf(out, "Next: gyre deploy %s\n", word);
}
