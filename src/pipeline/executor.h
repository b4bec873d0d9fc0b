/* executor.h: where a step's process runs: here, or (a later kind) on a cluster.
 *
 * Whatever the place, the process does what `PROGRAM step-run WORKFOLDER` does: it reads its spec there and leaves result.json
 * or error.json there, so an executor carries nothing but a folder and an end. */
#pragma once

#include "base/param.h"

typedef struct JobSpec {
	const char *const *program;        /* NULL-ended, without the folder; program[0] is a path */
	const char *folder;                /* the work folder, absolute */
	const char *log;                   /* stdout and stderr are appended to it */
	int progress_fd;                   /* where the job writes progress (base/progress.h); -1: nowhere */
	int lock_fd;                       /* held open as long as the job lives; -1: none */
	unsigned cores, memory_mb, time_s; /* what a scheduler is asked for; 0: unlimited */
} JobSpec;

typedef struct JobEnd {
	int status;         /* exit status; -1 when a signal ended it */
	int signal;         /* ... this one */
	double cpu_seconds; /* of it and its children; NAN if not known */
	uint64_t peak_kb;   /* largest resident memory of it or one of its children; 0 if not known */
} JobEnd;

typedef struct Executor {
	const char *name, *help;
	const Param *params;
	bool (*open)(const json_t *params, void **ret, GError **error);
	/* Starts a job.  *ret_fd (the executor's) becomes readable when there is reason to call `collect`. */
	bool (*submit)(void *x, const JobSpec *spec, void **ret_job, int *ret_fd, GError **error);
	/* Has it ended?  Then *ret is filled, every process of it is gone, and the job is freed. */
	bool (*collect)(void *x, void *job, bool *ret_ended, JobEnd *ret, GError **error);
	void (*signal)(void *x, void *job, int number); /* to all its processes */
	void (*close)(void *x);
} Executor;

extern const Executor *const EXECUTORS[]; /* NULL-ended */

/* NULL if there is none of that name. */
const Executor *executor_find(const char *name);
