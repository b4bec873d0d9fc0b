/* pruner.c: the list of pruners, and what they share. */
#include "search/pruner.h"

#include <math.h>
#include <string.h>

#include "search/pruner_rules.h"

const PrunerKind *const PRUNERS[] = {
        &PRUNER_NONE, &PRUNER_MEDIAN, &PRUNER_HALVING, &PRUNER_HYPERBAND, &PRUNER_WILCOXON, NULL};

const PrunerKind *pruner_find(const char *name)
{
	for (const PrunerKind *const *k = PRUNERS; name && *k; k++)
		if (strcmp((*k)->name, name) == 0)
			return *k;
	return NULL;
}

double tried_at(const Tried *t, int64_t step)
{
	size_t count;
	const TriedStep *steps = tried_steps(t, &count);
	for (size_t i = 0; i < count; i++)
		if (steps[i].step == step)
			return steps[i].value;
	return NAN;
}

int64_t largest_step(const History *h)
{
	int64_t largest = 0;
	for (size_t i = 0; i < h->count; i++) {
		size_t count;
		const TriedStep *steps = tried_steps(h->trials[i], &count);
		if (h->trials[i]->state == TRIED_DONE && count)
			largest = MAX(largest, steps[count - 1].step);
	}
	return largest;
}

static bool never(const History *h, const Tried *t)
{
	(void)h;
	(void)t;
	return false;
}

const PrunerKind PRUNER_NONE = {.name = "none", .help = "every trial runs to its end", .stop = never};
