/* run_inside.h: the engine's state while a plan runs, for run.c, task.c and publish.c. */
#pragma once

#include "pipeline/run.h"
#include "pipeline/survey.h"

#include <signal.h>

typedef enum TaskPhase {
	TASK_WAITING, /* some of what it needs is not over */
	TASK_READY,   /* its key is known, its result is not there */
	TASK_LOCKING, /* another run holds its key */
	TASK_RUNNING,
	TASK_OVER,
} TaskPhase;

/* One step of the plan in this run. */
typedef struct Task {
	size_t index; /* of its node, and of its view in the survey */
	const Node *node;
	size_t position; /* in the order of the plan */
	bool is_wanted, is_forced;
	TaskPhase phase;
	const char *status; /* when over: "ran", "cached", "failed", "skipped" */
	size_t missing;     /* needs that are not over */
	int lock_fd;        /* of its key, or -1 */
	/* While it runs. */
	int64_t started;    /* us UTC */
	int64_t started_us; /* by the monotonic clock */
	char *folder, *log; /* the log below the state folder */
	void *job;
	int job_fd, progress_fd;
	GString *line;    /* of progress, not yet whole */
	json_t *told_end; /* its result or error, if it came that way */
	int64_t kill_at;  /* monotonic; 0: never */
	unsigned kills;   /* signals sent: SIGTERM, then SIGKILL */
	bool is_late;     /* ... because of its time limit */
} Task;

typedef struct Engine {
	Plan *plan;
	const RunOptions *options;
	char *state_folder; /* absolute */
	Meta *meta;
	Blobs *blobs;
	Survey *survey;
	const Executor *executor;
	void *x;                    /* the executor's */
	Task *tasks;                /* by index of the node */
	GQueue open;                /* of Task: nothing it needs is missing, and nothing is decided */
	GPtrArray *ready, *running; /* of Task; of the ready ones the soonest stands last */
	GPtrArray *unwritten;       /* of Task: cached ones that are over, but not yet written down */
	size_t locking, over;       /* tasks in that phase */
	int lock_sockets[2];        /* threads that waited for a lock write to [1] */
	int signal_fd, stopped_by;  /* signal; 0: not stopped */
	sigset_t signals_before;
	int64_t next_tick;
	unsigned cores, cores_free;
	char *experiment_id, *run_id;
	int run_lock;
	bool has_failures;
} Engine;

/* loop.c: until nothing is left to run; false when the engine itself cannot go on. */
bool engine_loop(Engine *e, GError **error);
typedef struct LockTaken {
	size_t index; /* of the task */
	int fd;
} LockTaken; /* what comes over lock_sockets */

/* run.c */
char *engine_path(const Engine *e, const char *folder, const char *name); /* STATE/FOLDER/NAME; g_free */
void engine_tell(const Engine *e, const RunEvent *event);
int64_t engine_clock(void); /* us, monotonic */
void engine_unlock(Task *t);
void engine_over(Engine *e, Task *t); /* what needs it may now be decided */

/* task.c: the life of one step's process. */
bool task_start(Engine *e, Task *t, GError **error);
void task_read_progress(Engine *e, Task *t);
void task_stop(Engine *e, Task *t); /* SIGTERM first, SIGKILL when called again */
/* Asks the executor; a task that has ended is published. */
bool task_collect(Engine *e, Task *t, GError **error);
void task_clear(Task *t);

/* publish.c: what became of a step is written down, and it is over.  end: NULL when it never ran. */
bool publish_result(Engine *e, Task *t, json_t *result, const JobEnd *end, GError **error);
bool publish_failure(Engine *e, Task *t, const GError *problem, const JobEnd *end, GError **error);
void publish_cached(Engine *e, Task *t); /* written down by publish_rest, all in one transaction */
bool publish_rest(Engine *e, GError **error);
bool publish_skipped(Engine *e, Task *t, const char *why, GError **error);
