/* profile_measure.h: how strongly two columns go together: what stats/association.h lacks, or has in another form.
 *
 * Numbers are doubles with NaN for missing; categories are codes 0 .. count-1 with MEASURE_MISSING.  Rows where either is
 * missing are left out.  All are NaN where they are not defined: fewer than 2 rows, or a column that does not vary. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define MEASURE_MISSING UINT32_MAX

typedef struct Categories {
	uint32_t *codes;
	uint32_t count; /* of distinct codes */
} Categories;

/* Ranks from 1, ties at their mean, NaN at NaN.  Free with g_free. */
double *measure_ranks(const double *x, size_t rows);

/* Probability that a row of the class has a larger x than one that is not of it, ties half (Mann-Whitney): with
 * its direction, which association_auc has not. */
double measure_auc(const double *x, const Categories *y, uint32_t of_class, size_t rows);

/* Bias-corrected (stats/association.h). */
double measure_cramers_v(const Categories *x, const Categories *y, size_t rows);

/* Correlation ratio eta of numbers by category, from epsilon^2 = 1 - (n - 1)/(n - k) (1 - eta^2) (Kelley 1935), so that many
 * small categories do not look like knowledge. */
double measure_correlation_ratio(const Categories *x, const double *y, size_t rows);
