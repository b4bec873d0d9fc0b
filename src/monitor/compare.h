/* compare.h: the same columns of two tables side by side, and which of them drifted.
 *
 * {"rows": {"a", "b"},
 *  "columns": {name: {"type": "real", "tests": {"ks": {"value", "p"}, "psi": {"value", "p"}, "wasserstein": {"value"}, ...},
 *              "missing": {"a": share, "b": share, "p", "p_adjusted"},
 *              "verdict": {"effect", "p", "p_adjusted", "answer": "drifted" | "steady" | "not enough data"},
 *              "drifted": true | false | null (not enough data)}},
 *  "drifted": [names],
 *  "only": {"a": [names], "b": [names]}}
 *
 * Tests that do not suit the type are left out.  Numbers of different types are compared as real, other differing types as
 * text.  NaN and infinities count as missing.  A column drifted when its values did, or its part of missing values
 * (stats/drift.h).  Memory does not grow with the rows: each column is sorted by the engine, which spills to its scratch
 * folder, and walked through once. */
#pragma once

#include "data/engine.h"

typedef struct CompareRules {
	double alpha;     /* of false alarms in a comparison, all columns together */
	double effect;    /* smallest effect that counts */
	int64_t min_rows; /* present values on each side below which there is no answer */
} CompareRules;

/* Compares the view "rows" of two engines. */
bool tables_compare(Engine *a, Engine *b, const CompareRules *rules, json_t **ret, GError **error);
