/* threshold.h: what a figure would have come to at other thresholds: the best one, and where the model begins to pay. */
#pragma once

#include <jansson.h>

#include "data/engine.h"
#include "model/bundle.h"

/* Over rows of a table as figure_rows makes it (two classes; at most 200,000 rows, chosen by their ids), at thresholds 0, 0.01 ... 1 and above.
 * {"current": {"threshold", "value"}, "best": {"threshold", "value"}, "without": value with no row foreseen (or today's, where the figure
 * has one), "pays": [from, to] the thresholds about the best where it is better than without, null if nowhere,
 * "curve": [[threshold, value]...]}; null for a bundle without a threshold, and where
 * nothing is known.  grows: more is better. */
bool figure_thresholds(
        Engine *e, const char *table, const Bundle *b, const json_t *figure, bool grows, json_t **ret, GError **error);
