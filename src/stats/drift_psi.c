/* drift_psi.c: population stability index: the sum of (b - a) ln(b / a) over the shares of groups.
 *
 * When nothing has changed, PSI nm / (n + m) follows chi-squared with groups - 1 degrees of freedom (Yurdakul 2018); that is its
 * p.  The usual limits of 0.1 and 0.25 know nothing of the sizes of the samples. */
#include <math.h>

#include "stats/distribution.h"
#include "stats/drift.h"

/* What an empty share counts as, or the index would be infinite. */
#define EMPTY_SHARE 1e-4

static double share(int64_t hits, int64_t rows)
{
	return hits ? (double)hits / (double)rows : EMPTY_SHARE;
}

static void add(DriftSums *s, DriftGroup g)
{
	double a = share(g.a, s->rows_a), b = share(g.b, s->rows_b);
	s->sum += (b - a) * log(b / a);
}

static DriftFigure end(const DriftSums *s)
{
	double n = (double)s->rows_a, m = (double)s->rows_b;
	double p = s->groups > 1 ? chi2_above(s->sum * n * m / (n + m), (double)s->groups - 1) : 1;
	return (DriftFigure){s->sum, p};
}

const DriftKind DRIFT_PSI = {
        .name = "psi",
        .help = "population stability index: the sum of (b - a) ln(b / a) over shares; an empty one counts as 0.0001",
        .types = DRIFT_NUMBERS | DRIFT_CATEGORIES,
        .has_p = true,
        .add = add,
        .end = end,
};
