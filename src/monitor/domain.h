/* domain.h: can a model tell the rows of a window from those of training?  If it can, something changed, be it only how columns go together.
 *
 * Boosted trees learn on four fifths of both and rank the rest, five times; no row is ranked by trees that have seen it.  The area under the ROC curve is
 * the mean of the five; its p is one-sided, by Mann and Whitney's variance under "no difference", (n + m + 1) / (12 n m) a part; its interval is
 * Hanley and McNeil's (1982, doi:10.1148/radiology.143.1.7063747); both are widened for the rows that the models share. */
#pragma once

#include "monitor/cloud.h"

typedef struct DomainResult {
	double auc, low, high, p;
	double *share; /* of each column in telling them apart, sums to 1; free with g_free; NULL: unknown */
} DomainResult;

bool domain_tell(const Cloud *c, uint64_t seed, DomainResult *ret, GError **error);
