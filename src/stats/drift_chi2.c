/* drift_chi2.c: chi-squared of the table of categories by samples, as SciPy's chi2_contingency: with Yates' correction when
 * there are two categories. */
#include <math.h>

#include "stats/distribution.h"
#include "stats/drift.h"

/* Both statistics are summed; which one counts is known at the end. */
static void add(DriftSums *s, DriftGroup g)
{
	double share = (double)(g.a + g.b) / (double)(s->rows_a + s->rows_b);
	double expected_a = share * (double)s->rows_a, expected_b = share * (double)s->rows_b;
	double gap = fabs((double)g.a - expected_a), corrected = gap - fmin(0.5, gap);
	s->sum += gap * gap * (1 / expected_a + 1 / expected_b);
	s->other += corrected * corrected * (1 / expected_a + 1 / expected_b);
}

static DriftFigure end(const DriftSums *s)
{
	double value = s->groups == 2 ? s->other : s->sum;
	return (DriftFigure){value, s->groups > 1 ? chi2_above(value, (double)s->groups - 1) : 1};
}

const DriftKind DRIFT_CHI2 = {
        .name = "chi2",
        .help = "chi-squared of the table of categories by samples; with Yates' correction when there are two",
        .types = DRIFT_CATEGORIES,
        .has_p = true,
        .add = add,
        .end = end,
};
