/* text_order.c: distances of texts by their rows, and the line that keeps them best. */
#include "eval/text_order.h"

#include <math.h>
#include <string.h>

#include "stats/order.h"
#include "stats/resample.h"

enum { BINS = 20, TEXT_BINS = 1024, TURNS = 200 };

/* Which of `bins` a row's value is in; the last one: missing.  Free with g_free. */
static uint16_t *bins_of(const Column *c, size_t *ret_bins)
{
	uint16_t *bin = g_new(uint16_t, c->rows + 1);
	bool is_text = c->type == COLUMN_TEXT;
	g_autofree double *values = g_new(double, c->rows + 1), *sorted = g_new(double, c->rows + 1);
	*ret_bins = (is_text ? TEXT_BINS : BINS) + 1;
	for (size_t i = 0; i < c->rows; i++)
		values[i] = sorted[i] = is_text ? NAN : column_number(c, i);
	size_t there = sort_numbers(sorted, c->rows);
	for (size_t i = 0; i < c->rows; i++) {
		bin[i] = (uint16_t)(*ret_bins - 1);
		if (is_text && !column_is_missing(c, i))
			bin[i] = (uint16_t)(c->codes[i] % TEXT_BINS);
		for (uint16_t k = 0; !is_text && !isnan(values[i]) && k < BINS; k++)
			if (k + 1 == BINS || values[i] <= sorted[(k + 1) * (there - 1) / BINS]) {
				bin[i] = k;
				break;
			}
	}
	return bin;
}

static double distance(const double *a, const double *b, size_t bins, bool is_text)
{
	double apart = 0, below = 0, furthest = 0;
	for (size_t k = 0; k < bins; k++) {
		apart += fabs(a[k] - b[k]) / 2;
		below += a[k] - b[k];
		furthest = fmax(furthest, fabs(below));
	}
	return is_text ? apart : furthest;
}

static void add_column(const Column *c, const uint32_t *level, size_t count, double *far)
{
	size_t bins;
	g_autofree uint16_t *bin = bins_of(c, &bins);
	g_autofree double *share = g_new0(double, count *bins);
	for (size_t i = 0; i < c->rows; i++)
		if (level[i] < count)
			share[level[i] * bins + bin[i]]++;
	for (size_t a = 0; a < count; a++) {
		double sum = 0;
		for (size_t k = 0; k < bins; k++)
			sum += share[a * bins + k];
		for (size_t k = 0; k < bins; k++)
			share[a * bins + k] /= MAX(sum, 1);
	}
	for (size_t a = 0; a < count; a++)
		for (size_t b = 0; b < count; b++)
			far[a * count + b] +=
			        distance(share + a * bins, share + b * bins, bins, c->type == COLUMN_TEXT);
}

/* Squared distances, centred both ways, times -1/2. */
static void centre(double *far, size_t count)
{
	double row[TEXT_ORDER_MOST] = {0}, all = 0;
	for (size_t a = 0; a < count; a++)
		for (size_t b = 0; b < count; b++) {
			far[a * count + b] *= far[a * count + b];
			row[a] += far[a * count + b] / (double)count;
		}
	for (size_t a = 0; a < count; a++)
		all += row[a] / (double)count;
	for (size_t a = 0; a < count; a++)
		for (size_t b = 0; b < count; b++)
			far[a * count + b] = -(far[a * count + b] - row[a] - row[b] + all) / 2;
}

/* The eigenvector of the largest eigenvalue, by powers of the matrix lifted so far that none is negative. */
static void first_axis(const double *m, size_t count, double *ret)
{
	double lift = 0, next[TEXT_ORDER_MOST];
	for (size_t a = 0; a < count; a++) {
		double sum = 0;
		for (size_t b = 0; b < count; b++)
			sum += fabs(m[a * count + b]);
		lift = fmax(lift, sum);
		ret[a] = (double)a - ((double)count - 1) / 2 + 0.25 * (double)(a % 3);
	}
	for (unsigned turn = 0; turn < TURNS; turn++) {
		double size = 0;
		for (size_t a = 0; a < count; a++) {
			next[a] = lift * ret[a];
			for (size_t b = 0; b < count; b++)
				next[a] += m[a * count + b] * ret[b];
			size += next[a] * next[a];
		}
		for (size_t a = 0; a < count; a++)
			ret[a] = size > 0 ? next[a] / sqrt(size) : ret[a];
	}
}

static bool is_besides(const char *name, const char *const *besides)
{
	return g_str_has_prefix(name, "_gyre_") || g_strv_contains(besides, name);
}

void text_order(const Frame *rows, const uint32_t *level, size_t count, const char *const *besides, uint32_t *ret)
{
	g_autofree double *far = g_new0(double, count *count + 1);
	double axis[TEXT_ORDER_MOST];
	for (guint c = 0; c < rows->columns->len; c++) {
		const Column *column = rows->columns->pdata[c];
		if (!is_besides(column->name, besides))
			add_column(column, level, count, far);
	}
	centre(far, count);
	first_axis(far, count, axis);
	g_autofree uint32_t *order = order_rows(axis, count, 1, false);
	size_t first = 0;
	for (size_t k = 0; k < count; k++)
		first = order[k] == 0 ? k : first;
	for (size_t k = 0; k < count; k++)
		ret[k] = order[2 * first < count ? k : count - 1 - k];
}
