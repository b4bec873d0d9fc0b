/* drift_hellinger.c: Hellinger distance: from 0 (alike) to 1 (nothing in common). */
#include <math.h>

#include "stats/drift.h"

static void add(DriftSums *s, DriftGroup g)
{
	double gap = sqrt((double)g.a / (double)s->rows_a) - sqrt((double)g.b / (double)s->rows_b);
	s->sum += gap * gap / 2;
}

static DriftFigure end(const DriftSums *s)
{
	return (DriftFigure){sqrt(fmin(1, s->sum)), NAN};
}

const DriftKind DRIFT_HELLINGER = {
        .name = "hellinger",
        .help = "Hellinger distance of shares: 0 alike, 1 nothing in common",
        .types = DRIFT_NUMBERS | DRIFT_CATEGORIES,
        .add = add,
        .end = end,
};
