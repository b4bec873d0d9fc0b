/* reference.h: what the training data looked like, kept in the bundle, so that later data can be held against it without
 * the training data at hand.
 *
 * "reference": {
 *   "rows": rows it was made from (at most 100,000, chosen by a hash), "of": rows there were,
 *   "inputs": {column: {"type", "missing": share,
 *       numbers, times (in microseconds), bools (0, 1): "mean", "sd", "quantiles": [21 values, 0 % to 100 % by 5], "sketch":
 *           stats/sketch.h,
 *       texts (at most 200), and numbers of at most 50 different values: "distinct", "top": [[value, share]], "other": share,
 *       texts with more: "buckets": [64 shares], by sketch_bucket}},
 *   "target": {"priors": [share of each class]} or {"mean", "sd", "quantiles": [21]},
 *   "scores": {"of": "validation", "rows", "mean", "sd", "quantiles": [21], "sketch", "histogram": [20 shares of 0..1, binary],
 *       "decided": {label: share}, classification},
 *   "errors": what is known of its own errors (model/error_model.h), or null}
 * Shares are of rows, missing ones included.  Scores are the winner's on validation rows (of the positive class; the decided
 * class's for more than two; the number): those on rows it has learnt from are surer than any later ones can be. */
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

#include "data/frame.h"

#define REFERENCE_ROWS 100000

typedef struct Reference Reference;

/* inputs: {"columns": [{"name", "type"}]} */
Reference *reference_new(const json_t *inputs);
void reference_free(Reference *r);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Reference, reference_free)

/* The rows whose `keep` byte is set. */
void reference_add(Reference *r, const Frame *rows, const uint8_t *keep);

/* {"rows", "of", "inputs"}.  New reference. */
json_t *reference_json(const Reference *r, size_t of);

/* {"mean", "sd", "quantiles", "sketch"} of numbers, NaN left out; `values` is put in order. */
json_t *reference_numbers(double *values, size_t count);
