/* grow.h: decision trees grown on the rows of a training set.
 *
 * A node's split is chosen among `tries` features that are not constant in it, drawn without order; for each a rule gives
 * one threshold.  Missing values go to the side where they help more.  Best is what lowers the squared error most, summed
 * over the classes where there are more than two: with classes that is Gini's impurity.
 *
 * What costs time is fetching features of rows that lie far apart.  So a node of more than `block` rows chooses its split on
 * `sample` of them, drawn at random, and is then divided; a node of fewer has its rows copied side by side once, column by
 * column, and its whole subtree is grown there, inside the core's caches (grow_block.h).
 *
 * Same plan, rows and stream: same tree; whoever grows many gives each a stream of its own, so threads do not matter. */
#pragma once

#include <glib.h>
#include <stdint.h>

#include "base/rng.h"
#include "model/family.h"
#include "model/trees.h"

/* The rows with a weight above 0. */
typedef struct GrowRows {
	const Matrix *x;
	size_t rows;
	size_t sums;   /* that a leaf holds: one mean, or the share of each of three or more classes */
	uint32_t *row; /* of x, ascending */
	float *y;      /* what is averaged; with shares: the class's index */
	float *weight;
} GrowRows;

/* y: for every row of the set. */
GrowRows *grow_rows_new(const TrainSet *set, const float *y);
void grow_rows_free(GrowRows *r);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GrowRows, grow_rows_free)

typedef struct GrowPlan {
	unsigned max_depth;
	size_t min_rows;   /* in a leaf, 1 or more */
	double min_weight; /* of a leaf's rows */
	size_t tries;      /* features a split is chosen from, 1 or more */
	size_t block;      /* rows that are copied side by side */
	size_t sample;     /* rows that a larger node's split is chosen on; at most as many */
	bool best;         /* of each feature the best threshold there is; else one drawn at random */
} GrowPlan;

typedef struct GrownTree {
	size_t sums;
	GArray *nodes;  /* TreeNode, beginning at 0; values only of splits */
	GArray *means;  /* float, nodes x sums */
	GArray *gains;  /* double, nodes: what each split explains */
	GArray *covers; /* float: weight of the rows in each node */
	double *gain;   /* columns */
} GrownTree;

void grown_tree_free(GrownTree *t);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GrownTree, grown_tree_free)

/* One tree.  Random thresholds are drawn evenly between the least and the largest value in the node. */
GrownTree *grow_tree(const GrowRows *rows, const GrowPlan *plan, Rng *rng);

/* Takes back the splits that explain least, the lowest first, until there are no more leaves. */
void grown_tree_prune(GrownTree *t, size_t leaves);

/* `count` trees as flat trees whose answers are averaged; freed by the caller. */
Trees *grown_average(GrownTree *const *trees, size_t count, size_t columns);
