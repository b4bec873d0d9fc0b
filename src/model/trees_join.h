/* trees_join.h: trees that were grown later put behind those that were there. */
#pragma once

#include "model/trees.h"

typedef struct TreesJoin {
	const Trees *old, *fresh; /* of the same columns, groups and link */
	uint32_t drop;            /* the oldest trees of each group to leave out */
	float share;              /* the fresh leaves count by this share */
} TreesJoin;

bool trees_join(const TreesJoin *join, Trees **ret, GError **error);

/* A copy whose leaves may be changed. */
Trees *trees_copy(const Trees *t);
