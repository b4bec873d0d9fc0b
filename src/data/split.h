/* split.h: divides a table into rows to learn from, rows to choose by, and rows to judge by, so that the judgement is
 * about what the model will meet.
 *
 *   by          a row's place follows from                                   parts are
 *   ----------  -----------------------------------------------------------  ---------------------------------------------
 *   time        the time column; ties are never divided                      first train, then valid, then test
 *   order       the row's number                                             the same
 *   group       md5 of the group's value: a group is never divided           groups in hash order, cut nearest the fraction
 *   random      md5 of the key, or of the whole row and its occurrence       hash < test | hash < test + valid | rest
 *   stratified  the same hash, ranked within each class (or target decile)   exact fractions of every class
 *
 * The hash is over the seed and the values' texts (columns in alphabetical order, joined by U+001F, missing as U+001E); the
 * place in [0, 1) is its last 8 bytes, as a little-endian number, over 2^64.  So under `random` a row keeps its part when
 * rows are reordered or added; identical rows are told apart by how many came before, so a table of few distinct rows
 * still divides.  By `stratified` and `group` only rows near a cut can move.
 *
 * A fraction is of all rows with a target.  A range is "FROM..TO" with FROM inside and TO outside, "FROM.." has no end; ISO
 * times, or numbers when the time column is a number or the order is the row's number.  Rows after the test range are left
 * out: to learn from them would be to know the future.
 *
 *   stratified_group   as group; its folds are groups dealt out so that every class has about its share in each
 *
 * Folds (each is judged by a model that has learned from the others, data/folds.h):
 *   folds: k          by content: k parts by the row's (or group's) place; repeats: n makes them n times, each time otherwise.
 *                     In order: k + 1 blocks, each but the first judged by the rows before it (window: expanding), by those within a
 *                     length before it (window: 90d), or k blocks by all other rows (window: all)
 *   fold_column       the user's own: each of its values is a fold, in their order; rows without one only teach.  It is left out of
 *                     both parts
 *   each_group        a fold for each group
 *   gap, embargo      in order: rows within this length before (behind) those judged neither teach nor are judged in that fold; those
 *                     in the gap before the test part are left out
 *
 * Outputs: train and test, Parquet in the order of the table, with two columns added: _gyre_row (0-based number in the
 * table) and in train _gyre_fold (0 valid and -1 the rest; or 0 .. folds-1) and, where that does not say all, _gyre_folds
 * (data/folds.h).
 *
 * JSON: {"by", "seed", "test": fraction|range, "valid": fraction|range|null, "folds": k (0: a hold-out), "repeats": n (0 then),
 *  "rows": {"all", "train", "valid", "test", "dropped"}   train + valid + test + dropped = all; valid is 0 with folds
 *  "dropped": {"missing_target", "missing_time", "after_test", "in_gap"},
 *  "ranges": {"train": [from, to], "valid": .. , "test": ..}   by time (ISO texts or numbers) and order (row numbers), both ends
 *          inside; else null,
 *  "target": {"train": T, "valid": T|null, "test": T}  T: {"rates": {label: share}} or {"mean","sd","min","max"},
 *  "leaks": {"same_key": test rows whose key is in train or valid, "same_group", "identical_rows": test rows that are also in
 *          train or valid, "examples": [{"kind", "test_row", "train_row"}]},
 *  "warnings": [sentences]} */
#pragma once

#include "base/param.h"
#include "data/engine.h"
#include "pipeline/step.h"

/* by, test, valid, folds, group; and key, time, target, task, which the project fills in from its other blocks. */
extern const Param SPLIT_PARAMS[];

/* Is it by what has no order, such as a hash or a group?  (params: the block; "auto" follows a time, where there is one.) */
bool split_is_shuffled(const json_t *params);

/* What can be told of the sizes before any data is seen: no fraction, no range, nothing left to learn from. */
void split_check(const json_t *params, const char *path, ParamReport *report, void *context);

/* Divides the Parquet file `table`.  params: filled from SPLIT_PARAMS.  A part without rows, or with one class only, is
 * FAIL_INVALID with a sentence that says what to change. */
bool split_table(Engine *e, const char *table, const json_t *params, uint64_t seed, const char *train_path,
        const char *test_path, json_t **ret, GError **error);

/* good -> train, test, split (the JSON above).  Metrics: rows_train, rows_valid, rows_test, rows_dropped. */
extern const StepKind STEP_SPLIT;
