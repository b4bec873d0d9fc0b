/* trees_block.h: trees evaluated by comparisons of bytes, without a walk: how batches are scored, and a row alone.
 *
 * Of a value a tree only asks how it compares with the thresholds that the model has for its feature.  So each value of a block of
 * rows is first replaced by a byte, how many of these thresholds it reaches, and the bytes of a feature lie side by side, a
 * plane:
 *
 *   plane of x:   3 0 7 2 9 ...   a byte a row                  split "x >= 1.5" (its 4th threshold): byte >= 4?
 *   split above its exits:        0 0 1 0 1 ...  + first exit   which of its two exits each row takes
 *   split above two splits:       of both answers, row by row, the one the comparison says
 *
 * From the lowest splits up to the root a split is one comparison of bytes over all rows, 16 or 32 of them an instruction;
 * at the root stands the number of each row's exit, and what is there is added.  No place in it depends on a value, nothing waits
 * for memory.  A value that is missing counts as below all thresholds or above all, as a split learnt: a plane for each.  A feature with more
 * than 255 thresholds has a plane for each 255.  Splits on categories look the value's code up in the set, 128 codes at once.
 *
 * A row alone asks all splits of a tree's first six levels at once, and reads its way down off the answers (trees_block_row.c).
 *
 * In a block a tree has at most 256 exits.  Where a level has more splits than comparing them all pays for, the exits are the splits of that level, and the
 * rows walk on from there.  The leaves are added in the order of the trees, as floats: the same bits as walking gives. */
#pragma once

#include "model/trees.h"

typedef struct TreesBlock TreesBlock;

/* t: checked.  NULL: walking is quicker, as with few small trees on many features. */
TreesBlock *trees_block_new(const Trees *t);
void trees_block_free(TreesBlock *b);

/* The ways to compare, the widest first; the first that this processor has is taken.  All give the same bits. */
typedef struct TreesLanes TreesLanes;
extern const TreesLanes *const TREES_LANES_ALL[]; /* NULL-ended */
const char *trees_lanes_name(const TreesLanes *l);
bool trees_lanes_run_here(const TreesLanes *l);

/* x: rows x columns; ret: rows x groups.  Gives how many rows, from the first on, it has done: all, but for a few where walking is
 * quicker.  lanes NULL: the first that runs here. */
size_t trees_block_margins(const TreesBlock *b, const TreesLanes *lanes, const float *x, size_t rows, float *ret);
