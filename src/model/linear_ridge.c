/* linear_ridge.c: ridge regression by the normal equations.  Our own factorisation: OpenBLAS starts threads when it is
 * loaded and rounds differently from one processor to the next. */
#include "model/linear_fit.h"

#include <math.h>

#define COLUMNS_MOST 1024 /* above, the equations take more time than L-BFGS */

/* The lower triangle of sum w (x - shift)(x - shift)', the sums of w (x - shift) y, and of w y. */
static double absorb_rows(const TrainSet *set, const double *target, const LinearColumns *c, double *gram, double *xy)
{
	const Matrix *x = set->x;
	double sum_y = 0;
	g_auto(LinearRow) row = {0};
	linear_row_init(&row, c);
	for (size_t i = 0; i < x->rows; i++) {
		double w = set->weight ? set->weight[i] : 1;
		linear_row_make(c, x->values + i * x->columns, &row);
		sum_y += w * target[i];
		for (size_t a = 0; a < row.count; a++) {
			double value = w * row.value[a];
			xy[row.column[a]] += value * target[i];
			for (size_t b = 0; b < row.count; b++)
				if (row.column[b] <= row.column[a])
					gram[row.column[a] * c->count + row.column[b]] += value * row.value[b];
		}
	}
	return sum_y;
}

/* From sums about the shifts to sums about the means, scaled. */
static void standardise(const LinearColumns *c, double sum_y, double *gram, double *xy)
{
	size_t p = c->count;
	for (size_t a = 0; a < p; a++) {
		double away = c->mean[a] - c->shift[a];
		xy[a] = (xy[a] - away * sum_y) * c->scale[a];
		for (size_t b = 0; b <= a; b++) {
			double both = c->weight * away * (c->mean[b] - c->shift[b]);
			gram[a * p + b] = (gram[a * p + b] - both) * c->scale[a] * c->scale[b];
		}
	}
}

/* In place; false when the matrix is not positive definite beyond rounding. */
static bool factor(double *a, size_t n, double least)
{
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j <= i; j++) {
			double sum = a[i * n + j];
			for (size_t k = 0; k < j; k++)
				sum -= a[i * n + k] * a[j * n + k];
			if (i == j && !(sum > least))
				return false;
			a[i * n + j] = i == j ? sqrt(sum) : sum / a[j * n + j];
		}
	return true;
}

static void solve(const double *l, size_t n, double *x)
{
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < i; k++)
			x[i] -= l[i * n + k] * x[k];
		x[i] /= l[i * n + i];
	}
	for (size_t i = n; i-- > 0;) {
		for (size_t k = i + 1; k < n; k++)
			x[i] -= l[k * n + i] * x[k];
		x[i] /= l[i * n + i];
	}
}

bool linear_fit_cholesky(const TrainSet *set, const double *target, const LinearColumns *c,
        const LinearPenalty *penalty, LinearWeights **ret)
{
	size_t p = c->count;
	if (p > COLUMNS_MOST)
		return false;
	g_autofree double *gram = g_new0(double, p *p + 1);
	g_autofree double *xy = g_new0(double, p + 1);
	double sum_y = absorb_rows(set, target, c, gram, xy);
	standardise(c, sum_y, gram, xy);
	for (size_t j = 0; j < p; j++)
		gram[j * p + j] += c->scale[j] > 0 ? penalty->l2 : c->weight; /* a constant column: weight 0 */
	if (!factor(gram, p, 1e-10 * c->weight))
		return false;
	solve(gram, p, xy);
	LinearWeights *w = linear_weights_new(1, p);
	w->intercept[0] = sum_y / c->weight;
	for (size_t j = 0; j < p; j++)
		w->weight[j] = xy[j];
	*ret = w;
	return true;
}
