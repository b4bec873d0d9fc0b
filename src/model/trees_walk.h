/* trees_walk.h: one step down a flat tree, and eight walks at once; inside model/trees*.c. */
#pragma once

#include "model/trees.h"

#define TREES_LANES 8u /* walks at once: one waits for memory, eight wait together */

/* The walks are compiled twice: trees without sets pay nothing for them. */
static inline uint32_t trees_next(const Trees *t, const TreeNode *n, const float *x, bool sets)
{
	float v = x[n->feature];
	if (sets && n->by_set)
		return n->left + trees_goes_right(t, n, v);
	unsigned right = (unsigned)(v >= n->value) | ((unsigned)(v != v) & n->missing_right);
	return n->left + (right & n->is_split);
}

/* TREES_LANES walks of `steps` steps; by_walk: from the row of one walk to that of the next, 0: all are of one row. */
static inline void trees_walk(const Trees *t, uint32_t *at, uint32_t steps, const float *x, size_t by_walk, bool sets)
{
	for (uint32_t d = 0; d < steps; d++)
#pragma GCC unroll 8 /* a third faster for rows, a sixth for trees: the places stay in registers */
		for (unsigned l = 0; l < TREES_LANES; l++)
			at[l] = trees_next(t, &t->nodes[at[l]], x + l * by_walk, sets);
}
