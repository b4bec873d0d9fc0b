/* replay_send.h: rows sent to a server in requests, over several connections. */
#pragma once

#include "op/replay_form.h"

typedef struct ReplayJob {
	const char *url;   /* http://127.0.0.1:8080, without a slash at its end */
	const char *token; /* bearer token; NULL: none */
	const char *model;
	const ReplayForm *form;
	const Frame *rows;          /* in the order of sending */
	const char *const *columns; /* the model's inputs; NULL-ended */
	const Column *time;    /* of the rows: X-Gyre-Time of a request is that of its first row; NULL: none is sent */
	const Column *outcome; /* sent behind each request, by the rows' ids; NULL: none */
	int64_t delay;         /* us from a row's time to its outcome's */
	const char *prefix;    /* of the requests' ids: PREFIX-NUMBER */
	size_t batch;          /* rows a request */
	unsigned connections;
} ReplayJob;

typedef struct ReplayDone {
	size_t requests, failed; /* failed: not answered with 200 */
	size_t rows, outcomes;   /* answered; taken */
	double seconds, p50_ms, p99_ms;
	char *problem; /* of the first request that failed; NULL: none */
} ReplayDone;

/* FAIL_UNAVAILABLE: no server, or no libcurl.  Refused requests are counted, not errors. */
bool replay_send(const ReplayJob *job, ReplayDone *ret, GError **error);
void replay_done_clear(ReplayDone *d);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ReplayDone, replay_done_clear)

/* GET of a path: the answer's text.  FAIL_UNAVAILABLE also for any status but 200. */
bool replay_get(const char *url, const char *token, const char *path, char **ret, GError **error);
