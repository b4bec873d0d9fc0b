/* association.c: correlations, contingency tables, and how well one column alone ranks the target. */
#include "stats/association.h"

#include <glib.h>
#include <math.h>

#include "stats/metric.h"
#include "stats/order.h"

/* The pairs without NaN, gathered in two new arrays. */
static size_t gather_pairs(const double *x, const double *y, size_t count, double **ret_x, double **ret_y)
{
	double *kept_x = g_new(double, count), *kept_y = g_new(double, count);
	size_t kept = 0;
	for (size_t i = 0; i < count; i++) {
		if (isnan(x[i]) || isnan(y[i]))
			continue;
		kept_x[kept] = x[i];
		kept_y[kept++] = y[i];
	}
	*ret_x = kept_x;
	*ret_y = kept_y;
	return kept;
}

static double mean_of(const double *x, size_t count)
{
	double sum = 0;
	for (size_t i = 0; i < count; i++)
		sum += x[i];
	return sum / (double)count;
}

/* Two passes, and deviations below the rounding error of the mean count as none. */
static double pearson(const double *x, const double *y, size_t count)
{
	double mean_x = mean_of(x, count), mean_y = mean_of(y, count), xx = 0, yy = 0, xy = 0;
	for (size_t i = 0; i < count; i++) {
		double dx = x[i] - mean_x, dy = y[i] - mean_y;
		xx += dx * dx;
		yy += dy * dy;
		xy += dx * dy;
	}
	double least = 1e-30 * (double)count;
	if (!(xx > least * mean_x * mean_x) || !(yy > least * mean_y * mean_y))
		return NAN;
	return CLAMP(xy / sqrt(xx) / sqrt(yy), -1, 1);
}

double correlation_pearson(const double *x, const double *y, size_t count)
{
	g_autofree double *kept_x = NULL, *kept_y = NULL;
	size_t kept = gather_pairs(x, y, count, &kept_x, &kept_y);
	return pearson(kept_x, kept_y, kept);
}

/* Replaces values by ranks; equal values share the mean of theirs. */
static void rank_values(double *values, size_t count)
{
	g_autofree uint32_t *order = order_rows(values, count, 1, false);
	for (size_t i = 0, end; i < count; i = end) {
		double value = values[order[i]];
		for (end = i; end < count && values[order[end]] == value; end++)
			;
		for (size_t k = i; k < end; k++)
			values[order[k]] = (double)(i + end - 1) / 2; /* safe: end was found before */
	}
}

double correlation_spearman(const double *x, const double *y, size_t count)
{
	g_autofree double *kept_x = NULL, *kept_y = NULL;
	size_t kept = gather_pairs(x, y, count, &kept_x, &kept_y);
	rank_values(kept_x, kept);
	rank_values(kept_y, kept);
	return pearson(kept_x, kept_y, kept);
}

/* Sums of a table's rows and columns, and how many are not empty. */
typedef struct Margins {
	double *row, *column, total;
	size_t rows, columns;
} Margins;

static Margins *margins_new(Contingency t)
{
	Margins *m = g_new0(Margins, 1);
	m->row = g_new0(double, t.rows);
	m->column = g_new0(double, t.columns);
	for (size_t r = 0; r < t.rows; r++) {
		for (size_t c = 0; c < t.columns; c++) {
			m->row[r] += t.counts[r * t.columns + c];
			m->column[c] += t.counts[r * t.columns + c];
		}
		m->total += m->row[r];
		m->rows += m->row[r] > 0;
	}
	for (size_t c = 0; c < t.columns; c++)
		m->columns += m->column[c] > 0;
	return m;
}

static void margins_free(Margins *m)
{
	if (!m)
		return;
	g_free(m->row);
	g_free(m->column);
	g_free(m);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Margins, margins_free)

static double chi2_of(Contingency t, const Margins *m, bool yates)
{
	double sum = 0, less = yates && m->rows == 2 && m->columns == 2 ? 0.5 : 0;
	for (size_t r = 0; r < t.rows; r++) {
		for (size_t c = 0; c < t.columns; c++) {
			double expected = m->row[r] * m->column[c] / m->total;
			if (!(expected > 0))
				continue;
			double gap = fabs(t.counts[r * t.columns + c] - expected);
			gap -= fmin(less, gap);
			sum += gap * gap / expected;
		}
	}
	return sum;
}

