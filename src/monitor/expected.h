/* expected.h: what a window's answers can be expected to be worth, whatever became of them: by what their scores mean (stats/estimate.h),
 * or by where the version's errors are large (model/error_model.h). */
#pragma once

#include "model/error_model.h"
#include "monitor/answers.h"
#include "stats/estimate.h"

typedef struct Expected {
	size_t learnt; /* rows that what is known was learnt from, where sd does not say so already; 0: it does */
	double *truth; /* classes: what the scores mean, rows x classes */
	size_t *leaf;  /* numbers: where each row comes to */
	ErrorModel *errors;
} Expected;

/* a: with inputs, for numbers; its frame is used up.  *ret NULL: the bundle knows nothing of its errors (it was made before that was
 * kept, or from too few rows). */
bool expected_read(const LookInput *in, WindowAnswers *a, Expected **ret, GError **error);
void expected_free(Expected *x);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Expected, expected_free)

/* Fills those that can be expected: for classes all; for numbers mae, rmse, mean_error and r2; others are NaN. */
void expected_metrics(const Expected *x, const WindowAnswers *a, const Bundle *b, MetricEstimate *inout, size_t count);

/* By how much a row's outcome was not what was expected of it, and the variance of that: of the positive class (two), of being right
 * (more), of the error (numbers). */
double expected_residual(const Expected *x, const WindowAnswers *a, const Bundle *b, size_t row, double *ret_variance);
