/* section_first.c: the first screen: a reader who knows no statistics gets the question, the answer, and what it is worth. */
#include "report/section.h"

#include <math.h>
#include <string.h>

#include "base/json.h"

/* A figure with its name above and what it means below. */
static void put_tile(Page *p, const char *name, const char *figure, const char *words)
{
	put(p, "<div class=tile>");
	put_tag(p, "span", name);
	put_tag(p, "b", figure);
	put_text(p, words);
	put(p, "</div>\n");
}

static const json_t *metric(const Story *s, const char *part, const char *name)
{
	const json_t *metrics = json_object_get(json_object_get(s->evaluation, part), "metrics");
	return json_object_get(json_object_get(metrics, name), "value");
}

static double metric_value(const Story *s, const char *part, const char *name)
{
	const json_t *value = metric(s, part, name);
	return json_is_number(value) ? json_number_value(value) : NAN;
}

static char *positive_words(const Story *s)
{
	g_autofree char *label = say_short(json_get_text(s->evaluation, "positive", "positive")),
	                *target = say_short(json_get_text(s->evaluation, "target", "it"));
	char *end;
	g_ascii_strtod(label, &end);
	return g_strdup_printf(*end ? "%s = “%s”" : "%s = %s", target, label);
}

/* Precision and recall in words, beside what guessing would give. */
static void put_binary(Page *p, const Story *s)
{
	g_autofree char *positive = positive_words(s);
	g_autofree char *precision = say_percent(metric_value(s, "model", "precision")),
	                *recall = say_percent(metric_value(s, "model", "recall"));
	g_autofree char *base = say_percent(json_get_number(json_at(s->evaluation, "curves.pr"), "base", NAN));
	g_autofree char *right = g_strdup_printf(
	        "of the rows it marks do have %s. Of all rows, marked or not, %s have.", positive, base);
	g_autofree char *found = g_strdup_printf("of all rows with %s are among those it marks.", positive);
	put_tile(p, "When it marks, it is right", precision, right);
	put_tile(p, "What it finds", recall, found);
}

static void put_ranking(Page *p, const Story *s)
{
	g_autofree char *positive = positive_words(s), *share = say_percent(metric_value(s, "model", "roc_auc"));
	g_autofree char *words = g_strdup_printf("of the time it scores a row with %s above one without. "
	                                         "A coin would manage 50 %%.",
	        positive);
	put_tile(p, "It tells them apart", share, words);
}

/* The class it finds least often, of those with rows enough to tell. */
static void put_weakest_class(Page *p, const Story *s)
{
	enum { FEWEST_ROWS = 5 };
	const json_t *classes = json_object_get(s->evaluation, "classes"),
	             *figures = json_at(s->evaluation, "curves.classes");
	double least = INFINITY;
	size_t at = 0;
	for (size_t i = 0; i < json_array_size(figures); i++) {
		const json_t *figure = json_array_get(figures, i);
		double recall = json_get_number(figure, "recall", NAN);
		if (recall < least && json_get_number(figure, "truth", 0) >= FEWEST_ROWS) {
			least = recall;
			at = i;
		}
	}
	if (!isfinite(least) || at >= json_array_size(classes))
		return;
	g_autofree char *label = say_value(json_array_get(classes, at)), *share = say_percent(least);
	g_autofree char *words =
	        g_strdup_printf("of the rows of the class “%s” are found: the fewest of any class.", label);
	put_tile(p, "The class it finds least", share, words);
}

static void put_multiclass(Page *p, const Story *s, bool has_kpi)
{
	g_autofree char *accuracy = say_percent(metric_value(s, "model", "accuracy")),
	                *base = say_percent(metric_value(s, "baseline", "accuracy"));
	g_autofree char *words =
	        g_strdup_printf("of the rows get the right class. Always naming the most frequent one: %s.", base);
	put_tile(p, "Right answers", accuracy, words);
	g_autofree char *balanced = say_percent(metric_value(s, "model", "balanced_accuracy"));
	put_tile(p, "Every class alike", balanced, "right answers when rare classes count as much as frequent ones.");
	if (!has_kpi)
		put_weakest_class(p, s);
}

static void put_regression(Page *p, const Story *s, bool has_kpi)
{
	g_autofree char *mae = say_number(metric(s, "model", "mae"), 3),
	                *base = say_number(metric(s, "baseline", "mae"), 3),
	                *half = say_number(metric(s, "model", "median_ae"), 3),
	                *share = say_percent(metric_value(s, "model", "r2"));
	g_autofree char *words =
	        g_strdup_printf("is how far off it is on average. Always saying the same number: %s.", base);
	put_tile(p, "The usual mistake", mae, words);
	put_tile(p, "Half of them are closer", half, "half of its predictions are off by less than this.");
	if (!has_kpi)
		put_tile(p, "What it explains", share,
		        "of the differences between rows are foreseen (R²); 0 % is no better than always "
		        "saying the average.");
}

