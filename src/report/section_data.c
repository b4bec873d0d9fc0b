/* section_data.c: the data: its version, what was checked, how it was divided, and its columns. */
#include "report/section.h"

#include <math.h>
#include <string.h>

#include "base/json.h"
#include "report/chart.h"

static void put_version(Page *p, const Story *s)
{
	g_autofree char *rows = say_count(json_get_number(s->ingest, "rows", NAN));
	put(p, "<p>");
	put_format(p, "%s rows, %zu columns; version ", rows, json_array_size(json_object_get(s->ingest, "columns")));
	put(p, "<code>");
	put_text(p, s->snapshot_digest ? s->snapshot_digest : "unknown");
	put(p, "</code>, named by its content.</p>\n");
}

enum { MOST_CHECKS = 200 };

static void put_check(Page *p, const json_t *check)
{
	static const char *const POLICIES[][2] = {
	        {"fail", "stop"}, {"warn", "warn"}, {"quarantine", "put the rows aside"}};
	const json_t *on = json_object_get(check, "column"), *bad = json_object_get(check, "rows_bad");
	const char *policy = json_get_text(check, "policy", "");
	for (size_t i = 0; i < G_N_ELEMENTS(POLICIES); i++)
		if (strcmp(policy, POLICIES[i][0]) == 0)
			policy = POLICIES[i][1];
	g_autofree char *column = json_is_string(on) ? say_value(on) : g_strdup(""),
	                *rows = json_is_number(bad) ? say_count(json_number_value(bad)) : g_strdup("");
	g_autofree char *name = say_measure(json_get_text(check, "check", ""));
	put_row(p, "td", "tttny", name, column, policy, rows, json_get_bool(check, "pass", false) ? "yes" : "no");
}

static void put_checks(Page *p, const json_t *checks)
{
	size_t i;
	json_t *check;
	g_autofree char *bad = say_count(json_get_number(checks, "quarantined", 0)),
	                *out = say_count(json_get_number(checks, "rows_out", NAN));
	const json_t *list = json_object_get(checks, "checks");
	put_tag(p, "h3", "What was checked");
	put_tag_format(p, "p", "%s rows were used, %s were put aside.", out, bad);
	json_array_foreach ((json_t *)list, i, check)
		if (!json_get_bool(check, "pass", true) && i < MOST_CHECKS)
			put_tag(p, "p class=soft", json_get_text(check, "sentence", ""));
	json_array_foreach ((json_t *)json_at(checks, "schema.anomalies"), i, check)
		if (i < MOST_CHECKS)
			put_tag(p, "p class=soft", json_get_text(check, "sentence", ""));
	if (!json_array_size(list))
		return;
	put(p, "<details><summary>All checks</summary><div class=wide><table>\n");
	put_row(p, "th", "tttnt", "check", "column", "when it fails", "bad rows", "passed");
	json_array_foreach ((json_t *)list, i, check)
		if (i < MOST_CHECKS)
			put_check(p, check);
	put(p, "</table></div></details>\n");
}

static void put_split(Page *p, const json_t *split)
{
	static const char *const PARTS[] = {"train", "valid", "test"};
	static const char *const SAY[] = {"to learn from", "to choose by", "to judge by"};
	size_t i;
	json_t *warning;
	bool times = json_array_size(json_at(split, "ranges.test")) == 2;
	put_tag(p, "h3", "How it was divided");
	put(p, "<div class=wide><table>\n");
	put_row(p, "th", times ? "tntt" : "tn", "part", "rows", "from", "to");
	for (i = 0; i < G_N_ELEMENTS(PARTS); i++) {
		double rows = json_get_number(json_object_get(split, "rows"), PARTS[i], 0);
		const json_t *range = json_object_get(json_object_get(split, "ranges"), PARTS[i]);
		if (!(rows > 0))
			continue;
		g_autofree char *text = say_count(rows);
		g_autofree char *from = json_array_size(range) ? say_value(json_array_get(range, 0)) : g_strdup("");
		g_autofree char *to = json_array_size(range) ? say_value(json_array_get(range, 1)) : g_strdup("");
		put_row(p, "td", times ? "tntt" : "tn", SAY[i], text, from, to);
	}
	put(p, "</table></div>\n");
	json_array_foreach (json_object_get(split, "warnings"), i, warning)
		if (i < 20)
			put_tag(p, "p class=soft", json_string_value(warning));
}

