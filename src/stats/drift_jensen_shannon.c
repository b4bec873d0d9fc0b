/* drift_jensen_shannon.c: Jensen-Shannon distance with base 2: from 0 (alike) to 1 (nothing in common). */
#include <math.h>

#include "stats/drift.h"

static double part(double share, double middle)
{
	return share > 0 ? share * log2(share / middle) / 2 : 0;
}

static void add(DriftSums *s, DriftGroup g)
{
	double a = (double)g.a / (double)s->rows_a, b = (double)g.b / (double)s->rows_b, middle = (a + b) / 2;
	s->sum += part(a, middle) + part(b, middle);
}

static DriftFigure end(const DriftSums *s)
{
	return (DriftFigure){sqrt(fmin(1, fmax(0, s->sum))), NAN};
}

const DriftKind DRIFT_JENSEN_SHANNON = {
        .name = "jensen_shannon",
        .help = "Jensen-Shannon distance, base 2, of shares: 0 alike, 1 nothing in common",
        .types = DRIFT_NUMBERS | DRIFT_CATEGORIES,
        .add = add,
        .end = end,
};
