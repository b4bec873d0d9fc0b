/* section_quality.c: how good the model is: metrics with intervals, curves, confusion. */
#include "report/section.h"

#include <math.h>
#include <string.h>

#include "base/json.h"
#include "report/chart.h"

/* The value, and its interval on a line of its own: side by side they are too wide for a phone. */
static void put_interval(Page *p, const json_t *figure)
{
	g_autofree char *value = say_number(json_object_get(figure, "value"), 4),
	                *low = say_number(json_object_get(figure, "low"), 4),
	                *high = say_number(json_object_get(figure, "high"), 4);
	put(p, "<td class=n>");
	put_text(p, value);
	if (json_is_number(json_object_get(figure, "low")))
		put_tag_format(p, "div class=soft", "%s to %s", low, high);
	put(p, "</td>");
}

static void put_metric(Page *p, const Story *s, const char *name, const json_t *figure)
{
	const json_t *baseline = json_at(s->evaluation, "baseline.metrics"),
	             *champion = json_at(s->evaluation, "champion.metrics");
	g_autofree char *label = say_measure(name), *meaning = say_meaning(name);
	g_autofree char *base = say_number(json_object_get(json_object_get(baseline, name), "value"), 4),
	                *before = say_number(json_object_get(json_object_get(champion, name), "value"), 4);
	put(p, "<tr><td>");
	put_tag(p, "b", label);
	put_tag(p, "div class=soft", meaning);
	put(p, "</td>");
	put_interval(p, figure);
	put_tag(p, "td class=n", base);
	if (champion)
		put_tag(p, "td class=n", before);
	put(p, "</tr>\n");
}

static void put_comparison(Page *p, const json_t *comparison)
{
	g_autofree char *difference = say_number(json_object_get(comparison, "difference"), 3),
	                *chance = say_number(json_object_get(comparison, "p"), 2),
	                *measure = say_measure(json_get_text(comparison, "metric", ""));
	put_tag_format(p, "p class=soft",
	        "Against the model in use, on the same rows, %s differs by %s (%s, p = %s: the smaller, the less "
	        "likely it "
	        "is chance).",
	        measure, difference, json_get_text(comparison, "test", ""), chance);
}

static void put_metrics(Page *p, const Story *s)
{
	const json_t *metrics = json_at(s->evaluation, "model.metrics"),
	             *comparison = json_at(s->evaluation, "champion.comparison");
	const char *name;
	json_t *figure;
	put(p, "<div class=wide><table>\n");
	put_row(p, "th", json_at(s->evaluation, "champion.metrics") ? "tnnn" : "tnn", "figure", "model, 95 % interval",
	        "guessing", "model in use");
	json_object_foreach ((json_t *)metrics, name, figure)
		if (json_is_number(json_object_get(figure, "value")))
			put_metric(p, s, name, figure);
	put(p, "</table></div>\n");
	if (json_is_object(comparison))
		put_comparison(p, comparison);
}

static void put_nested(Page *p, const json_t *nested)
{
	if (!json_is_object(nested))
		return;
	g_autofree char *value = say_number(json_object_get(nested, "value"), 4),
	                *low = say_number(json_object_get(nested, "low"), 4),
	                *high = say_number(json_object_get(nested, "high"), 4),
	                *chosen = say_number(json_object_get(nested, "chosen"), 4),
	                *measure = say_measure(json_get_text(nested, "metric", ""));
	put_tag(p, "h3", "What the whole search is worth");
	put_tag_format(p, "p",
	        "The best of many models is the best partly by luck. So each of %zu parts of the data was set aside, "
	        "the whole "
	        "search was done on the rest, and what came out was judged on the part: %s %s (95 %% interval %s to "
	        "%s). The "
	        "searches themselves said %s of their winners.",
	        json_array_size(json_object_get(nested, "folds")), measure, value, low, high, chosen);
}

static double number_or_nan(const json_t *value)
{
	return json_is_number(value) ? json_number_value(value) : NAN;
}

/* Column `index` of a list of points; null is NaN. */
static double *column_of(const json_t *points, size_t index)
{
	size_t count = json_array_size(points);
	double *values = g_new(double, count + 1);
	for (size_t i = 0; i < count; i++)
		values[i] = number_or_nan(json_array_get(json_array_get(points, i), index));
	return values;
}

static double *member_of(const json_t *list, const char *key)
{
	size_t count = json_array_size(list);
	double *values = g_new(double, count + 1);
	for (size_t i = 0; i < count; i++)
		values[i] = json_get_number(json_array_get(list, i), key, NAN);
	return values;
}

static const double UNIT[] = {0, 1};

