/* sampler_gp.c: a Gaussian process of the finished trials, and the point of the largest expected improvement on the best.
 *
 * A point is searched for as unit numbers, one for each parameter, and seen by the process as one column each: a number's
 * place within its bounds (of a whole number its cell's middle), a choice's index.  A parameter that does not exist stands at
 * the middle, or at a choice of its own, so one process covers a conditional space.  Running trials are taken to end as the
 * process expects (the "kriging believer"), which keeps parallel ones apart. */
#include "search/samplers.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "search/gp.h"
#include "search/minimize.h"

#define CANDIDATES 2048
#define STARTS 10
#define MOST_ROWS 400 /* the best half and the newest half of them: fitting costs the cube */
#define MOST_STEPS 16 /* of a whole number that are tried one by one */
#define ROUNDS 10

typedef struct Hunt {
	const Space *space;
	const Gp *gp;
	GpData *data;
	const double *hyper;
	double best; /* the best value known, standardised, larger is better */
} Hunt;

/* The process's columns of a point. */
static void encode(const Space *s, const double *point, double *ret)
{
	for (size_t i = 0; i < s->count; i++) {
		bool is_choice = s->dims[i].type == DIM_TEXT;
		if (isnan(point[i]))
			ret[i] = is_choice ? -1 : 0.5;
		else
			ret[i] = is_choice ? point[i] : dim_unit(&s->dims[i], point[i]);
	}
}

static void encode_units(const Space *s, const double *units, double *point, double *ret)
{
	space_place(s, units, point);
	encode(s, point, ret);
}

static void gains_at(const Hunt *h, const double *x, size_t count, double *ret)
{
	g_autofree GpGuess *guesses = g_new(GpGuess, count + 1);
	gp_guess(h->gp, x, count, guesses);
	for (size_t i = 0; i < count; i++)
		ret[i] = log_improvement(guesses[i], h->best, NULL, NULL);
}

static double gain(const Hunt *h, const double *units)
{
	double gain;
	g_autofree double *room = g_new(double, 2 * h->space->count);
	encode_units(h->space, units, room, room + h->space->count);
	gains_at(h, room + h->space->count, 1, &gain);
	return gain;
}

/* Only the real parameters that exist move, on a scale on which the process is equally smooth in all of them. */
typedef struct Slide {
	const Hunt *hunt;
	const double *units;
	const size_t *moving;
	size_t count;
	double *x, *by_mean, *by_variance; /* columns */
} Slide;

static double slide_value(void *context, const double *z, double *ret_gradient)
{
	Slide *s = context;
	double by_mean, by_variance;
	for (size_t i = 0; i < s->count; i++)
		s->x[s->moving[i]] = z[i] / sqrt(s->hunt->hyper[s->moving[i]]);
	GpGuess guess = gp_slopes(s->hunt->gp, s->x, s->by_mean, s->by_variance);
	double value = log_improvement(guess, s->hunt->best, &by_mean, &by_variance);
	for (size_t i = 0; i < s->count; i++) {
		size_t c = s->moving[i];
		ret_gradient[i] =
		        -(by_mean * s->by_mean[c] + by_variance * s->by_variance[c]) / sqrt(s->hunt->hyper[c]);
	}
	return isfinite(value) ? -value : INFINITY;
}

static double slide(const Hunt *h, double *units)
{
	size_t m = h->space->count;
	g_autofree double *room = g_new0(double, 8 * m);
	g_autofree size_t *moving = g_new(size_t, m);
	double *point = room, *z = room + 4 * m, *low = room + 5 * m, *high = room + 6 * m;
	Slide s = {h, units, moving, 0, room + m, room + 2 * m, room + 3 * m};
	encode_units(h->space, units, point, s.x);
	for (size_t i = 0; i < m; i++) {
		const Dim *d = &h->space->dims[i];
		if (d->type != DIM_REAL || d->min == d->max || isnan(point[i]))
			continue;
		high[s.count] = sqrt(h->hyper[i]);
		z[s.count] = units[i] * high[s.count];
		moving[s.count++] = i;
	}
	if (s.count == 0)
		return gain(h, units);
	Minimize task = {.value = slide_value,
	        .context = &s,
	        .count = s.count,
	        .low = low,
	        .high = high,
	        .tolerance = 1e-4,
	        .iterations = 200};
	double value = -minimize(&task, z);
	for (size_t i = 0; i < s.count; i++)
		units[moving[i]] = CLAMP(z[i] / high[i], 0, 1);
	return value;
}

