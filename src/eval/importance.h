/* importance.h: what drives the model: how much worse it gets when a raw column is shuffled.
 *
 * Permutation importance (Breiman 2001; Fisher, Rudin and Dominici 2019) over the columns the user knows, not the features
 * made of them: all features of a column are shuffled together.  Columns that tell the same share their importance. */
#pragma once

#include "eval/score.h"

#define IMPORTANCE_REPEATS 5

/* [{"column","mean","sd","share"}], largest first: how much the metric worsens, over IMPORTANCE_REPEATS shuffles, on `rows`
 * (unchanged); share of the sum of positive means. */
bool importance_of(const Bundle *b, const Frame *rows, const TestSet *t, const MetricKind *metric, uint64_t seed,
        json_t **ret, GError **error);