static void put_roc(Page *p, const json_t *roc)
{
	const json_t *points = json_object_get(roc, "points");
	g_autofree double *x = column_of(points, 0), *y = column_of(points, 1);
	Line lines[] = {{.name = "model", .x = x, .y = y, .count = json_array_size(points), .style = "a"},
	        {.name = "guessing", .x = UNIT, .y = UNIT, .count = 2, .style = "ref"}};
	Axes axes = {"ROC curve: of all positives, how many are found, against how many others are marked too",
	        "others marked", "positives found", 0, 1, 0, 1};
	put(p, "<figure><figcaption>How many are found for how many false alarms (ROC)</figcaption>");
	chart_lines(p, &axes, lines, G_N_ELEMENTS(lines));
	put(p, "</figure>\n");
}

static void put_calibration(Page *p, const json_t *calibration)
{
	const json_t *bins = json_object_get(calibration, "bins");
	g_autofree double *x = member_of(bins, "predicted"), *y = member_of(bins, "observed");
	g_autofree double *low = member_of(bins, "low"), *high = member_of(bins, "high");
	double most = 0.05;
	for (size_t i = 0; i < json_array_size(bins); i++)
		most = fmax(most, fmax(x[i], high[i]));
	most = fmin(1, ceil(most * 10) / 10);
	Line lines[] = {{.name = "model, with 95 % intervals",
	                        .x = x,
	                        .y = y,
	                        .low = low,
	                        .high = high,
	                        .count = json_array_size(bins),
	                        .style = "a",
	                        .dots = true},
	        {.name = "said is what happens", .x = UNIT, .y = UNIT, .count = 2, .style = "ref"}};
	Axes axes = {"Calibration: predicted probability against how often it was so", "predicted probability",
	        "observed share", 0, most, 0, most};
	const double ends[] = {0, most};
	lines[1].x = lines[1].y = ends;
	put(p, "<figure><figcaption>When it says 30 %, does it happen in 30 %? (calibration)</figcaption>");
	chart_lines(p, &axes, lines, G_N_ELEMENTS(lines));
	put(p, "</figure>\n");
}

static void put_gain(Page *p, const json_t *gain)
{
	size_t count = json_array_size(gain);
	g_autofree double *x = g_new0(double, count + 2), *y = g_new0(double, count + 2);
	for (size_t i = 0; i < count; i++) {
		x[i + 1] = json_get_number(json_array_get(gain, i), "part", 0);
		y[i + 1] = json_get_number(json_array_get(gain, i), "gain", 0);
	}
	Line lines[] = {{.name = "model", .x = x, .y = y, .count = count + 1, .style = "a", .dots = true},
	        {.name = "at random", .x = UNIT, .y = UNIT, .count = 2, .style = "ref"}};
	Axes axes = {"Gain: share of positives among the rows with the highest scores",
	        "share of rows looked at, highest scores first", "share of positives found", 0, 1, 0, 1};
	put(p, "<figure><figcaption>Looking at the riskiest first (gain)</figcaption>");
	chart_lines(p, &axes, lines, G_N_ELEMENTS(lines));
	put(p, "</figure>\n");
}

static void put_pr(Page *p, const json_t *pr)
{
	const json_t *points = json_object_get(pr, "points");
	g_autofree double *x = column_of(points, 0), *y = column_of(points, 1);
	double base[] = {json_get_number(pr, "base", 0), json_get_number(pr, "base", 0)};
	Line lines[] = {{.name = "model", .x = x, .y = y, .count = json_array_size(points), .style = "a"},
	        {.name = "guessing", .x = UNIT, .y = base, .count = 2, .style = "ref"}};
	Axes axes = {"Precision and recall: how many of the marked are right, against how many are found",
	        "positives found", "marked rightly", 0, 1, 0, 1};
	put(p, "<figure><figcaption>How sure a mark is (precision and recall)</figcaption>");
	chart_lines(p, &axes, lines, G_N_ELEMENTS(lines));
	put(p, "</figure>\n");
}

static void put_actual(Page *p, const json_t *actual)
{
	size_t count = json_array_size(actual);
	g_autofree double *x = member_of(actual, "predicted"), *y = member_of(actual, "actual");
	g_autofree double *low = member_of(actual, "low"), *high = member_of(actual, "high");
	double least = INFINITY, most = -INFINITY;
	for (size_t i = 0; i < count; i++) {
		least = fmin(least, fmin(x[i], low[i]));
		most = fmax(most, fmax(x[i], high[i]));
	}
	if (!(most > least))
		return;
	const double ends[] = {least, most};
	Line lines[] = {{.name = "mean, and the middle 80 % of rows",
	                        .x = x,
	                        .y = y,
	                        .low = low,
	                        .high = high,
	                        .count = count,
	                        .style = "a",
	                        .dots = true},
	        {.name = "predicted is what happens", .x = ends, .y = ends, .count = 2, .style = "ref"}};
	Axes axes = {"Predicted against actual", "predicted", "actual", least, most, least, most};
	put(p, "<figure><figcaption>Predicted and actual</figcaption>");
	chart_lines(p, &axes, lines, G_N_ELEMENTS(lines));
	put(p, "</figure>\n");
}

