/* window.h: a stretch of time in which one version answered on one route: what is measured as a whole.
 *
 * Windows by time are aligned: every 1h begins at full hours UTC, a day at midnight, a week on Monday, "month" on the first.
 * Windows by count follow each other in the order of time, each of at least so many rows; rows of the same time are not parted.
 * Either way a window is [begin, end) and no row is in two of them.
 *
 * A window is complete when its end and a grace for late rows have passed.  Where the caller said the time of the rows
 * (gyre serve --trust-time: a replay), the clock says nothing: then it is complete when a later row has come that
 * lies beyond its end and the grace, or when no row has come for the length of the grace. */
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct MonitorWindow {
	const char *model;
	int version;
	const char *route;
	int64_t begin, end; /* us UTC; the end is outside */
	int64_t rows;       /* answered or refused */
} MonitorWindow;

/* How time is cut; from the block `monitor`. */
typedef struct WindowRule {
	int64_t every;     /* us; 0: by rows */
	bool by_month;     /* calendar months; every is then 0 */
	int64_t rows;      /* of a window by count; 0: by time */
	int64_t grace;     /* us */
	int64_t late;      /* us after a row until its outcome is not looked for any more */
	int64_t keep;      /* us that details of a measured window are kept */
	int64_t delay;     /* us after a row until its outcome is usually known */
	bool without_wait; /* take every window as complete whose last row is there */
} WindowRule;

/* The rule of a filled block `monitor` (monitor/settings.h). */
WindowRule window_rule(const json_t *monitor);

/* The beginning of the window by time that holds a moment, and that of the next one. */
int64_t window_floor(const WindowRule *rule, int64_t time);
int64_t window_next(const WindowRule *rule, int64_t begin);

/* The same window has the same id everywhere: 32 hexadecimal digits.  Free with g_free. */
char *window_id(const MonitorWindow *w);
