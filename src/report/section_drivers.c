/* section_drivers.c: what drives the model, and where it fails. */
#include "report/section.h"

#include <math.h>
#include <string.h>

#include "base/json.h"
#include "report/chart.h"

enum { SHOWN = 15 };

/* "late rises with it": one sentence of those whose way is clear. */
static void put_directions(Page *p, const json_t *columns)
{
	g_autoptr(GString) up = g_string_new(NULL), down = g_string_new(NULL);
	size_t i;
	json_t *entry;
	json_array_foreach ((json_t *)columns, i, entry) {
		double direction = json_get_number(entry, "direction", 0);
		GString *to = direction > 0.5 ? up : direction < -0.5 ? down : NULL;
		if (to && i < SHOWN)
			g_string_append_printf(to, "%s%s", to->len ? ", " : "", json_get_text(entry, "column", ""));
	}
	if (up->len)
		put_tag_format(p, "p", "The more, the higher the score: %s.", up->str);
	if (down->len)
		put_tag_format(p, "p", "The more, the lower the score: %s.", down->str);
}

static void put_disagreement(Page *p, const json_t *disagree)
{
	size_t i;
	json_t *entry;
	json_array_foreach ((json_t *)disagree, i, entry) {
		g_autofree char *share = say_percent(json_get_number(entry, "share", 0)),
		                *shuffled = say_percent(json_get_number(entry, "shuffled", 0));
		put_tag_format(p, "p class=soft",
		        "The two pictures disagree about %s: %s of what moves the answers, %s of what shuffling costs.",
		        json_get_text(entry, "column", ""), share, shuffled);
	}
}

/* The second way to ask: the size of what each column adds to a row's score. */
static void put_contributions(Page *p, const json_t *drivers)
{
	const json_t *columns = json_object_get(drivers, "columns");
	size_t count = MIN(json_array_size(columns), (size_t)SHOWN);
	const char *labels[SHOWN];
	double values[SHOWN];
	if (!count)
		return;
	for (size_t i = 0; i < count; i++) {
		labels[i] = json_get_text(json_array_get(columns, i), "column", "");
		values[i] = json_get_number(json_array_get(columns, i), "mean", 0);
	}
	put_tag(p, "h3", "What moves single answers");
	put_tag_format(p, "p",
	        "How far, in the mean, a column pushes a row's score up or down (Shapley values, as %s). It tells what "
	        "the model does, also where it is wrong; the picture above tells what that is worth.",
	        json_get_text(drivers, "scale", "margin"));
	chart_bars(p, "Mean size of contributions", labels, values, NULL, count);
	put_directions(p, columns);
	put_disagreement(p, json_object_get(drivers, "disagree"));
}

void section_drivers(Page *p, const Story *s)
{
	const json_t *list = json_object_get(s->evaluation, "importance");
	size_t count = MIN(json_array_size(list), (size_t)SHOWN);
	if (!count)
		return;
	const char *labels[SHOWN];
	double values[SHOWN], sds[SHOWN];
	for (size_t i = 0; i < count; i++) {
		const json_t *entry = json_array_get(list, i);
		labels[i] = json_get_text(entry, "column", "");
		values[i] = json_get_number(entry, "mean", 0);
		sds[i] = json_get_number(entry, "sd", 0);
	}
	put_tag(p, "h2", "What drives it");
	g_autofree char *measure = say_measure(json_get_text(s->evaluation, "metric", "its metric"));
	put_tag_format(p, "p",
	        "How much worse the model gets (in %s) when a column's values are shuffled among the rows, so that it "
	        "tells nothing. The longer the bar, the more the model leans on that column. Columns that tell the "
	        "same share what they are worth.",
	        measure);
	chart_bars(p, "Importance of columns", labels, values, sds, count);
	put_contributions(p, json_object_get(s->evaluation, "drivers"));
}

