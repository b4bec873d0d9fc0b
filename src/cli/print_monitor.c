/* print_monitor.c: comparisons of files as text. */
#include "base/json.h"
#include "cli/print.h"
#include "cli/table.h"

static char *percent(double share)
{
	return share == 0 ? g_strdup("0 %") : g_strdup_printf("%.3g %%", 100 * share);
}

static char *test_text(const json_t *column, const char *test)
{
	return number_text(json_object_get(json_object_get(json_object_get(column, "tests"), test), "value"), 3);
}

static void add_column(Table *table, const char *name, const json_t *column)
{
	const json_t *verdict = json_object_get(column, "verdict"), *missing = json_object_get(column, "missing");
	g_autofree char *effect = number_text(json_object_get(verdict, "effect"), 3),
	                *p = number_text(json_object_get(verdict, "p_adjusted"), 2), *psi = test_text(column, "psi"),
	                *distance = test_text(column, "jensen_shannon"), *moved = test_text(column, "wasserstein"),
	                *a = percent(json_get_number(missing, "a", 0)), *b = percent(json_get_number(missing, "b", 0)),
	                *gone = g_strdup_printf("%s -> %s", a, b);
	table_add(table, name, json_get_text(column, "type", ""), json_get_text(verdict, "answer", ""), effect, p, psi,
	        distance, moved, gone, NULL);
}

static void print_only(FILE *out, const json_t *names, const char *where)
{
	size_t i;
	json_t *name;
	json_array_foreach ((json_t *)names, i, name)
		fprintf(out, "%s is only in the %s file\n", json_string_value(name), where);
}

void print_data_compare(FILE *out, const json_t *result)
{
	static const char *const HEADS[] = {"column", "type", "answer", ">effect", ">p", ">PSI", ">Jensen-Shannon",
	        ">Wasserstein", ">missing", NULL};
	const json_t *rows = json_object_get(result, "rows"), *only = json_object_get(result, "only");
	g_autofree char *a = count_text(json_object_get(rows, "a")), *b = count_text(json_object_get(rows, "b"));
	Table *table = table_new(HEADS);
	const char *name;
	json_t *column;
	fprintf(out, "%s rows beside %s\n\n", a, b);
	json_object_foreach (json_object_get(result, "columns"), name, column)
		add_column(table, name, column);
	table_print(table, out, "the two files have no column in common");
	print_only(out, json_object_get(only, "a"), "first");
	print_only(out, json_object_get(only, "b"), "second");
	size_t drifted = json_array_size(json_object_get(result, "drifted"));
	fprintf(out, "\n%zu of %zu columns drifted\n", drifted, json_object_size(json_object_get(result, "columns")));
}
