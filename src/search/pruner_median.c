/* pruner_median.c: stop a trial whose best value so far is worse than the median of the finished ones at the same step. */
#include <math.h>

#include "search/pruner_rules.h"
#include "stats/resample.h"

#define STARTUP 5 /* trials that finish before any is stopped */

static bool stop(const History *h, const Tried *t)
{
	size_t count, finished = 0, others = 0;
	const TriedStep *steps = tried_steps(t, &count);
	int64_t step = steps[count - 1].step;
	double best = NAN;
	g_autofree double *values = g_new(double, h->count + 1);
	for (size_t i = 0; i < count; i++)
		best = fmin(best, steps[i].value);
	for (size_t i = 0; i < h->count; i++) {
		const Tried *other = h->trials[i];
		if (other->state != TRIED_DONE || other->number == t->number)
			continue;
		double value = tried_at(other, step);
		finished++;
		if (!isnan(value))
			values[others++] = value;
	}
	if (finished < STARTUP || others == 0)
		return false;
	sort_numbers(values, others);
	return isnan(best) || best > sorted_quantile(values, others, 0.5);
}

const PrunerKind PRUNER_MEDIAN = {.name = "median",
        .help = "stop what is worse than the median of the finished trials at the same step",
        .stop = stop};
