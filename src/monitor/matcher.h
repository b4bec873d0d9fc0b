/* matcher.h: which alarms are meant: "look=drift", "subject!=age", "model=~loans.*", "subject!~zip|city".
 *
 * The words and their meaning are Alertmanager's: all matchers must hold; =~ and !~ are regular expressions over the whole value.
 * Names: model, version, route, look, measure, subject, severity. */
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

/* Checks a list of texts; FAIL_INVALID says which one is wrong and why. */
bool matchers_check(const json_t *matchers, GError **error);

/* Do all of them hold for an alarm (monitor/alarm.h)?  An empty list holds for all. */
bool matchers_hold(const json_t *matchers, const json_t *alarm);
