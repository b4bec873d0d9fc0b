/* out_of_fold.h: what the winner's models said of rows they had not seen, as a table to keep: the artifact `out_of_fold` of the step
 * train.
 *
 * Parquet, a row each time a training row was judged (several times where folds are repeated), fold after fold:
 *
 *   _gyre_row          the row's number, as in the split's train (so the two can be joined)
 *   _gyre_fold         the fold it was judged in: by a model that learnt from the rows that teach there (data/folds.h)
 *   actual             its label, or its number
 *   prediction         what was decided, or the number said
 *   probability_LABEL  of each class, in their order; none for numbers
 *
 * Of a hold-out only its rows are here.  Probabilities are calibrated as the bundle's are. */
#pragma once

#include "data/engine.h"
#include "model/train_data.h"

typedef struct OutOfFold {
	const TrainData *data;
	const double *scores; /* validation rows of all folds x outputs */
	double threshold;     /* two classes: from which probability the positive one is decided */
} OutOfFold;

bool out_of_fold_write(Engine *e, const OutOfFold *o, const char *path, GError **error);
