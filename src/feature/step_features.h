/* step_features.h: the step `features`: train -> recipes.
 *
 * recipes (JSON): {"roles": roles with "classes" completed, "plan": as recipe_plan gives it, "folds": [recipe fitted on
 * the rows that teach in fold k (data/folds.h), for k = 0 ..], "final": recipe fitted on all rows, "features": [names of final's]}.
 * Read it with recipes_read: it may be larger than other JSON. */
#pragma once

#include "pipeline/step.h"

extern const StepKind STEP_FEATURES;
