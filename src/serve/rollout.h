/* rollout.h: a deployment as a server follows it: who gets the candidate, and what was seen of each route.
 *
 * Which version answers is a hash of the caller's key (the sticky header's value, or the request's id) under the deployment's id: every
 * server on the store gives the same caller the same version, and a larger share keeps those it has.
 *
 * Scores are counted by the part of the version's own scores on validation rows that they lie in (twenty equal ones): what it does
 * here that it did not do there.
 *
 * Counts are added by the serving threads with atomics.  They are of requests, not rows, so that one large request is one
 * voice: of its scores the first row's counts. */
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "serve/predict.h"
#include "serve/strategy.h"

typedef enum RolloutRoute { ROLLOUT_STABLE, ROLLOUT_CANARY, ROLLOUT_SHADOW, ROLLOUT_ROUTES } RolloutRoute;
extern const char *const ROLLOUT_NAMES[ROLLOUT_ROUTES]; /* as in the prediction log: "stable", "canary", "shadow" */

enum {
	ROLLOUT_OCTAVE = 8,                      /* buckets of latency for a doubling: 9 % wide */
	ROLLOUT_LATENCIES = ROLLOUT_OCTAVE * 27, /* 1 us to 2 minutes; what is outside is in the last ones */
	ROLLOUT_SCORES = 20,
};

/* What is known of one route. */
typedef struct RouteCounts {
	uint64_t requests; /* failed ones included */
	uint64_t errors;
	uint64_t latency[ROLLOUT_LATENCIES]; /* of those that were answered */
	uint64_t scores[ROLLOUT_SCORES];     /* by part, from the lowest scores on */
} RouteCounts;

/* Requests of which the shadow's answers were set beside the stable ones. */
typedef struct ShadowCounts {
	uint64_t rows;
	uint64_t different; /* rows with another decision (classification) */
	double difference;  /* sum over rows of |score - stable score| */
	double most;        /* the largest of them */
	uint64_t dropped;   /* requests for which there was no room */
} ShadowCounts;

typedef struct RolloutCounts {
	RouteCounts routes[ROLLOUT_ROUTES];
	ShadowCounts shadow;
} RolloutCounts;

/* {"routes": {"stable": {"requests", "errors", "latency": {bucket: count}, "scores": [counts]}, ...}, "shadow": {...}}, buckets
 * without a count left out.  New reference; and added to what is in *to. */
json_t *rollout_counts_json(const RolloutCounts *c);
void rollout_counts_add(RolloutCounts *to, const json_t *counts);

/* The bucket of a latency, and its upper edge in microseconds. */
size_t rollout_latency_bucket(int64_t us);
double rollout_latency_edge(size_t bucket);
/* The edge below which a share of the answered requests lies; NAN where there are none. */
double rollout_latency_quantile(const RouteCounts *c, double share);

typedef struct Rollout Rollout;

/* d: a deployment that is running (serve/deployment.h). */
Rollout *rollout_new(const json_t *d, Served *candidate, const Served *stable);
Rollout *rollout_ref(Rollout *r);
void rollout_unref(Rollout *r);
bool rollout_is_last(Rollout *r); /* nobody else holds it */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Rollout, rollout_unref)

const char *rollout_id(const Rollout *r);
const char *rollout_row(
        const Rollout *r); /* under which its counts are kept: no other process's, nor an earlier one's */
const char *rollout_strategy(const Rollout *r);
const char *rollout_sticky(const Rollout *r); /* name of the header; NULL: the request's id is the key */
Shares rollout_shares(const Rollout *r);
Served *rollout_candidate(const Rollout *r); /* borrowed */
/* The same deployment with the same candidate and settings? */
bool rollout_same(const Rollout *a, const Rollout *b);

/* Does the request with this key go to the candidate? is its shadow wanted? */
bool rollout_is_canary(const Rollout *r, const char *key);
bool rollout_is_shadowed(const Rollout *r, const char *key);

/* us: from the whole request to its scores.  scores NULL: it failed. */
void rollout_count(Rollout *r, RolloutRoute route, int64_t us, const Scores *scores);
void rollout_count_shadow(Rollout *r, const Scores *stable, const Scores *shadow);
void rollout_count_dropped(Rollout *r);
void rollout_counts(Rollout *r, RolloutCounts *ret);
/* Was anything counted since these counts were told?  For the one thread that writes them down: it says when they are. */
bool rollout_has_news(const Rollout *r, const RolloutCounts *c);
void rollout_told(Rollout *r, const RolloutCounts *c);

/* The number that stands for a row in score histograms: the number of a regression, the probability of the positive class, with
 * more classes that of the decided one. */
double scores_figure(const Scores *s, size_t row);
