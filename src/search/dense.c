/* dense.c: Cholesky, triangular solves, Jacobi.  Inner loops run along rows, which compilers turn into vector code. */
#include "search/dense.h"

#include <math.h>
#include <string.h>

#include <glib.h>

/* y -= factor * x */
static void subtract(double *y, const double *x, double factor, size_t n)
{
	for (size_t i = 0; i < n; i++)
		y[i] -= factor * x[i];
}

/* Works on the transposed factor in a scratch matrix: then every update is of a row. */
bool dense_cholesky(double *a, size_t n)
{
	g_autofree double *u = g_new(double, n *n);
	for (size_t i = 0; i < n; i++)
		for (size_t k = i; k < n; k++)
			u[i * n + k] = a[k * n + i];
	for (size_t i = 0; i < n; i++) {
		double pivot = u[i * n + i];
		if (!(pivot > 0) || isinf(pivot))
			return false;
		double scale = 1 / sqrt(pivot);
		for (size_t k = i; k < n; k++)
			u[i * n + k] *= scale;
		for (size_t k = i + 1; k < n; k++)
			subtract(u + k * n + k, u + i * n + k, u[i * n + k], n - k);
	}
	for (size_t i = 0; i < n; i++)
		for (size_t k = i; k < n; k++)
			a[k * n + i] = u[i * n + k];
	return true;
}

void dense_solve_lower(const double *l, size_t n, double *x)
{
	for (size_t i = 0; i < n; i++) {
		double sum = x[i];
		for (size_t k = 0; k < i; k++)
			sum -= l[i * n + k] * x[k];
		x[i] = sum / l[i * n + i];
	}
}

void dense_solve_upper(const double *l, size_t n, double *x)
{
	for (size_t i = n; i-- > 0;) {
		x[i] /= l[i * n + i];
		subtract(x, l + i * n, x[i], i);
	}
}

/* M = L^-1 row by row (row i of it is a combination of the rows above), then M^T M. */
void dense_inverse(const double *l, size_t n, double *ret)
{
	g_autofree double *m = g_new0(double, n *n);
	memset(ret, 0, n * n * sizeof *ret);
	for (size_t i = 0; i < n; i++) {
		double *row = m + i * n, scale = 1 / l[i * n + i];
		row[i] = 1;
		for (size_t k = 0; k < i; k++)
			subtract(row, m + k * n, l[i * n + k], k + 1);
		for (size_t k = 0; k <= i; k++)
			row[k] *= scale;
		for (size_t k = 0; k <= i; k++)
			subtract(ret + k * n, row, -row[k], k + 1);
	}
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < i; k++)
			ret[k * n + i] = ret[i * n + k];
}

static void rotate(double *a, double *v, size_t n, size_t p, size_t q)
{
	double theta = (a[q * n + q] - a[p * n + p]) / (2 * a[p * n + q]);
	double t = copysign(1, theta) / (fabs(theta) + sqrt(theta * theta + 1));
	double c = 1 / sqrt(t * t + 1), s = t * c;
	for (size_t k = 0; k < n; k++) {
		double x = a[k * n + p], y = a[k * n + q];
		a[k * n + p] = c * x - s * y;
		a[k * n + q] = s * x + c * y;
	}
	for (size_t k = 0; k < n; k++) {
		double x = a[p * n + k], y = a[q * n + k];
		a[p * n + k] = c * x - s * y;
		a[q * n + k] = s * x + c * y;
		x = v[k * n + p];
		y = v[k * n + q];
		v[k * n + p] = c * x - s * y;
		v[k * n + q] = s * x + c * y;
	}
}

static void sort_columns(double *values, double *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		size_t least = i;
		for (size_t k = i + 1; k < n; k++)
			least = values[k] < values[least] ? k : least;
		double swap = values[i];
		values[i] = values[least];
		values[least] = swap;
		for (size_t k = 0; least != i && k < n; k++) {
			swap = v[k * n + i];
			v[k * n + i] = v[k * n + least];
			v[k * n + least] = swap;
		}
	}
}

void dense_eigen(double *a, size_t n, double *ret_values, double *ret_vectors)
{
	for (size_t i = 0; i < n * n; i++)
		ret_vectors[i] = i % (n + 1) == 0;
	for (int sweep = 0; sweep < 60; sweep++) {
		double off = 0, all = 0;
		for (size_t i = 0; i < n * n; i++) {
			all += a[i] * a[i];
			off += i % (n + 1) == 0 ? 0 : a[i] * a[i];
		}
		if (off <= 1e-30 * all)
			break;
		for (size_t p = 0; p < n; p++)
			for (size_t q = p + 1; q < n; q++)
				if (fabs(a[p * n + q]) > 1e-300)
					rotate(a, ret_vectors, n, p, q);
	}
	for (size_t i = 0; i < n; i++)
		ret_values[i] = a[i * n + i];
	sort_columns(ret_values, ret_vectors, n);
}
