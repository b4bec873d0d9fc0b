/* trigger_alarms.h: what the triggers share that act on alarms (monitor/alarm.h). */
#pragma once

#include "retrain/trigger.h"

extern const Param TRIGGER_ALARM_PARAMS[];

/* A cause when alarms of these looks fire that no cause was made of yet: of the version in use, on the stable route, of at least
 * the severity asked for, not silenced.  looks: NULL-ended.  An alarm is one episode with one id, so one that goes on firing is one
 * cause. */
bool trigger_look_at_alarms(const TriggerInput *in, const json_t *params, const char *const *looks, const json_t *state,
        json_t **ret_state, json_t **ret_cause, GError **error);
