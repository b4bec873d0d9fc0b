/* print_windows.c: windows of predictions and what was found in them, as text. */
#include <string.h>

#include "base/json.h"
#include "cli/print.h"
#include "cli/table.h"

static char *version_text(const json_t *window)
{
	return g_strdup_printf("%s@%d %s", json_get_text(window, "model", ""), (int)json_get_int(window, "version", 0),
	        json_get_text(window, "route", ""));
}

static char *state_count(const json_t *window, const char *state)
{
	return count_text(json_object_get(json_object_get(window, "states"), state));
}

static void print_list(FILE *out, const json_t *windows, const char *empty)
{
	static const char *const HEADS[] = {"window", "of", "begin", "end", ">rows", ">outcomes", ">alarms",
	        ">warnings", ">too few", ">times", NULL};
	Table *table = table_new(HEADS);
	size_t i;
	json_t *w;
	json_array_foreach ((json_t *)windows, i, w) {
		g_autofree char *id = g_strndup(json_get_text(w, "id", ""), 8), *of = version_text(w),
		                *rows = count_text(json_object_get(w, "rows")),
		                *outcomes = count_text(json_object_get(w, "outcomes")),
		                *alarms = state_count(w, "alarm"), *warnings = state_count(w, "warning"),
		                *few = state_count(w, "too_few"), *times = count_text(json_object_get(w, "revision"));
		table_add(table, id, of, json_get_text(w, "begin", ""), json_get_text(w, "end", ""), rows, outcomes,
		        alarms, warnings, few, times, NULL);
	}
	table_print(table, out, empty);
}

static void print_notable(FILE *out, const json_t *window)
{
	size_t i;
	json_t *f;
	json_array_foreach (json_object_get(window, "notable"), i, f)
		fprintf(out, "  %.8s %-7s %s %s %s\n", json_get_text(window, "id", ""), json_get_text(f, "state", ""),
		        json_get_text(f, "look", ""), json_get_text(f, "measure", ""), json_get_text(f, "subject", ""));
}

void print_monitor_status(FILE *out, const json_t *result)
{
	const json_t *windows = json_object_get(result, "windows");
	size_t i;
	json_t *w;
	print_list(out, windows, "no window has been measured yet: gyre monitor run");
	print_head(out, "out of order");
	json_array_foreach ((json_t *)windows, i, w)
		print_notable(out, w);
}

void print_monitor_run(FILE *out, const json_t *result)
{
	size_t i;
	json_t *p;
	print_list(out, json_object_get(result, "windows"), "no window is due");
	json_array_foreach (json_object_get(result, "problems"), i, p) {
		const char *window = json_get_text(p, "window", NULL);
		fprintf(out, "%s%s%.8s: %s\n", json_get_text(p, "model", ""), window ? " window " : "",
		        window ? window : "", json_get_text(p, "problem", ""));
	}
}

/* Each cause once, the alarms' before the warnings'. */
static void print_causes(FILE *out, const json_t *findings)
{
	static const char *const STATES[] = {"alarm", "warning"};
	g_autoptr(GHashTable) told = g_hash_table_new(g_str_hash, g_str_equal);
	size_t i;
	json_t *f;
	for (size_t s = 0; s < G_N_ELEMENTS(STATES); s++)
		json_array_foreach ((json_t *)findings, i, f) {
			const json_t *cause = json_object_get(json_object_get(f, "evidence"), "cause");
			const char *name = json_get_text(cause, "cause", NULL);
			if (!name || g_strcmp0(json_get_text(f, "state", ""), STATES[s]) != 0 ||
			        !g_hash_table_add(told, (char *)name))
				continue;
			fprintf(out, "\n%s: %s\n", name, json_get_text(cause, "summary", ""));
		}
}

void print_monitor_show(FILE *out, const json_t *result)
{
	static const char *const HEADS[] = {"state", "look", "measure", "of", ">value", ">limit", ">p", NULL};
	const json_t *w = json_object_get(result, "window");
	g_autofree char *of = version_text(w), *rows = count_text(json_object_get(w, "rows")),
	                *outcomes = count_text(json_object_get(w, "outcomes"));
	fprintf(out, "window   %s\nof       %s\nfrom     %s to %s\nrows     %s, outcomes of %s\n\n",
	        json_get_text(w, "id", ""), of, json_get_text(w, "begin", ""), json_get_text(w, "end", ""), rows,
	        outcomes);
	Table *table = table_new(HEADS);
	size_t i;
	json_t *f;
	json_array_foreach (json_object_get(result, "findings"), i, f) {
		g_autofree char *value = number_text(json_object_get(f, "value"), 4),
		                *limit = number_text(json_object_get(f, "limit"), 3),
		                *p = number_text(json_object_get(f, "p"), 2);
		table_add(table, json_get_text(f, "state", ""), json_get_text(f, "look", ""),
		        json_get_text(f, "measure", ""), json_get_text(f, "subject", ""), value, limit, p, NULL);
	}
	g_autofree char *all =
	        g_strdup_printf("all %d measures are in order", (int)json_get_int(result, "measures", 0));
	table_print(table, out, all);
	print_causes(out, json_object_get(result, "findings"));
}

void print_monitor_history(FILE *out, const json_t *result)
{
	static const char *const HEADS[] = {"end", "of", "measure", ">value", ">low", ">high", ">limit", "state", NULL};
	Table *table = table_new(HEADS);
	size_t i;
	json_t *p;
	json_array_foreach (json_object_get(result, "points"), i, p) {
		const char *subject = json_get_text(p, "subject", "");
		g_autofree char *of = g_strdup_printf(
		                        "@%d %s", (int)json_get_int(p, "version", 0), json_get_text(p, "route", "")),
		                *measure = g_strdup_printf("%s %s%s%s", json_get_text(p, "look", ""),
		                        json_get_text(p, "measure", ""), *subject ? " of " : "", subject),
		                *value = number_text(json_object_get(p, "value"), 4),
		                *low = number_text(json_object_get(p, "low"), 4),
		                *high = number_text(json_object_get(p, "high"), 4),
		                *limit = number_text(json_object_get(p, "limit"), 4);
		table_add(table, json_get_text(p, "end", ""), of, measure, value, low, high, limit,
		        json_get_text(p, "state", ""), NULL);
	}
	table_print(table, out, "nothing of the kind was measured");
}
