/* versus.h: two bundles on the same rows: which is better, by how much, how sure, and where they differ.
 *
 * {"rows", "metric", "better": "a"|"b"|null, "verdict": one sentence,
 *  "goal": {"metric", "a", "b", "difference" (b - a, as eval/compare.h), "low", "high", "p", "test": "DeLong"|"paired bootstrap"},
 *  "bayes": {"rope", "parts", "a", "same", "b"}            chances that a is better, both are the same in practice, b is,
 *  "metrics": {name: {"a", "b", "difference", "better": "a"|"b"|null}},
 *  "decisions": {"differ": rows, "share", "only_a", "only_b" (decided rightly), "p", "test": "McNemar"}   classes,
 *               {"closer_a", "closer_b", "mean_difference" (of |b - a|)}                          numbers,
 *  "slices": [{"slice", "rows", "a", "b" (mean loss), "difference", "differ": share of decisions|null, "p_adjusted"}]}
 *
 * Better is who leads in the goal's metric by an interval without 0.  Bayes: the rows are cut into 10 parts by hash, and the
 * differences of the parts, which share no row, give Student's posterior of their mean (stats/test.h); the same in practice is
 * within 0.01, or, for metrics without bounds, within 1 % of a's value.  Slices: one column each, at least 50 rows, a mean
 * difference of loss that Welch's test corrected for all slices (Benjamini-Hochberg) finds at 5 %; largest first. */
#pragma once

#include "eval/findings.h"

typedef struct Versus {
	Engine *e;
	const char *path; /* Parquet: the rows, with the target */
	Bundle *bundles[2];
	const MetricKind *metric;
	uint64_t seed;
} Versus;

/* FAIL_INVALID: the bundles answer different questions, or a column is not there. */
bool versus_compare(const Versus *v, json_t **ret, GError **error);
