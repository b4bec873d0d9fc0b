/* print_retrain.c: retrainings as text. */
#include <string.h>

#include "base/json.h"
#include "cli/print.h"
#include "cli/table.h"

/* The triggers that wanted it: "drift, schedule". */
static char *triggers_of(const json_t *record)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	size_t i;
	json_t *cause;
	json_array_foreach (json_object_get(record, "causes"), i, cause) {
		const char *name = json_get_text(cause, "trigger", "?");
		if (!g_ptr_array_find_with_equal_func(names, name, g_str_equal, NULL))
			g_ptr_array_add(names, (void *)name);
	}
	g_ptr_array_add(names, NULL);
	return g_strjoinv(", ", (char **)names->pdata);
}

static const char *last_reason(const json_t *record)
{
	const json_t *reasons = json_object_get(record, "reasons");
	size_t count = json_array_size(reasons);
	return count ? json_string_value(json_array_get(reasons, count - 1)) : "";
}

void print_retrainings(FILE *out, const json_t *result)
{
	static const char *const HEADS[] = {
	        ">number", "phase", "because of", "wanted", "ended", ">before", ">new", NULL};
	const json_t *list = json_object_get(result, "retrainings");
	Table *table = table_new(HEADS);
	size_t i;
	json_t *r;
	json_array_foreach ((json_t *)list, i, r) {
		g_autofree char *number = cell_text(json_object_get(r, "number")), *why = triggers_of(r),
		                *before = cell_text(json_object_get(r, "champion")),
		                *candidate = cell_text(json_object_get(r, "candidate"));
		table_add(table, number, json_get_text(r, "phase", ""), why, json_get_text(r, "wanted", ""),
		        json_get_text(r, "ended", "-"), before ? before : "-", candidate ? candidate : "-", NULL);
	}
	table_print(table, out, "nothing was ever retrained: gyre retrain, or the block retrain of gyre.yaml");
	json_array_foreach ((json_t *)list, i, r) {
		g_autofree char *head = g_strdup_printf("%s  ", json_get_text(r, "phase", ""));
		if (*last_reason(r))
			print_wrapped(out, head, last_reason(r));
	}
}

static void print_causes(FILE *out, const json_t *record)
{
	size_t i;
	json_t *cause;
	print_head(out, "because");
	json_array_foreach (json_object_get(record, "causes"), i, cause) {
		g_autofree char *head = g_strdup_printf("  %-9s ", json_get_text(cause, "trigger", ""));
		print_wrapped(out, head, json_get_text(cause, "reason", ""));
	}
}

static void print_events(FILE *out, const json_t *record)
{
	size_t i;
	json_t *event;
	if (!json_array_size(json_object_get(record, "events")))
		return;
	print_head(out, "what happened");
	json_array_foreach (json_object_get(record, "events"), i, event) {
		g_autofree char *head = g_strdup_printf(
		        "  %s  %-13s ", json_get_text(event, "at", ""), json_get_text(event, "phase", ""));
		print_wrapped(out, head, json_get_text(event, "note", ""));
	}
}

void print_retraining(FILE *out, const json_t *record)
{
	size_t i;
	json_t *reason;
	g_autofree char *before = cell_text(json_object_get(record, "champion")),
	                *candidate = cell_text(json_object_get(record, "candidate")),
	                *cpu = seconds_text(json_get_number(record, "cpu_seconds", 0));
	fprintf(out, "retraining %d of %s: %s\n", (int)json_get_int(record, "number", 0),
	        json_get_text(record, "model", ""), json_get_text(record, "phase", ""));
	if (candidate)
		fprintf(out, "version %s beside version %s, %s of processor time\n", candidate, before ? before : "-",
		        cpu);
	if (json_get_bool(record, "watched", false))
		fputs("another process watches this project and takes it up\n", out);
	print_causes(out, record);
	if (json_array_size(json_object_get(record, "reasons")))
		print_head(out, "decided");
	json_array_foreach (json_object_get(record, "reasons"), i, reason)
		print_wrapped(out, "  ", json_string_value(reason));
	print_events(out, record);
}

void print_watch(FILE *out, const json_t *result)
{
	const json_t *newest = json_object_get(result, "retraining");
	const char *problem = json_get_text(result, "problem", NULL);
	if (problem)
		fprintf(out, "%s\n", problem);
	if (json_is_object(newest))
		fprintf(out, "retraining %d is %s\n", (int)json_get_int(newest, "number", 0),
		        json_get_text(newest, "phase", ""));
}