/* All other values of a choice or a narrow whole number; of a wide one its neighbours, near and far, and a coarse grid. */
static size_t other_values(const Dim *d, double now, double *ret)
{
	size_t count = 0;
	if (d->type == DIM_TEXT || d->max - d->min < MOST_STEPS) {
		for (double v = d->min; v <= d->max && count < 4 * MOST_STEPS; v++)
			ret[count++] = v;
		return count;
	}
	for (double by = 1; by < d->max - d->min && count < 2 * MOST_STEPS; by *= 4) {
		ret[count++] = MIN(now + by, d->max);
		ret[count++] = MAX(now - by, d->min);
	}
	for (size_t i = 0; i < MOST_STEPS; i++)
		ret[count++] = dim_value(d, ((double)i + 0.5) / MOST_STEPS);
	return count;
}

/* Each choice and whole number in turn, the others standing still. */
static double hop(const Hunt *h, double *units, double value)
{
	size_t m = h->space->count;
	g_autofree double *point = g_new(double, (4 * MOST_STEPS + 1) * m);
	double *x = point + m;
	for (size_t i = 0; i < m; i++) {
		const Dim *d = &h->space->dims[i];
		double values[4 * MOST_STEPS], gains[4 * MOST_STEPS], was = units[i], best = was;
		if (d->type == DIM_REAL || d->min == d->max)
			continue;
		double now = dim_value(d, was);
		size_t count = other_values(d, now, values);
		for (size_t k = 0; k < count; k++) {
			units[i] = dim_unit(d, values[k]);
			encode_units(h->space, units, point, x + k * m);
		}
		gains_at(h, x, count, gains);
		for (size_t k = 0; k < count; k++)
			if (gains[k] > value && values[k] != now) {
				value = gains[k];
				best = dim_unit(d, values[k]);
			}
		units[i] = best;
	}
	return value;
}

static double climb(const Hunt *h, double *units)
{
	double value = slide(h, units);
	for (int round = 0; round < ROUNDS; round++) {
		double hopped = hop(h, units, value);
		if (hopped <= value)
			break;
		value = slide(h, units);
	}
	return value;
}

/* The best of the candidates and, by lot, others: the better, the likelier. */
static void choose_starts(const double *gains, Rng *rng, size_t *ret)
{
	size_t top = 0;
	double sum = 0;
	g_autofree double *share = g_new(double, CANDIDATES);
	for (size_t i = 1; i < CANDIDATES; i++)
		top = gains[i] > gains[top] ? i : top;
	for (size_t i = 0; i < CANDIDATES; i++)
		sum += share[i] = i == top ? 0 : exp(gains[i] - gains[top]);
	ret[0] = top;
	for (size_t k = 1; k < STARTS - 1; k++) {
		double at = rng_unit(rng) * sum;
		size_t i = 0;
		for (; i + 1 < CANDIDATES && at >= share[i]; i++)
			at -= share[i];
		ret[k] = i;
		sum -= share[i];
		share[i] = 0;
	}
}

static void hunt(const Hunt *h, const double *best_units, Rng *rng, double *ret_units)
{
	size_t m = h->space->count, starts[STARTS - 1];
	g_autofree double *units = g_new(double, CANDIDATES *m);
	g_autofree double *x = g_new(double, CANDIDATES *m);
	g_autofree double *point = g_new(double, m);
	g_autofree double *gains = g_new(double, CANDIDATES);
	for (size_t i = 0; i < CANDIDATES; i++) {
		for (size_t c = 0; c < m; c++)
			units[i * m + c] = rng_unit(rng);
		encode_units(h->space, units + i * m, point, x + i * m);
	}
	gains_at(h, x, CANDIDATES, gains);
	choose_starts(gains, rng, starts);
	double top = -INFINITY;
	for (size_t k = 0; k < STARTS; k++) {
		memcpy(point, k == 0 ? best_units : units + starts[k - 1] * m, m * sizeof *point);
		double value = climb(h, point);
		if (value > top || k == 0) {
			top = value;
			memcpy(ret_units, point, m * sizeof *point);
		}
	}
}

static int by_value(const void *a, const void *b)
{
	const Tried *x = *(const Tried *const *)a, *y = *(const Tried *const *)b;
	if (x->value != y->value)
		return x->value < y->value ? -1 : 1;
	return (x->number > y->number) - (x->number < y->number);
}