static void put_residuals(Page *p, const json_t *residuals)
{
	const json_t *edges = json_object_get(residuals, "edges"), *weights = json_object_get(residuals, "weights");
	size_t count = json_array_size(weights);
	g_autofree double *values = g_new(double, count + 1);
	for (size_t i = 0; i < count; i++)
		values[i] = json_number_value(json_array_get(weights, i));
	g_autofree char *from = say_number(json_array_get(edges, 0), 3),
	                *to = say_number(json_array_get(edges, json_array_size(edges) - 1), 3);
	put(p, "<figure><figcaption>How far off it is (predicted minus actual)</figcaption>");
	chart_histogram(p, "Histogram of predicted minus actual", values, count, from, to);
	put(p, "</figure>\n");
}

enum { MOST_CLASSES = 8 };

static void put_class(Page *p, const char *before, const json_t *label)
{
	g_autofree char *text = say_value(label);
	put_tag_format(p, *before ? "th class=n" : "th", "%s%s", before, text);
}

static void put_confusion(Page *p, const Story *s)
{
	const json_t *classes = json_object_get(s->evaluation, "classes"),
	             *cells = json_at(s->evaluation, "curves.confusion.cells");
	size_t count = json_array_size(classes);
	if (!json_array_size(cells) || count > MOST_CLASSES)
		return;
	put_tag(p, "h3", "What is taken for what");
	put(p, "<div class=wide><table><tr><th>actual</th>");
	for (size_t j = 0; j < count; j++)
		put_class(p, "said ", json_array_get(classes, j));
	put(p, "</tr>\n");
	for (size_t i = 0; i < count; i++) {
		const json_t *line = json_array_get(cells, i);
		double sum = 0;
		for (size_t j = 0; j < count; j++)
			sum += json_number_value(json_array_get(line, j));
		put(p, "<tr>");
		put_class(p, "", json_array_get(classes, i));
		for (size_t j = 0; j < count; j++) {
			double value = json_number_value(json_array_get(line, j)), share = sum > 0 ? value / sum : 0;
			g_autofree char *text = say_count(value), *percent = say_percent(share);
			g_string_append_printf(p->html,
			        "<td class=n style='background:color-mix(in srgb,var(%s) %.0f%%,transparent)'>",
			        i == j ? "--a" : "--b", share * 45);
			put_format(p, "%s (%s)", text, percent);
			put(p, "</td>");
		}
		put(p, "</tr>\n");
	}
	put(p, "</table></div>\n");
}

/* Too many classes for a table of all: the mistakes made most often. */
static void put_mistakes(Page *p, const Story *s)
{
	const json_t *classes = json_object_get(s->evaluation, "classes"),
	             *list = json_at(s->evaluation, "curves.confusion.mistakes");
	size_t i;
	json_t *mistake;
	if (json_array_size(classes) <= MOST_CLASSES || !json_array_size(list))
		return;
	put_tag(p, "h3", "What is taken for what most often");
	put(p, "<div class=wide><table>\n");
	put_row(p, "th", "ttnn", "is", "said", "rows", "of its class");
	json_array_foreach ((json_t *)list, i, mistake) {
		g_autofree char *truth = say_value(json_array_get(classes, (size_t)json_get_int(mistake, "truth", 0))),
		                *said = say_value(json_array_get(classes, (size_t)json_get_int(mistake, "decided", 0))),
		                *rows = say_count(json_get_number(mistake, "weight", NAN)),
		                *part = say_percent(json_get_number(mistake, "part", NAN));
		put_row(p, "td", "ttnn", truth, said, rows, part);
	}
	put(p, "</table></div>\n");
}

void section_quality(Page *p, const Story *s)
{
	static const struct {
		const char *name;
		void (*put)(Page *p, const json_t *curve);
	} CURVES[] = {{"roc", put_roc}, {"calibration", put_calibration}, {"pr", put_pr}, {"gain", put_gain},
	        {"actual", put_actual}, {"residuals", put_residuals}};
	const json_t *curves = json_object_get(s->evaluation, "curves");
	if (!s->evaluation)
		return;
	put_tag(p, "h2", "How good it is");
	put(p, "<div class=pair>\n");
	for (size_t i = 0; i < G_N_ELEMENTS(CURVES); i++)
		if (json_object_get(curves, CURVES[i].name))
			CURVES[i].put(p, json_object_get(curves, CURVES[i].name));
	put(p, "</div>\n");
	put_confusion(p, s);
	put_mistakes(p, s);
	if (json_object_size(json_at(s->evaluation, "model.metrics"))) {
		put_tag(p, "h3", "All figures");
		put_metrics(p, s);
		put_nested(p, json_object_get(s->evaluation, "nested"));
	}
}
