/* step_update.h: the step `update`: bundle, rows -> bundle, about: a bundle that has learnt on from fresh rows
 * (model/bundle_update.h, where `about` is described). */
#pragma once

#include "pipeline/step.h"

extern const StepKind STEP_UPDATE;
