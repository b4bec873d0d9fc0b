/* alarm.h: findings over their limits become alarms, which fire once, last, and end.
 *
 * A series is a model, version, route, look, measure and subject.  An alarm is one episode of a series: it begins with the first
 * window over the limit, fires when k of n are, and ends after some calm ones (monitor/alarm_step.h).  All its times are data
 * times, the ends of windows: replaying the log a year later gives the same alarms at the same times under the same ids.
 *
 * A window measured again (outcomes came late) is replayed with those after it; an alarm that was never one is taken back, and
 * ended for those who were told of it.  Windows in which a series was not judged (too few rows) change nothing.  A version that
 * no longer answers on a route while others do ends its alarms there; so does what gyre.yaml leaves out now.
 *
 * One alarm as JSON, in all of the program: {"id","model","version","route","look","measure","subject","state": "pending" |
 * "firing" | "resolved","severity": "info" | "warning" | "critical","runbook"|null,"since","fired"|null,"resolved"|null (us),"why"
 * it ended|null,"window" id of the last,"windows" over the limit,"value","limit","p" (of the last window over it),
 * "evidence"|null,"cause"|null,"silence": id|null}. */
#pragma once

#include "base/param.h"
#include "monitor/alarm_step.h"
#include "store/meta.h"

/* The block `monitor.alarms`, one of its rules, and what every receiver takes beside its kind's own. */
extern const Param ALARM_PARAMS[], ALARM_RULE_PARAMS[], RECEIVER_PARAMS[];

/* Checks the block (NULL: absent) and reports every problem with its path; returns it filled, or NULL.  New reference. */
json_t *alarm_check(const json_t *block, ParamReport *report, void *context);

/* What holds for the alarms of a series ({"model","version","route","look","measure","subject"}): the block's own settings, with
 * those of every rule that matches laid over them in their order.  Borrows from settings. */
AlarmRule alarm_rule(const json_t *settings, const json_t *series);

/* A window was measured, or measured again.  findings: as history_findings gives them; settings: the filled block.  Alarms and
 * what is to be told of them change in one transaction; the same call twice changes nothing the second time. */
bool alarm_update(Meta *m, const MonitorWindow *w, const json_t *findings, const json_t *settings, GError **error);

/* Ends alarms from before this window of what gyre.yaml (filled) leaves out: looks that are off, columns of `skip`, KPIs and bounds of
 * the goal that are not there. */
bool alarm_end_left_out(Meta *m, const MonitorWindow *w, const json_t *project, GError **error);

/* The newest first; model NULL: of all models; open_only: pending and firing ones. */
bool alarm_list(Meta *m, const char *model, bool open_only, json_t **ret, GError **error);

/* One of them by its id, which may be shortened, with "history": [{"begin","end","window","finding": "ok" | "warning" | "alarm",
 * "value","limit","phase": "none" | "pending" | "firing"}] of its series, the newest first, at most `limit`. */
bool alarm_get(Meta *m, const char *id, int limit, json_t **ret, GError **error);
