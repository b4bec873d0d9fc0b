/* print_alarm.c: alarms, silences and notices as text. */
#include <math.h>
#include <stdlib.h>

#include "base/json.h"
#include "cli/print.h"
#include "cli/table.h"

static char *short_id(const json_t *object, const char *key)
{
	return g_strndup(json_get_text(object, key, ""), 8);
}

static char *about_text(const json_t *alarm)
{
	const char *subject = json_get_text(alarm, "subject", "");
	return g_strdup_printf("%s %s%s%s", json_get_text(alarm, "look", ""), json_get_text(alarm, "measure", ""),
	        *subject ? " of " : "", subject);
}

static char *of_text(const json_t *alarm)
{
	return g_strdup_printf("%s@%d %s", json_get_text(alarm, "model", ""), (int)json_get_int(alarm, "version", 0),
	        json_get_text(alarm, "route", ""));
}

void print_alarms(FILE *out, const json_t *result)
{
	static const char *const HEADS[] = {
	        "alarm", "state", "severity", "of", "what", ">value", ">limit", "since", "", NULL};
	Table *table = table_new(HEADS);
	size_t i;
	json_t *a;
	json_array_foreach (json_object_get(result, "alarms"), i, a) {
		bool is_silent = json_is_string(json_object_get(a, "silence"));
		g_autofree char *id = short_id(a, "id"), *of = of_text(a), *about = about_text(a),
		                *value = number_text(json_object_get(a, "value"), 3),
		                *limit = number_text(json_object_get(a, "limit"), 3);
		table_add(table, id, json_get_text(a, "state", ""), json_get_text(a, "severity", ""), of, about, value,
		        limit, json_get_text(a, "since", ""), is_silent ? "silenced" : "", NULL);
	}
	table_print(table, out, "no alarms");
}

static void print_line(FILE *out, const char *head, const json_t *value)
{
	g_autofree char *text = value && !json_is_null(value) ? cell_text(value) : NULL;
	if (text)
		fprintf(out, "%-9s %s\n", head, text);
}

static void print_columns(FILE *out, const json_t *columns)
{
	size_t i;
	json_t *c;
	json_array_foreach ((json_t *)columns, i, c)
		fprintf(out, "%s%s %.0f %%", i ? ", " : "  columns    ", json_get_text(c, "column", ""),
		        100 * json_get_number(c, "share", 0));
	if (json_array_size(columns))
		fputc('\n', out);
}

/* "roc_auc is 0.68 (realised), was 0.74" */
static void print_loss(FILE *out, const json_t *loss)
{
	const json_t *metric = json_object_get(loss, "metric"), *money = json_object_get(loss, "money");
	if (json_is_object(metric))
		fprintf(out, "  %-10s %.4g (%s), was %.4g\n", json_get_text(metric, "metric", ""),
		        json_get_number(metric, "value", NAN), json_get_text(metric, "of", ""),
		        json_get_number(metric, "reference", NAN));
	if (!json_is_object(money))
		return;
	fprintf(out, "  %-10s %.4g", json_get_text(money, "kpi", ""), json_get_number(money, "value", NAN));
	if (json_is_number(json_object_get(money, "usual")))
		fprintf(out, ", usually %.4g", json_get_number(money, "usual", NAN));
	fputc('\n', out);
}

static void print_cause(FILE *out, const json_t *cause)
{
	if (!json_is_object(cause))
		return;
	print_head(out, "probable cause");
	fprintf(out, "  %-10s %s\n", json_get_text(cause, "cause", ""), json_get_text(cause, "summary", ""));
	print_columns(out, json_object_get(cause, "columns"));
	print_loss(out, json_object_get(cause, "loss"));
}

/* What a look leaves may be nested: a line each, numbers short. */
static void print_evidence(FILE *out, const json_t *evidence)
{
	const char *name;
	json_t *value;
	if (!json_object_size(evidence))
		return;
	print_head(out, "evidence");
	json_object_foreach ((json_t *)evidence, name, value) {
		char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(4));
		fprintf(out, "  %-10s %s\n", name, text ? text : "");
		free(text);
	}
}

