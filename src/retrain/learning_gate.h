/* learning_gate.h: is a model no worse for having learnt on?  Asked of the newest rows, which it has not learnt from. */
#pragma once

#include "model/bundle.h"
#include "stats/metric.h"

#define LEARNING_GATE_LEAST 20 /* rows below which nothing is said */

typedef struct LearningGate {
	const Bundle *b;
	const MetricKind *metric;
	size_t rows;
	double *y; /* of these rows */
	double *old,
	        *learnt; /* scores of the bundle, and of a model that learnt on from earlier rows; learnt NULL: too few rows */
	uint64_t seed;
} LearningGate;

/* {"pass", "reasons": [sentences], "rows", "comparison": {"metric", "difference" (learnt - old), "low", "high", "p", "test"}|null}:
 * it passes unless it is surely worse, or nobody can tell. */
json_t *learning_gate(const LearningGate *g);
