/* gp.c: fitting a Gaussian process and asking it. */
#include "search/gp.h"

#include <math.h>
#include <string.h>

#include "search/lanes.h"
#include "search/minimize.h"

#define LEAST_NOISE 1e-6
#define LEAST_VARIANCE 1e-12

/* The rows as lanes.h wants them, and room for matrices. */
typedef struct Rows {
	const GpData *data;
	const LanesWay *way;
	size_t wide;
	double *x;                                /* columns x wide */
	double *y;                                /* wide */
	double *factor, *m, *inverse, *k, *slope; /* wide x wide */
	double *alpha;                            /* M y, then K^-1 y: wide each */
} Rows;

static void rows_clear(Rows *r)
{
	g_free(r->x);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Rows, rows_clear)

static void rows_set(Rows *r, const GpData *d)
{
	size_t n = d->rows, m = d->columns, wide = lanes_wide(n), cells = wide * wide;
	double *room = g_new0(double, 5 * cells + (m + 3) * wide + 1);
	*r = (Rows){d, lanes_way(), wide, .x = room};
	r->y = r->x + m * wide;
	r->alpha = r->y + wide;
	r->factor = r->alpha + 2 * wide;
	r->m = r->factor + cells;
	r->inverse = r->m + cells;
	r->k = r->inverse + cells;
	r->slope = r->k + cells;
	for (size_t i = 0; i < n; i++)
		for (size_t c = 0; c < m; c++)
			r->x[c * wide + i] = d->x[i * m + c];
	memcpy(r->y, d->y, n * sizeof *r->y);
}

static Matern matern(const GpData *d, const double *hyper)
{
	return (Matern){hyper, d->is_choice, d->columns, hyper[d->columns]};
}

static Points points_from(const Rows *r, size_t first)
{
	return (Points){r->x + first, r->wide, r->wide - first};
}

/* The covariances of all pairs, above the diagonal, and their factor, M, inverse and alpha.  False when there is no factor. */
static bool rows_solve(Rows *r, const double *hyper)
{
	size_t n = r->data->rows, wide = r->wide, m = r->data->columns;
	Matern by = matern(r->data, hyper);
	for (size_t i = 0; i < wide; i++) {
		size_t from = i / LANES * LANES, at = i * wide;
		if (i < n)
			r->way->covariances(
			        &by, r->data->x + i * m, points_from(r, from), r->k + at + from, r->slope + at + from);
		for (size_t j = from; j < wide; j++)
			if (j <= i || j >= n)
				r->k[at + j] = r->slope[at + j] = 0;
		memcpy(r->factor + at, r->k + at, wide * sizeof *r->k);
		r->factor[at + i] = i < n ? hyper[m] + hyper[m + 1] : 1;
	}
	if (!r->way->factor(r->factor, wide))
		return false;
	memset(r->m, 0, wide * wide * sizeof *r->m);
	r->way->invert(r->factor, wide, r->m, r->inverse);
	r->way->solve(r->m, wide, r->y, r->alpha);
	return true;
}

