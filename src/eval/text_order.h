/* text_order.h: puts the texts of a column in an order in which neighbours are alike in everything else.
 *
 * Accumulated effects need neighbours: a row may only be moved to a text whose rows look like its own.  How unlike two texts are is the sum
 * over the other columns of the distance of their rows' distributions (numbers: Kolmogorov and Smirnov's, over twentieths; texts: half the sum of
 * the differences of their shares); on the line that keeps these distances best (classical scaling, one dimension: Torgerson 1952) they have
 * an order.  As Apley and Zhu's ALEPlot does it (doi:10.1111/rssb.12377, 2020, its supplement). */
#pragma once

#include "data/frame.h"

#define TEXT_ORDER_MOST 32 /* texts */

/* rows: all columns.  level: of each row, which of `count` texts it has; UINT32_MAX: none of them.  besides: columns that tell
 * nothing, NULL-ended.  ret: the texts' numbers in their order; of the two directions that with text 0 in the first half. */
void text_order(const Frame *rows, const uint32_t *level, size_t count, const char *const *besides, uint32_t *ret);
