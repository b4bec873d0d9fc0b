/* print_ops.c: the results of the smaller ops as text. */
#include <math.h>
#include <string.h>

#include "base/json.h"
#include "cli/print.h"
#include "cli/table.h"

void print_check(FILE *out, const json_t *result)
{
	const json_t *problems = json_object_get(result, "problems");
	size_t i;
	json_t *entry;
	json_array_foreach ((json_t *)problems, i, entry) {
		const char *path = json_get_text(entry, "path", "");
		fprintf(out, "%s:%d:%d: %s: %s%s%s\n", json_get_text(entry, "file", ""),
		        (int)json_get_int(entry, "line", 0), (int)json_get_int(entry, "column", 0),
		        json_get_text(entry, "severity", ""), path, *path ? ": " : "",
		        json_get_text(entry, "problem", ""));
	}
	if (!json_get_bool(result, "ok", false))
		return;
	fprintf(out, "%s is sound.\n\nIs the goal SMART?\n", json_get_text(result, "file", ""));
	json_array_foreach (json_object_get(result, "goal"), i, entry)
		fprintf(out, "  %s %-11s %s\n", json_get_bool(entry, "ok", false) ? "yes" : "NO ",
		        json_get_text(entry, "name", ""), json_get_text(entry, "finding", ""));
}

void print_doctor(FILE *out, const json_t *result)
{
	static const char *const HEADS[] = {"library", "version", "for", NULL};
	const json_t *machine = json_object_get(result, "machine"), *disk = json_object_get(result, "disk");
	const json_t *project = json_object_get(result, "project");
	g_autofree char *memory = count_text(json_object_get(machine, "memory_mb")),
	                *space = count_text(json_object_get(disk, "free_mb"));
	fprintf(out, "gyre %s on %d cores, %s MiB of memory, %s MiB of disk free\n\n",
	        json_get_text(result, "gyre", ""), (int)json_get_int(machine, "cores", 0), memory, space);
	Table *table = table_new(HEADS);
	size_t i;
	json_t *entry;
	json_array_foreach (json_object_get(result, "libraries"), i, entry)
		table_add(table, json_get_text(entry, "name", ""),
		        json_get_text(entry, "version", json_get_text(entry, "problem", "absent")),
		        json_get_text(entry, "for", ""), NULL);
	table_print(table, out, NULL);
	fputs("\nLimits (docs/reference/limits.md says why)\n", out);
	const char *name;
	json_t *limit;
	json_object_foreach (json_object_get(result, "limits"), name, limit) {
		g_autofree char *text = count_text(limit);
		fprintf(out, "  %-11s %s\n", name, text);
	}
	if (!json_is_object(project))
		return;
	const char *problem = json_get_text(project, "problem", NULL);
	fprintf(out, "\nProject   %s: %s\n", json_get_text(project, "folder", ""),
	        problem                                    ? problem
	        : json_get_bool(project, "has_run", false) ? "its store opens"
	                                                   : "nothing has run yet");
}

/* The two or three figures of a run that people look for first. */
static char *chief_metrics(const json_t *metrics)
{
	g_autoptr(GString) text = g_string_new(NULL);
	static const char *const CHIEF[] = {
	        "evaluate.roc_auc", "evaluate.log_loss", "evaluate.rmse", "evaluate.r2", "roc_auc", "log_loss", "rmse"};
	for (size_t i = 0, shown = 0; i < G_N_ELEMENTS(CHIEF) && shown < 2; i++) {
		const json_t *value = json_object_get(metrics, CHIEF[i]);
		if (!json_is_number(value))
			continue;
		const char *dot = strchr(CHIEF[i], '.');
		g_string_append_printf(
		        text, "%s%s %.4g", shown++ ? ", " : "", dot ? dot + 1 : CHIEF[i], json_number_value(value));
	}
	return g_string_free(g_steal_pointer(&text), FALSE);
}

