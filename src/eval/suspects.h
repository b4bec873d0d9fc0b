/* suspects.h: rows whose label, or number, is probably wrong: the model is sure of another, and it never learnt from the row.
 *
 * Labels by confident learning (Northcutt, Jiang and Chuang 2021, doi:10.1613/jair.1.12125): the threshold of a class is the mean score that its
 * own rows give it; a row is suspect when the likeliest of the classes above their thresholds is not its label.
 *
 * {"rows": how many suspects, "share", "thresholds": {class: threshold}, "pairs": [{"label", "likely", "rows"}] most first,
 *  "worst": [{"row": {column: value}, "label", "likely", "score": of the likely class, "own": of the label}] surest first}
 *
 * Numbers by Tukey's far fences (1977, Exploratory Data Analysis): in each tenth of the rows by what is said of them, since errors
 * grow with it, a row is suspect whose residual lies more than 3 quartile ranges outside the quartiles.
 *
 * {"rows", "share", "worst": [{"row", "actual", "predicted", "ranges": quartile ranges outside}] farthest first} */
#pragma once

#include "data/engine.h"
#include "model/bundle.h"

typedef struct SuspectRows {
	Engine *e;
	const Bundle *b;
	const char *table;    /* SQL: where the rows stand; its column _gyre_place is what `place` is */
	const int64_t *place; /* NULL: 0, 1, 2, ... */
	size_t rows, classes, outputs;
	const double *y;      /* class index or number; NaN: not known */
	const double *scores; /* rows x outputs, by models that have not learnt from the row */
} SuspectRows;

bool suspects_of(const SuspectRows *s, json_t **ret, GError **error);

/* The same of the rows that were learnt from, by what was said of them out of fold.  train: the split's; out_of_fold: the step
 * train's (model/out_of_fold.h), the mean of a row that was judged several times.  Paths of Parquet files. */
bool suspects_learnt(
        Engine *e, const Bundle *b, const char *train, const char *out_of_fold, json_t **ret, GError **error);
