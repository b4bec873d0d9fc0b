/* alarm_series.h: the windows of one series in the store, and the episodes they make.
 *
 * An alarm's row is nothing but a summary of the points that carry its id, so replaying points and summing up again is all
 * there is to a window that was measured again. */
#pragma once

#include "monitor/alarm.h"

typedef struct AlarmSeries {
	json_t *names; /* {"model","version","route","look","measure","subject"} */
	char *id;      /* 32 hexadecimal digits, of the names */
	AlarmRule rule;
} AlarmSeries;

void alarm_series_init(AlarmSeries *s, const MonitorWindow *w, const json_t *finding, const json_t *settings);
void alarm_series_clear(AlarmSeries *s);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(AlarmSeries, alarm_series_clear)

/* Takes a window's finding ("ok", "warning", "alarm") or takes the window out ("too_few"), replays from there, and sums up the
 * alarms it touched.  A series that has no alarm yet begins with its first finding over the limit. */
bool alarm_series_take(Meta *m, const AlarmSeries *s, const MonitorWindow *w, const json_t *finding, GError **error);
