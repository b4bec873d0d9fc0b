/* metrics.h: what is counted of requests, and its text for Prometheus.
 *
 * A series is a model, version, route, protocol and code.  Models are those that are loaded and codes those that are given, so
 * that a client cannot make series.  A thread finds its series without a lock and adds to it with atomics. */
#pragma once

#include "http/site.h"

typedef struct Metrics Metrics;

typedef struct MetricsKey {
	const char *model; /* "" where no model was asked */
	int version;       /* 0: none */
	const char *route, *protocol;
	unsigned code;
} MetricsKey;

Metrics *metrics_new(void);
void metrics_free(Metrics *m);

/* A request that was answered; rows: predicted. */
void metrics_count(Metrics *m, const MetricsKey *key, int64_t us, uint64_t rows);

/* What a version has answered by all routes and protocols. */
typedef struct MetricsModel {
	uint64_t answered, answered_us, refused, refused_us, rows;
	int64_t last; /* us UTC, of the last request; 0: none */
} MetricsModel;
MetricsModel metrics_model(Metrics *m, const char *model, int version);

/* All of it in Prometheus' text format 0.0.4. */
void metrics_write(Metrics *m, Site *site, GString *to);

/* The same under names that others gave: METRICS_ALIASES, of which `aliases` (NULL-ended) says which. */
extern const char *const METRICS_ALIASES[];
void metrics_write_aliases(Metrics *m, const char *const *aliases, GString *to);

/* For those who write them. */
enum { METRICS_BUCKETS = 18 };
typedef struct MetricsCounts {
	uint64_t buckets[METRICS_BUCKETS], count, rows, us;
} MetricsCounts;
void metrics_each(
        Metrics *m, void (*each)(void *context, const MetricsKey *key, const MetricsCounts *counts), void *context);
/* name="value", escaped as the text format wants it. */
void metrics_label(GString *to, const char *name, const char *value);
/* The lines of the buckets; unit: of the bounds, in a second. */
void metrics_histogram(GString *to, const char *name, const char *labels, const uint64_t *buckets, double unit);
