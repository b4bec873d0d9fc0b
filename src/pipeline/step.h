/* step.h: a step is a pure function: it reads named artifacts, writes named artifacts and touches nothing else.
 *
 * It runs as a process of its own (`gyre step-run`), in a work folder of its own that is named by its key.  What it wrote is
 * taken into the blobs when it ends well, and thrown away otherwise. */
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/param.h"

typedef struct StepRun StepRun;

enum {
	STEP_ALL_CORES = 1 << 0, /* uses every core it is given; others count as one */
	STEP_RESUMES = 1 << 1,   /* its work folder is kept after a crash, and it goes on from what it finds there */
	STEP_EFFECT = 1 << 2,    /* may write to the store (step_state_folder); must be idempotent.  Only `register` */
};

typedef struct StepKind {
	const char *name, *help;
	unsigned version; /* raise it when the result would differ */
	const Param *params;
	const char *const
	        *inputs; /* names, NULL-ended; "champion?" may be absent; "source*" is any number: source.0, ... */
	const char *const *outputs; /* names, NULL-ended */
	unsigned flags;
	bool (*run)(StepRun *s, const json_t *params, GError **error);
} StepKind;

/* What a step may ask.  Borrowed results live as long as the StepRun. */
const char *step_input(const StepRun *s, const char *name); /* path to read; NULL if an optional input is absent */
bool step_input_json(const StepRun *s, const char *name, json_t **ret, GError **error);
const char *step_output(StepRun *s, const char *name); /* path to write; every output must exist in the end */
bool step_output_json(StepRun *s, const char *name, const json_t *value, GError **error);
const char *step_scratch(const StepRun *s); /* folder for temporary files */
/* A folder that outlives the step and other keys: what a later execution with other settings may go on from.  identity: all settings that what
 * is kept there depends on; kind, version, seed and inputs are added.  What is found there may only save time, never change the result.  One a
 * step is kept: those of other identities are removed.  Where another process has it, or none can be made, it is the scratch folder. */
const char *step_memory(StepRun *s, const json_t *identity);
const char *step_state_folder(const StepRun *s); /* only for STEP_EFFECT */
const char *step_run_id(const StepRun *s); /* of the run that executes it; not part of the key: for records only */
uint64_t step_seed(const StepRun *s);
unsigned step_cores(const StepRun *s);
size_t step_memory_mb(const StepRun *s); /* what it should stay within; the process is stopped somewhat above it */
const char *step_input_digest(const StepRun *s, const char *name);

/* What a step may tell; kept with the step's record and shown by `gyre runs show`. */
void step_metric(StepRun *s, const char *key, double value);
void step_note(StepRun *s, const char *key, json_t *value); /* small; steals value */
void step_child_run(StepRun *s, json_t *run); /* a tracked run below this one, as track_import takes it; steals */

/* For the unit tests of step kinds: runs a kind in this process.  `inputs` is a list of name, path, name, path, ..., NULL;
 * the outputs are left at FOLDER/NAME and what the step told at FOLDER/result.json ({"metrics", "notes", "runs"}); its state
 * folder is FOLDER/state, its run id "test-run", its cores 2.  `params` may be NULL; they are filled with defaults. */
bool step_test_run(const StepKind *kind, const json_t *params, const char *const *inputs, const char *folder,
        uint64_t seed, GError **error);
