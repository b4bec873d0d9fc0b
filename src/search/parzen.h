/* parzen.h: a density over some parameters of a space: a mixture with one kernel for each point it was learnt from, and a
 * wide one that knows nothing (Bergstra et al. 2011; bandwidths as in Watanabe 2023, arXiv:2304.11127).
 *
 * A kernel is a product over the parameters: a normal distribution cut at the bounds (on the scale's logarithm where log; for
 * whole numbers the mass of their cell), or for choices the one that was seen with a share for each of the others.  The newest 25
 * points weigh 1, older ones less the older they are. */
#pragma once

#include "search/history.h"

typedef struct Parzen Parzen;

/* dims: indices of the parameters, `count` of them.  points: those that have all of them, oldest first; borrowed. */
typedef struct ParzenPlan {
	const Space *space;
	const size_t *dims;
	size_t count;
	const double *const *points;
	size_t points_count;
} ParzenPlan;
Parzen *parzen_new(const ParzenPlan *plan);
void parzen_free(Parzen *p);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Parzen, parzen_free)

/* values: one for each of dims, in their order; of several points one after another. */
void parzen_draw(const Parzen *p, Rng *rng, double *ret_values);
void parzen_log_densities(const Parzen *p, const double *values, size_t count, double *ret);
