/* trees.h: ensembles of decision trees as flat arrays: how forest and boosted models are kept and predict.
 *
 * All nodes of all trees lie in one array of 12 bytes each, a tree after the other, parents before children, the two
 * children of a split side by side:
 *
 *       [0] distance < 700? ---- left 1          x <  value: node left
 *        /             \                         x >= value: node left + 1
 *   [1] +0.31     [2] hour < 17? -- left 3       NaN:        left or right as the split learnt
 *                   /      \
 *              [3] -0.02  [4] +0.12              a leaf's left is itself: walking on stays there
 *
 * So a walk of exactly the tree's depth needs no test for leaves, and several rows are walked at once.
 *
 * A split on categories (the feature is a code 0, 1, 2, ...) sends those of a set to the right and all others to the left.
 * Its value's bits are then the set's place in `sets`: a number of words, and as many words of 32 codes each.
 *
 * The arithmetic is
 * XGBoost's: features and thresholds float32, leaves added as float32 in the order of the trees, beginning at 0; margins
 * are equal to the bit.  The link (logistic, softmax) is then computed in double, where XGBoost uses float: probabilities
 * differ from its own by at most 1e-6. */
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "feature/recipe.h"
#include "model/contributions.h"

struct ModelForm;

typedef enum TreesLink {
	LINK_SCALED,   /* one number: shift + scale * margin */
	LINK_LOGISTIC, /* two classes from one margin */
	LINK_SOFTMAX,  /* a margin each class */
	LINK_SHARES, /* margins are probabilities already: cut to 0..1; with a margin each class, divided by their sum */
	LINK_EXPONENTIAL, /* one number above 0: scale * e^margin */
	TREES_LINKS
} TreesLink;

typedef struct TreeNode {
	float value;   /* threshold; of a leaf: what the tree adds; of a set: its place, see tree_node_set */
	uint32_t left; /* index in all nodes */
	uint16_t feature;
	uint8_t is_split;
	uint8_t missing_right : 1, by_set : 1, unused : 6;
} TreeNode;

typedef struct Trees {
	uint32_t columns, groups, count; /* features a row; margins a row; trees */
	TreesLink link;
	double shift, scale;
	uint32_t *start; /* count + 1: first node of each tree */
	uint32_t *group; /* count: which margin a tree adds to */
	uint32_t *depth; /* count: made by trees_finish */
	TreeNode *nodes;
	uint32_t *sets;
	uint32_t set_words; /* all of sets; 0: no split is on categories */
	double *gain;       /* columns: what the splits on each feature gained */
	/* nodes: the weight of the training rows that came there, which explaining needs (model/shap.h); NULL: not kept, as in
	 * bundles made before they were. */
	float *cover;
	/* Made by trees_finish: for many rows at once (model/trees_block.h); NULL: walking is quicker. */
	struct TreesBlock *block;
} Trees;

void trees_free(Trees *t);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Trees, trees_free)

/* Checks every index, finds the depths, prepares for many rows; all trees, made, changed or loaded, pass here before they predict.
 * FAIL_BROKEN. */
bool trees_finish(Trees *t, GError **error);

/* Where a split on categories has its set, in t->sets. */
uint32_t tree_node_set(const TreeNode *n);
void tree_node_point(TreeNode *n, uint32_t set);
/* Does this value of the split's feature go to the right child? */
bool trees_goes_right(const Trees *t, const TreeNode *n, float value);

size_t trees_outputs(const Trees *t);
/* x: rows x columns; ret: rows x groups. */
void trees_margins(const Trees *t, const float *x, size_t rows, float *ret);
/* ret: rows x outputs. */
void trees_predict(const Trees *t, const float *x, size_t rows, double *ret);

/* One row's scores from its margins. */
void trees_link(const Trees *t, const float *margins, double *ret);

GBytes *trees_save(const Trees *t);
bool trees_load(GBytes *bytes, Trees **ret, GError **error);

/* The functions of ModelFamily for models that are a Trees. */
bool trees_model_predict(const void *model, const Matrix *x, double *ret, GError **error);
bool trees_model_save(const void *model, GBytes **ret, GError **error);
bool trees_model_load(GBytes *bytes, void **ret, GError **error);
bool trees_model_contribute(const void *model, const Matrix *x, Contributions **ret, GError **error);
/* One tree (a tree a group, alike): [{"conditions": [{"feature": index, "at_least": a, "below": b, "missing": bool}...], "scores":
 * [one an output], "weight": of the rows it was learnt from}...] from left to right; of at_least and below one may be absent, missing: such a value comes here too. */
#define TREES_RULES_DEPTH 64
bool trees_model_rules(const void *model, json_t **ret, GError **error);
bool trees_model_importance(const void *model, double *ret, GError **error);
void trees_model_shape(const void *model, size_t *ret_columns, size_t *ret_outputs);
bool trees_model_form(const void *model, struct ModelForm *ret, GError **error);
void trees_model_free(void *model);
