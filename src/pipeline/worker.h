/* worker.h: the process a step runs in: `gyre step-run WORKFOLDER`, or a fork of `gyre step-run -` (pipeline/nursery.h).
 *
 * It reads WORKFOLDER/spec.json (pipeline/work.h), runs the step, takes its outputs into the blobs, and leaves
 * result.json: {"outputs": {name: {"digest", "size"}}, "metrics", "notes", "runs"}, or
 * error.json:  {"code", "message"}; a short one of either goes to the listener instead, as the event {"end": ..., "run": id}.
 * It dies with the process that started it, and all its process group with it. */
#pragma once

#include "pipeline/step.h"

/* Descriptors it is started with. */
enum { WORKER_PROGRESS_FD = 3, WORKER_LOCK_FD = 4 };

/* What the program does with the argument of step-run; returns the exit status.  kinds: NULL-ended.  To be called before
 * any thread is started: the nursery forks. */
int worker_main(const StepKind *const *kinds, const char *work_folder);

/* Its halves.  parent: who has to be the parent, 0: whoever is. */
void worker_die_with(int parent);
int worker_run(const StepKind *const *kinds, const char *work_folder);
