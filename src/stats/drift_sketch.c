/* drift_sketch.c: a sample held against one that is kept as a sketch: the same tests on the same groups, as far as the sketch
 * can tell them apart.
 *
 * Edges stand for the values of their bins.  What lies outside the sketch's range is one group at its mean, so that far values
 * count for Wasserstein's distance as far as they are. */
#include <glib.h>
#include <math.h>
#include <stdlib.h>

#include "stats/drift_inside.h"

/* How many values of A are at or below its k-th decile (numpy's, type 7). */
static int64_t decile_rows(int64_t rows, int k)
{
	return (int64_t)floor((double)(rows - 1) * k / DRIFT_BINS) + 1;
}

typedef struct Deciles {
	DriftSums *sums;
	DriftGroup open;
	int64_t rows, seen; /* of A */
	int next;           /* decile that ends the open group */
} Deciles;

static void deciles_add(Deciles *d, DriftGroup g)
{
	d->open.value = g.value;
	d->open.a += g.a;
	d->open.b += g.b;
	d->seen += g.a;
	if (d->next >= DRIFT_BINS || d->seen < decile_rows(d->rows, d->next))
		return;
	drift_give_group(DRIFT_NUMBERS, d->sums, d->open);
	d->open = (DriftGroup){0};
	while (d->next < DRIFT_BINS && d->seen >= decile_rows(d->rows, d->next))
		d->next++;
}

static void give(Deciles *d, KsGap *gap, int64_t *seen_b, DriftGroup g)
{
	if (!g.a && !g.b)
		return;
	drift_give_value(d->sums, g);
	deciles_add(d, g);
	*seen_b += g.b;
	gap->steps = MAX(gap->steps, llabs(d->seen * gap->b - *seen_b * gap->a));
}

void drift_sketch(const Sketch *a, const SketchTally *b, DriftReport *ret)
{
	DriftSums sums[DRIFT_KINDS];
	int64_t rows = sketch_rows(a), seen_b = 0;
	Deciles deciles = {.sums = sums, .rows = rows, .next = 1};
	KsGap gap = {rows, b->rows, 0};
	drift_begin(ret, DRIFT_NUMBERS, rows, b->rows, sums);
	if (b->low)
		give(&deciles, &gap, &seen_b, (DriftGroup){b->low_sum / (double)b->low, 0, b->low});
	for (size_t i = 0; i < a->count; i++)
		give(&deciles, &gap, &seen_b,
		        (DriftGroup){a->edges[i], a->below[i] - (i ? a->below[i - 1] : 0), b->bins[i]});
	if (b->high)
		give(&deciles, &gap, &seen_b, (DriftGroup){b->high_sum / (double)b->high, 0, b->high});
	drift_give_group(DRIFT_NUMBERS, sums, deciles.open);
	drift_end(ret, sums);
	ret->effect = ks_value(gap);
	ret->p = ks_p(gap);
}
