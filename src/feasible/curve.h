/* curve.h: would more rows help, and how many?  Boosted trees on a sixteenth, an eighth .. all of the rows, and the power law
 * through what they reach.  Features are those learned from all rows, so small parts look a little better than they are. */
#pragma once

#include "feasible/judged.h"

typedef struct CurveWanted {
	const MetricKind *metric;
	const json_t *params; /* of the family boosted */
	const double *scores; /* its scores when it learns from all */
	double rows;          /* there are to learn from in all; at least those of the sample */
	double goal;          /* value that is wanted; NAN: none */
} CurveWanted;

/* The part "curve" of feasible.h; null for metrics without a finite best and where there are too few rows. */
bool curve_measure(const Judged *j, const CurveWanted *wanted, json_t **ret, GError **error);
