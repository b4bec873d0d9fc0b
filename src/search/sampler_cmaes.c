/* sampler_cmaes.c: evolution with a covariance matrix that adapts (Hansen 2016, arXiv:1604.00772; its notation and constants).
 *
 * The state is computed anew for each trial by going through the finished ones in their order, a generation at a time, so that
 * nothing need be kept.  It lives on unit numbers: the mean starts at the middle, sigma at a sixth.  Only numbers that always
 * exist take part; choices and parameters under a condition are drawn at random. */
#include "search/samplers.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "search/dense.h"

#define TRIES 100 /* to draw a point within the bounds, before it is cut off at them */

typedef struct Evolution {
	size_t n, lambda, mu;
	double sigma, *mean, *path_sigma, *path_c, *c, *b, *d, *weights;
	double mu_eff, c_sigma, d_sigma, c_c, c_1, c_mu, chi;
	unsigned generation;
} Evolution;

static void evolution_clear(Evolution *e)
{
	g_free(e->mean);
	g_free(e->weights);
}

static void set_constants(Evolution *e)
{
	double n = (double)e->n, sum = 0, squares = 0;
	e->lambda = 4 + (size_t)floor(3 * log(n));
	e->mu = e->lambda / 2;
	e->weights = g_new(double, e->mu);
	for (size_t i = 0; i < e->mu; i++)
		sum += e->weights[i] = log(((double)e->lambda + 1) / 2) - log((double)i + 1);
	for (size_t i = 0; i < e->mu; i++) {
		e->weights[i] /= sum;
		squares += e->weights[i] * e->weights[i];
	}
	e->mu_eff = 1 / squares;
	e->c_sigma = (e->mu_eff + 2) / (n + e->mu_eff + 5);
	e->d_sigma = 1 + 2 * MAX(0, sqrt((e->mu_eff - 1) / (n + 1)) - 1) + e->c_sigma;
	e->c_c = (4 + e->mu_eff / n) / (n + 4 + 2 * e->mu_eff / n);
	e->c_1 = 2 / ((n + 1.3) * (n + 1.3) + e->mu_eff);
	e->c_mu = MIN(1 - e->c_1, 2 * (e->mu_eff - 2 + 1 / e->mu_eff) / ((n + 2) * (n + 2) + e->mu_eff));
	e->chi = sqrt(n) * (1 - 1 / (4 * n) + 1 / (21 * n * n));
}

static void evolution_init(Evolution *e, size_t n)
{
	*e = (Evolution){.n = n, .sigma = 1.0 / 6};
	set_constants(e);
	e->mean = g_new0(double, 4 * n + 2 * n * n);
	e->path_sigma = e->mean + n;
	e->path_c = e->path_sigma + n;
	e->d = e->path_c + n;
	e->c = e->d + n;
	e->b = e->c + n * n;
	for (size_t i = 0; i < n; i++) {
		e->mean[i] = 0.5;
		e->d[i] = e->c[i * n + i] = e->b[i * n + i] = 1;
	}
}

/* C = B D^2 B^T */
static void decompose(Evolution *e)
{
	g_autofree double *c = g_memdup2(e->c, e->n * e->n * sizeof *c);
	dense_eigen(c, e->n, e->d, e->b);
	for (size_t i = 0; i < e->n; i++)
		e->d[i] = sqrt(MAX(e->d[i], 1e-20));
}

/* C^-1/2 y */
static void whiten(const Evolution *e, const double *y, double *ret)
{
	size_t n = e->n;
	memset(ret, 0, n * sizeof *ret);
	for (size_t k = 0; k < n; k++) {
		double along = 0;
		for (size_t i = 0; i < n; i++)
			along += e->b[i * n + k] * y[i];
		for (size_t i = 0; i < n; i++)
			ret[i] += e->b[i * n + k] * along / e->d[k];
	}
}

static void adapt(Evolution *e, const double *const *best, const double *step, double heaviside)
{
	size_t n = e->n;
	double keep = 1 - e->c_1 - e->c_mu + (1 - heaviside) * e->c_1 * e->c_c * (2 - e->c_c);
	for (size_t i = 0; i < n; i++)
		e->path_c[i] =
		        (1 - e->c_c) * e->path_c[i] + heaviside * sqrt(e->c_c * (2 - e->c_c) * e->mu_eff) * step[i];
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < n; k++) {
			double spread = 0;
			for (size_t m = 0; m < e->mu; m++)
				spread += e->weights[m] * (best[m][i] - e->mean[i]) * (best[m][k] - e->mean[k]) /
				          (e->sigma * e->sigma);
			e->c[i * n + k] =
			        keep * e->c[i * n + k] + e->c_1 * e->path_c[i] * e->path_c[k] + e->c_mu * spread;
		}
}

