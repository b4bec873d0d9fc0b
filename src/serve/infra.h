/* infra.h: is a version fit for production?  It is loaded in a server of its own and answers real requests in time.
 *
 * The scratch server is a child process: `gyre serve NAME@VERSION` on a free loopback port, without a log; so a bundle that
 * crashes, hangs or eats memory does that to nobody else.  Requests are the newest of the prediction log that were answered, one
 * row each; where there is none, the example of the bundle's own training data. */
#pragma once

#include <jansson.h>

#include "store/blobs.h"
#include "store/meta.h"

typedef struct InfraInput {
	const char *state_folder; /* the project is in the folder above it */
	Meta *meta;
	Blobs *blobs;
	const char *model;
	int version;
	int stable;      /* whose requests it must be able to answer; 0: none */
	double limit_ms; /* most that the 99th percentile of latency may be; NAN: any */
	unsigned requests;
} InfraInput;

/* *ret: {"pass", "reason": why not|null, "requests": answered, "from": "log"|"example", "start_ms", "p50_ms", "p99_ms",
 * "limit_ms": |null, "rows": [the requests that servers replay again before they take it]}.  False only when nothing could be found out. */
bool infra_check(const InfraInput *in, json_t **ret, GError **error);

/* The same but for the server and the clock, in this process, which is a step's: a bundle that crashes takes it along, and nothing else.
 * *ret_why_not: NULL when it answers.  Requests made for the stable version need to fit only once some are on record: before that
 * nobody depends on them.  False only when nothing could be found out. */
bool infra_answers(const InfraInput *in, char **ret_why_not, GError **error);