static void put_slices(Page *p, const json_t *slices, const char *metric)
{
	size_t i;
	json_t *slice;
	put_tag_format(p, "p",
	        "Groups of rows on which it is clearly more wrong (%s) than on the rest; %d groups were looked at, and "
	        "what chance alone would show among so many is left out.",
	        json_get_text(slices, "metric", "loss"), (int)json_get_int(slices, "tried", 0));
	put(p, "<div class=wide><table>\n");
	g_autofree char *loss_name = g_strdup(json_get_text(slices, "metric", "loss")),
	                *loss_there = g_strconcat(loss_name, " there", NULL), *measure = say_measure(metric),
	                *measure_there = g_strconcat(measure, " there", NULL);
	put_row(p, "th", "tnnnn", "where", "rows", loss_there, "elsewhere", measure_there);
	json_array_foreach (json_object_get(slices, "worst"), i, slice) {
		g_autofree char *rows = say_count(json_get_number(slice, "rows", 0)),
		                *loss = say_number(json_object_get(slice, "loss"), 3),
		                *rest = say_number(json_object_get(slice, "rest"), 3),
		                *own = say_number(json_object_get(slice, "metric"), 3);
		put_row(p, "td", "tnnnn", json_get_text(slice, "slice", ""), rows, loss, rest, own);
	}
	put(p, "</table></div>\n");
}

static void put_hardest(Page *p, const json_t *hardest)
{
	enum { ROWS = 10, COLUMNS = 8 };
	size_t i;
	json_t *entry, *value;
	const char *name;
	put(p, "<details><summary>The rows it was most wrong about</summary><div "
	       "class=wide><table>\n<tr><th>actual</th><th>said</th>");
	size_t columns = 0;
	json_object_foreach (json_object_get(json_array_get(hardest, 0), "row"), name, value)
		if (columns++ < COLUMNS) {
			g_autofree char *title = say_short(name);
			put_tag(p, "th", title);
		}
	put(p, "</tr>\n");
	json_array_foreach ((json_t *)hardest, i, entry) {
		if (i == ROWS)
			break;
		g_autofree char *actual = say_value(json_object_get(entry, "actual")),
		                *said = say_value(json_object_get(entry, "predicted"));
		put(p, "<tr>");
		put_tag(p, "td", actual);
		put_tag(p, "td", said);
		columns = 0;
		json_object_foreach (json_object_get(entry, "row"), name, value) {
			g_autofree char *text = say_value(value);
			if (columns++ < COLUMNS)
				put_tag(p, "td", text);
		}
		put(p, "</tr>\n");
	}
	put(p, "</table></div></details>\n");
}

static void put_confusions(Page *p, const Story *s)
{
	const json_t *list = json_object_get(s->evaluation, "confusion_by_slice"),
	             *classes = json_object_get(s->evaluation, "classes");
	size_t i, count = json_array_size(classes);
	json_t *entry;
	if (!json_array_size(list) || count != 2)
		return;
	put(p, "<details><summary>What is taken for what, there</summary><div class=wide><table>\n<tr><th>where</th>");
	for (size_t a = 0; a < count; a++)
		for (size_t b = 0; b < count; b++)
			put_tag_format(p, "th class=n", "is %s, said %s", json_string_value(json_array_get(classes, a)),
			        json_string_value(json_array_get(classes, b)));
	put(p, "</tr>\n");
	json_array_foreach ((json_t *)list, i, entry) {
		put(p, "<tr>");
		put_tag(p, "td", json_get_text(entry, "slice", ""));
		for (size_t a = 0; a < count; a++)
			for (size_t b = 0; b < count; b++) {
				const json_t *line = json_array_get(json_object_get(entry, "confusion"), a);
				g_autofree char *text = say_count(json_number_value(json_array_get(line, b)));
				put_tag(p, "td class=n", text);
			}
		put(p, "</tr>\n");
	}
	put(p, "</table></div></details>\n");
}

void section_failure(Page *p, const Story *s)
{
	const json_t *slices = json_object_get(s->evaluation, "slices"),
	             *hardest = json_object_get(s->evaluation, "hardest");
	if (!s->evaluation)
		return;
	put_tag(p, "h2", "Where it fails");
	if (json_array_size(json_object_get(slices, "worst")))
		put_slices(p, slices, json_get_text(s->evaluation, "metric", "metric"));
	else
		put_tag_format(p, "p", "Of %d groups of rows looked at, none is clearly worse than the rest.",
		        (int)json_get_int(slices, "tried", 0));
	put_confusions(p, s);
	if (json_array_size(hardest))
		put_hardest(p, hardest);
}
