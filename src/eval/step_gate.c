/* step_gate.c: the step `gate`: the evaluation held against the goal. */
#include "base/json.h"
#include "eval/behaviour.h"
#include "eval/evaluate.h"
#include "goal/goal.h"

static const Param PARAMS[] = {
        {"goal", PARAM_JSON, "the goal block", .flags = PARAM_REQUIRED},
        {"gate", PARAM_JSON, "the gate block", "{}"},
        {NULL},
};
static const char *const INPUTS[] = {"evaluation", "behaviour?", NULL};
static const char *const OUTPUTS[] = {"verdict", NULL};

static bool run(StepRun *s, const json_t *params, GError **error)
{
	json_auto_t *evaluation = NULL, *behaviour = NULL, *verdict = NULL;
	if (!step_input_json(s, "evaluation", &evaluation, error) ||
	        (step_input(s, "behaviour") && !step_input_json(s, "behaviour", &behaviour, error)))
		return false;
	if (!goal_judge(json_object_get(params, "goal"), json_object_get(params, "gate"), evaluation, &verdict, error))
		return false;
	behaviours_judge(behaviour, verdict);
	step_note(s, "pass", json_incref(json_object_get(verdict, "pass")));
	return step_output_json(s, "verdict", verdict, error);
}

const StepKind STEP_GATE = {
        .name = "gate",
        .help = "hold the evaluation against the goal, and what the tests said",
        .version = 2,
        .params = PARAMS,
        .inputs = INPUTS,
        .outputs = OUTPUTS,
        .run = run,
};
