/* step_fresh.h: the step `fresh`: rows that the model in use has not learnt from, for the step `update`.
 *
 * rows, learnt -> fresh (Parquet), about: {"rows", "all"}.  None is FAIL_CONFLICT: there is nothing to learn on from. */
#pragma once

#include "pipeline/step.h"

#define STEP_FRESH_NAME "fresh"

extern const StepKind STEP_FRESH;
