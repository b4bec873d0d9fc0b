/* mmd.c: maximum mean discrepancy by permutation.
 *
 * With the kernel's row sums known, the sum within one sample tells the other two: a permutation costs half of one sample's square. */
#include "stats/mmd.h"

#include <glib.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

typedef struct Kernel {
	double *k; /* n x n, zeros on the diagonal */
	double *sums, total;
	size_t n, a;
} Kernel;

static const double *point(Points a, Points b, size_t i)
{
	return i < a.rows ? a.values + i * a.columns : b.values + (i - a.rows) * b.columns;
}

static double distance2(const double *x, const double *y, size_t columns)
{
	double sum = 0;
	for (size_t c = 0; c < columns; c++)
		sum += (x[c] - y[c]) * (x[c] - y[c]);
	return sum;
}

static int by_number(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static double median_of(const Kernel *k)
{
	size_t pairs = k->n * (k->n - 1) / 2, at = 0;
	g_autofree double *sorted = g_new(double, pairs);
	for (size_t i = 0; i < k->n; i++)
		for (size_t j = i + 1; j < k->n; j++)
			sorted[at++] = k->k[i * k->n + j];
	qsort(sorted, pairs, sizeof *sorted, by_number);
	return sorted[pairs / 2];
}

static bool make_kernel(Points a, Points b, Kernel *k)
{
	for (size_t i = 0; i < k->n; i++)
		for (size_t j = i + 1; j < k->n; j++)
			k->k[i * k->n + j] = distance2(point(a, b, i), point(a, b, j), a.columns);
	double median = median_of(k);
	if (!(median > 0))
		return false;
	for (size_t i = 0; i < k->n; i++)
		for (size_t j = i + 1; j < k->n; j++) {
			double value = exp(-k->k[i * k->n + j] / median);
			k->k[i * k->n + j] = k->k[j * k->n + i] = value;
			k->sums[i] += value;
			k->sums[j] += value;
			k->total += 2 * value;
		}
	return true;
}

/* Of the sample made of the first k->a of these points, and the rest. */
static double discrepancy(const Kernel *k, const uint32_t *order)
{
	double within = 0, rows = 0, a = (double)k->a, b = (double)(k->n - k->a);
	for (size_t i = 0; i < k->a; i++) {
		const double *row = k->k + (size_t)order[i] * k->n;
		rows += k->sums[order[i]];
		for (size_t j = 0; j < i; j++)
			within += row[order[j]];
	}
	within *= 2;
	double across = rows - within, other = k->total - within - 2 * across;
	return within / (a * (a - 1)) + other / (b * (b - 1)) - 2 * across / (a * b);
}

MmdResult mmd_test(Points a, Points b, unsigned permutations, Rng *rng)
{
	Kernel k = {.n = a.rows + b.rows, .a = a.rows};
	if (a.rows < 2 || b.rows < 2)
		return (MmdResult){NAN, NAN};
	g_autofree double *values = g_new0(double, k.n *k.n), *sums = g_new0(double, k.n);
	g_autofree uint32_t *order = g_new(uint32_t, k.n);
	k.k = values;
	k.sums = sums;
	if (!make_kernel(a, b, &k))
		return (MmdResult){NAN, NAN};
	for (size_t i = 0; i < k.n; i++)
		order[i] = (uint32_t)i;
	double found = discrepancy(&k, order);
	unsigned as_large = 1;
	for (unsigned i = 0; i < permutations; i++) {
		rng_shuffle(rng, order, k.n);
		as_large += discrepancy(&k, order) >= found;
	}
	return (MmdResult){found, (double)as_large / (permutations + 1.0)};
}
