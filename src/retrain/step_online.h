/* step_online.h: the step `online`: bundle, rows, known -> bundle, scores, about: a period as a model lives through it that learns from
 * each outcome when it arrives.
 *
 * known are the rows whose outcome arrives during the period (their time + delay lies in it), rows those of the period itself.  The
 * period is cut into `sips`: before each the model learns from all outcomes that have arrived before its begin, oldest first, and then
 * answers the rows of the sip.  So no row is answered by a model that has seen its outcome, or one not yet known then.
 *
 * scores: doubles, rows x outputs in the order of `rows`, and behind them, for classes, the class decided on for each row by the threshold
 * at the begin.  The bundle is the model at the period's end, having learnt from all of known; its threshold is chosen by what
 * it said of them before.  about: {"rows", "known", "sips"}. */
#pragma once

#include "pipeline/step.h"

extern const StepKind STEP_ONLINE;
