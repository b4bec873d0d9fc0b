/* ks.c: the Kolmogorov-Smirnov test of two samples. */
#include "stats/ks.h"

#include <glib.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

enum { EXACT_ROWS = 10000, SUM_ROWS = 1000000 };

KsGap ks_gap(const double *a, size_t count_a, const double *b, size_t count_b)
{
	KsGap gap = {(int64_t)count_a, (int64_t)count_b, 0};
	size_t i = 0, j = 0;
	while (i < count_a && j < count_b) {
		double value = fmin(a[i], b[j]);
		while (i < count_a && a[i] <= value)
			i++;
		while (j < count_b && b[j] <= value)
			j++;
		gap.steps = MAX(gap.steps, llabs((int64_t)i * gap.b - (int64_t)j * gap.a));
	}
	return gap;
}

double ks_value(KsGap gap)
{
	return gap.a && gap.b ? (double)gap.steps / ((double)gap.a * (double)gap.b) : NAN;
}

static int64_t common_divisor(int64_t a, int64_t b)
{
	return b ? common_divisor(b, a % b) : a;
}

/* Equal sizes: 2 sum of (-1)^k C(2n, n - kh) / C(2n, n), nested so that nothing cancels. */
static double outside_square(int64_t n, int64_t h)
{
	double p = 0;
	for (int64_t k = n / h; k >= 0; k--) {
		double ratio = 1;
		for (int64_t j = 0; j < h; j++)
			ratio *= (double)(n - k * h - j) / (double)(n + k * h + j + 1);
		p = ratio * (1 - p);
	}
	return 2 * p;
}

/* Of all paths from (0, 0) to (a, b), the part that leaves |x / a - y / b| < h / lcm somewhere.  Column by column: a path
 * to (x, y) came from the left with chance x / (x + y), and what is outside the band has left it. */
static double outside_band(int64_t a, int64_t b, int64_t h)
{
	int64_t divisor = common_divisor(a, b), step_a = a / divisor, step_b = b / divisor;
	g_autofree double *left = g_new(double, b + 1);
	for (int64_t y = 0; y <= b; y++)
		left[y] = y * step_a < h ? 0 : 1;
	int64_t low = 0;
	for (int64_t x = 1; x <= a; x++) {
		int64_t centre = step_b * x;
		while (low <= b && centre - low * step_a >= h)
			left[low++] = 1;
		double below = low ? 1 : 0;
		for (int64_t y = low; y <= b && y * step_a - centre < h; y++) {
			left[y] = below = (left[y] * (double)x + below * (double)y) / (double)(x + y);
		}
	}
	return left[b];
}

double ks_p(KsGap gap)
{
	if (!gap.a || !gap.b)
		return NAN;
	if (gap.steps == 0)
		return 1;
	int64_t a = MAX(gap.a, gap.b), b = MIN(gap.a, gap.b);
	if (a > EXACT_ROWS)
		return kolmogorov_above(ks_value(gap), (int64_t)rint((double)a * (double)b / (double)(a + b)));
	int64_t h = gap.steps / common_divisor(a, b);
	if (a == b)
		return fmin(1, outside_square(a, h));
	return fmin(1, outside_band(a, b, h));
}

/* P(D+ >= d), Smirnov's sum.  Beyond a million its terms are too many; Maag and Dicaire's approximation is then right to 1/n. */
static double one_sided(double d, double n)
{
	if (n > SUM_ROWS)
		return exp(-pow(6 * n * d + 1, 2) / (18 * n));
	double sum = 0;
	long double choose = 0; /* logarithm of n over j; a sum of up to a million */
	for (int64_t i = 0; i <= (int64_t)floor(n * (1 - d)); i++) {
		double j = (double)i, at = d + j / n, rest = 1 - at;
		if (rest > 0 || j == n)
			sum += exp((double)choose + (j - 1) * log(at) + (rest > 0 ? (n - j) * log(rest) : 0));
		choose += logl((long double)(n - j) / (j + 1));
	}
	return d * sum;
}

/* A square matrix times 2^exponent. */
typedef struct Power {
	double *cells;
	int exponent;
} Power;

