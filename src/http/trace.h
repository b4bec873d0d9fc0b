/* trace.h: W3C Trace Context, level 1: whose call an answer is part of.
 *
 * A request's `traceparent` names a trace and the caller's span in it.  The answer is a span of its own in the same trace, and
 * says so; without one, or with one that is malformed, there is no trace. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

typedef struct Trace {
	char id[33];     /* of the trace; "" where there is none */
	char parent[17]; /* the caller's span */
	char span[17];   /* of this answer */
	char flags[3];
} Trace;

enum { TRACE_TEXT = 56 };

/* header: traceparent, or NULL.  seed: what the span's id is made of, another for each request.  False: no trace. */
bool trace_read(const char *header, uint64_t seed, Trace *ret);
/* The traceparent of this answer. */
void trace_write(const Trace *t, char to[static TRACE_TEXT]);
