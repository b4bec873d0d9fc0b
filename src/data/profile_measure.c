/* profile_measure.c: ranks, AUC, Cramer's V and the correlation ratio of columns as they come out of a frame. */
#include "data/profile_measure.h"

#include <glib.h>
#include <math.h>
#include <stdbool.h>

#include "stats/association.h"
#include "stats/order.h"

/* A table of more cells than this has hardly a row of the sample in each: its chi-square means nothing. */
enum { MOST_CELLS = 4000000 };

double *measure_ranks(const double *x, size_t rows)
{
	double *ranks = g_new(double, MAX(rows, (size_t)1));
	g_autofree uint32_t *order = rows ? order_rows(x, rows, 1, false) : NULL;
	size_t first = 0;
	for (size_t i = 0; i < rows; i++)
		ranks[i] = NAN;
	while (first < rows && isnan(x[order[first]]))
		first++;
	for (size_t from = first, to; from < rows && !isnan(x[order[from]]); from = to) {
		for (to = from + 1; to < rows && x[order[to]] == x[order[from]];)
			to++;
		for (size_t k = from; k < to; k++)
			ranks[order[k]] = ((double)(from - first) + 1 + (double)(to - first)) / 2;
	}
	return ranks;
}

double measure_auc(const double *x, const Categories *y, uint32_t of_class, size_t rows)
{
	g_autofree double *known = g_new(double, rows + 1);
	double inside = 0, outside = 0, sum = 0;
	for (size_t i = 0; i < rows; i++)
		known[i] = y->codes[i] == MEASURE_MISSING ? NAN : x[i];
	g_autofree double *ranks = measure_ranks(known, rows);
	for (size_t i = 0; i < rows; i++) {
		if (isnan(ranks[i]))
			continue;
		if (y->codes[i] == of_class) {
			inside++;
			sum += ranks[i];
		} else {
			outside++;
		}
	}
	return inside > 0 && outside > 0 ? (sum - inside * (inside + 1) / 2) / (inside * outside) : NAN;
}

/* --- categories -------------------------------------------------------------------------------------------------- */

double measure_cramers_v(const Categories *x, const Categories *y, size_t rows)
{
	if ((uint64_t)x->count * y->count > MOST_CELLS)
		return NAN;
	g_autofree double *counts = g_new0(double, (size_t)x->count * y->count + 1);
	for (size_t i = 0; i < rows; i++)
		if (x->codes[i] != MEASURE_MISSING && y->codes[i] != MEASURE_MISSING)
			counts[(size_t)x->codes[i] * y->count + y->codes[i]]++;
	return association_cramers_v((Contingency){counts, x->count, y->count});
}

double measure_correlation_ratio(const Categories *x, const double *y, size_t rows)
{
	g_autofree bool *seen = g_new0(bool, (size_t)x->count + 1);
	double n = 0, groups = 0;
	for (size_t i = 0; i < rows; i++) {
		uint32_t k = x->codes[i];
		if (k == MEASURE_MISSING || isnan(y[i]))
			continue;
		groups += !seen[k];
		seen[k] = true;
		n++;
	}
	double eta = association_eta(x->codes, x->count, y, rows);
	if (isnan(eta) || groups < 2 || n <= groups)
		return NAN;
	return sqrt(CLAMP(1 - (n - 1) / (n - groups) * (1 - eta * eta), 0, 1));
}