void print_runs(FILE *out, const json_t *result)
{
	static const char *const HEADS[] = {"run", "name", "status", "started", ">took", "figures", NULL};
	Table *table = table_new(HEADS);
	size_t i;
	json_t *run;
	json_array_foreach (json_object_get(result, "runs"), i, run) {
		g_autofree char *id = g_strndup(json_get_text(run, "run", ""), 8);
		g_autofree char *took = seconds_text(json_get_number(run, "seconds", NAN)),
		                *figures = chief_metrics(json_object_get(run, "metrics"));
		table_add(table, id, json_get_text(run, "name", ""), json_get_text(run, "status", ""),
		        json_get_text(run, "started", ""), took, figures, NULL);
	}
	table_print(table, out, "no runs yet: gyre run");
}

static void print_pairs(FILE *out, const char *head, const json_t *object)
{
	const char *key;
	json_t *value;
	if (!json_object_size(object))
		return;
	print_head(out, head);
	json_object_foreach ((json_t *)object, key, value) {
		g_autofree char *text = cell_text(value);
		fprintf(out, "  %-30s %s\n", key, text ? text : "-");
	}
}

void print_run_record(FILE *out, const json_t *result)
{
	static const char *const HEADS[] = {"step", "status", ">took", ">cpu", ">peak MiB", "why", NULL};
	fprintf(out, "run      %s (%s)\nstatus   %s\nstarted  %s\nended    %s\n", json_get_text(result, "run_id", ""),
	        json_get_text(result, "name", ""), json_get_text(result, "status", ""),
	        json_get_text(result, "start", "-"), json_get_text(result, "end", "-"));
	if (json_array_size(json_object_get(result, "steps"))) {
		Table *table = table_new(HEADS);
		size_t i;
		json_t *step;
		json_array_foreach (json_object_get(result, "steps"), i, step) {
			g_autofree char *took = seconds_text(json_get_number(step, "seconds", NAN));
			g_autofree char *cpu = seconds_text(json_get_number(step, "cpu_seconds", NAN));
			g_autofree char *peak = count_text(json_object_get(step, "peak_mb"));
			table_add(table, json_get_text(step, "name", ""), json_get_text(step, "status", ""), took, cpu,
			        peak, json_get_text(step, "why", ""), NULL);
		}
		fputc('\n', out);
		table_print(table, out, NULL);
	}
	print_pairs(out, "parameters", json_object_get(result, "params"));
	print_pairs(out, "metrics", json_object_get(result, "metrics"));
	print_pairs(out, "tags", json_object_get(result, "tags"));
}

static void print_comparison(FILE *out, const json_t *runs, const char *head, const json_t *lines)
{
	g_autoptr(GPtrArray) heads = g_ptr_array_new_with_free_func(g_free);
	size_t i, k;
	json_t *line, *value, *run;
	g_ptr_array_add(heads, g_strdup(head));
	json_array_foreach ((json_t *)runs, i, run)
		g_ptr_array_add(heads, g_strndup(json_string_value(run), 8));
	g_ptr_array_add(heads, g_strdup(""));
	g_ptr_array_add(heads, NULL);
	Table *table = table_new((const char *const *)heads->pdata);
	json_array_foreach ((json_t *)lines, i, line) {
		g_autoptr(GPtrArray) cells = g_ptr_array_new_with_free_func(g_free);
		g_ptr_array_add(cells, g_strdup(json_get_text(line, "key", "")));
		json_array_foreach (json_object_get(line, "values"), k, value)
			g_ptr_array_add(cells, cell_text(value));
		g_ptr_array_add(cells, g_strdup(json_get_bool(line, "differs", false) ? "differs" : ""));
		table_add_cells(table, (const char *const *)cells->pdata);
	}
	table_print(table, out, NULL);
	fputc('\n', out);
}

void print_runs_compare(FILE *out, const json_t *result)
{
	static const char *const PARTS[] = {"params", "metrics", "tags"};
	for (size_t i = 0; i < G_N_ELEMENTS(PARTS); i++)
		if (json_array_size(json_object_get(result, PARTS[i])))
			print_comparison(
			        out, json_object_get(result, "runs"), PARTS[i], json_object_get(result, PARTS[i]));
}

void print_models(FILE *out, const json_t *result)
{
	static const char *const HEADS[] = {"model", ">versions", ">champion", "updated", NULL};
	Table *table = table_new(HEADS);
	size_t i;
	json_t *model;
	json_array_foreach (json_object_get(result, "models"), i, model) {
		g_autofree char *versions = cell_text(json_object_get(model, "versions")),
		                *champion = cell_text(json_object_get(model, "champion"));
		table_add(table, json_get_text(model, "name", ""), versions ? versions : "0", champion ? champion : "-",
		        json_get_text(model, "updated", "-"), NULL);
	}
	table_print(table, out, "no models yet: gyre run");
}

