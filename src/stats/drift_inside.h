/* drift_inside.h: what the ways of walking through two samples share: handing groups to the tests that want them. */
#pragma once

#include "stats/drift.h"

/* sums: DRIFT_KINDS of them. */
void drift_begin(DriftReport *report, unsigned type, int64_t rows_a, int64_t rows_b, DriftSums *sums);
/* A distinct value, for the tests of values. */
void drift_give_value(DriftSums *sums, DriftGroup g);
/* A bin or a category, for the others that suit the type; an empty one is no group. */
void drift_give_group(unsigned type, DriftSums *sums, DriftGroup g);
void drift_end(DriftReport *report, const DriftSums *sums);
