/* gauges.h: what monitoring knows, as gauges for Prometheus.
 *
 * Window figures are facts of the past: each measure has the newest window in which it could be judged, and
 * gyre_look_window_end_timestamp_seconds says how old that is.  Prometheus cannot write into the past, so a replay of old data shows its last window only; the whole history
 * is `gyre monitor history` and GET /api/v1/monitor/history.
 *
 * How many series there are is bounded: LIMIT_GAUGE_MODELS models, of each the LIMIT_GAUGE_ROUTES pairs of version and route that answered
 * last, of each measure the LIMIT_GAUGE_COLUMNS worst columns; the others are one, column="_other", with the largest value. */
#pragma once

#include "store/meta.h"

typedef struct Gauge {
	const char *name, *help; /* help: a sentence */
} Gauge;

extern const Gauge GAUGES[]; /* NULL-ended */

/* All of it in Prometheus' text format 0.0.4, behind what is there.  now: us UTC. */
bool gauges_write(Meta *m, int64_t now, GString *to, GError **error);
