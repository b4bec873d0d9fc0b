/* parzen.c: the mixture: widths, draws and densities. */
#include "search/parzen.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NEW_POINTS 25 /* that weigh 1 */
#define TINY 1e-300

struct Parzen {
	const Space *space;
	const size_t *dims;
	size_t count, kernels; /* the last kernel is the one that knows nothing */
	double *weight, *log_weight;
	/* kernels x count: of a choice mu is its index and the others are not used; scale: 1 / sigma; log_mass: the logarithm of
	 * what a kernel is divided by */
	double *mu, *sigma, *scale, *log_mass;
};

static double below(double z)
{
	return 0.5 * erfc(-z * M_SQRT1_2);
}

/* The mass between two z, from the tail that is nearer: so it does not vanish far out. */
static double between(double a, double b)
{
	return MAX(a > 0 ? below(-a) - below(-b) : below(b) - below(a), TINY);
}

static void set_weights(Parzen *p)
{
	size_t n = p->kernels - 1, old = n > NEW_POINTS ? n - NEW_POINTS : 0;
	double sum = 0;
	for (size_t i = 0; i < n; i++) {
		double rise = old > 1 ? (double)i / (double)(old - 1) : 0;
		p->weight[i] = i < old ? 1.0 / (double)n + rise * (1 - 1.0 / (double)n) : 1;
		sum += p->weight[i];
	}
	p->weight[n] = 1;
	for (size_t i = 0; i <= n; i++) {
		p->weight[i] /= sum + 1;
		p->log_weight[i] = log(p->weight[i]);
	}
}

typedef struct Place {
	double mu;
	size_t kernel;
} Place;

static int by_place(const void *a, const void *b)
{
	const Place *x = a, *y = b;
	if (x->mu != y->mu)
		return x->mu < y->mu ? -1 : 1;
	return (x->kernel > y->kernel) - (x->kernel < y->kernel);
}

/* A kernel reaches to the farther of its neighbours (the bounds count as such, but not for the outermost of several), within
 * a smallest width that shrinks as points come in. */
static void set_widths(Parzen *p, size_t at, const Dim *d)
{
	size_t n = p->kernels - 1;
	double low = dim_low(d), high = dim_high(d), wide = high - low;
	double least = wide / MIN(100.0, 2.0 + (double)n);
	g_autofree Place *sorted = g_new(Place, n + 1);
	for (size_t i = 0; i < n; i++)
		sorted[i] = (Place){p->mu[i * p->count + at], i};
	qsort(sorted, n, sizeof *sorted, by_place);
	for (size_t i = 0; i < n; i++) {
		double left = sorted[i].mu - (i > 0 ? sorted[i - 1].mu : low);
		double right = (i + 1 < n ? sorted[i + 1].mu : high) - sorted[i].mu;
		double sigma = MAX(left, right);
		if (n >= 2 && i == 0)
			sigma = right;
		else if (n >= 2 && i + 1 == n)
			sigma = left;
		p->sigma[sorted[i].kernel * p->count + at] = CLAMP(sigma, least, wide);
	}
	p->mu[n * p->count + at] = (low + high) / 2;
	p->sigma[n * p->count + at] = wide;
}

static void set_numbers(Parzen *p, size_t at, const Dim *d)
{
	set_widths(p, at, d);
	for (size_t k = 0; k < p->kernels; k++) {
		size_t i = k * p->count + at;
		p->sigma[i] = p->sigma[i] > 0 ? p->sigma[i] : 1; /* only one value is possible */
		p->log_mass[i] =
		        log(between((dim_low(d) - p->mu[i]) / p->sigma[i], (dim_high(d) - p->mu[i]) / p->sigma[i]));
		p->scale[i] = 1 / p->sigma[i];
		if (d->type == DIM_REAL)
			p->log_mass[i] += log(p->sigma[i]) + log(2 * M_PI) / 2;
	}
}

Parzen *parzen_new(const ParzenPlan *plan)
{
	Parzen *p = g_new0(Parzen, 1);
	p->space = plan->space;
	p->dims = plan->dims;
	p->count = plan->count;
	p->kernels = plan->points_count + 1;
	p->weight = g_new0(double, p->kernels);
	p->log_weight = g_new0(double, p->kernels);
	p->mu = g_new0(double, p->kernels * p->count);
	p->sigma = g_new0(double, p->kernels * p->count);
	p->scale = g_new0(double, p->kernels * p->count);
	p->log_mass = g_new0(double, p->kernels * p->count);
	set_weights(p);
	for (size_t at = 0; at < p->count; at++) {
		const Dim *d = &p->space->dims[p->dims[at]];
		for (size_t k = 0; k < plan->points_count; k++) {
			double value = plan->points[k][p->dims[at]];
			p->mu[k * p->count + at] = d->type == DIM_TEXT ? value : dim_scaled(d, value);
		}
		if (d->type != DIM_TEXT)
			set_numbers(p, at, d);
	}
	return p;
}

