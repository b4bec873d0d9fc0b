/* sampler_random.c: every point as likely as any other; the yardstick of all others. */
#include "search/samplers.h"

static bool next(const History *h, unsigned number, double *ret_point)
{
	sampler_random(h, number, ret_point);
	return true;
}

const SamplerKind SAMPLER_RANDOM = {.name = "random", .help = "every point as likely as any other", .next = next};