static int by_number(const void *a, const void *b)
{
	const Tried *x = *(const Tried *const *)a, *y = *(const Tried *const *)b;
	return (x->number > y->number) - (x->number < y->number);
}

/* The finished trials the process learns from, then the running ones; *ret_done of them are finished. */
static const Tried **rows_of(const History *h, size_t *ret_done, size_t *ret_count)
{
	const Tried **rows = g_new(const Tried *, h->count + 1);
	size_t count = 0;
	for (size_t i = 0; i < h->count; i++)
		if (h->trials[i]->state == TRIED_DONE)
			rows[count++] = h->trials[i];
	if (count > MOST_ROWS) {
		size_t best = MOST_ROWS / 2;
		qsort(rows, count, sizeof *rows, by_value);
		qsort(rows + best, count - best, sizeof *rows, by_number);
		memmove(rows + best, rows + count - best, best * sizeof *rows);
		count = MOST_ROWS;
		qsort(rows, count, sizeof *rows, by_number);
	}
	*ret_done = count;
	for (size_t i = 0; i < h->count; i++)
		if (h->trials[i]->state == TRIED_RUNNING)
			rows[count++] = h->trials[i];
	*ret_count = count;
	return rows;
}

/* Mean 0, variance 1, turned so that larger is better; returns the largest's index. */
static size_t standardise(const Tried *const *rows, size_t count, double *ret)
{
	double mean = 0, squares = 0;
	size_t top = 0;
	for (size_t i = 0; i < count; i++)
		mean += rows[i]->value / (double)count;
	for (size_t i = 0; i < count; i++)
		squares += (rows[i]->value - mean) * (rows[i]->value - mean);
	double scale = squares > 0 && isfinite(squares) ? sqrt(squares / (double)count) : 1;
	for (size_t i = 0; i < count; i++) {
		ret[i] = (mean - rows[i]->value) / scale;
		top = ret[i] > ret[top] ? i : top;
	}
	return top;
}

static void units_of(const Space *s, const double *point, double *ret)
{
	for (size_t i = 0; i < s->count; i++)
		ret[i] = isnan(point[i]) ? 0.5 : dim_unit(&s->dims[i], point[i]);
}

/* False when the process cannot be built: then the point stays random. */
static bool propose(const History *h, unsigned number, double *ret_units)
{
	const Space *s = h->space;
	size_t m = s->count, done, count;
	g_autofree const Tried **rows = rows_of(h, &done, &count);
	g_autofree double *x = g_new(double, count *m + 1);
	g_autofree double *y = g_new0(double, count + 1);
	g_autofree bool *is_choice = g_new(bool, m);
	g_autofree double *hyper = g_new(double, m + 2);
	g_autofree double *best = g_new(double, m);
	Rng rng = sampler_rng(h, "gp", number);
	for (size_t i = 0; i < count; i++)
		encode(s, rows[i]->point, x + i * m);
	for (size_t i = 0; i < m; i++)
		is_choice[i] = s->dims[i].type == DIM_TEXT;
	size_t top = standardise(rows, done, y);
	units_of(s, rows[top]->point, best);
	GpData data = {done, m, x, y, is_choice};
	gp_learn(&data, hyper);
	g_autoptr(Gp) known = gp_new(&data, hyper);
	if (!known)
		return false;
	GpData all = data;
	for (size_t i = done; i < count; i++) {
		GpGuess guess;
		gp_guess(known, x + i * m, 1, &guess);
		y[i] = guess.mean;
	}
	all.rows = count;
	g_autoptr(Gp) believed = count > done ? gp_new(&all, hyper) : NULL;
	Hunt task = {s, believed ? believed : known, &all, hyper, y[top]};
	hunt(&task, best, &rng, ret_units);
	return true;
}

static bool next(const History *h, unsigned number, double *ret_point)
{
	size_t done = 0;
	sampler_random(h, number, ret_point);
	for (size_t i = 0; i < h->count; i++)
		done += h->trials[i]->state == TRIED_DONE;
	if (done < SAMPLER_STARTUP)
		return true;
	g_autofree double *units = g_new(double, h->space->count);
	if (propose(h, number, units))
		space_place(h->space, units, ret_point);
	return true;
}

const SamplerKind SAMPLER_GP = {.name = "gp",
        .help = "Gaussian process: the point of the largest expected improvement, for few and expensive trials",
        .learns = true,
        .next = next};
