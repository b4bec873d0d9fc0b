/* association.h: how much one column says about another.
 *
 * Pairs with a NaN on either side are left out.  NaN where it is not defined: fewer than two pairs, no spread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

double correlation_pearson(const double *x, const double *y, size_t count);
double correlation_spearman(const double *x, const double *y, size_t count); /* Pearson's of mid-ranks */

/* A contingency table: rows x columns counts, row by row.  Empty rows and columns count as not there. */
typedef struct Contingency {
	const double *counts;
	size_t rows, columns;
} Contingency;

/* Pearson's chi-squared; `yates`: with the continuity correction when the table is 2 x 2. */
double contingency_chi2(Contingency t, bool yates);

/* Bias-corrected Cramer's V (Bergsma 2013, doi:10.1016/j.jkss.2012.10.002), chi-squared with Yates' correction when 2 x 2, as
 * ydata-profiling: phi2 = max(0, chi2/n - (k-1)(r-1)/(n-1)), k' = k - (k-1)^2/(n-1), r' alike, V = sqrt(phi2 / (min(k', r')
 * - 1)).  1 if that minimum is 0 (its convention); NaN with one row or column. */
double association_cramers_v(Contingency t);

/* Mutual information in nats; `normalised`: over the smaller of the two entropies, so 1 when one side decides the other. */
double association_mutual_information(Contingency t, bool normalised);

/* Correlation ratio: the root of the part of the values' variance that lies between categories.  category: 0 .. categories-1, others
 * are left out. */
double association_eta(const uint32_t *category, size_t categories, const double *values, size_t count);

/* ROC AUC of one numeric column for a target of 0 and 1, whichever direction: 0.5 says nothing, 1 decides it.  Rows with a
 * missing value are left out. */
double association_auc(const double *values, const double *target, size_t count);
/* The same of a categorical column, its categories ordered by their rate of the target (rows: categories, columns: target 0
 * and 1).  Measured on the rows the order comes from, so it tends to 1 as categories tend to one row each. */
double association_auc_categories(Contingency t);