void parzen_free(Parzen *p)
{
	if (!p)
		return;
	g_free(p->weight);
	g_free(p->log_weight);
	g_free(p->mu);
	g_free(p->sigma);
	g_free(p->scale);
	g_free(p->log_mass);
	g_free(p);
}

/* The share of a choice in a kernel: one for what was seen and the prior's part for all. */
static double choice_share(const Parzen *p, const Dim *d, size_t kernel, size_t at, double value)
{
	double share = 1.0 / (double)p->kernels, sum = 1 + share * (double)d->count;
	if (kernel + 1 == p->kernels)
		return 1.0 / (double)d->count;
	return (share + (p->mu[kernel * p->count + at] == value)) / sum;
}

static double draw_choice(const Parzen *p, const Dim *d, size_t kernel, size_t at, double unit)
{
	size_t value = 0;
	for (; value + 1 < d->count; value++) {
		unit -= choice_share(p, d, kernel, at, (double)value);
		if (unit < 0)
			break;
	}
	return (double)value;
}

/* Draws until one is within: at least three of eight are, as the middle is and no kernel is wider than the bounds. */
static double draw_number(const Dim *d, double mu, double sigma, Rng *rng)
{
	double low = dim_low(d), high = dim_high(d), scaled;
	do
		scaled = mu + sigma * rng_normal(rng);
	while (low < high && (scaled < low || scaled > high));
	return dim_unscaled(d, scaled);
}

void parzen_draw(const Parzen *p, Rng *rng, double *ret_values)
{
	size_t k = 0;
	for (double unit = rng_unit(rng); k + 1 < p->kernels; k++) {
		unit -= p->weight[k];
		if (unit < 0)
			break;
	}
	for (size_t at = 0; at < p->count; at++) {
		const Dim *d = &p->space->dims[p->dims[at]];
		size_t i = k * p->count + at;
		ret_values[at] = d->type == DIM_TEXT ? draw_choice(p, d, k, at, rng_unit(rng))
		                                     : draw_number(d, p->mu[i], p->sigma[i], rng);
	}
}

/* Of a whole number the mass of its cell; of others the density on the scale. */
static void add_kernels(const Parzen *p, const Dim *d, size_t at, double value, double *logs)
{
	double scaled = d->type == DIM_TEXT ? value : dim_scaled(d, value);
	double low = d->type == DIM_INT ? dim_scaled(d, value - 0.5) : 0;
	double high = d->type == DIM_INT ? dim_scaled(d, value + 0.5) : 0;
	for (size_t k = 0; k < p->kernels; k++) {
		size_t i = k * p->count + at;
		double mu = p->mu[i], scale = p->scale[i], z = (scaled - mu) * scale;
		if (d->type == DIM_REAL)
			logs[k] -= z * z / 2 + p->log_mass[i];
		else if (d->type == DIM_INT)
			logs[k] += log(between((low - mu) * scale, (high - mu) * scale)) - p->log_mass[i];
		else
			logs[k] += log(choice_share(p, d, k, at, value));
	}
}

static double log_sum(const double *logs, size_t count)
{
	double top = -INFINITY, sum = 0;
	for (size_t k = 0; k < count; k++)
		top = MAX(top, logs[k]);
	for (size_t k = 0; k < count; k++)
		sum += exp(logs[k] - top);
	return top + log(sum);
}

/* Cells and choices cost a few logarithms each and come again and again: the first of equal values is copied. */
void parzen_log_densities(const Parzen *p, const double *values, size_t count, double *ret)
{
	size_t n = p->kernels;
	g_autofree double *logs = g_new(double, count *n + 1);
	g_autofree double *own = g_new(double, count *n + 1);
	for (size_t c = 0; c < count; c++)
		memcpy(logs + c * n, p->log_weight, n * sizeof *logs);
	for (size_t at = 0; at < p->count; at++) {
		const Dim *d = &p->space->dims[p->dims[at]];
		for (size_t c = 0; c < count; c++) {
			size_t same = c;
			for (size_t e = 0; d->type != DIM_REAL && same == c && e < c; e++)
				same = values[e * p->count + at] == values[c * p->count + at] ? e : same;
			if (same == c) {
				memset(own + c * n, 0, n * sizeof *own);
				add_kernels(p, d, at, values[c * p->count + at], own + c * n);
			} else {
				memcpy(own + c * n, own + same * n, n * sizeof *own);
			}
			for (size_t k = 0; k < n; k++)
				logs[c * n + k] += own[c * n + k];
		}
	}
	for (size_t c = 0; c < count; c++)
		ret[c] = log_sum(logs + c * n, n);
}
