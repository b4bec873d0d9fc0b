/* drift_ks.c: Kolmogorov-Smirnov: the largest gap between the two distribution functions. */
#include <glib.h>
#include <stdlib.h>

#include "stats/drift.h"

static void add(DriftSums *s, DriftGroup g)
{
	int64_t steps = (s->seen_a + g.a) * s->rows_b - (s->seen_b + g.b) * s->rows_a;
	s->most = MAX(s->most, llabs(steps));
}

static DriftFigure end(const DriftSums *s)
{
	KsGap gap = {s->rows_a, s->rows_b, s->most};
	return (DriftFigure){ks_value(gap), ks_p(gap)};
}

const DriftKind DRIFT_KS = {
        .name = "ks",
        .help = "the largest gap between the two distribution functions; p as SciPy's ks_2samp",
        .types = DRIFT_NUMBERS,
        .of_values = true,
        .has_p = true,
        .add = add,
        .end = end,
};
