/* ensemble.h: several models as one: a family whose parameters name its members.
 *
 * Params: {"members": [{"family", "params", "weight", "bag": {"part": 2, "of": 5} | absent}...], "layer": null | {"weights": [one a
 * member], "intercepts": [one an output]}}.
 *
 *   without a layer    score = sum_m w_m s_m / sum_m w_m                     (the mean of probabilities or numbers)
 *   with a layer       margin_c = b_c + sum_m w_m ln s_mc, softmax over c    (numbers: b + sum_m w_m s_m)
 *
 * A member with `bag` learns from all rows but those of its part; which part a row is in is decided by a hash of the seed
 * and its place.  Because an ensemble is a family, whatever trains, keeps, checks, loads, explains or serves a model does so with
 * an ensemble.  The members are kept one after another in the model's bytes, each in its own family's form:
 *
 *   "GYENSEM1"  u32 members  u32 intercepts (0: no layer)  f64 intercept...
 *   for each member:  u32 length, name of its family  f64 weight  u32 size, its bytes */
#pragma once

#include "model/family.h"

#define ENSEMBLE_MEMBERS_MOST 256u /* bags of ten for 25 models: what a selection can ask for at most */
#define ENSEMBLE_LEAST 1e-5        /* probabilities are raised to this before a layer takes their logarithm */

/* A layer's margins, begun as its intercepts, with one member's scores of a row added; and what they come to. */
void ensemble_layer_add(double weight, size_t outputs, const double *scores, double *margins);
void ensemble_layer_link(size_t outputs, double *margins);
