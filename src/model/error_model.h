/* error_model.h: what a bundle knows of its own errors, learnt from validation rows, so that whoever watches it can say how good answers
 * are whose outcome nobody knows yet.
 *
 * In the header, "reference": {..., "errors": ...}.  For classification what its scores mean (stats/calibration.h; null: what they
 * say), learnt even where answers are given uncalibrated:
 *
 *     {"rows": validation rows, "calibration": {...}|null, "lean": {metric: realised less expected on validation rows}}
 *
 * The lean is what an expectation is off where nothing has changed: models are seldom so well calibrated that their scores tell, say, the ROC
 * AUC to the hundredth.  Who expects something of other rows adds it.
 *
 * For numbers a small tree over features and prediction, whose leaves know the errors of the validation rows that came there (direct loss
 * estimation, DLE; a tree, since its leaves also say how sure they are).  Inputs that move to where the errors are larger are thus
 * expected to be answered worse:
 *
 *     {"rows", "absolute": mean, "columns": numbers among the features, then the prediction,
 *      "nodes": [[feature, value, missing right: 0|1, left]: x >= value goes to left + 1, or
 *                [rows, mean error, its variance, mean absolute, its variance, mean square, its variance]]}
 *
 * Errors are prediction - truth, of models that had not seen the row. */
#pragma once

#include "feature/matrix.h"
#include "stats/metric.h"

/* scores and decisions as they are answered, on validation rows; as stats/metric.h.  New reference. */
json_t *error_model_of_classes(const Scored *s, uint64_t seed);

/* Numbers: features and predictions, y with NaN left out.  NULL in *ret when there are fewer rows than a tree needs. */
bool error_model_of_numbers(const Matrix *x, const Scored *s, uint64_t seed, json_t **ret, GError **error);

/* What is expected of one error: mean, and variance between rows. */
typedef struct ErrorPart {
	double mean, variance;
} ErrorPart;
typedef struct ErrorLeaf {
	double rows;
	ErrorPart error, absolute, square;
} ErrorLeaf;

typedef struct ErrorModel ErrorModel;
/* Of outside bytes: everything is checked, FAIL_BROKEN.  columns: numbers among the features of a row. */
bool error_model_load(const json_t *errors, size_t columns, ErrorModel **ret, GError **error);
void error_model_free(ErrorModel *m);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ErrorModel, error_model_free)
size_t error_model_leaves(const ErrorModel *m);
/* Which leaf a row comes to, 0 .. leaves-1; and that leaf. */
size_t error_model_place(const ErrorModel *m, const float *row, double prediction);
const ErrorLeaf *error_model_leaf(const ErrorModel *m, size_t leaf);

/* What is expected of rows that came to the leaves: sums over rows. */
typedef struct ErrorSum {
	double rows;
	ErrorPart error, absolute,
	        square; /* mean of the rows' mean; variance of that mean, what the leaves do not know included */
} ErrorSum;
/* counts: rows in each leaf. */
ErrorSum error_model_expect(const ErrorModel *m, const double *counts);
