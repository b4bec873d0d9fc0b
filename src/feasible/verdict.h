/* verdict.h: from what was measured to an answer with reasons. */
#pragma once

#include <jansson.h>

#include "stats/metric.h"

/* Adds "criteria" and "verdict" to a report in the form of feasible.h that has everything else. */
void verdict_add(json_t *report, const json_t *goal);
