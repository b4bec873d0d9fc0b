/* reconstruction.c: principal components of the training rows, and what they leave. */
#include "monitor/reconstruction.h"

#include <glib.h>
#include <math.h>
#include <string.h>

#include "search/dense.h"
#include "stats/test.h"

#define HELD 0.65 /* part of the variance that the components hold */

typedef struct Components {
	double *vectors; /* in columns, the largest last */
	size_t n, stride, count;
} Components;

/* Rows 0, 2, 4 ...; the values have mean 0 already, but for the choice of rows, which the components may absorb. */
static void covariance(const double *rows, size_t count, const Components *c, double *ret)
{
	memset(ret, 0, c->n * c->n * sizeof *ret);
	for (size_t row = 0; row < count; row += 2) {
		const double *x = rows + row * c->stride;
		for (size_t i = 0; i < c->n; i++)
			for (size_t j = i; j < c->n; j++)
				ret[i * c->n + j] += x[i] * x[j];
	}
	for (size_t i = 0; i < c->n; i++)
		for (size_t j = 0; j < i; j++)
			ret[i * c->n + j] = ret[j * c->n + i];
}

static size_t count_components(const double *values, size_t n)
{
	double all = 0, held = 0;
	size_t count = 0;
	for (size_t i = 0; i < n; i++)
		all += values[i];
	while (count < n && held < HELD * all)
		held += values[n - ++count];
	return count;
}

static double error_of(const double *x, const Components *c)
{
	double left = 0;
	for (size_t i = 0; i < c->n; i++)
		left += x[i] * x[i];
	for (size_t k = c->n - c->count; k < c->n; k++) {
		double along = 0;
		for (size_t i = 0; i < c->n; i++)
			along += x[i] * c->vectors[i * c->n + k];
		left -= along * along;
	}
	return sqrt(fmax(left, 0));
}

static Sample errors_of(const double *rows, size_t first, size_t step, size_t count, const Components *c)
{
	Sample s = {0};
	double squares = 0;
	for (size_t row = first; row < count; row += step) {
		double error = error_of(rows + row * c->stride, c), gap = error - s.mean;
		s.count++;
		s.mean += gap / s.count;
		squares += gap * (error - s.mean);
	}
	s.variance = s.count > 1 ? squares / (s.count - 1) : NAN;
	return s;
}

Reconstruction reconstruct(
        const double *training, size_t training_rows, const double *window, size_t window_rows, size_t columns)
{
	Components c = {.n = MIN(columns, (size_t)RECONSTRUCTION_COLUMNS), .stride = columns};
	g_autofree double *matrix = g_new(double, c.n *c.n + 1), *values = g_new(double, c.n + 1),
	                  *vectors = g_new(double, c.n *c.n + 1);
	c.vectors = vectors;
	covariance(training, training_rows, &c, matrix);
	dense_eigen(matrix, c.n, values, vectors);
	c.count = count_components(values, c.n);
	Sample before = errors_of(training, 1, 2, training_rows, &c), now = errors_of(window, 0, 1, window_rows, &c);
	return (Reconstruction){.training = before.mean,
	        .window = now.mean,
	        .deviation = sqrt(before.variance),
	        .p = before.count > 1 && now.count > 1 ? test_welch(now, before).p : NAN,
	        .components = c.count};
}
