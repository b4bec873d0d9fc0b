/* quantiles.h: a sketch of a distribution, of bounded size, from which quantiles are read.
 *
 * A merging t-digest (Dunning & Ertl, arXiv:1902.04023): values are kept as centroids (mean and weight); a centroid may hold
 * a part of at most 0.08 q (1 - q) of all values, so the tails are finer than the middle.  A value that occurs often is a
 * centroid of its own.  Up to 500 distinct values nothing is merged and quantiles are exact (Hyndman and Fan's type 7, as
 * numpy's default); beyond, about 350 centroids remain, and the part of values below a quantile read is off by at most
 * 0.04 q (1 - q) + 1/n (measured in the tests on smooth, long-tailed, lumpy, gapped and sorted values; half of that
 * without gaps).  Same values in the same order give the same sketch; another order or another merging gives one within that error. */
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct Quantiles Quantiles;

Quantiles *quantiles_new(void);
void quantiles_free(Quantiles *q);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Quantiles, quantiles_free)

void quantiles_add(Quantiles *q, double value); /* NaN and infinities are left out */
void quantiles_merge(Quantiles *into, Quantiles *from);

double quantiles_count(const Quantiles *q);
double quantiles_at(Quantiles *q, double part);     /* the value below which a part lies; NaN when there is none */
double quantiles_below(Quantiles *q, double value); /* the part of values <= value */

/* {"count", "min", "max", "means": [...], "weights": [...]}, weights negative where a mean stands for different values;
 * load(save(q)) = q. */
json_t *quantiles_save(Quantiles *q);
bool quantiles_load(const json_t *saved, Quantiles **ret, GError **error);
