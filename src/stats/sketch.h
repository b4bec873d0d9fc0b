/* sketch.h: a sample of numbers kept in small, so that later samples can be held against it; and later samples tallied by it.
 *
 * The sketch is a step function: at up to 161 of the sample's own values, evenly spread over its ranks, how many values are at or below.
 * A sample of at most 161 different values is kept whole.  Where it is not, a distribution function read from it is off by
 * at most 1/160 between two edges, and not at all on one; so a gap found between two samples at the edges is never larger than the true gap. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SKETCH_STEPS = 160, SKETCH_BUCKETS = 64 };

typedef struct Sketch {
	double edges[SKETCH_STEPS + 1];  /* ascending; the first is the least value, the last the greatest */
	int64_t below[SKETCH_STEPS + 1]; /* values at or below each */
	size_t count;                    /* of edges; 0: no values */
} Sketch;

void sketch_of(const double *sorted, size_t count, Sketch *ret);
int64_t sketch_rows(const Sketch *s);

/* {"edges": [numbers], "below": [counts]}; load(save(s)) = s.  false: it is no sketch. */
json_t *sketch_save(const Sketch *s);
bool sketch_load(const json_t *saved, Sketch *ret);

/* Another sample, by the bins of a sketch: bin i holds what is above edge i-1 and at or below edge i. */
typedef struct SketchTally {
	int64_t bins[SKETCH_STEPS + 1];
	int64_t rows, missing; /* finite values; NaN and infinities */
	int64_t low, high;     /* rows below the first edge, above the last */
	double low_sum, high_sum;
} SketchTally;

void sketch_add(const Sketch *s, SketchTally *t, double value);

/* The bucket of a category: the same on every machine, and no category's share has a say in it. */
unsigned sketch_bucket(const char *text);
unsigned sketch_bucket_of_md5(const char *digits); /* the first two hexadecimal digits of its MD5 */
