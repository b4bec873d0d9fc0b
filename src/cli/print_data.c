/* print_data.c: data versions as text. */
#include <math.h>
#include <string.h>

#include "base/json.h"
#include "cli/print.h"
#include "cli/table.h"

void print_data_log(FILE *out, const json_t *result)
{
	static const char *const HEADS[] = {"version", "made", ">rows", ">columns", ">bytes", NULL};
	Table *table = table_new(HEADS);
	size_t i;
	json_t *version;
	json_array_foreach (json_object_get(result, "versions"), i, version) {
		g_autofree char *digest = g_strndup(json_get_text(version, "digest", ""), 12);
		g_autofree char *rows = count_text(json_object_get(version, "rows"));
		g_autofree char *columns = count_text(json_object_get(version, "columns"));
		g_autofree char *bytes = count_text(json_object_get(version, "bytes"));
		table_add(table, digest, json_get_text(version, "created", "-"), rows, columns, bytes, NULL);
	}
	table_print(table, out, "no versions yet: gyre run ingest");
}

static void print_checks(FILE *out, const json_t *checks)
{
	static const char *const HEADS[] = {"check", "passed", "what it found", NULL};
	size_t i;
	json_t *entry;
	g_autofree char *in = count_text(json_object_get(checks, "rows_in")),
	                *good = count_text(json_object_get(checks, "rows_out"));
	g_autofree char *bad = count_text(json_object_get(checks, "quarantined"));
	fprintf(out, "\n%s rows in, %s went on, %s in quarantine\n\n", in, good, bad);
	Table *table = table_new(HEADS);
	json_array_foreach (json_object_get(checks, "checks"), i, entry) {
		const char *column = json_get_text(entry, "column", NULL);
		g_autofree char *name = g_strdup_printf(
		        "%s%s%s", json_get_text(entry, "check", ""), column ? " " : "", column ? column : "");
		table_add(table, name, json_get_bool(entry, "pass", false) ? "yes" : "NO",
		        json_get_text(entry, "sentence", ""), NULL);
	}
	table_print(table, out, "no checks");
	json_array_foreach ((json_t *)json_at(checks, "schema.anomalies"), i, entry)
		fprintf(out, "schema: %s\n", json_get_text(entry, "sentence", ""));
}

void print_data_show(FILE *out, const json_t *result)
{
	g_autofree char *rows = count_text(json_object_get(result, "rows")),
	                *bytes = count_text(json_object_get(result, "bytes"));
	fprintf(out, "version  %s\nmade     %s by run %.8s\nrows     %s\nbytes    %s\n\n",
	        json_get_text(result, "digest", ""), json_get_text(result, "created", "-"),
	        json_get_text(result, "run", "-"), rows, bytes);
	if (json_array_size(json_object_get(result, "columns")))
		print_table(out, json_object_get(result, "columns"));
	if (json_is_object(json_object_get(result, "checks")))
		print_checks(out, json_object_get(result, "checks"));
}

/* What the figures of both sides say stands in the sentence; --json has them. */
static void print_changes(FILE *out, const json_t *changes)
{
	static const char *const HEADS[] = {"column", "type", "measure", ">value", "what changed", NULL};
	Table *table = table_new(HEADS);
	size_t i;
	json_t *c;
	json_array_foreach ((json_t *)changes, i, c) {
		g_autofree char *value = number_text(json_object_get(c, "value"), 3);
		table_add(table, json_get_text(c, "column", ""), json_get_text(c, "type", ""),
		        json_get_text(c, "measure", "-"), value, json_get_text(c, "sentence", ""), NULL);
	}
	print_head(out, "changes");
	table_print(table, out, "none");
}

void print_data_diff(FILE *out, const json_t *result)
{
	fprintf(out, "from %.12s to %.12s\n", json_get_text(result, "a", ""), json_get_text(result, "b", ""));
	const char *key;
	json_t *value;
	json_object_foreach ((json_t *)result, key, value) {
		if (strcmp(key, "a") == 0 || strcmp(key, "b") == 0)
			continue;
		if (strcmp(key, "changes") == 0) {
			print_changes(out, value);
		} else if (json_is_object(value)) {
			print_head(out, key);
			print_object(out, value);
		} else if (json_is_array(value) && json_is_object(json_array_get(value, 0))) {
			print_head(out, key);
			print_table(out, value);
		} else if (!json_is_array(value) || json_array_size(value)) {
			g_autofree char *text = cell_text(value);
			fprintf(out, "%-14s %s\n", key, text ? text : "-");
		}
	}
}

/* "bundle 857c25a6b051, trials 4e2309b9f22a" */
static char *digests_text(const json_t *digests, const json_t *files)
{
	GString *text = g_string_new(NULL);
	const char *name;
	json_t *digest;
	json_object_foreach ((json_t *)digests, name, digest) {
		const char *file = json_get_text(files, json_string_value(digest), NULL);
		g_string_append_printf(text, "%s%s ", text->len ? ", " : "", name);
		if (file)
			g_string_append(text, file);
		else
			g_string_append_printf(text, "%.12s", json_string_value(digest));
	}
	return g_string_free(text, FALSE);
}

/* A step a paragraph: digests are too wide for a table. */
void print_lineage(FILE *out, const json_t *result)
{
	const json_t *files = json_object_get(result, "files");
	bool up = strcmp(json_get_text(result, "direction", ""), "up") == 0;
	size_t i;
	json_t *step;
	fprintf(out, "%s %s\n", up ? "what was made into" : "what was made of", json_get_text(result, "digest", ""));
	json_array_foreach (json_object_get(result, "steps"), i, step) {
		g_autofree char *from = digests_text(json_object_get(step, "inputs"), files),
		                *to = digests_text(json_object_get(step, "outputs"), files);
		fprintf(out, "\n%s, %s by run %.8s\n", json_get_text(step, "step", ""),
		        json_get_text(step, "created", "-"), json_get_text(step, "run", "-"));
		print_wrapped(out, "  from  ", from);
		print_wrapped(out, "  made  ", to);
	}
	if (!json_array_size(json_object_get(result, "steps")))
		fputs("no step is known that did\n", out);
}
