/* error_tree.h: a small decision tree of the loss, read as rules: a division of all rows into a few kinds of different difficulty.
 *
 * Grown by the sum of squares a split explains: a value of a facet against the rest, at most three splits deep, each leaf at
 * least a fiftieth of the rows; a split that explains less than a hundredth of its node's is not made.
 *
 * {"rules": [{"rule": "sex = Male and not education = Doctorate", "rows", "share", "loss"}], largest loss first; "explained": part
 *  of the variance of the loss} */
#pragma once

#include "eval/cuts.h"

bool error_tree_of(const Cuts *cuts, json_t **ret, GError **error);