/* One generation: best: mu points, the best first. */
static void evolve(Evolution *e, const double *const *best)
{
	size_t n = e->n;
	double length = 0;
	g_autofree double *room = g_new0(double, 2 * n);
	double *step = room, *white = room + n;
	for (size_t m = 0; m < e->mu; m++)
		for (size_t i = 0; i < n; i++)
			step[i] += e->weights[m] * (best[m][i] - e->mean[i]) / e->sigma;
	whiten(e, step, white);
	e->generation++;
	for (size_t i = 0; i < n; i++) {
		e->path_sigma[i] = (1 - e->c_sigma) * e->path_sigma[i] +
		                   sqrt(e->c_sigma * (2 - e->c_sigma) * e->mu_eff) * white[i];
		length += e->path_sigma[i] * e->path_sigma[i];
	}
	length = sqrt(length);
	double usual = sqrt(1 - pow(1 - e->c_sigma, 2.0 * e->generation)) * e->chi;
	adapt(e, best, step, length / usual < 1.4 + 2 / ((double)n + 1));
	for (size_t i = 0; i < n; i++)
		e->mean[i] += e->sigma * step[i];
	e->sigma = CLAMP(e->sigma * exp(e->c_sigma / e->d_sigma * (length / e->chi - 1)), 1e-12, 1);
	decompose(e);
}

typedef struct Scored {
	double value;
	double *units;
} Scored;

static int by_value(const void *a, const void *b)
{
	const Scored *x = a, *y = b;
	if (x->value != y->value)
		return x->value < y->value ? -1 : 1;
	return 0;
}

/* Sorting is stable by insertion, so equal values keep the order of their numbers. */
static void sort_stably(Scored *list, size_t count)
{
	for (size_t i = 1; i < count; i++)
		for (size_t k = i; k > 0 && by_value(&list[k], &list[k - 1]) < 0; k--) {
			Scored swap = list[k];
			list[k] = list[k - 1];
			list[k - 1] = swap;
		}
}

static void replay(Evolution *e, const History *h, const size_t *dims)
{
	size_t count = 0;
	g_autofree Scored *list = g_new0(Scored, e->lambda);
	g_autofree double *units = g_new(double, e->lambda * e->n);
	g_autofree const double **best = g_new(const double *, e->mu);
	for (size_t t = 0; t < h->count; t++) {
		const Tried *tried = h->trials[t];
		if (tried->state != TRIED_DONE || tried->number == 0)
			continue;
		list[count] = (Scored){tried->value, units + count * e->n};
		for (size_t i = 0; i < e->n; i++)
			list[count].units[i] = dim_unit(&h->space->dims[dims[i]], tried->point[dims[i]]);
		if (++count < e->lambda)
			continue;
		sort_stably(list, count);
		for (size_t m = 0; m < e->mu; m++)
			best[m] = list[m].units;
		evolve(e, best);
		count = 0;
	}
}

static bool draw(const Evolution *e, Rng *rng, double *ret)
{
	size_t n = e->n;
	bool within = true;
	for (size_t i = 0; i < n; i++)
		ret[i] = e->mean[i];
	for (size_t k = 0; k < n; k++) {
		double along = e->sigma * e->d[k] * rng_normal(rng);
		for (size_t i = 0; i < n; i++)
			ret[i] += along * e->b[i * n + k];
	}
	for (size_t i = 0; i < n; i++)
		within = within && ret[i] >= 0 && ret[i] <= 1;
	return within;
}

static bool next(const History *h, unsigned number, double *ret_point)
{
	const Space *s = h->space;
	g_autofree size_t *dims = g_new(size_t, s->count);
	g_autofree double *units = g_new(double, s->count);
	g_autofree double *drawn = g_new(double, s->count);
	size_t n = 0;
	Evolution e;
	for (size_t i = 0; i < s->count; i++)
		if (s->dims[i].type != DIM_TEXT && s->dims[i].group == 0)
			dims[n++] = i;
	sampler_random(h, number, ret_point);
	if (n == 0 || number == 0)
		return true;
	evolution_init(&e, n);
	replay(&e, h, dims);
	Rng rng = sampler_rng(h, "cmaes", number);
	for (int i = 0; i < TRIES && !draw(&e, &rng, drawn); i++)
		;
	evolution_clear(&e);
	for (size_t i = 0; i < s->count; i++)
		units[i] = isnan(ret_point[i]) ? 0.5 : dim_unit(&s->dims[i], ret_point[i]);
	for (size_t i = 0; i < n; i++)
		units[dims[i]] = CLAMP(drawn[i], 0, 1);
	/* Choices first decide what exists; what only comes into being now stands at its middle. */
	space_place(s, units, ret_point);
	return true;
}

const SamplerKind SAMPLER_CMAES = {.name = "cmaes",
        .help = "evolution with an adapting covariance matrix, for many cheap trials of numbers",
        .learns = true,
        .next = next};
