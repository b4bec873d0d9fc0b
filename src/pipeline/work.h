/* work.h: the inside of a StepRun: one execution of a step in its work folder, as described by its spec.
 *
 * The spec is what the engine hands over: {"step", "kind", "params" (filled), "inputs": {name: {"path", "digest"}},
 * "outputs": [names], "seed", "cores", "memory_mb" (0: none), "run", "state_folder", and for commands "command", "files"}. */
#pragma once

#include "pipeline/step.h"

/* `spec` is shared, not copied.  Outputs are written to outputs_folder, temporary files below folder. */
StepRun *work_new(const StepKind *kind, json_t *spec, const char *folder, const char *outputs_folder);
void work_free(StepRun *s);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(StepRun, work_free)

/* Runs the kind and sees that every output is there. */
bool work_run(StepRun *s, GError **error);

/* {"metrics": {}, "notes": {}, "runs": []}.  New reference. */
json_t *work_told(const StepRun *s);

/* What else a command needs.  Borrowed. */
const json_t *work_spec(const StepRun *s);
const char *work_folder(const StepRun *s);

/* Do the inputs (an object by name) fit the kind's declared inputs: none missing, none unknown?  `who` begins the error. */
bool work_check_inputs(const StepKind *kind, const char *who, const json_t *inputs, GError **error);
