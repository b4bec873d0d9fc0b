/* trigger_drift.c: the data is no longer what the model learnt from. */
#include "retrain/trigger_alarms.h"
#include "retrain/triggers.h"

static const char *const LOOKS_OF_IT[] = {"drift", "multivariate", NULL};

static bool look(const TriggerInput *in, const json_t *params, const json_t *state, json_t **ret_state,
        json_t **ret_cause, GError **error)
{
	return trigger_look_at_alarms(in, params, LOOKS_OF_IT, state, ret_state, ret_cause, error);
}

const TriggerKind TRIGGER_DRIFT = {
        .name = "drift",
        .help = "an alarm of drift fires",
        .params = TRIGGER_ALARM_PARAMS,
        .look = look,
};