static void multiply(Power *into, const Power *by, size_t size)
{
	double *product = g_new0(double, size *size);
	for (size_t i = 0; i < size; i++)
		for (size_t k = 0; k < size; k++)
			for (size_t j = 0; j < size; j++)
				product[i * size + j] += into->cells[i * size + k] * by->cells[k * size + j];
	into->exponent += by->exponent;
	double middle = product[size * size / 2];
	if (middle > 0x1p300)
		for (size_t i = 0; i < size * size; i++)
			product[i] *= 0x1p-300;
	into->exponent += middle > 0x1p300 ? 300 : 0;
	g_free(into->cells);
	into->cells = product;
}

/* Durbin's matrix H for band half width k - h (Marsaglia, Tsang and Wang 2003, doi:10.18637/jss.v008.i18). */
static double *durbin_matrix(size_t size, double h)
{
	double *m = g_new0(double, size *size);
	for (size_t i = 0; i < size; i++)
		for (size_t j = 0; j <= MIN(i + 1, size - 1); j++)
			m[i * size + j] = 1;
	for (size_t i = 0; i < size; i++) {
		m[i * size] -= pow(h, (double)i + 1);
		m[(size - 1) * size + i] -= pow(h, (double)(size - i));
	}
	if (2 * h > 1)
		m[(size - 1) * size] += pow(2 * h - 1, (double)size);
	for (size_t i = 0; i < size; i++)
		for (size_t j = 0; j <= MIN(i, size - 1); j++)
			m[i * size + j] /= tgamma((double)(i - j) + 2);
	return m;
}

static double durbin_below(double d, int64_t n)
{
	size_t k = (size_t)ceil((double)n * d), size = 2 * k - 1;
	if (k == 0)
		return 0;
	Power result = {g_new0(double, size *size), 0}, square = {durbin_matrix(size, (double)k - (double)n * d), 0};
	for (size_t i = 0; i < size; i++)
		result.cells[i * size + i] = 1;
	for (int64_t left = n; left; left >>= 1) {
		if (left & 1)
			multiply(&result, &square, size);
		if (left > 1)
			multiply(&square, &(Power){square.cells, square.exponent}, size);
	}
	double cell = result.cells[(k - 1) * size + k - 1];
	double below = exp(log(cell) + result.exponent * M_LN2 + lgamma((double)n + 1) - (double)n * log((double)n));
	g_free(result.cells);
	g_free(square.cells);
	return below;
}

/* The sums of Pelz and Good's terms (1976) over one u; `half`: u = k + 1/2, otherwise u = k. */
static void pelz_good_terms(double z, double u, double ret[4], bool half)
{
	double q = M_PI * M_PI * u * u, z2 = z * z, z4 = z2 * z2, z6 = z4 * z2, weight = exp(-q / (2 * z2));
	if (!half) {
		ret[2] -= weight * q / (36 * z2 * z);
		ret[3] += weight * (3 * q * z2 - q * q) / (216 * z6);
		return;
	}
	ret[0] += weight / z;
	ret[1] += weight * (q - z2) / (6 * z4);
	ret[2] += weight * (6 * z6 + 2 * z4 + q * (2 * z4 - 5 * z2) + q * q * (1 - 2 * z2)) / (72 * z6 * z);
	ret[3] += weight *
	          (q * q * q * (5 - 30 * z2) + q * q * (212 * z4 - 60 * z2) + q * (135 * z4 - 96 * z6) - 30 * z6 -
	                  90 * z6 * z2) /
	          (6480 * z6 * z4);
}

static double pelz_good_below(double d, double n)
{
	double z = sqrt(n) * d, terms[4] = {0};
	for (int k = 40; k >= 0; k--) { /* both signs of u; small ones first */
		pelz_good_terms(z, k + 0.5, terms, true);
		if (k)
			pelz_good_terms(z, k, terms, false);
	}
	double sum = terms[0] + terms[1] / sqrt(n) + terms[2] / n + terms[3] / (n * sqrt(n));
	return CLAMP(2 * sqrt(M_PI / 2) * sum, 0, 1);
}

double kolmogorov_above(double d, int64_t n)
{
	double rows = (double)n, square = rows * d * d;
	if (!(n > 0) || isnan(d))
		return NAN;
	if (d >= 1)
		return 0;
	if (d <= 0.5 / rows)
		return 1;
	if (square > (n <= 140 ? 4 : 2.2))
		return fmin(1, 2 * one_sided(d, rows));
	if (n <= 140 || (n <= 100000 && rows * pow(d, 1.5) <= 1.4))
		return CLAMP(1 - durbin_below(d, n), 0, 1);
	return 1 - pelz_good_below(d, rows);
}
