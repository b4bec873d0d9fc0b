/* profile_moments.h: mean, spread and shape of columns by SQL, with the same bits however the engine's threads share the rows.
 *
 * Sums of doubles depend on their order, so sums here are of whole numbers: z = (x - centre) / scale is in [-1, 1], and z,
 * z^2, z^3, z^4 are summed as multiples of 2^-62 in 128 bits, which is exact in any order and finer than doubles would be. */
#pragma once

#include <glib.h>
#include <jansson.h>

typedef struct MomentBase {
	double centre, scale; /* every value is within centre +- scale * unit; scale is a power of two */
	double unit; /* values are divided by it first; 1, or 8 near the end of doubles, where differences would be infinite */
} MomentBase;

typedef struct Moments {
	double mean, sd; /* sd of a sample (n - 1) */
	double skewness,
	        kurtosis; /* G1 and G2, bias-corrected, excess (Joanes & Gill 1998), as pandas and SciPy bias=False */
} Moments;                /* NaN where not defined */

/* centre: any value between min and max, best near the middle of the rows (the median): the further out, the more digits go. */
MomentBase moment_base(double min, double max, double centre);

/* ", sum(..) AS PREFIX_1, ... PREFIX_4, count(..) AS PREFIX_n" over an expression of numbers (NULL: left out). */
char *moment_sql(const char *expression, MomentBase base, const char *prefix);

/* From the row such a query gave. */
Moments moments_of(const json_t *row, const char *prefix, MomentBase base);
