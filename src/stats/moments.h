/* moments.h: count, mean, spread and range of numbers in one pass, mergeable.
 *
 * Welford's update and the merging of Chan, Golub and LeVeque, for the third moment as in Pebay (2008, SAND2008-6212): no
 * large sums are subtracted, so a mean of 1e9 does not eat a spread of 1. */
#pragma once

#include <glib.h>
#include <jansson.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>

/* Start with MOMENTS_NONE. */
typedef struct Moments {
	int64_t count;             /* finite values, of which the rest speaks */
	int64_t missing, infinite; /* NaN; +-infinity */
	int64_t zeros, negative;
	double mean, m2, m3; /* sums of squared and cubed deviations */
	double min, max;     /* infinity and -infinity when there is no value */
} Moments;

#define MOMENTS_NONE ((Moments){.min = HUGE_VAL, .max = -HUGE_VAL})

void moments_add(Moments *m, double value);
void moments_add_missing(Moments *m, int64_t count);
void moments_merge(Moments *into, const Moments *from);

double moments_variance(const Moments *m); /* with count - 1; NaN below two values */
double moments_deviation(const Moments *m);
double moments_skewness(const Moments *m); /* of the values themselves (SciPy's skew, bias=True); NaN without spread */

/* {"count", "missing", "infinite", "zeros", "negative", "mean", "m2", "m3", "min", "max"}; load(save(m)) = m. */
json_t *moments_save(const Moments *m);
bool moments_load(const json_t *saved, Moments *ret, GError **error);
