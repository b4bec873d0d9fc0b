/* section_goal.c: the goal, criterion by criterion, and what the model is worth in the project's own figures. */
#include "report/section.h"

#include <string.h>

#include "base/json.h"

/* The gate's own criteria, beside those of the goal. */
static char *criterion_name(const Story *s, const char *name)
{
	g_autofree char *measure = say_measure(json_get_text(s->evaluation, "metric", ""));
	if (strcmp(name, "baseline") == 0)
		return g_strdup_printf("%s, against guessing", measure);
	if (strcmp(name, "champion") == 0)
		return g_strdup_printf("%s, against the model in use", measure);
	if (strcmp(name, "slice") == 0)
		return g_strdup("Groups of rows");
	return say_measure(name);
}

static void put_criteria(Page *p, const Story *s)
{
	size_t i;
	json_t *criterion;
	put(p, "<div class=wide><table>\n");
	put_row(p, "th", "ttnt", "what", "wanted", "found", "reached");
	json_array_foreach (json_object_get(s->verdict, "criteria"), i, criterion) {
		g_autofree char *name = criterion_name(s, json_get_text(criterion, "criterion", "")),
		                *found = say_number(json_object_get(criterion, "found"), 4);
		put_row(p, "td", "ttny", name, json_get_text(criterion, "wanted", ""), found,
		        json_get_bool(criterion, "pass", false) ? "yes" : "no");
	}
	put(p, "</table></div>\n");
}

static void put_kpis(Page *p, const Story *s)
{
	const json_t *kpis = json_object_get(s->evaluation, "kpi");
	const char *name;
	json_t *figure;
	bool champion = json_is_object(json_object_get(s->evaluation, "champion"));
	if (!json_object_size(kpis))
		return;
	put_tag(p, "h3", "What it is worth");
	put(p, "<div class=wide><table>\n");
	put_row(p, "th", champion ? "tnnn" : "tnn", "figure", "with the model", "without one", "with the model in use");
	json_object_foreach ((json_t *)kpis, name, figure) {
		g_autofree char *title = say_measure(name), *value = say_number(json_object_get(figure, "value"), 4),
		                *base = say_number(json_object_get(figure, "baseline"), 4),
		                *before = say_number(json_object_get(figure, "champion"), 4);
		put_row(p, "td", champion ? "tnnn" : "tnn", title, value, base, before);
	}
	put(p, "</table></div>\n<details><summary>How it is computed</summary><div class=wide><table>\n");
	json_object_foreach ((json_t *)s->kpi, name, figure) {
		put(p, "<tr>");
		put_tag(p, "th", name);
		put(p, "<td>");
		put_tag(p, "code", json_string_value(figure));
		put(p, "</td></tr>\n");
	}
	put(p, "</table></div></details>\n");
}

void section_goal(Page *p, const Story *s)
{
	const char *owner = json_get_text(s->goal, "owner", NULL), *due = json_get_text(s->goal, "due", NULL);
	if (!json_array_size(json_object_get(s->verdict, "criteria")) && !owner && !due)
		return;
	put_tag(p, "h2", "The goal");
	if (owner || due)
		put_tag_format(p, "p", "%s%s%s%s", owner ? "Owner: " : "", owner ? owner : "",
		        due ? (owner ? " · due " : "Due ") : "", due ? due : "");
	if (json_array_size(json_object_get(s->verdict, "criteria")))
		put_criteria(p, s);
	put_kpis(p, s);
}