static void put_histogram(Page *p, const json_t *column)
{
	enum { MOST = 40 };
	const json_t *counts = json_at(column, "histogram.counts"), *bins = json_at(column, "histogram.bins"),
	             *top = json_object_get(column, "top");
	const json_t *list = counts ? counts : bins ? bins : top;
	double values[MOST];
	size_t count = MIN(json_array_size(list), (size_t)MOST);
	for (size_t i = 0; i < count; i++) {
		const json_t *item = json_array_get(list, i);
		values[i] = json_is_object(item) ? json_get_number(item, "rows", 0) : json_number_value(item);
	}
	if (count)
		chart_spark(p, values, count);
}

static char *column_range(const json_t *column)
{
	const json_t *top = json_object_get(column, "top"), *least = json_object_get(column, "min");
	if (strcmp(json_get_text(column, "type", ""), "text") == 0 || !least) {
		g_autoptr(GString) text = g_string_new(NULL);
		for (size_t i = 0; i < MIN(json_array_size(top), (size_t)3); i++) {
			g_autofree char *value = say_value(json_object_get(json_array_get(top, i), "value"));
			g_string_append_printf(text, "%s%s", i ? ", " : "", value);
		}
		return g_string_free(g_steal_pointer(&text), FALSE);
	}
	g_autofree char *from = say_value(least), *to = say_value(json_object_get(column, "max"));
	return g_strdup_printf("%s to %s", from, to);
}

static void put_column(Page *p, const json_t *column)
{
	g_autofree char *missing = say_percent(json_get_number(column, "missing_share", 0));
	g_autofree char *distinct = say_count(json_get_number(column, "distinct", NAN)), *range = column_range(column);
	const json_t *strength = json_at(column, "association.strength");
	g_autofree char *name = say_short(json_get_text(column, "name", ""));
	g_autofree char *tie = strength ? say_number(strength, 2) : g_strdup("");
	put(p, "<tr>");
	put_tag(p, "td", name);
	put_tag(p, "td", json_get_text(column, "type", ""));
	put_tag(p, "td class=n", missing);
	put_tag(p, "td class=n", distinct);
	put(p, "<td>");
	put_histogram(p, column);
	put(p, "</td>");
	put_tag(p, "td", range);
	put_tag(p, "td class=n", tie);
	put(p, "</tr>\n");
}

static void put_profile(Page *p, const json_t *profile)
{
	enum { MOST_COLUMNS = 60 };
	size_t i;
	json_t *entry;
	put_tag(p, "h3", "Its columns");
	put(p, "<div class=wide><table>\n");
	put_row(p, "th", "ttnnttn", "column", "type", "missing", "distinct", "spread", "values", "tie to target");
	json_array_foreach (json_object_get(profile, "columns"), i, entry) {
		if (i == MOST_COLUMNS)
			break;
		put_column(p, entry);
	}
	put(p, "</table></div>\n");
	if (json_array_size(json_object_get(profile, "columns")) > MOST_COLUMNS)
		put_tag_format(p, "p class=soft", "The first %d of %zu columns.", MOST_COLUMNS,
		        json_array_size(json_object_get(profile, "columns")));
	put(p, "<p class=soft>Tie to target: how well this column alone tells the target; 0 not at all, 1 "
	       "perfectly.</p>\n");
	const json_t *alerts = json_object_get(profile, "alerts");
	if (!json_array_size(alerts))
		return;
	put_tag(p, "h3", "What stands out");
	put(p, "<ul>\n");
	json_array_foreach ((json_t *)alerts, i, entry) {
		if (i == 20)
			break;
		put_tag(p, "li", json_get_text(entry, "sentence", ""));
	}
	put(p, "</ul>\n");
}

void section_data(Page *p, const Story *s)
{
	if (!s->ingest && !json_object_size(s->checks) && !json_object_size(s->split) && !json_object_size(s->profile))
		return;
	put_tag(p, "h2", "The data");
	if (s->ingest)
		put_version(p, s);
	if (json_object_size(s->checks))
		put_checks(p, s->checks);
	if (json_object_size(s->split))
		put_split(p, s->split);
	if (json_object_size(s->profile))
		put_profile(p, s->profile);
}
