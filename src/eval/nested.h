/* nested.h: what the whole search is worth: nested cross-validation.
 *
 * The best of many models is the best partly by luck, on the very rows by which it was chosen.  Here each of some folds is set aside
 * (step `outer`), everything is done on the rest (recipe, search over the other folds, ensemble, calibration), and what comes out is
 * judged on the fold.  The mean over folds is an honest figure of the way models are made, not of the one model that is shipped; its
 * interval is Nadeau and Bengio's (2003), which knows that the folds learn from shared rows (stats/test.h), or, where that is narrower
 * (few folds may agree by luck), that of the rows judged, by the bootstrap within each fold.
 *
 * Output `nested` of the step `nested`:
 * {"metric", "level": 0.95, "value": mean over folds, "low", "high", "sd", "baseline": mean,
 *  "chosen": mean of what the searches themselves said of their winners, "optimism": how much better that is than `value`,
 *  "folds": [{"rows", "learnt": rows, "family", "chosen", "value", "low", "high", "baseline"}],
 *  "metrics": {name: {"value", "low", "high"}}} */
#pragma once

#include "pipeline/step.h"

/* bundle.0, bundle.1, ... and test.0, test.1, ... of as many folds -> nested. */
extern const StepKind STEP_NESTED;
