/* run.h: running a plan: what is stale is run, what is known is taken from the cache, and all of it is written down.
 *
 * Every step is a process (pipeline/worker.h) in its folder work/KEY below .gyre, with its log at logs/RUN/STEP.log.  Whoever runs a key
 * holds its lock (pipeline/lock.h); a second run in the same project waits for it and takes the result.  A finished step is written
 * down in one transaction.  A run may be killed at any moment: what was written down stays, what was
 * not is run again.  A power cut may lose the last steps' records (they run again), never leave a torn result.  The processes of
 * steps live no longer than the engine's. */
#pragma once

#include "pipeline/executor.h"
#include "pipeline/plan.h"
#include "store/meta.h"

typedef enum RunEventKind {
	EVENT_RUN_STARTED,   /* text: the run's id; total: number of steps */
	EVENT_STEP_WAITS,    /* another run works on the same key */
	EVENT_STEP_STARTED,  /* text: why it runs; seconds: how long it took last time, or NAN */
	EVENT_STEP_PROGRESS, /* text: what; done, total (0: not known) */
	EVENT_STEP_NOTE,     /* text: something worth a line */
	EVENT_STEP_ENDED,    /* status; seconds; text: the error, or why; log */
	EVENT_TICK,          /* every tick_ms */
	EVENT_RUN_ENDED,     /* status: "done", "failed"; seconds */
} RunEventKind;

typedef struct RunEvent {
	RunEventKind kind;
	const char *step, *status, *text, *log;
	uint64_t done, total;
	double seconds;
} RunEvent;

typedef struct RunOptions {
	const char *state_folder; /* .gyre */
	const char *experiment;   /* the tracked run is made in it; NULL: "Default" */
	const char *name;         /* of the tracked run; NULL: "pipeline" */
	const json_t *tags;       /* {key: text} for the tracked run; may be NULL */
	const char *const *only;  /* run these and what they need; NULL: all */
	bool force;               /* run the steps of `only` (NULL: all) even if their results are there */
	unsigned cores;           /* 0: all of the machine */
	const char *const
	        *worker;      /* the program and arguments put before the work folder; NULL: this program, step-run */
	const char *executor; /* NULL: "local" */
	const json_t *executor_params;
	bool catch_signals; /* end in order on SIGINT, SIGTERM and SIGHUP; a second one kills at once */
	void (*observe)(void *context, const RunEvent *event); /* may be NULL */
	void *context;
	unsigned tick_ms; /* 0: no ticks */
} RunOptions;

/* Runs a plan.  A step that fails is no error of plan_run: what depends on it is skipped, the rest is finished, and *ret says
 * so.  Errors are an unsound plan, an unknown name in `only`, and a store that cannot be read or written.
 *
 * {"run": id, "status": "done" | "failed", "stopped": signal's name (only when a signal ended it), "steps": [...]}, steps
 * in the order in which they could run:
 *   {"name", "status": "ran" | "cached" | "failed" | "skipped", "seconds", "key": text | null, "why",
 *    "cpu_seconds", "peak_mb", "bytes_in", "bytes_out" (numbers or null), "log": path | null, "run": id of the run that made
 *    the result (for cached ones an earlier one) | null, "outputs": {name: digest}, "metrics": {}, "notes": {},
 *    "error": text, "error_code": "invalid", ... (only when it failed)} */
bool plan_run(Plan *p, const RunOptions *options, json_t **ret, GError **error);

/* The same object for an earlier run; "status" may then also be "running" or "killed", and steps not over are absent.
 * FAIL_NOT_FOUND if it is not the run of a pipeline. */
bool plan_run_record(Meta *m, const char *run_id, json_t **ret, GError **error);

/* Marks runs whose engine is dead as killed, here and in the tracked runs.  plan_run does it first. */
bool plan_run_recover(Meta *m, const char *state_folder, GError **error);