static Solved solved(const Rows *r)
{
	return (Solved){r->wide, r->m, r->inverse, r->alpha + r->wide};
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
static void likelihood_slopes(const Rows *r, const double *hyper, double *ret)
{
	size_t m = r->data->columns;
	Matern by = matern(r->data, hyper);
	Solved s = solved(r);
	r->way->pairs(&by, &s, points_from(r, 0), (const double *const[]){r->k, r->slope}, ret);
	double own = 0;
	for (size_t i = 0; i < r->data->rows; i++)
		own += s.alpha[i] * s.alpha[i] - s.inverse[i * r->wide + i];
	for (size_t c = 0; c < m; c++)
		ret[c] *= hyper[c];
	ret[m] += own * hyper[m] / 2;
	ret[m + 1] = own * (hyper[m + 1] - LEAST_NOISE) / 2;
}

static double log_posterior(Rows *r, const double *logs, double *ret_gradient)
{
	size_t n = r->data->rows, m = r->data->columns;
	g_autofree double *hyper = g_new(double, m + 2);
	for (size_t i = 0; i < m + 2; i++)
		hyper[i] = exp(logs[i]) + (i == m + 1 ? LEAST_NOISE : 0);
	if (!rows_solve(r, hyper))
		return -INFINITY;
	double value = -0.5 * (double)n * log(2 * M_PI);
	for (size_t i = 0; i < n; i++)
		value -= log(r->factor[i * r->wide + i]) + r->alpha[i] * r->alpha[i] / 2;
	likelihood_slopes(r, hyper, ret_gradient);
	return value + prior(hyper, m, ret_gradient);
}

double gp_log_posterior(const GpData *d, const double *logs, double *ret_gradient)
{
	g_auto(Rows) rows;
	rows_set(&rows, d);
	return log_posterior(&rows, logs, ret_gradient);
}

static double cost(void *context, const double *logs, double *ret_gradient)
{
	Rows *r = context;
	double value = log_posterior(r, logs, ret_gradient);
	for (size_t i = 0; i < r->data->columns + 2; i++)
		ret_gradient[i] = -ret_gradient[i];
	return isfinite(value) ? -value : INFINITY;
}

void gp_learn(const GpData *d, double *ret_hyper)
{
	size_t count = d->columns + 2;
	g_auto(Rows) rows;
	rows_set(&rows, d);
	for (size_t i = 0; i < count; i++)
		ret_hyper[i] = 0;
	Minimize m = {.value = cost, .context = &rows, .count = count, .tolerance = 1e-2, .iterations = 60};
	minimize(&m, ret_hyper);
	for (size_t i = 0; i < count; i++)
		ret_hyper[i] = exp(ret_hyper[i]) + (i + 1 == count ? LEAST_NOISE : 0);
}

struct Gp {
	Rows rows;
	double *hyper;
};

void gp_free(Gp *g)
{
	if (!g)
		return;
	rows_clear(&g->rows);
	g_free(g->hyper);
	g_free(g);
}

Gp *gp_new(const GpData *d, const double *hyper)
{
	g_autoptr(Gp) g = g_new0(Gp, 1);
	rows_set(&g->rows, d);
	g->hyper = g_memdup2(hyper, (d->columns + 2) * sizeof *hyper);
	if (!rows_solve(&g->rows, hyper))
		return NULL;
	size_t wide = g->rows.wide;
	for (size_t i = 0; i < wide; i++)
		for (size_t k = 0; k < i; k++)
			g->rows.inverse[i * wide + k] = g->rows.inverse[k * wide + i];
	return g_steal_pointer(&g);
}

/* A few points side by side. */
static void guess_some(const Gp *g, const double *x, size_t count, double *room, GpGuess *ret)
{
	const Rows *r = &g->rows;
	size_t n = r->data->rows, m = r->data->columns;
	double mean[LANES], known[LANES], slope[LANES], *side = room, *k = room + m * LANES;
	Matern by = matern(r->data, g->hyper);
	Solved s = solved(r);
	for (size_t p = 0; p < LANES; p++)
		for (size_t c = 0; c < m; c++)
			side[c * LANES + p] = x[MIN(p, count - 1) * m + c];
	for (size_t i = 0; i < n; i++)
		r->way->covariances(&by, r->data->x + i * m, (Points){side, LANES, LANES}, k + i * LANES, slope);
	r->way->guess(&s, k, mean, known);
	for (size_t p = 0; p < count; p++)
		ret[p] = (GpGuess){mean[p], MAX(g->hyper[m] - known[p], 0)};
}

void gp_guess(const Gp *g, const double *x, size_t count, GpGuess *ret)
{
	size_t m = g->rows.data->columns;
	g_autofree double *room = g_new0(double, (g->rows.wide + m) * LANES + 1);
	for (size_t i = 0; i < count; i += LANES)
		guess_some(g, x + i * m, MIN(LANES, count - i), room, ret + i);
}

GpGuess gp_slopes(const Gp *g, const double *x, double *ret_mean, double *ret_variance)
{
	const Rows *r = &g->rows;
	size_t n = r->data->rows, m = r->data->columns;
	g_autofree double *room = g_new0(double, 2 * r->wide + 2 * m + 2);
	double *k = room, *slope = k + r->wide, *sums = slope + r->wide;
	Matern by = matern(r->data, g->hyper);
	Solved s = solved(r);
	r->way->covariances(&by, x, points_from(r, 0), k, slope);
	for (size_t i = n; i < r->wide; i++)
		k[i] = slope[i] = 0;
	r->way->slopes(&by, &s, points_from(r, 0), (const double *const[]){x, k, slope}, sums);
	for (size_t c = 0; c < m; c++) {
		ret_mean[c] = sums[2 + c];
		ret_variance[c] = -2 * sums[2 + m + c];
	}
	return (GpGuess){sums[0], MAX(g->hyper[m] - sums[1], 0)};
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
