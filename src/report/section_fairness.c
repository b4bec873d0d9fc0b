/* section_fairness.c: how the model treats the groups of the fairness block. */
#include <math.h>

#include "base/json.h"
#include "report/section.h"

/* The part, and its interval on a line of its own: five of them side by side are too wide otherwise. */
static void put_part(Page *p, const json_t *figure)
{
	g_autofree char *value = say_percent(json_get_number(figure, "value", NAN)),
	                *low = say_percent(json_get_number(figure, "low", NAN)),
	                *high = say_percent(json_get_number(figure, "high", NAN));
	put(p, "<td class=n>");
	put_text(p, json_is_number(json_object_get(figure, "value")) ? value : "–");
	if (json_is_number(json_object_get(figure, "value")))
		put_tag_format(p, "div class=soft", "%s to %s", low, high);
	put(p, "</td>");
}

static void put_groups(Page *p, const json_t *groups)
{
	size_t i;
	json_t *group;
	put(p, "<div class=wide><table>\n");
	put_row(p, "th", "tnnnnnn", "group", "rows", "are positive", "decided for", "of the positive, found",
	        "of the negative, marked", "of the marked, right");
	json_array_foreach ((json_t *)groups, i, group) {
		static const char *const PARTS[] = {"actual", "selection_rate", "tpr", "fpr", "ppv"};
		g_autofree char *rows = say_count(json_get_number(group, "rows", 0)),
		                *name = say_short(json_get_text(group, "group", ""));
		put(p, "<tr>");
		put_tag_format(
		        p, "td", "%s%s", name, json_get_bool(group, "enough", true) ? "" : " (too few rows to judge)");
		put_tag(p, "td class=n", rows);
		for (size_t k = 0; k < G_N_ELEMENTS(PARTS); k++)
			put_part(p, json_object_get(group, PARTS[k]));
		put(p, "</tr>\n");
	}
	put(p, "</table></div>\n");
}

static void put_measures(Page *p, const json_t *measures)
{
	const char *name;
	json_t *measure;
	put(p, "<div class=wide><table>\n");
	put_row(p, "th", "tnntt", "measure", "value", "95 % interval", "most", "least");
	json_object_foreach ((json_t *)measures, name, measure) {
		g_autofree char *title = say_measure(name), *value = say_number(json_object_get(measure, "value"), 3),
		                *low = say_number(json_object_get(measure, "low"), 3),
		                *high = say_number(json_object_get(measure, "high"), 3),
		                *interval = g_strdup_printf("%s to %s", low, high),
		                *most = say_value(json_object_get(measure, "most")),
		                *least = say_value(json_object_get(measure, "least"));
		put_row(p, "td", "tnntt", title, value, interval, most, least);
	}
	put(p, "</table></div>\n");
}

static void put_calibration(Page *p, const json_t *groups)
{
	size_t i;
	json_t *group;
	put(p, "<details><summary>Does it promise each group what happens?</summary><div class=wide><table>\n");
	put_row(p, "th", "tnnn", "group", "mean score", "was so", "difference");
	json_array_foreach ((json_t *)groups, i, group) {
		const json_t *calibration = json_object_get(group, "calibration");
		g_autofree char *said = say_percent(json_get_number(calibration, "predicted", NAN)),
		                *was = say_percent(json_get_number(calibration, "actual", NAN)),
		                *gap = say_number(json_object_get(calibration, "gap"), 2),
		                *name = say_short(json_get_text(group, "group", ""));
		put_row(p, "td", "tnnn", name, said, was, gap);
	}
	put(p, "</table></div></details>\n");
}

void section_fairness(Page *p, const Story *s)
{
	const json_t *columns = json_object_get(json_object_get(s->evaluation, "fairness"), "columns");
	const char *name;
	json_t *column;
	if (!json_object_size(columns))
		return;
	put_tag(p, "h2", "Does it treat groups alike?");
	put_tag(p, "p",
	        "Which of these gaps matters is a question of what a decision does to people; they cannot all be zero "
	        "at "
	        "once where the groups differ in how often the thing happens.");
	json_object_foreach ((json_t *)columns, name, column) {
		g_autofree char *title = say_short(name);
		put_tag(p, "h3", title);
		put_groups(p, json_object_get(column, "groups"));
		put_measures(p, json_object_get(column, "measures"));
		put_calibration(p, json_object_get(column, "groups"));
	}
}
