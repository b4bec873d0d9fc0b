/* evaluate.h: how good a bundle is on rows it never saw, beside the baseline and the champion, and where it fails.
 *
 * Output `evaluation` of the step `evaluate`:
 * {"task", "target", "positive", "classes",            as in the bundle's roles
 *  "metric": name of the goal's metric, "rows": n, "level": 0.95,
 *  "model":    {"digest", "family", "threshold", "metrics": {name: {"value","low","high"}}},
 *  "baseline": {"metrics": {name: {"value","low","high"}}},   priors of the training rows: the honest zero
 *  "champion": null or {"digest", "metrics": {...}, "comparison": {"metric", "difference" (model - champion), "low", "high", "p", "test"},
 *               "slices": [{"slice", "rows", "model", "champion", "difference", "p", "p_adjusted"}]  over gate.slices},
 *  "kpi": {name: {"value", "baseline", "champion"}},     SQL of the kpi block over the scored rows
 *  "latency": {"rows", "p50_ms", "p99_ms"},              one row at a time, in process; not part of what is reproducible
 *  "curves": stats/curves.h: confusion, roc, pr, calibration, gain | residuals, predicted_vs_actual,
 *  "slices": {"tried": n, "metric": "loss", "overall": mean loss, "worst": [{"slice": "origin = ORD and hour > 17", "literals":
 *             [{"column","op","value"}], "rows", "loss", "rest", "effect", "p", "p_adjusted", "metric": value of the goal's metric}]},
 *  "confusion_by_slice": [{"slice","rows","confusion": [[..]]}] for the worst slices (classification),
 *  "hardest": [{"row": {column: value}, "actual", "predicted", "score", "loss"}],
 *  "importance": [{"column", "mean", "sd", "share"}] loss of the goal's metric when a raw column is shuffled, largest first,
 *  "errors": eval/errors.h,
 *  "fairness": null or eval/fairness.h,
 *  "effects": eval/effects.h: how the answer goes with the first columns; null without rows,
 *  "interactions": null or eval/interactions.h: which columns work together,
 *  "drivers": eval/drivers.h: mean contributions of the columns beside that, and where the two disagree; or null,
 *  "nested": null or eval/nested.h: what the whole search is worth,
 *  "warnings": [sentences]}
 *
 * Output `scored`: Parquet: the test rows with columns added: prediction (the label as in the data, or the number), and for
 * classification probability (of the positive class; multiclass: of the predicted one), and loss. */
#pragma once

#include "pipeline/step.h"

extern const StepKind STEP_EVALUATE, STEP_GATE;
