/* drivers.h: what drives the model, a second way: the size of the columns' contributions, beside the loss by shuffling.
 *
 * Shuffling a column asks what the model's quality owes it; contributions (model/explain.h) ask what moves its answers, also
 * where they are wrong.  They agree where a column is used well.  Where a model leans on a column that does not make it better
 * (it has fitted noise), or where columns tell the same, they part: such columns are named.
 *
 * "drivers" of the evaluation: null for a family that cannot tell, else
 * {"rows", "scale": of the contributions, "agreement": rank correlation (Spearman) of the two measures over the columns,
 *  "columns": [{"column", "mean": mean size of its contributions, "share": of all, "direction": rank correlation of value and
 *              contribution, null for texts and where one of them does not vary}], largest first,
 *  "disagree": [{"column", "share": by contributions, "shuffled": share by shuffling}]}
 *
 * The rule: a column disagrees when it is one of the first five by one measure, has at least 5 % there, and less than a fifth of
 * that share by the other. */
#pragma once

#include "eval/score.h"

#define DRIVERS_ASKED_ROWS 200 /* of models that are asked hundreds of times a row */
#define DRIVERS_ROWS 2000      /* the means hardly move beyond, and deep forests cost a millisecond a row */
#define DRIVERS_BYTES 6e9      /* rows x bytes of the model, at most: some seconds; but DRIVERS_LEAST at least */
#define DRIVERS_LEAST 100

/* importance: of eval/importance.h.  rows: unchanged; the first DRIVERS_ROWS of them, or
 * DRIVERS_ASKED_ROWS. */
bool drivers_of(const Bundle *b, const Frame *rows, const json_t *importance, json_t **ret, GError **error);
