/* section_effects.c: how the answer goes with a column: partial dependence with single rows' lines, and accumulated effects. */
#include "report/section.h"

#include <math.h>

#include "base/json.h"
#include "report/chart.h"

enum { LINES_MOST = 20, BARS_MOST = 12 };

static double *numbers_of(const json_t *list, double shift)
{
	double *values = g_new(double, json_array_size(list) + 1);
	size_t i;
	json_t *value;
	json_array_foreach ((json_t *)list, i, value)
		values[i] = json_is_number(value) ? shift + json_number_value(value) : NAN;
	return values;
}

/* Times as days since the first of them. */
static double *days_of(const json_t *list)
{
	double *values = g_new(double, json_array_size(list) + 1), first = NAN;
	g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
	size_t i;
	json_t *value;
	json_array_foreach ((json_t *)list, i, value) {
		g_autofree char *text = g_strdelimit(g_strdup(json_string_value(value)), " ", 'T');
		g_autoptr(GDateTime) time = text ? g_date_time_new_from_iso8601(text, utc) : NULL;
		values[i] = time ? (double)g_date_time_to_unix(time) / 86400 : NAN;
		first = i ? first : values[0];
		values[i] -= first;
	}
	return values;
}

static void widen(const double *values, size_t count, Axes *axes)
{
	for (size_t i = 0; i < count; i++) {
		axes->y_from = fmin(axes->y_from, values[i]);
		axes->y_to = fmax(axes->y_to, values[i]);
	}
}

/* All lines of one picture, with the room their numbers take. */
typedef struct Picture {
	Line lines[LINES_MOST + 2];
	double *owned[LINES_MOST + 3];
	size_t count, owns;
	Axes axes;
} Picture;

static void add_line(Picture *c, const char *name, const char *style, double *y, size_t count)
{
	c->owned[c->owns++] = y;
	c->lines[c->count++] = (Line){.name = name,
	        .x = c->owned[0],
	        .y = y,
	        .count = count,
	        .style = style,
	        .dots = count < 8 && *style == 'a'};
	widen(y, count, &c->axes);
}

static void put_lines(Page *p, const json_t *effect, double mean, const char *answer)
{
	const json_t *at = json_object_get(effect, "at"), *ice = json_object_get(effect, "ice"),
	             *ale = json_object_get(effect, "ale");
	size_t count = json_array_size(at), i;
	json_t *line;
	bool is_time = g_strcmp0(json_get_text(effect, "type", ""), "time") == 0;
	const char *column = json_get_text(effect, "column", "");
	g_autofree char *since = g_strdup_printf("days since %s", json_string_value(json_array_get(at, 0)));
	g_autofree char *title = g_strdup_printf("How the answer goes with %s", column);
	Picture c = {.axes = {title, is_time ? since : column, answer, 0, 0, INFINITY, -INFINITY}};
	c.owned[c.owns++] = is_time ? days_of(at) : numbers_of(at, 0);
	json_array_foreach ((json_t *)ice, i, line)
		if (i < LINES_MOST && json_array_size(line) == count)
			add_line(&c, i ? NULL : "single rows", "thin", numbers_of(line, 0), count);
	if (json_array_size(ale) == count)
		add_line(&c, "accumulated effect", "b", numbers_of(ale, mean), count);
	if (json_array_size(json_object_get(effect, "pdp")) == count)
		add_line(&c, "mean of all rows", "a", numbers_of(json_object_get(effect, "pdp"), 0), count);
	c.axes.x_from = count ? c.owned[0][0] : 0;
	c.axes.x_to = count ? c.owned[0][count - 1] : 0;
	chart_lines(p, &c.axes, c.lines, c.count);
	for (i = 0; i < c.owns; i++)
		g_free(c.owned[i]);
}

static void put_bars(Page *p, const json_t *effect)
{
	const json_t *at = json_object_get(effect, "at");
	size_t count = MIN(json_array_size(at), (size_t)BARS_MOST);
	g_autofree char *title = g_strdup_printf("How the answer goes with %s", json_get_text(effect, "column", ""));
	g_autofree double *values = numbers_of(json_object_get(effect, "pdp"), 0);
	char *labels[BARS_MOST];
	for (size_t i = 0; i < count; i++)
		labels[i] = say_value(json_array_get(at, i));
	chart_bars(p, title, (const char *const *)labels, values, NULL, count);
	for (size_t i = 0; i < count; i++)
		g_free(labels[i]);
}

static void put_pairs(Page *p, const json_t *interactions)
{
	size_t i;
	json_t *pair;
	if (!json_array_size(json_object_get(interactions, "pairs")))
		return;
	put_tag(p, "h3", "Which columns work together");
	put_tag(p, "p",
	        "What two columns do to the answer beyond the sum of what each does: how much on average, and which "
	        "part of "
	        "their common effect that is (Friedman's H).");
	put(p, "<div class=wide><table>\n");
	put_row(p, "th", "ttnn", "column", "with", "joint effect", "part");
	json_array_foreach (json_object_get(interactions, "pairs"), i, pair) {
		g_autofree char *strength = say_number(json_object_get(pair, "strength"), 2),
		                *part = say_percent(json_get_number(pair, "h", 0));
		if (i < 5)
			put_row(p, "td", "ttnn", json_get_text(pair, "a", ""), json_get_text(pair, "b", ""), strength,
			        part);
	}
	put(p, "</table></div>\n");
}

void section_effects(Page *p, const Story *s)
{
	const json_t *effects = json_object_get(s->evaluation, "effects"), *list = json_object_get(effects, "columns");
	const char *of = json_get_text(effects, "of", NULL);
	size_t i;
	json_t *effect;
	if (!json_array_size(list))
		return;
	g_autofree char *answer = of ? g_strdup_printf("probability of %s", of) : g_strdup("answer");
	put_tag(p, "h3", "How the answer goes with them");
	put_tag_format(p, "p",
	        "Blue: the mean %s when every row had that value. Thin: single rows; where they do not run alike, the "
	        "column works together with others. Orange: the same from neighbouring values only (accumulated local "
	        "effects); where it parts from blue, columns go together and orange is to be trusted.",
	        of ? "probability" : "answer");
	put(p, "<div class=pair>\n");
	json_array_foreach ((json_t *)list, i, effect) {
		const char *type = json_get_text(effect, "type", "");
		bool is_line = g_strcmp0(type, "text") != 0 && g_strcmp0(type, "bool") != 0;
		put(p, "<figure>");
		put_tag(p, "figcaption", json_get_text(effect, "column", ""));
		if (is_line)
			put_lines(p, effect, json_get_number(effects, "mean", 0), answer);
		else
			put_bars(p, effect);
		put(p, "</figure>\n");
	}
	put(p, "</div>\n");
	put_pairs(p, json_object_get(s->evaluation, "interactions"));
}
