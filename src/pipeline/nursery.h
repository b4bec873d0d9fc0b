/* nursery.h: a process that starts the steps of one run on this machine, as its own children.
 *
 * It is this program, started once a run as `PROGRAM step-run -` with a socket, and forks for each step: so a step costs a
 * fork of a small, warm process (0.3 ms) and not the start of a program with all its libraries (3 ms and more), and
 * whatever threads and libraries the engine's process has are not inherited.  Each child is the head of a process group.
 * When the engine is gone, so is the socket: the nursery kills all groups and ends; when the nursery is killed, its children
 * get SIGHUP (pipeline/worker.h).
 *
 * Over the socket (SOCK_SEQPACKET) go NurseryRequests; a start is answered by a pid_t, or a negative errno.  The end of a job
 * is a JobEnd written into the pipe that came with its start. */
#pragma once

#include "pipeline/executor.h"
#include "pipeline/step.h"

#include <sys/types.h>

enum { NURSERY_SOCKET = 3, NURSERY_FDS = 4, NURSERY_FOLDER = 4096 };

typedef struct NurseryRequest {
	pid_t pid; /* 0: start a job; else: send that group a signal */
	int signal;
	/* To start: descriptors come along in the order end, log, progress, lock. */
	unsigned cores;
	bool has_progress, has_lock;
	char folder[NURSERY_FOLDER];
} NurseryRequest;

/* Serves until the engine is gone; returns an exit status.  In a child it returns that of the step. */
int nursery_serve(const StepKind *const *kinds);
