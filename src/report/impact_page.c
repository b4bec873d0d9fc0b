/* impact_page.c: was it worth it, as a page. */
#include "report/impact_page.h"

#include <math.h>

#include "base/json.h"
#include "report/chart.h"
#include "report/style.h"

/* "EUR 1,234", "1.2 %". */
static char *amount(const json_t *value, const char *unit)
{
	g_autofree char *number = say_number(value, 4);
	return unit && json_is_number(value) ? g_strdup_printf("%s %s", number, unit) : g_strdup(number);
}

static char *interval(const json_t *of, const char *low, const char *high)
{
	g_autofree char *from = say_number(json_object_get(of, low), 4), *to = say_number(json_object_get(of, high), 4);
	return json_is_number(json_object_get(of, low)) ? g_strdup_printf("%s to %s", from, to) : g_strdup("–");
}

static char *goal_text(const json_t *goal)
{
	bool least = json_object_get(goal, "at_least") != NULL;
	g_autofree char *bound = say_number(json_object_get(goal, least ? "at_least" : "at_most"), 4);
	return json_is_object(goal) ? g_strdup_printf("%s %s", least ? "at least" : "at most", bound) : g_strdup("–");
}

static void put_figures(Page *p, const json_t *figures)
{
	size_t i;
	json_t *f;
	put_tag(p, "h2", "What it brings");
	put(p, "<div class=wide><table>\n");
	put_row(p, "th", "tnnnnty", "figure", "with the model", "95 % sure between", "before", "gain", "goal",
	        "reached");
	json_array_foreach ((json_t *)figures, i, f) {
		const char *unit = json_get_text(f, "unit", NULL);
		const json_t *reached = json_object_get(f, "reached");
		g_autofree char *name = say_measure(json_get_text(f, "name", "")),
		                *value = amount(json_object_get(f, "value"), unit), *sure = interval(f, "low", "high"),
		                *today = amount(json_object_get(f, "today"), unit),
		                *gain = amount(json_object_get(f, "gain"), unit),
		                *goal = goal_text(json_object_get(f, "goal"));
		put_row(p, "td", "tnnnnty", name, value, sure, today, gain, goal,
		        json_is_true(reached)    ? "yes"
		        : json_is_false(reached) ? "no"
		                                 : "");
	}
	put(p, "</table></div>\n");
}

/* Month by month, when there is more than one. */
static void put_course(Page *p, const json_t *figure)
{
	const json_t *periods = json_object_get(figure, "periods");
	size_t count = json_array_size(periods), i;
	if (count < 2)
		return;
	g_autofree double *x = g_new(double, count), *y = g_new(double, count), *low = g_new(double, count),
	                  *high = g_new(double, count), *before = g_new(double, count);
	double least = INFINITY, most = -INFINITY;
	json_t *period;
	json_array_foreach ((json_t *)periods, i, period) {
		x[i] = (double)i + 1;
		y[i] = json_get_number(period, "value", NAN);
		low[i] = json_get_number(period, "low", y[i]);
		high[i] = json_get_number(period, "high", y[i]);
		before[i] = json_get_number(period, "today", NAN);
		least = fmin(fmin(least, isnan(low[i]) ? y[i] : low[i]), before[i]);
		most = fmax(fmax(most, isnan(high[i]) ? y[i] : high[i]), before[i]);
	}
	g_autofree char *name = say_measure(json_get_text(figure, "name", ""));
	g_autofree char *axis =
	        g_strdup_printf("month, from %.7s to %.7s", json_get_text(json_array_get(periods, 0), "period", ""),
	                json_get_text(json_array_get(periods, count - 1), "period", ""));
	double room = (most - least) * 0.05 + 1e-9;
	Axes axes = {.title = name,
	        .x = axis,
	        .y = name,
	        .x_from = 1,
	        .x_to = (double)count,
	        .y_from = least - room,
	        .y_to = most + room};
	Line lines[] = {{"with the model", x, y, count, low, high, "a", true},
	        {"before", x, before, count, NULL, NULL, "ref", false}};
	chart_lines(p, &axes, lines, isnan(before[0]) ? 1 : 2);
}

static char *money(const json_t *of, const char *key, const char *currency)
{
	const json_t *value = json_object_get(of, key);
	return json_is_number(value) ? g_strdup_printf("%.2f %s", json_number_value(value), currency)
	                             : g_strdup("no price");
}