static void put_kpi(Page *p, const Story *s)
{
	void *first = json_object_iter((json_t *)json_object_get(s->evaluation, "kpi"));
	if (!first)
		return;
	const json_t *figure = json_object_iter_value(first);
	g_autofree char *value = say_number(json_object_get(figure, "value"), 3),
	                *base = say_number(json_object_get(figure, "baseline"), 3),
	                *title = say_measure(json_object_iter_key(first));
	g_autofree char *words = g_strdup_printf("is what it brings on these rows, by the project's own sum. "
	                                         "Without a model: %s.",
	        base);
	title[0] = g_ascii_toupper(title[0]);
	put_tile(p, title, value, words);
}

static void put_tiles(Page *p, const Story *s)
{
	size_t classes = json_array_size(json_object_get(s->evaluation, "classes"));
	bool has_kpi = json_object_size(json_object_get(s->evaluation, "kpi")) > 0;
	if (!s->evaluation)
		return;
	put(p, "<div class=tiles>\n");
	if (classes == 2)
		put_binary(p, s);
	else if (classes)
		put_multiclass(p, s, has_kpi);
	else
		put_regression(p, s, has_kpi);
	if (has_kpi)
		put_kpi(p, s);
	else if (classes == 2)
		put_ranking(p, s);
	put(p, "</div>\n");
}

static void put_reasons(Page *p, const json_t *reasons)
{
	enum { MOST = 10 };
	size_t count = json_array_size(reasons);
	put(p, "<ul>");
	for (size_t i = 0; i < MIN(count, (size_t)MOST); i++) {
		g_autofree char *reason = say_reason(json_string_value(json_array_get(reasons, i)));
		put_tag(p, "li", reason);
	}
	if (count > MOST)
		put_tag_format(p, "li", "and %zu more", count - MOST);
	put(p, "</ul>");
}

static void put_verdict(Page *p, const Story *s)
{
	bool pass = json_get_bool(s->verdict, "pass", false),
	     champion = json_get_bool(s->registration, "champion", false);
	const json_t *reasons = json_object_get(s->verdict, "reasons");
	if (!s->verdict)
		return;
	put(p, pass ? "<div class=verdict>" : "<div class='verdict bad'>");
	put_tag(p, "b", !pass ? "Not well enough yet." : champion ? "Yes, and this model is the one in use." : "Yes.");
	if (!pass)
		put_text(p, "The model misses what was asked of it:");
	else if (json_array_size(json_object_get(s->goal, "success")))
		put_text(p, "The model reaches every figure that was asked for, on rows it had never seen.");
	else
		put_text(p, "It is better than guessing, on rows it had never seen. No figure to reach was set.");
	if (json_array_size(reasons))
		put_reasons(p, reasons);
	put(p, "</div>\n");
}

/* "Measured on 502,222 rows, of 2001-06-01 to 2001-06-30, that took no part ..." */
static void put_measured(Page *p, const Story *s)
{
	g_autofree char *rows = say_count(json_get_number(s->evaluation, "rows", NAN));
	const json_t *range = json_at(s->split, "ranges.test");
	g_autofree char *from = say_value(json_array_get(range, 0)), *to = say_value(json_array_get(range, 1));
	g_autofree char *when =
	        json_array_size(range) == 2 ? g_strdup_printf(", from %.10s to %.10s,", from, to) : g_strdup("");
	if (s->evaluation)
		put_tag_format(p, "p class=soft",
		        "Measured on %s rows%s that took no part in training or choosing the model.", rows, when);
}

void section_first(Page *p, const Story *s)
{
	const char *problem = json_get_text(s->goal, "problem", NULL), *today = json_get_text(s->goal, "today", NULL);
	g_autofree char *target = say_short(json_get_text(s->goal, "target", "it"));
	g_autofree char *project = say_short(json_string_value(s->project));
	int version = (int)json_get_int(s->registration, "version", 0);
	g_strdelimit(target, "_", ' ');
	if (version)
		put_tag_format(p, "div class=over", "%s · version %d", project, version);
	else
		put_tag(p, "div class=over", project);
	put_tag_format(p, "h1", "Can “%s” be predicted?", target);
	if (problem)
		put_tag(p, "p class=lead", problem);
	put_verdict(p, s);
	put_tiles(p, s);
	put_measured(p, s);
	if (today)
		put_tag_format(p, "p class=soft", "Today, without it: %s", today);
}
