/* forks.h: pieces of work, each in a forked child, several at a time.
 *
 * A child shares the parent's memory copy-on-write: a matrix of a gigabyte costs nothing to hand over, and a child that
 * crashes, runs away or eats memory costs its own piece only.  Fork and threads do not mix: the parent must have none (no
 * OpenMP, no open engine), and the work must not depend on which child does what: it leaves files.
 *
 * A limit on memory is kept by the kernel (RLIMIT_DATA, counted from what there is when the child begins), so memory that is asked for
 * beyond it is not had.  That counts for each process alone: the sum over a child and those it starts, and pages it no longer shares as it
 * wrote to them, is looked at several times a second. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct ForkEnd {
	size_t number;
	bool ok;
	const char *reason; /* why not, in words; borrowed */
	bool out_of_time;   /* killed because the whole budget was used up: no fault of its own */
	double seconds, cpu_seconds, peak_mb;
} ForkEnd;

typedef struct ForkPlan {
	size_t count; /* pieces, numbered from 0, begun in this order */
	unsigned at_once;
	double seconds; /* for one piece; 0: no limit */
	double budget;  /* for all: then the running ones are killed and no more begun; 0: no limit */
	/* Instead of budget: seconds left, which may change as pieces end.  NULL: as budget says. */
	double (*left)(void *context);
	size_t memory_mb; /* what each, with the processes it starts, may take beside what it shares; 0: no limit */
	/* May piece `number` begin?  False: not before another has ended, or never, when none is running.  In the parent, again
	 * until it is true; NULL: always. */
	bool (*ready)(void *context, size_t number);
	/* Before the piece begins, in the parent: a part of what it and others share is made; true: there is more of it.  Children are
	 * seen to in between.  NULL: nothing. */
	bool (*prepare)(void *context, size_t number);
	/* In the child; what it returns is whether it did its work. */
	bool (*work)(void *context, size_t number, GError **error);
	/* In the parent, once per piece, in the order in which they end. */
	void (*ended)(void *context, const ForkEnd *end);
	void *context;
} ForkPlan;

/* False when children cannot be made at all; a piece that fails is only told to `ended`. */
bool forks_run(const ForkPlan *plan, GError **error);
