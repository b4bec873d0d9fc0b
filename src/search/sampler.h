/* sampler.h: kinds of search: what to try next.
 *
 * A sampler is a pure function of the space, the trials it is shown, the seed and the number of the trial it is asked for.  So a
 * study is the same again whoever runs it, and in parallel it is the same if each trial is shown the same earlier ones. */
#pragma once

#include "search/history.h"

typedef struct SamplerKind {
	const char *name, *help;
	/* It looks at earlier trials; if not, all trials are known beforehand. */
	bool learns;
	/* A point for trial `number`; ret_point: space->count doubles.  False: there is nothing left to try. */
	bool (*next)(const History *h, unsigned number, double *ret_point);
} SamplerKind;

extern const SamplerKind *const SAMPLERS[]; /* NULL-ended */
const SamplerKind *sampler_find(const char *name);

/* The first trials of a sampler that learns are random: those before so many are done or pruned. */
#define SAMPLER_STARTUP 10

/* For samplers: a random point; how many of the trials are done or pruned. */
void sampler_random(const History *h, unsigned number, double *ret_point);
size_t sampler_finished(const History *h);
/* A stream of random numbers for one trial. */
Rng sampler_rng(const History *h, const char *what, unsigned number);
