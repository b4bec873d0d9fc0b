/* print_impact.c: what the model in use brings and costs, as text. */
#include <math.h>

#include "base/json.h"
#include "cli/print.h"
#include "cli/table.h"

static char *goal_text(const json_t *goal)
{
	bool least = json_object_get(goal, "at_least") != NULL;
	g_autofree char *bound = number_text(json_object_get(goal, least ? "at_least" : "at_most"), 4);
	return json_is_object(goal) ? g_strdup_printf("%s %s", least ? "at least" : "at most", bound) : g_strdup("-");
}

static char *interval_text(const json_t *of, const char *low, const char *high)
{
	g_autofree char *from = number_text(json_object_get(of, low), 3),
	                *to = number_text(json_object_get(of, high), 3);
	return json_is_number(json_object_get(of, low)) ? g_strdup_printf("%s .. %s", from, to) : g_strdup("-");
}

static const char *reached_text(const json_t *of)
{
	const json_t *reached = json_object_get(of, "reached");
	return json_is_true(reached) ? "yes" : json_is_false(reached) ? "NO" : "-";
}

/* A total is large: whole, with commas. */
static char *total_text(const json_t *total)
{
	json_auto_t *whole = json_integer((json_int_t)llround(json_number_value(total)));
	return json_is_number(total) ? count_text(whole) : g_strdup("-");
}

/* "2026-11-01", of hours "2026-11-01 08:00". */
static char *period_text(const json_t *p, bool by_hour)
{
	char *text = g_strdup_printf(by_hour ? "%.16s" : "%.10s", json_get_text(p, "period", "all"));
	return g_strdelimit(text, "T", ' ');
}

static void add_period(Table *table, const json_t *p, bool by_hour)
{
	g_autofree char *version = cell_text(json_object_get(p, "version")),
	                *answered = count_text(json_object_get(p, "predictions")),
	                *known = count_text(json_object_get(p, "outcomes")),
	                *value = number_text(json_object_get(p, "value"), 4), *sure = interval_text(p, "low", "high"),
	                *today = number_text(json_object_get(p, "today"), 4),
	                *gain = number_text(json_object_get(p, "gain"), 4),
	                *total = total_text(json_object_get(p, "total"));
	g_autofree char *period = period_text(p, by_hour);
	table_add(table, period, version ? version : "-", json_get_text(p, "route", "-"), answered, known, value, sure,
	        today, gain, total, reached_text(p), NULL);
}

static void print_thresholds(FILE *out, const json_t *t)
{
	const json_t *pays = json_object_get(t, "pays"), *best = json_object_get(t, "best"),
	             *now = json_object_get(t, "current");
	if (!json_is_object(t))
		return;
	g_autofree char *at = number_text(json_object_get(now, "threshold"), 3),
	                *top = number_text(json_object_get(best, "threshold"), 3),
	                *value = number_text(json_object_get(best, "value"), 4),
	                *without = number_text(json_object_get(t, "without"), 4);
	if (json_is_array(pays))
		fprintf(out, "It pays (more than %s) at thresholds from %.2f to %.2f, best %s at %s; in use is %s.\n",
		        without, json_number_value(json_array_get(pays, 0)), json_number_value(json_array_get(pays, 1)),
		        value, top, at);
	else
		fprintf(out, "At no threshold is it better than %s; best %s at %s, in use is %s.\n", without, value,
		        top, at);
}

static void print_uplift(FILE *out, const json_t *u)
{
	if (!json_is_object(u))
		return;
	g_autofree char *value = number_text(json_object_get(u, "value"), 3), *sure = interval_text(u, "low", "high"),
	                *p = number_text(json_object_get(u, "p"), 2);
	fprintf(out, "Canary over stable: %s (%s), p %s.\n", value, sure, p);
}

void print_kpi(FILE *out, const json_t *result)
{
	static const char *const HEADS[] = {"period", "version", "route", ">predictions", ">known", ">value", "95 %",
	        ">before", ">gain", ">total", "goal", NULL};
	bool by_hour = g_strcmp0(json_get_text(result, "by", ""), "hour") == 0;
	size_t i, k;
	json_t *figure, *period;
	json_array_foreach (json_object_get(result, "figures"), i, figure) {
		g_autofree char *goal = goal_text(json_object_get(figure, "goal"));
		const char *unit = json_get_text(figure, "unit", NULL);
		fprintf(out, "%s%s%s%s, goal %s\n", i ? "\n" : "", json_get_text(figure, "name", ""),
		        unit ? " in " : "", unit ? unit : "", goal);
		Table *table = table_new(HEADS);
		json_array_foreach (json_object_get(figure, "periods"), k, period)
			add_period(table, period, by_hour);
		table_print(table, out,
		        "nothing is known of it yet: no outcomes (gyre outcome), or no numbers (gyre kpi push)");
		print_thresholds(out, json_object_get(figure, "thresholds"));
		print_uplift(out, json_object_get(figure, "uplift"));
	}
	if (!json_array_size(json_object_get(result, "figures")))
		fputs("gyre.yaml has no kpi block: docs/goal.md says how to write one\n", out);
}

