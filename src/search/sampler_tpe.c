/* sampler_tpe.c: the tree-structured Parzen estimator.
 *
 * The best tenth of the trials (at most 25) make one density, all others make a second; of 64 points drawn from the first, the
 * one is tried at which the first is largest beside the second (Bergstra et al. 2011, doi:10.5555/2986459.2986743).  Pruned
 * trials stand behind the finished ones, those that came farther first; running ones count as bad, so that parallel trials keep
 * apart.  Parameters of one condition are drawn together; those under a condition after those it names. */
#include "search/samplers.h"

#include <math.h>
#include <stdlib.h>

#include "search/parzen.h"

#define CANDIDATES 64
#define MOST_GOOD 25

static const TriedStep *last_step(const Tried *t)
{
	return t->steps && t->steps->len ? &g_array_index(t->steps, TriedStep, t->steps->len - 1) : NULL;
}

static int by_quality(const void *a, const void *b)
{
	const Tried *x = *(const Tried *const *)a, *y = *(const Tried *const *)b;
	double u = x->value, v = y->value;
	if (x->state != y->state)
		return x->state == TRIED_DONE ? -1 : 1;
	if (x->state == TRIED_PRUNED) {
		const TriedStep *p = last_step(x), *q = last_step(y);
		int64_t far_x = p ? p->step : INT64_MIN, far_y = q ? q->step : INT64_MIN;
		if (far_x != far_y)
			return far_x > far_y ? -1 : 1;
		u = p ? p->value : 0;
		v = q ? q->value : 0;
	}
	if (u != v && !(isnan(u) && isnan(v)))
		return isnan(v) || u < v ? -1 : 1;
	return (x->number > y->number) - (x->number < y->number);
}

/* Which of the trials are good, by their place in the history. */
static bool *find_good(const History *h)
{
	g_autofree const Tried **sorted = g_new(const Tried *, h->count + 1);
	bool *good = g_new0(bool, h->count + 1);
	size_t finished = 0;
	for (size_t i = 0; i < h->count; i++)
		if (h->trials[i]->state == TRIED_DONE || h->trials[i]->state == TRIED_PRUNED)
			sorted[finished++] = h->trials[i];
	qsort(sorted, finished, sizeof *sorted, by_quality);
	size_t wanted = MIN((finished + 9) / 10, MOST_GOOD);
	for (size_t i = 0; i < h->count; i++)
		for (size_t k = 0; k < wanted; k++)
			good[i] = good[i] || h->trials[i] == sorted[k];
	return good;
}

/* A density from the good or the other trials that have these parameters (they share a condition: the first decides). */
static Parzen *density(const History *h, const bool *good, bool wanted, const size_t *dims, size_t count)
{
	g_autofree const double **points = g_new(const double *, h->count + 1);
	size_t found = 0;
	for (size_t i = 0; i < h->count; i++)
		if (good[i] == wanted && h->trials[i]->state != TRIED_FAILED && !isnan(h->trials[i]->point[dims[0]]))
			points[found++] = h->trials[i]->point;
	ParzenPlan plan = {h->space, dims, count, points, found};
	return parzen_new(&plan);
}

static void draw_group(
        const History *h, const bool *good, const size_t *dims, size_t count, Rng *rng, double *ret_point)
{
	g_autoptr(Parzen) best = density(h, good, true, dims, count);
	g_autoptr(Parzen) rest = density(h, good, false, dims, count);
	g_autofree double *values = g_new(double, CANDIDATES *count);
	double likely[CANDIDATES], unlikely[CANDIDATES];
	size_t top = 0;
	for (size_t c = 0; c < CANDIDATES; c++)
		parzen_draw(best, rng, values + c * count);
	parzen_log_densities(best, values, CANDIDATES, likely);
	parzen_log_densities(rest, values, CANDIDATES, unlikely);
	for (size_t c = 1; c < CANDIDATES; c++)
		top = likely[c] - unlikely[c] > likely[top] - unlikely[top] ? c : top;
	for (size_t i = 0; i < count; i++)
		ret_point[dims[i]] = values[top * count + i];
}

static bool next(const History *h, unsigned number, double *ret_point)
{
	sampler_random(h, number, ret_point);
	if (sampler_finished(h) < SAMPLER_STARTUP)
		return true;
	const Space *s = h->space;
	Rng rng = sampler_rng(h, "tpe", number);
	g_autofree bool *good = find_good(h);
	g_autofree bool *drawn = g_new0(bool, s->groups);
	g_autofree size_t *dims = g_new(size_t, s->count);
	for (size_t i = 0; i < s->count; i++)
		ret_point[i] = NAN;
	for (size_t i = 0; i < s->count; i++) {
		size_t count = 0, group = s->dims[i].group;
		if (drawn[group] || !space_has(s, i, ret_point))
			continue;
		for (size_t k = i; k < s->count; k++)
			if (s->dims[k].group == group)
				dims[count++] = k;
		draw_group(h, good, dims, count, &rng, ret_point);
		drawn[group] = true;
	}
	return true;
}

const SamplerKind SAMPLER_TPE = {.name = "tpe",
        .help = "tree-structured Parzen estimator: points that look more like the good trials than like the others",
        .learns = true,
        .next = next};
