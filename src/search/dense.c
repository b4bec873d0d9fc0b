/* dense.c: eigenvectors by Jacobi's rotations. */
#include "search/dense.h"

#include <math.h>

#include <glib.h>

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
