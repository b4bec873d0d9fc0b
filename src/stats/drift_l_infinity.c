/* drift_l_infinity.c: the largest difference of a category's share. */
#include <math.h>

#include "stats/drift.h"

static void add(DriftSums *s, DriftGroup g)
{
	s->sum = fmax(s->sum, fabs((double)g.a / (double)s->rows_a - (double)g.b / (double)s->rows_b));
}

static DriftFigure end(const DriftSums *s)
{
	return (DriftFigure){s->sum, NAN};
}

const DriftKind DRIFT_L_INFINITY = {
        .name = "l_infinity",
        .help = "the largest difference of a category's share",
        .types = DRIFT_CATEGORIES,
        .add = add,
        .end = end,
};
