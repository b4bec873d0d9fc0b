/* grow_block.h: some rows side by side, feature by feature, and the subtree that is grown on them.
 *
 * A node is a stretch of places; splitting divides it in two and keeps the order of the rows in each.
 *
 * Features found constant in a node are so in all nodes below.  They stand at the front of `feature`, and each node knows
 * how many: its subtree only reorders what lies behind. */
#pragma once

#include "model/grow.h"

typedef struct GrowSums {
	double weight;
	size_t rows;
	double *y; /* one, or one a class */
} GrowSums;

typedef struct GrowSplit {
	double score; /* sum over the children of (sum of y)^2 / weight, what the split explains; below 0: none found */
	uint32_t feature;
	float threshold; /* smaller values go left */
	bool missing_right;
} GrowSplit;

typedef struct GrowNode {
	uint32_t place; /* in the tree's nodes */
	size_t from, count, constants;
	unsigned depth;
} GrowNode;

typedef struct GrowBlock {
	const GrowPlan *plan;
	Rng *rng;
	size_t room, rows, columns, sums;
	float *x; /* columns x room, by row of the block */
	uint32_t *row, *feature;
	float *y, *weight, *value; /* by place; value: of the feature looked at */
	uint32_t *spare_row;
	float *spare_y, *spare_weight;
	struct GrowRanked *ranked; /* values in their order, for best thresholds */
	GrowSums total, left, missing;
	GArray *open; /* GrowNode */
} GrowBlock;

void grow_block_init(GrowBlock *b, const GrowRows *rows, size_t room);
void grow_block_clear(GrowBlock *b);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(GrowBlock, grow_block_clear)

void grow_sums_zero(GrowSums *s, size_t sums);
void grow_sums_add(GrowSums *s, size_t sums, float y, float weight);
double grow_sums_explain(const GrowSums *s, size_t sums);

/* picked: which of the rows, `count` places of their arrays. */
void grow_block_fill(GrowBlock *b, const GrowRows *rows, const uint32_t *picked, size_t count);

/* The best split of all its rows, and what these explain without one. */
GrowSplit grow_block_split(GrowBlock *b, double *ret_explained);

/* Appends a node's two children, leaves for now, and makes it the split; returns the left one. */
uint32_t grown_tree_split(GrownTree *t, uint32_t node, const GrowSplit *split, double gain);
void grown_tree_answer(GrownTree *t, uint32_t node, const GrowSums *sums);

/* Grows the whole subtree below that node, which has all rows of the block. */
void grow_block_subtree(GrowBlock *b, GrownTree *t, uint32_t place, unsigned depth);
