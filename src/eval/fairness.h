/* fairness.h: the groups of the fairness block on the test rows.
 *
 * "fairness" of the evaluation:
 * {"level": 0.95, "min_rows": 30,
 *  "columns": {"sex": {
 *    "groups": [{"group": "Female", "rows", "enough": rows >= min_rows,
 *                "actual", "selection_rate", "tpr", "fpr", "ppv": {"value", "low", "high", "rows": of whom},
 *                "calibration": {"predicted": mean score, "actual": share of positives, "gap": predicted - actual,
 *                                "bins": [{"rows", "predicted", "actual", "low", "high"}]}}],
 *    "measures": {name of stats/fairness.h: {"value", "low", "high", "most": group, "least": group}}}}}
 *
 * Texts are grouped by value (the 12 most frequent), numbers of many values at their quintiles.  Groups of fewer than min_rows
 * rows are shown and do not enter the measures.  Rows count once whatever their weight. */
#pragma once

#include "eval/score.h"

/* block: {"columns", "min_rows"}; two classes only. */
bool fairness_of(Engine *e, const char *test_path, const json_t *block, const TestSet *t, const Answers *a,
        json_t **ret, GError **error);