static void print_moves(FILE *out, const json_t *moves)
{
	size_t i;
	json_t *move;
	if (!json_array_size(moves))
		return;
	print_head(out, "moves");
	json_array_foreach ((json_t *)moves, i, move) {
		g_autofree char *from = cell_text(json_object_get(move, "from")),
		                *to = cell_text(json_object_get(move, "to"));
		const char *reason = json_get_text(move, "reason", NULL);
		fprintf(out, "  %s  %s: %s to %s by %s (%s%s%s)%s\n", json_get_text(move, "at", ""),
		        json_get_text(move, "alias", ""), from ? from : "none", to, json_get_text(move, "who", "?"),
		        json_get_text(move, "why", ""), reason ? ": " : "", reason ? reason : "",
		        json_get_bool(move, "undone", false) ? ", undone" : "");
	}
}

void print_model(FILE *out, const json_t *result)
{
	const json_t *about = json_object_get(result, "about"), *gate = json_object_get(about, "gate");
	g_autofree char *aliases = cell_text(json_object_get(result, "aliases"));
	fprintf(out, "model    %s@%d  %s\ndigest   %s\ncreated  %s\nrun      %s\ngate     %s\n",
	        json_get_text(result, "name", ""), (int)json_get_int(result, "version", 0), aliases,
	        json_get_text(result, "digest", ""), json_get_text(result, "created", "-"),
	        json_get_text(result, "run_id", "-"), json_get_bool(gate, "pass", false) ? "passed" : "not passed");
	size_t i;
	json_t *reason;
	json_array_foreach (json_object_get(gate, "reasons"), i, reason)
		fprintf(out, "         %s\n", json_string_value(reason));
	const json_t *metrics = json_object_get(about, "metrics");
	const char *name;
	json_t *figure;
	if (json_object_size(metrics))
		print_head(out, "test metrics");
	json_object_foreach ((json_t *)metrics, name, figure) {
		g_autofree char *value =
		        number_text(json_is_object(figure) ? json_object_get(figure, "value") : figure, 4);
		fprintf(out, "  %-20s %s\n", name, value);
	}
	print_pairs(out, "made from", json_object_get(about, "lineage"));
	print_pairs(out, "code and settings", json_object_get(result, "origin"));
	print_moves(out, json_object_get(result, "moves"));
}

void print_new(FILE *out, const json_t *result)
{
	size_t i;
	json_t *finding;
	const char *file = json_get_text(result, "file", "");
	g_autofree char *folder = g_path_get_dirname(file), *word = shell_word(folder);
	fprintf(out, "%s\n", file);
	json_array_foreach (json_object_get(result, "told"), i, finding)
		fprintf(out, "  %s\n", json_string_value(finding));
	fputs("\nNext      ", out);
	if (strcmp(folder, ".") != 0)
		fprintf(out, "cd %s\n          ", word);
	fputs("gyre check    what is still to say\n          gyre run      from the data to a registered model\n", out);
}

void print_replay(FILE *out, const json_t *result)
{
	g_autofree char *rows = count_text(json_object_get(result, "rows")),
	                *requests = count_text(json_object_get(result, "requests")),
	                *outcomes = count_text(json_object_get(result, "outcomes")),
	                *failed = count_text(json_object_get(result, "failed")),
	                *took = seconds_text(json_get_number(result, "seconds", 0));
	fprintf(out,
	        "%s rows in %s requests by %s, in %s: %.0f rows a second; a request took %.2f ms (median), %.2f ms (99 "
	        "%%)\n",
	        rows, requests, json_get_text(result, "protocol", ""), took,
	        json_get_number(result, "rows_per_second", 0), json_get_number(result, "p50_ms", 0),
	        json_get_number(result, "p99_ms", 0));
	if (json_get_int(result, "outcomes", 0))
		fprintf(out, "%s outcomes sent\n", outcomes);
	if (json_get_int(result, "failed", 0))
		fprintf(out, "%s requests FAILED; the first was told: %s\n", failed,
		        json_get_text(result, "problem", ""));
}
