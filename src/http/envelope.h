/* envelope.h: what surrounds a request and its answer whatever the protocol: bodies that are packed, pages of other sites, traces,
 * and the line in the access log. */
#pragma once

#include "http/site.h"

/* The request as a protocol reads it, its body unpacked; free what it was unpacked to with envelope_clear. */
typedef struct Envelope {
	Request plain;
	GString *body; /* NULL: it came plain */
} Envelope;

bool envelope_open(const Visit *v, Envelope *ret, GError **error);
void envelope_clear(Envelope *e);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Envelope, envelope_clear)

/* The answer is there: packs it if it is asked for so, and marks it. */
void envelope_close(const Visit *v);
/* Nothing will be added any more: tells the access log, if there is one.  request: as it came. */
void envelope_log(const Visit *v, const Request *request);