static char *money(const json_t *of, const char *key, const char *currency)
{
	double value = json_get_number(of, key, NAN);
	if (isnan(value))
		return g_strdup("no price");
	return value > 0 && value < 0.01 ? g_strdup_printf("less than 0.01 %s", currency)
	                                 : g_strdup_printf("%.2f %s", value, currency);
}

static void print_costs(FILE *out, const json_t *costs)
{
	const json_t *training = json_object_get(costs, "training"), *storage = json_object_get(costs, "storage"),
	             *serving = json_object_get(costs, "serving");
	const char *currency = json_get_text(costs, "currency", "");
	g_autofree char *train = money(training, "money", currency), *keep = money(storage, "money", currency),
	                *serve = money(serving, "money", currency), *all = money(costs, "money", currency),
	                *each = money(costs, "per_thousand", currency),
	                *requests = count_text(json_object_get(serving, "predictions"));
	print_head(out, "What it costs");
	fprintf(out, "  learning     %s: %.4g CPU hours, %.4g GiB hours in %d run%s\n", train,
	        json_get_number(training, "cpu_seconds", 0) / 3600, json_get_number(training, "memory_gib_hours", 0),
	        (int)json_get_int(training, "runs", 0), json_get_int(training, "runs", 0) == 1 ? "" : "s");
	fprintf(out, "  storage      %s: %.3g GiB\n", keep, json_get_number(storage, "gib", 0));
	fprintf(out, "  predictions  %s: %s\n", serve, requests);
	fprintf(out, "  together     %s, 1,000 predictions %s\n", all, each);
}

static char *span_text(const json_t *seconds)
{
	return json_is_number(seconds) ? seconds_text(json_number_value(seconds)) : g_strdup("-");
}

static void print_delivery(FILE *out, const json_t *d)
{
	g_autofree char *lead = span_text(json_object_get(d, "lead_time_s")),
	                *restore = span_text(json_object_get(d, "restore_s")),
	                *age = span_text(json_object_get(d, "age_s")),
	                *data = span_text(json_object_get(d, "data_age_s")),
	                *often = number_text(json_object_get(d, "per_30_days"), 3);
	print_head(out, "How it is delivered");
	fprintf(out, "  lead time from data to use  %s (median)\n", lead);
	fprintf(out, "  deployments                 %d, %s in 30 days\n", (int)json_get_int(d, "deployments", 0),
	        often);
	fprintf(out, "  rolled back                 %d; time to restore %s\n", (int)json_get_int(d, "failures", 0),
	        restore);
	fprintf(out, "  age of the model            %s; of its data %s\n", age, data);
}

void print_impact(FILE *out, const json_t *result)
{
	static const char *const HEADS[] = {"figure", ">value", "95 %", ">before", ">gain", "goal", "reached", NULL};
	size_t i;
	json_t *f;
	g_autofree char *predictions = count_text(json_object_get(result, "predictions")),
	                *outcomes = count_text(json_object_get(result, "outcomes"));
	fprintf(out, "%s\n\n%s predictions, the outcome of %s known\n", json_get_text(result, "verdict", ""),
	        predictions, outcomes);
	print_head(out, "What it brings");
	Table *table = table_new(HEADS);
	json_array_foreach (json_object_get(result, "figures"), i, f) {
		g_autofree char *value = number_text(json_object_get(f, "value"), 4),
		                *sure = interval_text(f, "low", "high"),
		                *today = number_text(json_object_get(f, "today"), 4),
		                *gain = number_text(json_object_get(f, "gain"), 4),
		                *goal = goal_text(json_object_get(f, "goal"));
		table_add(table, json_get_text(f, "name", ""), value, sure, today, gain, goal, reached_text(f), NULL);
	}
	table_print(table, out, "nothing is known yet");
	print_costs(out, json_object_get(result, "costs"));
	print_delivery(out, json_object_get(result, "delivery"));
	if (json_get_text(result, "page", NULL))
		fprintf(out, "\nThe page for stakeholders: %s\n", json_get_text(result, "page", ""));
}
