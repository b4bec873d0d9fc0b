/* folds.h: which rows teach in a fold, which are judged, and which stand apart.
 *
 * The training part has the column _gyre_fold: the fold in which a row is judged, -1 for rows that only teach.  That is all
 * where a row teaches in every fold but its own.  Where it does not (later rows, a gap, several repeats), a column _gyre_folds
 * says it in full: a text with one letter for each fold, "v" judged, "t" teaches, "-" neither: "tttvtttv-" has 9 folds.
 *
 * Rows of the same letters are one cell: there are few, so what is learnt per cell serves all folds. */
#pragma once

#include "data/engine.h"

typedef enum FoldRole { FOLD_TEACHES, FOLD_JUDGED, FOLD_APART } FoldRole;

typedef struct Folds Folds;

/* The folds of a table of training rows (SQL: read_parquet(...)), in one scan.  FAIL_INVALID for letters that are none, texts of
 * different lengths, and numbers below -1; FAIL_LIMIT beyond LIMIT_FOLDS. */
bool folds_read(Engine *e, const char *table, Folds **ret, GError **error);
/* `count` folds 0 .. count-1 by _gyre_fold alone, whose rows are not counted. */
Folds *folds_plain(size_t count);
void folds_free(Folds *f);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Folds, folds_free)

size_t folds_count(const Folds *f);
size_t folds_cells(const Folds *f);
FoldRole folds_role(const Folds *f, size_t cell, size_t fold);
/* Rows with that role in a fold; of the whole table. */
size_t folds_rows(const Folds *f, size_t fold, FoldRole role);
size_t folds_all_rows(const Folds *f);

/* The column to read beside the data, and the cell of each row of a frame that has it. */
const char *folds_column(const Folds *f);
bool folds_of_rows(const Folds *f, const Frame *rows, uint32_t *ret, GError **error);
