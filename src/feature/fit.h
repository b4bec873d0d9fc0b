/* fit.h: fits one recipe on all rows and one for every fold without the fold's rows, together.
 *
 * Rows are read as often as transforms depend on what others have learnt (usually once).  What can learn from the raw
 * columns is learnt once for rows of the same roles in all folds and merged: k folds cost hardly more than one. */
#pragma once

#include "data/folds.h"
#include "feature/recipe.h"

/* folds: who teaches in which (data/folds.h); NULL: none.  *ret: {"folds": [recipe ...], "final": recipe}. */
bool recipe_fit_folds(const json_t *plan, const json_t *schema, const json_t *roles, RowSource *rows, uint64_t seed,
        const Folds *folds, json_t **ret, GError **error);

/* How often the rows will be read, and the columns that are looked at (names; with target and _gyre_row where
 * needed). */
bool recipe_fit_reads(const json_t *plan, const json_t *schema, const json_t *roles, unsigned *ret_passes,
        json_t **ret_names, GError **error);
