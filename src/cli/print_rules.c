/* print_rules.c: rules as text. */
#include <string.h>

#include "base/json.h"
#include "cli/print.h"

/* A column made of one value, "origin=ABE", is 0 or 1: said as a person would. */
static bool say_value(GString *to, const char *feature, const json_t *low, const json_t *high)
{
	const char *is = strchr(feature, '=');
	double at = json_number_value(low ? low : high);
	if (!is || is == feature || (low && high) || !(at > 0 && at <= 1))
		return false;
	g_string_append_printf(to, "%.*s %s %s", (int)(is - feature), feature, low ? "=" : "is not", is + 1);
	return true;
}

static void say_condition(GString *to, const json_t *condition)
{
	const json_t *low = json_object_get(condition, "at_least"), *high = json_object_get(condition, "below");
	const char *feature = json_get_text(condition, "feature", "");
	g_autofree char *from = number_text(low, 6), *until = number_text(high, 6);
	if (!say_value(to, feature, low, high)) {
		if (low && high)
			g_string_append_printf(to, "%s <= %s < %s", from, feature, until);
		else
			g_string_append_printf(to, "%s %s %s", feature, low ? ">=" : "<", low ? from : until);
	}
	if (json_get_bool(condition, "missing", false))
		g_string_append(to, " (or missing)");
}

static void say_answer(FILE *out, const json_t *rule)
{
	const json_t *probabilities = json_object_get(rule, "probabilities");
	g_autofree char *number = number_text(json_object_get(rule, "prediction"), 6);
	g_autofree char *rows = count_text(json_object_get(rule, "weight"));
	const char *label, *between = "";
	json_t *p;
	fprintf(out, "    %s", probabilities ? "" : number);
	json_object_foreach ((json_t *)probabilities, label, p) {
		fprintf(out, "%s%s %.1f %%", between, label, 100 * json_number_value(p));
		between = ", ";
	}
	fprintf(out, "  (%s rows)\n", rows);
}

void print_model_rules(FILE *out, const json_t *result)
{
	size_t i, k;
	json_t *rule, *condition;
	json_array_foreach (json_object_get(result, "rules"), i, rule) {
		const json_t *conditions = json_object_get(rule, "conditions");
		g_autoptr(GString) text = g_string_new(json_array_size(conditions) ? "if " : "always");
		json_array_foreach (conditions, k, condition) {
			g_string_append(text, k ? " and " : "");
			say_condition(text, condition);
		}
		fprintf(out, "%s\n", text->str);
		say_answer(out, rule);
	}
}
