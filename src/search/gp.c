/* gp.c: fitting a Gaussian process and asking it. */
#include "search/gp.h"

#include <math.h>
#include <string.h>

#include "search/dense.h"
#include "search/minimize.h"

#define LEAST_NOISE 1e-6
#define LEAST_VARIANCE 1e-12
#define AT_ONCE 8

static double squared(const GpData *d, const double *a, const double *b, size_t column)
{
	double difference = a[column] - b[column];
	return d->is_choice[column] ? difference != 0 : difference * difference;
}

static double distance(const GpData *d, const double *weights, const double *a, const double *b)
{
	double sum = 0;
	for (size_t c = 0; c < d->columns; c++)
		sum += weights[c] * squared(d, a, b, c);
	return sum;
}

/* The covariance at a distance, and its slope by the distance. */
static double covariance(double scale, double r2, double *ret_slope)
{
	double q = sqrt(5 * r2), e = scale * exp(-q);
	*ret_slope = -5.0 / 6 * (1 + q) * e;
	return (1 + q + q * q / 3) * e;
}

static double prior(const double *hyper, size_t columns, double *gradient)
{
	double sum = 0, s = hyper[columns], noise = hyper[columns + 1];
	for (size_t c = 0; c < columns; c++) {
		sum -= 0.1 / hyper[c] + 0.1 * hyper[c];
		gradient[c] += 0.1 / hyper[c] - 0.1 * hyper[c];
	}
	gradient[columns] += 1 - s;
	gradient[columns + 1] += (0.1 / noise - 30) * (noise - LEAST_NOISE);
	return sum + log(s) - s + 0.1 * log(noise) - 30 * noise;
}

/* Half the sum over all pairs of (a a^T - K^-1) times how K changes with each hyperparameter's logarithm. */
static void add_slopes(const GpData *d, const double *hyper, const double *k0, const double *slope,
        const double *inverse, const double *alpha, double *gradient)
{
	size_t n = d->rows, m = d->columns;
	for (size_t i = 0; i < n; i++) {
		double own = alpha[i] * alpha[i] - inverse[i * n + i];
		gradient[m] += own * hyper[m] / 2;
		gradient[m + 1] += own * (hyper[m + 1] - LEAST_NOISE) / 2;
		for (size_t k = 0; k < i; k++) {
			double pair = alpha[i] * alpha[k] - inverse[i * n + k], by = pair * slope[i * n + k];
			gradient[m] += pair * k0[i * n + k];
			for (size_t c = 0; c < m; c++)
				gradient[c] += by * hyper[c] * squared(d, d->x + i * m, d->x + k * m, c);
		}
	}
}

double gp_log_posterior(const GpData *d, const double *logs, double *ret_gradient)
{
	size_t n = d->rows, m = d->columns;
	g_autofree double *hyper = g_new(double, m + 2);
	g_autofree double *room = g_new(double, 4 * n * n + n + 1);
	double *factor = room, *k0 = room + n * n, *slope = k0 + n * n, *inverse = slope + n * n,
	       *alpha = inverse + n * n;
	for (size_t i = 0; i < m + 2; i++)
		hyper[i] = exp(logs[i]) + (i == m + 1 ? LEAST_NOISE : 0);
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < i; k++) {
			double r2 = distance(d, hyper, d->x + i * m, d->x + k * m);
			factor[i * n + k] = k0[i * n + k] = covariance(hyper[m], r2, &slope[i * n + k]);
		}
		factor[i * n + i] = hyper[m] + hyper[m + 1];
	}
	if (!dense_cholesky(factor, n))
		return -INFINITY;
	memcpy(alpha, d->y, n * sizeof *alpha);
	dense_solve_lower(factor, n, alpha);
	double value = -0.5 * (double)n * log(2 * M_PI);
	for (size_t i = 0; i < n; i++)
		value -= log(factor[i * n + i]) + alpha[i] * alpha[i] / 2;
	g_autofree double *gradient = g_new0(double, m + 2);
	value += prior(hyper, m, gradient);
	if (ret_gradient) {
		dense_solve_upper(factor, n, alpha);
		dense_inverse(factor, n, inverse);
		add_slopes(d, hyper, k0, slope, inverse, alpha, gradient);
		memcpy(ret_gradient, gradient, (m + 2) * sizeof *gradient);
	}
	return value;
}

static double cost(void *context, const double *logs, double *ret_gradient)
{
	const GpData *d = context;
	double value = gp_log_posterior(d, logs, ret_gradient);
	for (size_t i = 0; i < d->columns + 2; i++)
		ret_gradient[i] = -ret_gradient[i];
	return isfinite(value) ? -value : INFINITY;
}

void gp_learn(const GpData *d, double *ret_hyper)
{
	size_t count = d->columns + 2;
	for (size_t i = 0; i < count; i++)
		ret_hyper[i] = 0;
	Minimize m = {.value = cost, .context = (void *)d, .count = count, .tolerance = 1e-2, .iterations = 60};
	minimize(&m, ret_hyper);
	for (size_t i = 0; i < count; i++)
		ret_hyper[i] = exp(ret_hyper[i]) + (i + 1 == count ? LEAST_NOISE : 0);
}

struct Gp {
	const GpData *data;
	double *hyper, *factor, *inverse, *alpha;
};

