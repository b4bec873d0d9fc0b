/* resample.c: the rows of a bootstrap.  Binary and regression rows are kept in their sorted order, so a walk along it
 * reads memory from start to end. */
#include "stats/resample.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/rng.h"
#include "stats/metric_part.h"

struct Resample {
	Scored scored;
	double *y, *scores, *base, *weight; /* base: the rows' own weights */
	uint32_t *decided, *order, *source; /* source: which of the chosen rows stands here */
};

/* Knuth's selection sampling (TAOCP 3.4.2 S): each row with the chance (still needed) / (still left). */
uint32_t *resample_choose(size_t rows, size_t most, uint64_t seed, size_t *ret_count)
{
	size_t need = MIN(rows, most), count = 0;
	uint32_t *ret = g_new(uint32_t, need);
	Rng rng = rng_stream(seed, "bootstrap rows");
	for (size_t i = 0; i < rows && count < need; i++)
		if (need == rows || rng_below(&rng, rows - i) < need - count)
			ret[count++] = (uint32_t)i;
	*ret_count = count;
	return ret;
}

static void copy_rows(Resample *r, const Scored *s, const uint32_t *chosen, const uint32_t *place)
{
	size_t outputs = MAX(s->classes, 1);
	for (size_t i = 0; i < r->scored.rows; i++) {
		uint32_t at = place ? place[i] : (uint32_t)i;
		size_t row = chosen[at];
		r->source[i] = at;
		r->y[i] = s->y[row];
		r->base[i] = s->weight ? s->weight[row] : 1;
		for (size_t c = 0; c < outputs; c++)
			r->scores[i * outputs + c] = s->scores[row * outputs + c];
		if (r->decided)
			r->decided[i] = (uint32_t)row_decision(s, row);
	}
}

/* Sorted rows are in order already; several classes have several orders. */
static void set_order(Resample *r, const Scored *s, const uint32_t *chosen)
{
	g_autofree uint32_t *order = scored_order(&r->scored);
	if (scored_task(s) == METRIC_MULTICLASS) {
		r->order = g_steal_pointer(&order);
	} else {
		copy_rows(r, s, chosen, order);
		r->order = g_steal_pointer(&order);
		for (size_t i = 0; i < r->scored.rows; i++)
			r->order[i] = (uint32_t)i;
	}
	r->scored.order = r->order;
}

Resample *resample_new(const Scored *s, const uint32_t *chosen, size_t count)
{
	Resample *r = g_new0(Resample, 1);
	r->y = g_new(double, count);
	r->scores = g_new(double, count *MAX(s->classes, 1));
	r->base = g_new(double, count);
	r->weight = g_new(double, count);
	r->source = g_new(uint32_t, count);
	r->decided = s->classes ? g_new(uint32_t, count) : NULL;
	r->scored = (Scored){count, s->classes, r->y, r->scores, r->base, r->decided, s->positive};
	copy_rows(r, s, chosen, NULL);
	set_order(r, s, chosen);
	return r;
}

void resample_free(Resample *r)
{
	if (!r)
		return;
	g_free(r->y);
	g_free(r->scores);
	g_free(r->base);
	g_free(r->weight);
	g_free(r->decided);
	g_free(r->order);
	g_free(r->source);
	g_free(r);
}

void resample_draw(uint8_t *counts, size_t count, uint64_t seed, unsigned draw)
{
	char name[32];
	g_snprintf(name, sizeof name, "bootstrap %u", draw);
	Rng rng = rng_stream(seed, name);
	for (size_t i = 0; i < count; i++)
		counts[i] = (uint8_t)rng_poisson1(&rng);
}

const Scored *resample_weigh(Resample *r, const uint8_t *counts)
{
	r->scored.weight = counts ? r->weight : r->base;
	for (size_t i = 0; counts && i < r->scored.rows; i++)
		r->weight[i] = r->base[i] * counts[r->source[i]];
	return &r->scored;
}

static int compare_numbers(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

size_t sort_numbers(double *values, size_t count)
{
	size_t kept = 0;
	for (size_t i = 0; i < count; i++) {
		double value = values[i];
		if (isnan(value))
			continue;
		values[i] = values[kept];
		values[kept++] = value;
	}
	if (kept)
		qsort(values, kept, sizeof *values, compare_numbers);
	return kept;
}

double sorted_quantile(const double *sorted, size_t count, double q)
{
	if (!count)
		return NAN;
	double at = CLAMP(q, 0, 1) * (double)(count - 1);
	size_t below = (size_t)at;
	if (below + 1 >= count)
		return sorted[count - 1];
	double part = at - (double)below;
	return part == 0 ? sorted[below] : sorted[below] + part * (sorted[below + 1] - sorted[below]);
}

void interval_ends(double *drawn, size_t count, double level, double ret_ends[2])
{
	size_t kept = sort_numbers(drawn, count);
	bool enough = kept * 2 > count;
	ret_ends[0] = enough ? sorted_quantile(drawn, kept, (1 - level) / 2) : NAN;
	ret_ends[1] = enough ? sorted_quantile(drawn, kept, (1 + level) / 2) : NAN;
}
