/* interactions.h: which columns work together: where the effect of one depends on another.
 *
 * Friedman and Popescu's H (2008, doi:10.1214/07-AOAS148): with centred partial dependences F of two columns together and of each alone,
 * at n rows of the data,
 *
 *   H^2 = sum (F_ab - F_a - F_b)^2 / sum F_ab^2        0: the two just add up; 1: all of their effect is joint (or more, where columns
 *                                                      go together and their own effects cancel)
 *
 * H is large for pairs that hardly matter, too, so `strength`, the square root of the numerator's mean, is told beside it in the
 * answer's own units, and pairs are ordered by it.
 *
 * "interactions" of the evaluation: {"rows": n, "of": as in eval/effects.h, "pairs": [{"a", "b", "h", "strength"}] the strongest first}. */
#pragma once

#include "eval/score.h"

/* Each of n rows gets the values of each: 5 columns are 10 pairs and 15 n^2 answers. */
enum { INTERACTION_ROWS = 40, INTERACTION_COLUMNS = 5 };

/* output: the score that is told.  importance: of eval/importance.h, whose first columns are looked at.  null for fewer than two columns. */
bool interactions_of(
        const Bundle *b, const Frame *rows, const json_t *importance, size_t output, json_t **ret, GError **error);
