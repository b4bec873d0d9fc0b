/* worker.h: a command of this program run as a child process, its answer in a file.
 *
 * Training is never done by whoever watches or serves.  The child dies with its parent (its steps with it), so after a kill -9
 * nothing goes on unseen; what its steps had finished is kept by their keys, and the next one goes on from there. */
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

typedef struct Worker Worker;

typedef struct WorkerOptions {
	const char *const *words; /* of the command line, behind the program's name; --json --quiet are added */
	const char *program;      /* NULL: this program */
	const char *folder;       /* of the project */
	const char *answer, *log; /* files for its standard output and standard error; replaced */
} WorkerOptions;

bool worker_start(const WorkerOptions *options, Worker **ret, GError **error);

/* Has it ended?  *ret_done, and then *ret: {"status": of its exit, or -1 when a signal ended it, "answer": object | null, "error": what
 * it said of what went wrong, or null, "cpu_seconds": its own and its children's}. */
bool worker_poll(Worker *w, bool *ret_done, json_t **ret, GError **error);

/* Asks it to end in order, and waits for that at most `seconds`; then it is killed.  Frees it. */
void worker_stop(Worker *w, unsigned seconds);
