/* pruner_halving.c: asynchronous successive halving: at each rung a quarter of the trials goes on. */
#include <math.h>

#include "search/pruner_rules.h"

#define FACTOR 4

/* The value with which a trial reached a rung; NAN: it did not. */
static double at_rung(const Tried *t, double rung)
{
	size_t count;
	const TriedStep *steps = tried_steps(t, &count);
	for (size_t i = 0; i < count; i++)
		if ((double)steps[i].step >= rung)
			return steps[i].value;
	return NAN;
}

/* Is it among the best 1/factor of all that reached the rung, itself counted?  The first to come always is. */
static bool goes_on(const History *h, const Tried *t, double rung, double factor)
{
	double own = at_rung(t, rung);
	size_t all = 1, better = 0;
	for (size_t i = 0; i < h->count; i++) {
		double value = h->trials[i]->number == t->number ? NAN : at_rung(h->trials[i], rung);
		all += !isnan(value);
		better += value < own;
	}
	size_t places = MAX((size_t)((double)all / factor), 1);
	return !isnan(own) && better < places;
}

/* Only the rung that the last step has just reached decides: the earlier ones were passed in their time. */
bool halving_stops(const History *h, const Tried *t, double first, double factor)
{
	size_t count;
	const TriedStep *steps = tried_steps(t, &count);
	double now = (double)steps[count - 1].step, before = count > 1 ? (double)steps[count - 2].step : -INFINITY;
	double rung = first;
	bool on = true;
	while (on && rung <= now) {
		on = rung <= before || goes_on(h, t, rung, factor);
		rung *= factor;
	}
	return !on;
}

static bool stop(const History *h, const Tried *t)
{
	int64_t largest = largest_step(h);
	return largest > 0 && halving_stops(h, t, MAX(floor((double)largest / 100), 1), FACTOR);
}

const PrunerKind PRUNER_HALVING = {
        .name = "halving", .help = "successive halving: at each rung the best quarter goes on", .stop = stop};
