/* plan.h: what to run: named steps, each with its params and where its inputs come from.
 *
 * A step's key is the SHA-256 of everything its result can depend on: its kind and the kind's version, its filled params,
 * the digests of its inputs by name, its outputs' names and its seed; for a command also its words, the digests of its
 * declared files and of the values of its declared environment variables.  Never a path, a time or a machine.  Since an
 * input is known by the digest of its bytes, a step that is run again and writes the same bytes leaves all after it fresh.
 * What the key was made of is kept, so that "why is this run again?" has an exact answer (docs/pipeline.md).
 *
 * A Plan belongs to one thread. */
#pragma once

#include "pipeline/step.h"

typedef struct Plan Plan;

/* Chooses an input when all other inputs of its step are known: *ret_digest is a blob's digest (g_free), or NULL for
 * absent.  known: {input: digest}.  It is asked by plan_status too, so it must be quick and change nothing. */
typedef bool PlanChoose(void *context, const json_t *known, char **ret_digest, GError **error);

typedef struct PlanInput {
	const char *name; /* as the kind declares it ("source.0" for "source*"); NULL ends a list */
	/* Exactly one of: */
	const char *from;   /* another step's output: "ingest.snapshot"; that step may be added later */
	const char *file;   /* a file of the user's, known by its bytes */
	const char *digest; /* a blob */
	PlanChoose *choose;
	void *context; /* of choose */
} PlanInput;

typedef struct PlanStep {
	const char *name; /* letters, digits, _ and -; unique in the plan */
	const char *kind;
	const json_t *params;    /* object, checked against the kind's table; NULL: all defaults */
	const PlanInput *inputs; /* NULL: none */
	uint64_t seed;
	unsigned time_limit_s; /* 0: none */
	unsigned memory_mb;    /* 0: none */
} PlanStep;

/* kinds: NULL-ended, outlives the plan. */
Plan *plan_new(const StepKind *const *kinds);
void plan_free(Plan *p);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Plan, plan_free)

/* Adds a step; everything is copied.  FAIL_INVALID for a bad name, kind, param or input, FAIL_CONFLICT for a name twice,
 * FAIL_LIMIT beyond LIMIT_STEPS. */
bool plan_add(Plan *p, const PlanStep *step, GError **error);

/* Adds a user's own command, as written in gyre.yaml below `steps:` (pipeline/command.h has the form).  `folder` is the
 * project's: relative paths start there. */
bool plan_add_command(
        Plan *p, const char *name, const json_t *command, const char *folder, uint64_t seed, GError **error);

/* The Param table of a command's block, for checking gyre.yaml with places. */
extern const Param PLAN_COMMAND_PARAMS[];

/* Sees that every "step.output" is there and that there is no circle.  plan_status and plan_run do it too. */
bool plan_check(Plan *p, GError **error);

/* What a run would do, without doing anything.  Steps in an order in which they can run:
 * {"steps": [{"name", "kind", "status", "why", "key": text | null, "seconds": number | null (of its last execution),
 *             "needs": [steps], "outputs": {name: digest} (when fresh)}]}
 * status: "fresh"; "stale" (it will run); "failed" (its last execution failed, and it will run again); "waiting" (it
 * depends on one of these; whether it runs is known when those are done). */
bool plan_status(Plan *p, const char *state_folder, json_t **ret, GError **error);
