/* step_train.h: the step `train`: train, recipes -> bundle, trials, out_of_fold.
 *
 * Params: project, families, search (SEARCH_PARAMS), params ({family: {param: value}}), metric and threshold_metric (of
 * stats/metric.h; the project takes them from the goal), threads (of the refit: fixed, not the machine's, since sums
 * depend on how they are divided).
 *
 * trials (JSON):
 * {"metric", "direction": "max"|"min", "method",
 *  "trials": [{"number", "family", "params", "status": "done"|"pruned"|"failed"|"cut", "metrics": {name: number|null} (mean over
 *              folds), "sd": of the metric over folds|null, "threshold": number|null (binary), "rounds": of boosting|null;
 *              failed: "error", pruned: "steps": [[folds, metric as the pruner takes it]...], "curve": [[rung, best so
 *              far on the first fold, by the family's own measure, smaller is better]...]}],
 *  "best": number of the winner, "cut": bool (the search's time ended it),
 *  "refit": {"family", "params", "rows", "threads"}, "threshold": number|null, "threshold_metric" (what it makes best),
 *  "baseline": {name: number|null}|null, "valid_metrics": {...} (of the winner),
 *  "rows": {"train" (in the table), "left_out" (no usable target or weight), "searched" (learnt from in a trial, first fold),
 *           "valid"}, "folds": n,
 *  "importance": [[feature, share]...] by share|null,
 *  "ensemble": {"method", "candidates", "members", "bag", "layer", "lead", "error", "taken", "why", "untrained": members there
 *              was no time for, if so} (model/ensemble_kinds.h),
 *  "calibration": {"method", "taken", "gain", "error"} (stats/calibration.h)|null (numbers),
 *  "costs": {"tp", "fp", "fn", "tn"} the threshold was chosen by; then "threshold_metric" is "costs"; else null}
 * "valid_metrics" and "threshold" are those after calibration; a trial's own are before it.
 * An ensemble that was taken is the last trial and the best, of the family `ensemble`.
 * Times, memory and process ends are in the child runs only: they differ from run to run, artifacts do not. */
#pragma once

#include "pipeline/step.h"

extern const StepKind STEP_TRAIN;
