/* step_contest.h: the step `contest`: rows, bundle.0, bundle.1, ..., scores.0, ... -> contest: several models on the same rows of a period.
 *
 * Model k is called modes[k] and is bundle.k.  Where scored[k] is i >= 0, what it answered is in scores.i (step_online.h), else the
 * bundle answers here.
 *
 * contest: {"rows", "metric", "larger_is_better",
 *  "modes": {mode: {"family", "learnt": rows, "metrics": {name: number|null}, "kpi": {name: number|null}}},
 *  "differences": [{"a", "b", "metric", "difference" (b - a), "low", "high", "p", "test"}]  each pair, as eval/compare.h} */
#pragma once

#include "pipeline/step.h"

extern const StepKind STEP_CONTEST;
