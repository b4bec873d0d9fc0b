/* drift_wasserstein.c: Wasserstein (earth mover's) distance: the area between the two distribution functions. */
#include <math.h>

#include "stats/drift.h"

static void add(DriftSums *s, DriftGroup g)
{
	if (s->groups == 0)
		return;
	double gap = (double)s->seen_a / (double)s->rows_a - (double)s->seen_b / (double)s->rows_b;
	s->sum += fabs(gap) * (g.value - s->last);
}

static DriftFigure end(const DriftSums *s)
{
	return (DriftFigure){s->sum, NAN};
}

const DriftKind DRIFT_WASSERSTEIN = {
        .name = "wasserstein",
        .help = "how far values have to move, on average, to make one sample the other; in the column's units (times: "
                "seconds)",
        .types = DRIFT_NUMBERS,
        .of_values = true,
        .add = add,
        .end = end,
};
