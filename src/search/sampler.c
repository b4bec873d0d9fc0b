/* sampler.c: the list of samplers, and what they share. */
#include "search/sampler.h"

#include <string.h>

#include "search/samplers.h"

const SamplerKind *const SAMPLERS[] = {
        &SAMPLER_RANDOM, &SAMPLER_GRID, &SAMPLER_HALTON, &SAMPLER_TPE, &SAMPLER_GP, &SAMPLER_CMAES, NULL};

const SamplerKind *sampler_find(const char *name)
{
	for (const SamplerKind *const *k = SAMPLERS; name && *k; k++)
		if (strcmp((*k)->name, name) == 0)
			return *k;
	return NULL;
}

Rng sampler_rng(const History *h, const char *what, unsigned number)
{
	g_autofree char *stream = g_strdup_printf("%s %u", what, number);
	return rng_stream(h->seed, stream);
}

/* Every parameter takes its draw, there or not, so that a condition does not shift the others. */
void sampler_random(const History *h, unsigned number, double *ret_point)
{
	Rng rng = sampler_rng(h, "random trial", number);
	g_autofree double *units = g_new(double, h->space->count);
	for (size_t i = 0; i < h->space->count; i++)
		units[i] = rng_unit(&rng);
	space_place(h->space, units, ret_point);
}

size_t sampler_finished(const History *h)
{
	size_t finished = 0;
	for (size_t i = 0; i < h->count; i++)
		finished += h->trials[i]->state == TRIED_DONE || h->trials[i]->state == TRIED_PRUNED;
	return finished;
}
