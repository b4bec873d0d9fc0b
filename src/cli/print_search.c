/* print_search.c: studies and searches as text. */
#include <math.h>
#include <string.h>

#include "base/json.h"
#include "cli/print.h"
#include "cli/table.h"

enum { WIDE = 60, HIGH = 8, BAR = 30 };

void print_search_create(FILE *out, const json_t *result)
{
	const char *name = json_get_text(result, "study", "");
	int64_t trials = json_get_int(json_object_get(result, "settings"), "trials", 0);
	fprintf(out, "study %s", name);
	if (!json_is_null(json_object_get(result, "trials_before"))) {
		g_autofree char *end = trials > 0 ? g_strdup_printf("%" G_GINT64_FORMAT " trials at most", trials)
		                                  : g_strdup("trials without end");
		fprintf(out, ", there already: now %s, %" G_GINT64_FORMAT " asked for", end,
		        json_get_int(result, "asked", 0));
	}
	fprintf(out, "; ask it: gyre search ask %s\n", name);
}

void print_search_ask(FILE *out, const json_t *result)
{
	const char *name;
	json_t *value;
	if (json_is_null(json_object_get(result, "trial"))) {
		fputs(json_get_bool(result, "waiting", false) ? "no trial now: it waits for others to end\n"
		                                              : "no trial: all are asked for\n",
		        out);
		return;
	}
	fprintf(out, "trial %" G_GINT64_FORMAT "\n", json_get_int(result, "trial", 0));
	json_object_foreach (json_object_get(result, "params"), name, value) {
		g_autofree char *text = cell_text(value);
		fprintf(out, "  %-20s %s\n", name, text);
	}
}

void print_search_ls(FILE *out, const json_t *result)
{
	static const char *const HEADS[] = {"study", "method", "created", ">trials", ">done", NULL};
	Table *table = table_new(HEADS);
	size_t i;
	json_t *study;
	json_array_foreach (json_object_get(result, "studies"), i, study) {
		g_autofree char *trials = count_text(json_object_get(study, "trials"));
		g_autofree char *done = count_text(json_object_get(study, "done"));
		table_add(table, json_get_text(study, "study", ""), json_get_text(study, "method", ""),
		        json_get_text(study, "created", "-"), trials, done, NULL);
	}
	table_print(table, out, "no studies yet: gyre search create NAME --space FILE");
}

static double at(const json_t *path, size_t i, size_t member)
{
	return json_number_value(json_array_get(json_array_get(path, i), member));
}

/* The best so far over the trials, as stairs.  The first value, mostly a far one, does not set the scale. */
static void print_path(FILE *out, const json_t *path, double trials)
{
	size_t count = json_array_size(path), step = 0;
	double first = at(path, count > 2 ? 1 : 0, 1), last = at(path, count - 1, 1), low = MIN(first, last),
	       high = MAX(first, last);
	char rows[HIGH][WIDE + 1];
	for (size_t r = 0; r < HIGH; r++) {
		memset(rows[r], ' ', WIDE);
		rows[r][WIDE] = '\0';
	}
	for (size_t x = 0; x < WIDE; x++) {
		double trial = ((double)x + 1) * MAX(trials, 1) / WIDE - 1;
		while (step + 1 < count && at(path, step + 1, 0) <= trial)
			step++;
		if (at(path, 0, 0) > trial)
			continue;
		double part = high > low ? CLAMP((at(path, step, 1) - low) / (high - low), 0, 1) : 0;
		rows[(size_t)lround((1 - part) * (HIGH - 1))][x] = '*';
	}
	for (size_t r = 0; r < HIGH; r++) {
		g_autofree char *edge = r == 0          ? g_strdup_printf("%.5g", high)
		                        : r == HIGH - 1 ? g_strdup_printf("%.5g", low)
		                                        : g_strdup("");
		fprintf(out, "%12s |%s\n", edge, rows[r]);
	}
	fprintf(out, "%12s +%.*s\n%13s0%*.0f\n", "", WIDE,
	        "------------------------------------------------------------", "", WIDE - 1, MAX(trials - 1, 0));
}

static void print_importance(FILE *out, const json_t *list)
{
	size_t i;
	json_t *one;
	print_head(out, "what matters: share of the variance of the trials' ranks");
	json_array_foreach ((json_t *)list, i, one) {
		double share = json_number_value(json_array_get(one, 1));
		char bar[BAR + 1];
		int length = (int)lround(CLAMP(share, 0, 1) * BAR);
		memset(bar, '#', sizeof bar);
		bar[length] = '\0';
		fprintf(out, "  %-28s %5.1f %%  %s\n", json_string_value(json_array_get(one, 0)), 100 * share, bar);
	}
}

static double print_counts(FILE *out, const json_t *counts)
{
	const char *state;
	json_t *value;
	double all = 0;
	json_object_foreach ((json_t *)counts, state, value)
		all += json_number_value(value);
	fprintf(out, "trials    %.0f", all);
	json_object_foreach ((json_t *)counts, state, value)
		fprintf(out, ", %.0f %s", json_number_value(value), state);
	fputs("\n", out);
	return all;
}

static void print_transferred(FILE *out, const json_t *list)
{
	size_t count = json_array_size(list);
	if (count)
		fprintf(out, "taken     trials %d to %d did best in earlier searches of similar data\n",
		        (int)json_get_int(json_array_get(list, 0), "trial", 0),
		        (int)json_get_int(json_array_get(list, count - 1), "trial", 0));
}

void print_search_watch(FILE *out, const json_t *result)
{
	const json_t *best = json_object_get(result, "best"), *list = json_object_get(result, "importance");
	const char *name;
	json_t *value;
	fprintf(out, "search    %s%s%s%s\n", json_get_text(result, "of", ""),
	        json_get_text(result, "method", NULL) ? ", " : "", json_get_text(result, "method", ""),
	        json_get_bool(result, "running", false) ? ", running" : "");
	double trials = print_counts(out, json_object_get(result, "counts"));
	print_transferred(out, json_object_get(result, "transferred"));
	if (!json_is_object(best)) {
		fputs("nothing has ended yet\n", out);
		return;
	}
	fprintf(out, "best      %s %.6g, trial %" G_GINT64_FORMAT "\n", json_get_text(result, "metric", ""),
	        json_get_number(best, "value", NAN), json_get_int(best, "trial", 0));
	json_object_foreach (json_object_get(best, "params"), name, value) {
		g_autofree char *text = cell_text(value);
		fprintf(out, "  %-28s %s\n", name, text ? text : "-");
	}
	print_head(out, "best so far, by trial");
	print_path(out, json_object_get(result, "path"), trials);
	if (json_array_size(list))
		print_importance(out, list);
}
