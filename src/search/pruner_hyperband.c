/* pruner_hyperband.c: Hyperband (Li et al. 2018, jmlr.org/papers/v18/16-558.html): several brackets of successive halving, some of
 * which begin to stop trials early and some late, so that slow starters have a chance too. */
#include <math.h>

#include "search/pruner_rules.h"

#define FACTOR 3

/* Bracket s has ceil(B factor^s' / (s' + 1)) shares of the trials, s' = B - 1 - s. */
static uint64_t share_of(unsigned brackets, unsigned s)
{
	unsigned left = brackets - 1 - s;
	return (uint64_t)ceil(brackets * pow(FACTOR, left) / (left + 1.0));
}

static unsigned bracket_of(unsigned brackets, uint64_t lot)
{
	uint64_t total = 0;
	unsigned s = 0;
	for (unsigned i = 0; i < brackets; i++)
		total += share_of(brackets, i);
	for (uint64_t at = lot % MAX(total, 1); s + 1 < brackets && at >= share_of(brackets, s); s++)
		at -= share_of(brackets, s);
	return s;
}

/* A trial is compared with those of its own bracket only. */
static bool stop(const History *h, const Tried *t)
{
	double most = (double)largest_step(h) + 1;
	if (most < 2)
		return false;
	unsigned brackets = (unsigned)floor(log(most) / log(FACTOR) + 1e-9) + 1;
	unsigned own = bracket_of(brackets, rng_hash(h->seed, t->number));
	g_autofree const Tried **same = g_new(const Tried *, h->count + 1);
	size_t count = 0;
	for (size_t i = 0; i < h->count; i++)
		if (bracket_of(brackets, rng_hash(h->seed, h->trials[i]->number)) == own)
			same[count++] = h->trials[i];
	History bracket = {.space = h->space, .trials = same, .count = count, .seed = h->seed};
	return halving_stops(&bracket, t, pow(FACTOR, own), FACTOR);
}

const PrunerKind PRUNER_HYPERBAND = {
        .name = "hyperband", .help = "successive halving in brackets that begin early and late", .stop = stop};
