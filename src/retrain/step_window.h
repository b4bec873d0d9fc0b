/* step_window.h: the step `window`: good -> rows: the rows of a stretch of time, in the table's order, as a step that trains takes
 * them: with _gyre_row (their number in the table) and _gyre_fold (0: the newest share of them, to choose by; -1: the others).
 *
 * Of more than `most` rows an even choice by their number is taken; so the same rows are chosen whatever comes later, and a
 * window keeps its bytes, and all that was learnt from it its key, when rows of later times are added. */
#pragma once

#include "pipeline/step.h"

extern const StepKind STEP_WINDOW;
