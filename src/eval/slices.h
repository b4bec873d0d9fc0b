/* slices.h: where a model fails: conjunctions of one to three literals whose rows have a larger loss than the rest.
 *
 * Chung et al., "Automated Data Slicing for Model Validation" (ICDE 2019): effect size phi = sqrt(2) (mean in - mean out) /
 * sqrt(var in + var out), a Welch test, and alpha-investing (Foster and Stine 2008, doi:10.1111/j.1467-9868.2007.00643.x) over
 * the slices whose effect is worth a test, fewer literals and larger ones first.  Columns are cut into at most 12 values: texts by
 * frequency, numbers at quantiles, times by hour of day and weekday. */
#pragma once

#include "eval/cuts.h"

/* {"tried", "overall", "worst": [...]} as eval/evaluate.h tells, without "metric"; at most `most` slices.  ret_where: for each slice
 * of "worst" its condition over the table of cuts (strings; freed with g_ptr_array_unref); may be NULL. */
bool slices_find(const Cuts *cuts, size_t most, json_t **ret, GPtrArray **ret_where, GError **error);