void gp_free(Gp *g)
{
	if (!g)
		return;
	g_free(g->hyper);
	g_free(g->factor);
	g_free(g->inverse);
	g_free(g->alpha);
	g_free(g);
}

Gp *gp_new(const GpData *d, const double *hyper)
{
	size_t n = d->rows, m = d->columns;
	double slope;
	g_autoptr(Gp) g = g_new0(Gp, 1);
	g->data = d;
	g->hyper = g_memdup2(hyper, (m + 2) * sizeof *hyper);
	g->factor = g_new0(double, n *n);
	g->inverse = g_new(double, n *n);
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < i; k++)
			g->factor[i * n + k] =
			        covariance(hyper[m], distance(d, hyper, d->x + i * m, d->x + k * m), &slope);
		g->factor[i * n + i] = hyper[m] + hyper[m + 1];
	}
	if (!dense_cholesky(g->factor, n))
		return NULL;
	g->alpha = g_memdup2(d->y, n * sizeof *d->y);
	dense_solve_lower(g->factor, n, g->alpha);
	dense_solve_upper(g->factor, n, g->alpha);
	dense_inverse(g->factor, n, g->inverse);
	return g_steal_pointer(&g);
}

/* A few points side by side: the loops over them become vector code. */
static void guess_some(const Gp *g, const double *x, size_t count, double *room, GpGuess *ret)
{
	size_t n = g->data->rows, m = g->data->columns;
	double scale = g->hyper[m], slope, mean[AT_ONCE] = {0}, known[AT_ONCE] = {0};
	for (size_t i = 0; i < n; i++) {
		double *v = room + i * AT_ONCE;
		for (size_t p = 0; p < AT_ONCE; p++)
			v[p] = p < count ? covariance(scale, distance(g->data, g->hyper, g->data->x + i * m, x + p * m),
			                           &slope)
			                 : 0;
		for (size_t p = 0; p < AT_ONCE; p++)
			mean[p] += g->alpha[i] * v[p];
	}
	for (size_t i = 0; i < n; i++) {
		double *v = room + i * AT_ONCE;
		const double *row = g->factor + i * n;
		for (size_t k = 0; k < i; k++)
			for (size_t p = 0; p < AT_ONCE; p++)
				v[p] -= row[k] * room[k * AT_ONCE + p];
		for (size_t p = 0; p < AT_ONCE; p++) {
			v[p] /= row[i];
			known[p] += v[p] * v[p];
		}
	}
	for (size_t p = 0; p < count; p++)
		ret[p] = (GpGuess){mean[p], MAX(scale - known[p], 0)};
}

void gp_guess(const Gp *g, const double *x, size_t count, GpGuess *ret)
{
	g_autofree double *room = g_new(double, g->data->rows *AT_ONCE + 1);
	for (size_t i = 0; i < count; i += AT_ONCE)
		guess_some(g, x + i * g->data->columns, MIN(AT_ONCE, count - i), room, ret + i);
}

GpGuess gp_slopes(const Gp *g, const double *x, double *ret_mean, double *ret_variance)
{
	const GpData *d = g->data;
	size_t n = d->rows, m = d->columns;
	g_autofree double *room = g_new0(double, 3 * n + 1);
	double *k = room, *slope = room + n, *v = room + 2 * n;
	GpGuess guess = {0, g->hyper[m]};
	for (size_t i = 0; i < n; i++) {
		k[i] = covariance(g->hyper[m], distance(d, g->hyper, d->x + i * m, x), &slope[i]);
		for (size_t j = 0; j < n; j++)
			v[j] += g->inverse[i * n + j] * k[i];
	}
	memset(ret_mean, 0, m * sizeof *ret_mean);
	memset(ret_variance, 0, m * sizeof *ret_variance);
	for (size_t i = 0; i < n; i++) {
		guess.mean += g->alpha[i] * k[i];
		guess.variance -= k[i] * v[i];
		for (size_t c = 0; c < m; c++) {
			double by = d->is_choice[c] ? 0 : 2 * slope[i] * g->hyper[c] * (x[c] - d->x[i * m + c]);
			ret_mean[c] += g->alpha[i] * by;
			ret_variance[c] -= 2 * v[i] * by;
		}
	}
	guess.variance = MAX(guess.variance, 0);
	return guess;
}

double log_improvement(GpGuess guess, double best, double *ret_by_mean, double *ret_by_variance)
{
	double sigma = sqrt(guess.variance + LEAST_VARIANCE), z = (guess.mean - best) / sigma;
	double log_h, by_z, z2 = z * z;
	if (z > -25) {
		double mass = 0.5 * erfc(-z * M_SQRT1_2), density = exp(-z2 / 2) / sqrt(2 * M_PI),
		       h = z * mass + density;
		log_h = log(h);
		by_z = mass / h;
	} else { /* the first terms of the tail's series */
		double z4 = z2 * z2, tail = (1 - 1 / z2 + 3 / z4 - 15 / (z4 * z2)) / -z;
		double rest = 1 / z2 - 3 / z4 + 15 / (z4 * z2) - 105 / (z4 * z4);
		log_h = -z2 / 2 - log(2 * M_PI) / 2 + log(rest);
		by_z = tail / rest;
	}
	if (ret_by_mean) {
		*ret_by_mean = by_z / sigma;
		*ret_by_variance = (1 - by_z * z) / (2 * sigma * sigma);
	}
	return log_h + log(sigma);
}
