/* assess.h: an evaluation under way: the test rows, what every bundle answered, and what was asked. */
#pragma once

#include "eval/score.h"

typedef struct Assess {
	Engine *e;
	const char *test_path;
	const char *train_path, *out_of_fold; /* NULL: not given */
	Bundle *bundles[2];                   /* the model; the champion where there is one it can be compared with */
	const char *digests[2];
	size_t count;
	char *mismatch; /* why the champion was left out, or NULL */
	TestSet t;
	Answers answers[2], baseline;
	const MetricKind *metric;
	const json_t *kpi, *slice_columns, *fairness; /* fairness: the block; no columns: not asked for */
	json_t *nested;                               /* eval/nested.h; NULL: not asked for */
	uint64_t seed;
} Assess;

/* The `evaluation` of eval/evaluate.h; leaves the table `scored` in the engine. */
bool evaluation_of(Assess *as, json_t **ret, GError **error);
