/* window.c: how time is cut into windows. */
#include "monitor/window.h"

#include "base/digest.h"
#include "base/duration.h"
#include "base/json.h"

/* A Monday, so that weeks begin on one. */
#define ALIGNED (4 * DURATION_DAY)

WindowRule window_rule(const json_t *monitor)
{
	WindowRule rule = {.rows = json_get_int(monitor, "rows", 0)};
	const char *every = json_get_text(monitor, "every", "1d");
	duration_parse(json_get_text(monitor, "grace", "1m"), &rule.grace);
	duration_parse(json_get_text(monitor, "late", "30d"), &rule.late);
	duration_parse(json_get_text(json_object_get(monitor, "labels"), "delay", "0s"), &rule.delay);
	rule.late = MAX(rule.late, 2 * rule.delay);
	duration_parse(json_get_text(monitor, "keep", "400d"), &rule.keep);
	rule.keep = MAX(rule.keep, 2 * rule.late); /* a window that may be measured again is not touched */
	rule.by_month = !rule.rows && g_str_equal(every, "month");
	if (!rule.rows && !rule.by_month)
		duration_parse(every, &rule.every);
	return rule;
}

static GDateTime *month_of(int64_t time, int months)
{
	g_autoptr(GDateTime) at = g_date_time_new_from_unix_utc(time / DURATION_SECOND - (time % DURATION_SECOND < 0));
	g_autoptr(GDateTime) first =
	        g_date_time_new_utc(g_date_time_get_year(at), g_date_time_get_month(at), 1, 0, 0, 0);
	return g_date_time_add_months(first, months);
}

int64_t window_floor(const WindowRule *rule, int64_t time)
{
	if (rule->by_month) {
		g_autoptr(GDateTime) month = month_of(time, 0);
		return g_date_time_to_unix(month) * DURATION_SECOND;
	}
	int64_t into = (time - ALIGNED) % rule->every;
	return time - into - (into < 0 ? rule->every : 0);
}

int64_t window_next(const WindowRule *rule, int64_t begin)
{
	if (!rule->by_month)
		return begin + rule->every;
	g_autoptr(GDateTime) month = month_of(begin, 1);
	return g_date_time_to_unix(month) * DURATION_SECOND;
}

char *window_id(const MonitorWindow *w)
{
	json_auto_t *about = json_pack(
	        "[o,i,s,I,I]", json_text(w->model), w->version, w->route, (json_int_t)w->begin, (json_int_t)w->end);
	g_autofree char *text = json_canonical(about);
	g_autofree char *digest = g_compute_checksum_for_string(G_CHECKSUM_SHA256, text, -1);
	return g_strndup(digest, 32);
}
