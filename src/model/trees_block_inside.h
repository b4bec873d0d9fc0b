/* trees_block_inside.h: what trees_block_plan.c makes of trees and trees_block.c runs. */
#pragma once

#include "model/trees_block.h"

#define BLOCK_NONE UINT32_MAX
enum {
	BLOCK_ROWS = 128,      /* at once; what they need fits the core's first cache for the usual trees */
	BLOCK_ROWS_FEW = 32,   /* for what is left, and small requests */
	BLOCK_EXITS = 256,     /* of a tree: a byte */
	BLOCK_STEPS = 255,     /* thresholds a plane tells apart */
	BLOCK_BUCKET = 16,     /* thresholds compared at once */
	BLOCK_CODES = 128,     /* categories that one plane covers: 16 bytes of a set */
	BLOCK_ROW_PLANES = 64, /* of a row alone, at most: four registers */
	BLOCK_SEGMENTS = 8,    /* of such; splits on larger codes are exits */
};

/* A feature that some split looks at, and where its planes are. */
typedef struct BlockFeature {
	uint32_t column;
	/* Thresholds, ascending, each once; NaN behind them, up to a whole bucket with one at least.  Before them the last of each of the first buckets, and NaN. */
	uint32_t first, count;
	uint32_t low, high; /* first plane with missing values below all thresholds, above; BLOCK_NONE */
	uint32_t
	        codes; /* of categories: 1 << code % 8; 255 where missing, else 0; then code % 128 / 8 a segment, 128 outside */
	uint32_t segments;
} BlockFeature;

/* A split on categories; its answers are a plane of its own, behind those of the features. */
typedef struct BlockSet {
	uint32_t codes, first; /* planes of the feature; 16 bytes a segment of `sets` */
	uint8_t segments, missing_right;
} BlockSet;

/* A split; slots are rows of bytes, what the rows below say. */
typedef struct BlockSplit {
	uint32_t plane;
	uint16_t slot, pair; /* its own; that of its left child, the right one's is the next */
	uint8_t least;       /* from which byte on a row goes right */
	uint8_t exit;        /* of a split above two exits: the left one */
} BlockSplit;

typedef struct BlockConstant {
	uint16_t slot;
	uint8_t exit;
} BlockConstant;

/* First of each; the next tree's is the end. */
typedef struct BlockTree {
	uint32_t set, constant, bottom, join, exit;
	uint32_t rest; /* steps to walk behind an exit, at most; 0: exits are leaves */
} BlockTree;

typedef struct BlockRow BlockRow; /* for a row alone: trees_block_row.c */

struct TreesBlock {
	const Trees *t;
	uint32_t features, planes, masks, slots; /* masks: planes of sets, behind the others */
	BlockFeature *feature;
	BlockTree *tree; /* count + 1 */
	float *thresholds;
	uint8_t *sets;
	BlockSet *set;
	BlockConstant *constant;
	BlockSplit *bottom, *join; /* above two exits; above others, children first */
	uint32_t *exit;            /* nodes */
	float *value;              /* of exits that are leaves */
	BlockRow *row;             /* NULL: walking is quicker */
};

enum { BLOCK_BELOW, BLOCK_SPLIT, BLOCK_EXIT }; /* what a node is to the block */

/* What is known of the trees' nodes while the block is made. */
typedef struct BlockNodes {
	const uint32_t *feature; /* columns: place in b->feature */
	const uint8_t *role;     /* nodes */
	const uint32_t *height;  /* nodes: steps to the deepest leaf below */
} BlockNodes;

/* Of a split on numbers: its plane, and from which byte on. */
BlockSplit trees_block_compare(const TreesBlock *b, const BlockNodes *of, const TreeNode *n);
/* Makes b->row, where it is of use. */
void trees_block_lay_row(TreesBlock *b, const BlockNodes *of);
void trees_block_row_free(BlockRow *r);
/* bytes: BLOCK_ROW_PLANES; adds to ret. */
void trees_block_row_32(const TreesBlock *b, const uint8_t *bytes, const float *x, float *ret);
void trees_block_row_64(const TreesBlock *b, const uint8_t *bytes, const float *x, float *ret);

/* The memory of a block of rows. */
typedef struct BlockDesk {
	const float *x; /* of its first row */
	size_t rows;    /* that are there */
	uint8_t *planes, *slots;
	float *sums; /* groups x lanes */
} BlockDesk;

/* Rows walk on from the exits that slot 0 names. */
void trees_block_walk_on(const TreesBlock *b, uint32_t tree, const BlockDesk *d, float *sums);
