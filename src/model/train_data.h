/* train_data.h: the training rows as every trial needs them: features by the recipe of its fold, targets, weights.
 *
 * The table is read once.  For fold k, rows that teach in it (data/folds.h) get the features of recipe k for rows it was fitted on
 * (cross-fitted), rows judged in it those for new rows; and all rows get the final recipe's, for the refit.  Searching
 * on everything is a waste on big data, so of each fold's training rows at most `rows` are taken, and as many validation
 * rows over all folds: which ones is decided by a hash of the row's number and the seed. */
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "model/family.h"

typedef struct Part {
	Matrix x;
	FeatureKind *kinds; /* those of x, as its names the part's */
	double *y;
	double *weight; /* NULL: all 1 */
	int64_t *row;   /* _gyre_row; only of rows that are judged, else NULL */
	size_t room;    /* rows there is memory for */
} Part;

typedef struct Fold {
	Part train, valid;
	Part watch;     /* for early stopping: valid, or an even choice of its rows; borrowed if the same */
	json_t *recipe; /* that made the features */
} Fold;

typedef struct TrainData {
	json_t *roles, *recipe; /* the final one */
	unsigned task;
	size_t classes, outputs;
	size_t positive; /* class index, binary */
	Fold *folds;
	size_t fold_count, valid_rows; /* over all folds */
	Part all;
	size_t rows, left_out; /* in the table; of them without a usable target or weight */
	/* What the weights have been multiplied by.  Families count in them (rows in a leaf, penalties), so weights that sum to 1, say, would
	 * leave nothing to learn from: their mean is made 1 where it is less.  Larger ones stay: they may be numbers of rows. */
	double weight_scale;
	json_t *reference; /* {"rows", "inputs", "target"}: model/reference.h */
	GBytes *sample;    /* some of the rows as Parquet, for the bundle; NULL: too large for one */
} TrainData;

typedef struct TrainDataWanted {
	const char *table; /* path of the Parquet file */
	const json_t *recipes;
	size_t rows;
	uint64_t seed;
	unsigned threads; /* of the engine, as the next two */
	size_t memory_mb;
	const char *scratch;
	size_t limit_bytes; /* features of all parts may take so much; 0: no limit */
} TrainDataWanted;

/* The engine is closed again, with its threads, before this returns.  FAIL_LIMIT when the features would take more memory
 * than there is for them. */
bool train_data_read(const TrainDataWanted *wanted, TrainData **ret, GError **error);
void train_data_free(TrainData *d);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TrainData, train_data_free)
