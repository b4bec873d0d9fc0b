/* shapley.h: what each feature adds to a row's scores, for models that can only be asked: Shapley values by sampling.
 *
 * The features of a row take the place of those of a base row one after another, in random orders; what each moves the score by,
 * averaged over the orders, is its contribution (Castro, Gomez and Tejada 2009, doi:10.1016/j.cor.2008.04.004; against one base row
 * as Sundararajan and Najmi 2020, arXiv:1908.08474).  Each order goes from base to row, so they add up whatever the number of orders is.
 * Orders come in pairs, one the reverse of the other: where only pairs of features work together, the mean of the two is exact.
 *
 * The orders are the same for all rows and calls, so a row alone is told what it is told among others. */
#pragma once

#include "feature/matrix.h"
#include "model/contributions.h"

typedef struct ShapleyModel {
	const void *model;
	bool (*predict)(const void *model, const Matrix *x, double *ret, GError **error);
	size_t outputs;    /* of predict */
	bool is_class;     /* scores are probabilities */
	const float *base; /* a value for each column */
} ShapleyModel;

#define SHAPLEY_ORDERS 8u /* the model is asked this often for each feature that differs from the base's */

/* On the scale of the scores: number, or probability. */
bool shapley_contribute(const ShapleyModel *m, const Matrix *x, Contributions **ret, GError **error);
