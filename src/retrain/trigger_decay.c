/* trigger_decay.c: the model answers worse than it did, or is estimated to. */
#include "retrain/trigger_alarms.h"
#include "retrain/triggers.h"

static const char *const LOOKS_OF_IT[] = {"performance", "estimate", "concept", NULL};

static bool look(const TriggerInput *in, const json_t *params, const json_t *state, json_t **ret_state,
        json_t **ret_cause, GError **error)
{
	return trigger_look_at_alarms(in, params, LOOKS_OF_IT, state, ret_state, ret_cause, error);
}

const TriggerKind TRIGGER_DECAY = {
        .name = "decay",
        .help = "an alarm of performance fires: realised, estimated, or of a change in what rows mean",
        .params = TRIGGER_ALARM_PARAMS,
        .look = look,
};