void print_alarm(FILE *out, const json_t *a)
{
	static const char *const HEADS[] = {"window", "begin", "end", "finding", ">value", ">limit", "alarm", NULL},
	                         *const KEYS[] = {
	                                 "severity", "since", "fired", "resolved", "why", "runbook", "silence"};
	g_autofree char *of = of_text(a), *about = about_text(a);
	fprintf(out, "%-9s %s\n%-9s %s\n%-9s %s\n%-9s %s\n", "alarm", json_get_text(a, "id", ""), "of", of, "what",
	        about, "state", json_get_text(a, "state", ""));
	for (size_t i = 0; i < G_N_ELEMENTS(KEYS); i++)
		print_line(out, KEYS[i], json_object_get(a, KEYS[i]));
	print_cause(out, json_object_get(a, "cause"));
	print_evidence(out, json_object_get(a, "evidence"));
	print_head(out, "windows");
	Table *table = table_new(HEADS);
	size_t i;
	json_t *p;
	json_array_foreach (json_object_get(a, "history"), i, p) {
		g_autofree char *id = short_id(p, "window"), *value = number_text(json_object_get(p, "value"), 3),
		                *limit = number_text(json_object_get(p, "limit"), 3);
		table_add(table, id, json_get_text(p, "begin", ""), json_get_text(p, "end", ""),
		        json_get_text(p, "finding", ""), value, limit, json_get_text(p, "phase", ""), NULL);
	}
	table_print(table, out, NULL);
}

static char *joined(const json_t *texts)
{
	g_autoptr(GString) text = g_string_new(NULL);
	size_t i;
	json_t *one;
	json_array_foreach ((json_t *)texts, i, one)
		g_string_append_printf(text, "%s%s", i ? " " : "", json_string_value(one));
	return g_string_free(g_steal_pointer(&text), FALSE);
}

void print_silence(FILE *out, const json_t *s)
{
	g_autofree char *match = joined(json_object_get(s, "matchers"));
	fprintf(out, "silence %.8s of %s until %s\n", json_get_text(s, "id", ""), match, json_get_text(s, "until", ""));
}

void print_silences(FILE *out, const json_t *result)
{
	static const char *const HEADS[] = {"silence", "of", "from", "until", "who", "comment", NULL};
	Table *table = table_new(HEADS);
	size_t i;
	json_t *s;
	json_array_foreach (json_object_get(result, "silences"), i, s) {
		g_autofree char *id = short_id(s, "id"), *match = joined(json_object_get(s, "matchers"));
		table_add(table, id, match, json_get_text(s, "from", ""), json_get_text(s, "until", ""),
		        json_get_text(s, "who", ""), json_get_text(s, "comment", ""), NULL);
	}
	table_print(table, out, "no silences");
}

void print_alarm_send(FILE *out, const json_t *result)
{
	fprintf(out, "%d sent, %d not taken, %d waiting\n", (int)json_get_int(result, "sent", 0),
	        (int)json_get_int(result, "failed", 0), (int)json_get_int(result, "waiting", 0));
}

void print_outbox(FILE *out, const json_t *result)
{
	static const char *const HEADS[] = {
	        "notice", "receiver", "state", "created", ">tries", "sent", "problem", NULL};
	Table *table = table_new(HEADS);
	size_t i;
	json_t *n;
	json_array_foreach (json_object_get(result, "notices"), i, n) {
		g_autofree char *id = short_id(n, "id"), *tries = count_text(json_object_get(n, "attempts"));
		table_add(table, id, json_get_text(n, "receiver", ""), json_get_text(n, "state", ""),
		        json_get_text(n, "created", ""), tries, json_get_text(n, "sent", "-"),
		        json_get_text(n, "problem", ""), NULL);
	}
	table_print(table, out, "no notices");
}
