/* linear_fit.h: the weights of a linear model on standardised columns.
 *
 *   minimise  sum_i w_i loss(y_i, b + W z_i)  +  l2/2 |W|^2  +  l1 |W|_1        (the intercepts b are free)
 *
 * loss: -ln p of the class, p by softmax (multinomial) or the logistic function (binary: one margin); half the squared
 * error of the standardised target for numbers; e^margin - y margin for counts (Poisson).  So l2 is the inverse of scikit-learn's C, its alpha for ridge, and n times its alpha for Poisson. */
#pragma once

#include "model/linear_columns.h"

typedef struct LinearWeights {
	size_t margins, columns;
	double *intercept; /* margins */
	double *weight;    /* columns x margins, of standardised columns */
} LinearWeights;

/* anchor: to the loss is added  sum_k pull_k / 2 (|W_k - W0_k|^2 + (b_k - b0_k)^2);  the fit begins there. */
typedef struct LinearPenalty {
	double l2, l1;
	int iterations;
	bool counts;                 /* numbers: Poisson's loss instead of the squared error */
	const LinearWeights *anchor; /* W0, b0; NULL: none.  linear_fit_lbfgs only */
	const double *pull;          /* one a margin, with an anchor */
} LinearPenalty;

LinearWeights *linear_weights_new(size_t margins, size_t columns);
void linear_weights_free(LinearWeights *w);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LinearWeights, linear_weights_free)

/* target: what the loss is of: class indices, standardised numbers, or counts. */
bool linear_fit_lbfgs(const TrainSet *set, const double *target, const LinearColumns *c, const LinearPenalty *penalty,
        LinearWeights **ret, GError **error);

/* Ridge by the normal equations and Cholesky's factor; false (and no error) when they are too many or singular: then the
 * other way is taken. */
bool linear_fit_cholesky(const TrainSet *set, const double *target, const LinearColumns *c,
        const LinearPenalty *penalty, LinearWeights **ret);
