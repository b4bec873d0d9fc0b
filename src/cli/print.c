/* print.c: results as text for people.  An op with a printer of its own is in the table; any other result is shown as its
 * keys, lists of objects as tables. */
#include "cli/print.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "cli/cli.h"
#include "cli/table.h"

static const struct {
	const char *op;
	Printer *print;
} PRINTERS[] = {
        {"alarm.ls", print_alarms},
        {"alarm.outbox", print_outbox},
        {"alarm.send", print_alarm_send},
        {"alarm.show", print_alarm},
        {"alarm.silence", print_silence},
        {"alarm.silences", print_silences},
        {"alarm.unsilence", print_silence},
        {"check", print_check},
        {"data.compare", print_data_compare},
        {"monitor.backtest", print_backtest},
        {"monitor.learn", print_learn},
        {"data.diff", print_data_diff},
        {"data.log", print_data_log},
        {"data.show", print_data_show},
        {"deploy", print_deploy},
        {"deploy.check", print_deploy_check},
        {"deploy.promote", print_deploy},
        {"deploy.rollback", print_deploy},
        {"deploy.share", print_deploy},
        {"deploy.status", print_deploy_status},
        {"doctor", print_doctor},
        {"feasible", print_feasible},
        {"explain", print_explain},
        {"impact", print_impact},
        {"kpi", print_kpi},
        {"lineage", print_lineage},
        {"replay", print_replay},
        {"model.errors", print_model_errors},
        {"model.fairness", print_model_fairness},
        {"model.compare", print_model_compare},
        {"model.ls", print_models},
        {"model.rules", print_model_rules},
        {"model.show", print_model},
        {"monitor.history", print_monitor_history},
        {"monitor.run", print_monitor_run},
        {"monitor.watch", print_watch},
        {"retrain", print_retraining},
        {"retrain.ls", print_retrainings},
        {"retrain.show", print_retraining},
        {"retrain.cancel", print_retraining},
        {"monitor.show", print_monitor_show},
        {"monitor.status", print_monitor_status},
        {"new", print_new},
        {"run", print_run},
        {"runs", print_runs},
        {"runs.compare", print_runs_compare},
        {"runs.show", print_run_record},
        {"search.ask", print_search_ask},
        {"search.create", print_search_create},
        {"search.ls", print_search_ls},
        {"search.pipe", print_nothing},
        {"search.watch", print_search_watch},
        {"status", print_status},
        {"token.create", print_token},
        {"token.ls", print_tokens},
};

/* All was said while it ran. */
void print_nothing(FILE *out, const json_t *result)
{
	(void)out;
	(void)result;
}

static void print_text(FILE *out, const json_t *result)
{
	fputs(json_get_text(result, "text", ""), out);
}

/* Whole digits are never rounded: 12345 of four is not "1.234e+04". */
static char *digits_text(double number, int digits)
{
	char *text = g_strdup_printf("%.*g", digits, number);
	if (!strstr(text, "e+") || fabs(number) >= 1e15)
		return text;
	g_free(text);
	return g_strdup_printf("%.0f", number);
}

char *number_text(const json_t *value, int digits)
{
	if (!json_is_number(value))
		return g_strdup("-");
	return digits_text(json_number_value(value), digits);
}

char *count_text(const json_t *value)
{
	if (!json_is_number(value))
		return g_strdup("-");
	g_autofree char *digits = g_strdup_printf("%.0f", json_number_value(value));
	GString *text = g_string_new(NULL);
	size_t length = strlen(digits);
	for (size_t i = 0; i < length; i++) {
		if (i && digits[i - 1] != '-' && (length - i) % 3 == 0)
			g_string_append_c(text, ',');
		g_string_append_c(text, digits[i]);
	}
	return g_string_free(text, FALSE);
}

char *seconds_text(double seconds)
{
	if (isnan(seconds))
		return g_strdup("-");
	if (seconds < 0.9995)
		return g_strdup_printf("%.0f ms", seconds * 1000);
	if (seconds < 60)
		return g_strdup_printf("%.1f s", seconds);
	if (seconds < 7200)
		return g_strdup_printf("%d min %d s", (int)(seconds / 60), (int)seconds % 60);
	return seconds < 2 * 86400 ? g_strdup_printf("%.1f hours", seconds / 3600)
	                           : g_strdup_printf("%.1f days", seconds / 86400);
}

void print_head(FILE *out, const char *head)
{
	fprintf(out, "\n%s\n", head);
}

char *cell_text(const json_t *value)
{
	if (!value || json_is_null(value))
		return NULL;
	if (json_is_string(value))
		return g_strdup(json_string_value(value));
	if (json_is_real(value))
		return digits_text(json_real_value(value), 6);
	return json_canonical(value);
}

static bool is_table(const json_t *value)
{
	return json_is_array(value) && json_is_object(json_array_get(value, 0));
}

void print_table(FILE *out, const json_t *rows)
{
	g_autoptr(GPtrArray) heads = g_ptr_array_new();
	const char *key;
	json_t *value;
	json_object_foreach (json_array_get(rows, 0), key, value)
		g_ptr_array_add(heads, (void *)key);
	g_ptr_array_add(heads, NULL);
	Table *table = table_new((const char *const *)heads->pdata);
	size_t i;
	json_t *row;
	json_array_foreach ((json_t *)rows, i, row) {
		g_autoptr(GPtrArray) cells = g_ptr_array_new_with_free_func(g_free);
		for (guint c = 0; heads->pdata[c]; c++)
			g_ptr_array_add(cells, cell_text(json_object_get(row, heads->pdata[c])));
		table_add_cells(table, (const char *const *)cells->pdata);
	}
	table_print(table, out, NULL);
}

void print_object(FILE *out, const json_t *object)
{
	const char *key;
	json_t *value;
	json_object_foreach ((json_t *)object, key, value) {
		if (is_table(value)) {
			fprintf(out, "\n%s\n", key);
			print_table(out, value);
			continue;
		}
		g_autofree char *text = cell_text(value);
		fprintf(out, "%-14s %s\n", key, text ? text : "-");
	}
}

/* Able to steer a terminal, or to turn the direction of what follows. */
static bool is_harmful(gunichar c)
{
	return (g_unichar_iscntrl(c) && c != '\n') || (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

void print_plain(FILE *out, const char *text)
{
	g_autofree char *valid = g_utf8_make_valid(text, -1);
	g_autoptr(GString) plain = g_string_new(NULL);
	for (const char *at = valid; *at; at = g_utf8_next_char(at))
		g_string_append_unichar(plain, is_harmful(g_utf8_get_char(at)) ? 0xb7 : g_utf8_get_char(at));
	fputs(plain->str, out);
}

static void print_screen(FILE *out, const Op *op, const json_t *result)
{
	for (size_t i = 0; i < G_N_ELEMENTS(PRINTERS); i++)
		if (strcmp(PRINTERS[i].op, op->name) == 0) {
			PRINTERS[i].print(out, result);
			return;
		}
	print_object(out, result);
}

/* What an op says as a text is its own: a log, a file.  All else has names and labels of the data in it. */
void print_result(FILE *out, const Op *op, const json_t *result)
{
	char *text = NULL;
	size_t size;
	if (json_object_size(result) == 1 && json_object_get(result, "text")) {
		print_text(out, result);
		return;
	}
	FILE *screen = open_memstream(&text, &size);
	print_screen(screen ? screen : out, op, result);
	if (screen) {
		fclose(screen);
		print_plain(out, text);
	}
	free(text);
}
