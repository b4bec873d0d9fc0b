/* fit.h: fits one recipe on all rows and one for every fold without the fold's rows, together.
 *
 * Rows are read as often as transforms depend on what others have learnt (usually once).  What can learn from the raw
 * columns is learnt once for the rows of each fold and merged: k folds cost hardly more than one. */
#pragma once

#include "feature/recipe.h"

/* Reads the rows' fold from the column _gyre_fold (-1, 0 .. folds-1) if folds > 0.
 * *ret: {"folds": [recipe ...], "final": recipe}. */
bool recipe_fit_folds(const json_t *plan, const json_t *schema, const json_t *roles, RowSource *rows, uint64_t seed,
        size_t folds, json_t **ret, GError **error);

/* How often the rows will be read, and the columns that are looked at (names; with target and _gyre_row where
 * needed). */
bool recipe_fit_reads(const json_t *plan, const json_t *schema, const json_t *roles, unsigned *ret_passes,
        json_t **ret_names, GError **error);