static void put_costs(Page *p, const json_t *costs)
{
	const json_t *training = json_object_get(costs, "training"), *storage = json_object_get(costs, "storage"),
	             *serving = json_object_get(costs, "serving");
	const char *currency = json_get_text(costs, "currency", "");
	g_autofree char *cpu = g_strdup_printf("%.3g CPU hours, %.3g GiB hours, runs: %d",
	                        json_get_number(training, "cpu_seconds", 0) / 3600,
	                        json_get_number(training, "memory_gib_hours", 0),
	                        (int)json_get_int(training, "runs", 0)),
	                *gib = g_strdup_printf("%.3g GiB kept", json_get_number(storage, "gib", 0)),
	                *requests = say_count(json_get_number(serving, "predictions", 0)),
	                *train = money(training, "money", currency), *keep = money(storage, "money", currency),
	                *serve = money(serving, "money", currency), *all = money(costs, "money", currency),
	                *each = money(costs, "per_thousand", currency);
	put_tag(p, "h2", "What it costs");
	put(p, "<div class=wide><table>\n");
	put_row(p, "th", "ttn", "for", "used", "cost");
	put_row(p, "td", "ttn", "learning", cpu, train);
	put_row(p, "td", "ttn", "storage", gib, keep);
	put_row(p, "td", "ttn", "predictions", requests, serve);
	put_row(p, "td", "ttn", "together", "", all);
	put_row(p, "td", "ttn", "1,000 predictions", "", each);
	put(p, "</table></div>\n");
}

/* "3.2 hours", "12 days". */
static char *span_text(const json_t *seconds)
{
	double s = json_number_value(seconds);
	if (!json_is_number(seconds))
		return g_strdup("–");
	if (s < 5400)
		return g_strdup_printf("%.3g minutes", s / 60);
	return s < 2 * 86400 ? g_strdup_printf("%.3g hours", s / 3600) : g_strdup_printf("%.3g days", s / 86400);
}

static void put_delivery(Page *p, const json_t *d)
{
	g_autofree char *lead = span_text(json_object_get(d, "lead_time_s")),
	                *restore = span_text(json_object_get(d, "restore_s")),
	                *age = span_text(json_object_get(d, "age_s")),
	                *data = span_text(json_object_get(d, "data_age_s")),
	                *often = say_number(json_object_get(d, "per_30_days"), 3),
	                *count = say_count(json_get_number(d, "deployments", 0)),
	                *failed = json_is_number(json_object_get(d, "failure_rate"))
	                                  ? say_percent(json_get_number(d, "failure_rate", 0))
	                                  : g_strdup("–");
	put_tag(p, "h2", "How it is delivered");
	put(p, "<div class=wide><table>\n");
	put_row(p, "th", "tnt", "figure", "found", "what it says");
	put_row(p, "td", "tnt", "lead time", lead, "from data taken in to the model in use");
	put_row(p, "td", "tnt", "deployments", count, "versions put into use");
	put_row(p, "td", "tnt", "in 30 days", often, "how often that is");
	put_row(p, "td", "tnt", "change failures", failed, "of these were rolled back");
	put_row(p, "td", "tnt", "time to restore", restore, "from such a version to the way back");
	put_row(p, "td", "tnt", "age of the model", age, "since it was registered");
	put_row(p, "td", "tnt", "age of its data", data, "since that was taken in");
	put(p, "</table></div>\n");
}

char *impact_page(const json_t *impact)
{
	Page page = {.html = g_string_new(NULL)}, *p = &page;
	const json_t *figures = json_object_get(impact, "figures");
	size_t i;
	json_t *figure;
	g_autofree char *predictions = say_count(json_get_number(impact, "predictions", 0)),
	                *outcomes = say_count(json_get_number(impact, "outcomes", 0));
	put(p, "<!doctype html>\n<html lang=en><head><meta charset=utf-8><meta name=viewport "
	       "content='width=device-width,initial-scale=1'>\n");
	put_tag_format(p, "title", "%s: was it worth it?", json_get_text(impact, "model", ""));
	put(p, "<style>");
	put(p, REPORT_STYLE);
	put(p, "</style></head><body><main>\n");
	put_tag_format(p, "h1", "%s: was it worth it?", json_get_text(impact, "model", ""));
	put_tag(p, "p", json_get_text(impact, "verdict", ""));
	put_tag_format(p, "p", "%s predictions from %.10s to %.10s, the outcome of %s of them known.", predictions,
	        json_get_text(impact, "since", ""), json_get_text(impact, "until", ""), outcomes);
	if (json_array_size(figures))
		put_figures(p, figures);
	json_array_foreach ((json_t *)figures, i, figure)
		put_course(p, figure);
	put_costs(p, json_object_get(impact, "costs"));
	put_delivery(p, json_object_get(impact, "delivery"));
	put(p, "</main></body></html>\n");
	return g_string_free(page.html, FALSE);
}