double contingency_chi2(Contingency t, bool yates)
{
	g_autoptr(Margins) m = margins_new(t);
	return m->rows > 1 && m->columns > 1 ? chi2_of(t, m, yates) : NAN;
}

double association_cramers_v(Contingency t)
{
	g_autoptr(Margins) m = margins_new(t);
	if (m->rows < 2 || m->columns < 2)
		return NAN;
	double n = m->total, r = (double)m->rows, k = (double)m->columns;
	double phi2 = fmax(0, chi2_of(t, m, true) / n - (k - 1) * (r - 1) / (n - 1));
	double least = fmin(k - (k - 1) * (k - 1) / (n - 1), r - (r - 1) * (r - 1) / (n - 1)) - 1;
	return least > 0 ? fmin(1, sqrt(phi2 / least)) : 1;
}

static double entropy_of(const double *counts, size_t count, double total)
{
	double sum = 0;
	for (size_t i = 0; i < count; i++)
		if (counts[i] > 0)
			sum -= counts[i] / total * log(counts[i] / total);
	return sum;
}

double association_mutual_information(Contingency t, bool normalised)
{
	g_autoptr(Margins) m = margins_new(t);
	if (!(m->total > 0))
		return NAN;
	double sum = 0;
	for (size_t r = 0; r < t.rows; r++) {
		for (size_t c = 0; c < t.columns; c++) {
			double here = t.counts[r * t.columns + c];
			if (here > 0)
				sum += here / m->total * log(here * m->total / (m->row[r] * m->column[c]));
		}
	}
	sum = fmax(0, sum);
	if (!normalised)
		return sum;
	double rows = entropy_of(m->row, t.rows, m->total), columns = entropy_of(m->column, t.columns, m->total);
	double least = MIN(rows, columns);
	return least > 0 ? fmin(1, sum / least) : NAN;
}

double association_eta(const uint32_t *category, size_t categories, const double *values, size_t count)
{
	g_autofree double *sum = g_new0(double, categories), *rows = g_new0(double, categories);
	double total = 0, all = 0, between = 0, spread = 0;
	for (size_t i = 0; i < count; i++) {
		if (category[i] >= categories || isnan(values[i]))
			continue;
		sum[category[i]] += values[i];
		rows[category[i]]++;
		total += values[i];
		all++;
	}
	double mean = total / all;
	for (size_t i = 0; i < count; i++)
		if (category[i] < categories && !isnan(values[i]))
			spread += (values[i] - mean) * (values[i] - mean);
	for (size_t c = 0; c < categories; c++)
		if (rows[c] > 0)
			between += rows[c] * (sum[c] / rows[c] - mean) * (sum[c] / rows[c] - mean);
	return spread > 1e-30 * all * mean * mean ? sqrt(fmin(1, between / spread)) : NAN;
}

static double either_way(double auc)
{
	return isnan(auc) ? NAN : MAX(auc, 1 - auc);
}

double association_auc(const double *values, const double *target, size_t count)
{
	g_autofree double *kept = NULL, *y = NULL;
	size_t rows = gather_pairs(values, target, count, &kept, &y);
	g_autofree double *scores = g_new0(double, rows * 2);
	for (size_t i = 0; i < rows; i++)
		scores[2 * i + 1] = kept[i];
	Scored s = {rows, 2, y, scores, .positive = 1};
	return either_way(metric_find("roc_auc")->compute(&s));
}

/* Two weighted rows for each category, scored by its rate. */
double association_auc_categories(Contingency t)
{
	g_assert(t.columns == 2);
	g_autofree double *y = g_new(double, t.rows * 2), *scores = g_new0(double, t.rows * 4);
	for (size_t r = 0; r < t.rows; r++) {
		double total = t.counts[2 * r] + t.counts[2 * r + 1];
		double rate = total > 0 ? t.counts[2 * r + 1] / total : 0;
		y[2 * r] = 0;
		y[2 * r + 1] = 1;
		scores[4 * r + 1] = scores[4 * r + 3] = rate;
	}
	Scored s = {t.rows * 2, 2, y, scores, t.counts, .positive = 1};
	return either_way(metric_find("roc_auc")->compute(&s));
}
