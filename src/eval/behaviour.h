/* behaviour.h: what a model must do whatever its metrics say: the block `tests` of gyre.yaml.
 *
 * A list such as {test: invariance, column: sex}; the kinds are one file each, behaviour_*.c.  A test that fails is a reason of the
 * gate, so the champion stays.
 *
 * Output `behaviour` of the step `behaviour`:
 * {"pass": bool, "tests": [{"test": kind, "name", "pass", "sentence", "wanted", "found": number|null, "rows": looked at|null,
 *  "examples": [at most 5: what a kind shows of rows that break it]}]} */
#pragma once

#include "eval/score.h"
#include "pipeline/step.h"

#define BEHAVIOUR_EXAMPLES 5

typedef struct BehaviourInput {
	Engine *e;
	const char *test_path, *bundle_path;
	const Bundle *b;
	const TestSet *t;
	const Answers *a;
	uint64_t seed;
} BehaviourInput;

/* What a kind found; owned by the caller of run, cleared with behaviour_found_clear. */
typedef struct BehaviourFound {
	bool pass;
	char *sentence, *wanted;
	double found;     /* NAN: no number */
	int64_t rows;     /* -1: none were looked at */
	json_t *examples; /* array or NULL */
} BehaviourFound;
void behaviour_found_clear(BehaviourFound *f);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(BehaviourFound, behaviour_found_clear)

typedef struct BehaviourKind {
	const char *name, *help;
	const Param *params; /* beside BEHAVIOUR_PARAMS */
	/* Problems that a table cannot see; may be NULL. */
	void (*check)(const json_t *params, const char *path, ParamReport *report, void *context);
	/* FAIL_INVALID: the test cannot be held against this model (a column that is not there): it has failed, and that is its
	 * sentence. */
	bool (*run)(const BehaviourInput *in, const json_t *params, BehaviourFound *ret, GError **error);
} BehaviourKind;

extern const BehaviourKind *const BEHAVIOURS[]; /* NULL-ended */
extern const Param BEHAVIOUR_PARAMS[];          /* what every test takes: test, name */
const BehaviourKind *behaviour_kind(const char *name);

/* Checks the block (NULL: absent) and reports every problem below "tests"; returns the filled list, or NULL after a problem. */
json_t *behaviours_check(const json_t *tests, ParamReport *report, void *context);

/* Runs a checked list; the form is above. */
bool behaviours_run(const BehaviourInput *in, const json_t *tests, json_t **ret, GError **error);

/* Adds what the tests said to the gate's verdict (goal/goal.h): its criteria, and a reason for each that failed. */
void behaviours_judge(const json_t *behaviour, json_t *verdict);

extern const StepKind STEP_BEHAVIOUR;
