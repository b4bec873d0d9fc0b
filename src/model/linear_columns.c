/* linear_columns.c: what standardising needs to know of each feature, and rows as their non-zero entries. */
#include "model/linear_columns.h"

#include <math.h>

#define INDICATOR_SHARE 0.005

/* Sums of the weights of all rows, by feature. */
typedef struct Sums {
	double *present, *zero, *value, *squares;
} Sums;

static void sums_clear(Sums *s)
{
	g_free(s->present);
	g_free(s->zero);
	g_free(s->value);
	g_free(s->squares);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Sums, sums_clear)

static double weight_of(const TrainSet *set, size_t row)
{
	return set->weight ? set->weight[row] : 1;
}

static double sum_values(const TrainSet *set, Sums *s)
{
	size_t d = set->x->columns;
	double total = 0;
	for (size_t i = 0; i < set->x->rows; i++) {
		const float *row = set->x->values + i * d;
		double w = weight_of(set, i);
		total += w;
		for (size_t j = 0; j < d; j++) {
			double v = (double)row[j];
			if (isnan(v))
				continue;
			s->present[j] += w;
			s->value[j] += w * v;
			s->zero[j] += v == 0 ? w : 0;
		}
	}
	return total;
}

static void sum_squares(const TrainSet *set, const double *mean, Sums *s)
{
	size_t d = set->x->columns;
	for (size_t i = 0; i < set->x->rows; i++) {
		const float *row = set->x->values + i * d;
		double w = weight_of(set, i);
		for (size_t j = 0; j < d; j++) {
			double away = (double)row[j] - mean[j];
			s->squares[j] += isnan(away) ? 0 : w * away * away;
		}
	}
}

static double scale_of(double variance, double mean)
{
	double spread = sqrt(MAX(variance, 0));
	return spread > 1e-9 * fabs(mean) && spread > 0 ? 1 / spread : 0; /* less is the rounding of the mean */
}

static void add_indicators(LinearColumns *c, const Sums *s)
{
	for (size_t j = 0; j < c->inputs; j++) {
		double share = c->weight > 0 ? 1 - s->present[j] / c->weight : 0;
		c->indicator[j] = -1;
		if (!(share > INDICATOR_SHARE && share < 1))
			continue;
		size_t k = c->count++;
		c->indicator[j] = (int32_t)k;
		c->mean[k] = share;
		c->scale[k] = scale_of(share * (1 - share), share);
	}
}

LinearColumns *linear_columns_measure(const TrainSet *set)
{
	size_t d = set->x->columns;
	LinearColumns *c = g_new0(LinearColumns, 1);
	g_auto(Sums) s = {g_new0(double, d + 1), g_new0(double, d + 1), g_new0(double, d + 1), g_new0(double, d + 1)};
	c->inputs = c->count = d;
	c->mean = g_new0(double, 2 * d + 1);
	c->shift = g_new0(double, 2 * d + 1);
	c->scale = g_new0(double, 2 * d + 1);
	c->indicator = g_new0(int32_t, d + 1);
	c->weight = sum_values(set, &s);
	for (size_t j = 0; j < d; j++)
		c->mean[j] = s.present[j] > 0 ? s.value[j] / s.present[j] : 0;
	sum_squares(set, c->mean, &s);
	for (size_t j = 0; j < d && c->weight > 0; j++) {
		c->scale[j] = scale_of(s.squares[j] / c->weight, c->mean[j]);
		c->shift[j] = s.zero[j] > 0.5 * c->weight ? 0 : c->mean[j];
	}
	add_indicators(c, &s);
	return c;
}

void linear_columns_free(LinearColumns *c)
{
	if (!c)
		return;
	g_free(c->mean);
	g_free(c->shift);
	g_free(c->scale);
	g_free(c->indicator);
	g_free(c);
}

void linear_row_init(LinearRow *r, const LinearColumns *c)
{
	r->count = 0;
	r->column = g_new(uint32_t, c->count + 1);
	r->value = g_new(double, c->count + 1);
}

void linear_row_clear(LinearRow *r)
{
	g_free(r->column);
	g_free(r->value);
}

static void add_entry(LinearRow *r, size_t column, double value)
{
	r->column[r->count] = (uint32_t)column;
	r->value[r->count++] = value;
}

static void add_feature(const LinearColumns *c, size_t j, float feature, LinearRow *ret)
{
	bool is_missing = isnan(feature);
	double value = (is_missing ? c->mean[j] : (double)feature) - c->shift[j];
	if (value != 0 && c->scale[j] > 0)
		add_entry(ret, j, value);
	if (is_missing && c->indicator[j] >= 0)
		add_entry(ret, (size_t)c->indicator[j], 1);
}

void linear_row_make(const LinearColumns *c, const float *features, LinearRow *ret)
{
	ret->count = 0;
	for (size_t j = 0; j < c->inputs; j++)
		add_feature(c, j, features[j], ret);
}

/* Of each column how many cells are not 0; of one whose zeros count, as many as there are rows. */
static size_t *filled(const LinearColumns *c, const Matrix *x)
{
	size_t d = c->inputs, *ret = g_new0(size_t, d + 1);
	for (size_t i = 0; i < x->rows; i++)
		for (size_t j = 0; j < d; j++)
			ret[j] += x->values[i * d + j] != 0; /* NaN is not 0 */
	for (size_t j = 0; j < d; j++)
		ret[j] = c->shift[j] == 0 ? ret[j] : x->rows;
	return ret;
}

/* A listed cell takes twice the memory of one in the matrix, and its column has to be looked up. */
static bool is_listed(size_t cells, size_t rows)
{
	return cells < rows / 4;
}

LinearRows *linear_rows_new(const LinearColumns *c, const Matrix *x)
{
	size_t d = c->inputs, cells = 0, at = 0;
	g_autofree size_t *in_column = filled(c, x);
	LinearRows *r = g_new0(LinearRows, 1);
	r->columns = c;
	r->x = x;
	r->of_full = g_new(uint32_t, d + 1);
	g_autofree uint32_t *listed = g_new(uint32_t, d + 1);
	for (size_t j = 0; j < d; j++) {
		if (!is_listed(in_column[j], x->rows)) {
			r->of_full[r->full++] = (uint32_t)j;
			continue;
		}
		listed[j - r->full] = (uint32_t)j;
		cells += in_column[j];
	}
	r->start = g_new0(size_t, x->rows + 1);
	r->of_cell = g_new(uint32_t, cells + 1);
	r->cell = g_new(float, cells + 1);
	for (size_t i = 0; i < x->rows; i++) {
		const float *row = x->values + i * d;
		for (size_t k = 0; k < d - r->full; k++) {
			if (row[listed[k]] == 0)
				continue;
			r->of_cell[at] = listed[k];
			r->cell[at++] = row[listed[k]];
		}
		r->start[i + 1] = at;
	}
	return r;
}

void linear_rows_free(LinearRows *r)
{
	if (!r)
		return;
	g_free(r->of_full);
	g_free(r->start);
	g_free(r->of_cell);
	g_free(r->cell);
	g_free(r);
}

void linear_rows_read(const LinearRows *r, size_t row, LinearRow *ret)
{
	const float *features = r->x->values + row * r->columns->inputs;
	size_t at = r->start[row], end = r->start[row + 1];
	ret->count = 0;
	for (size_t k = 0; k < r->full; k++) {
		uint32_t j = r->of_full[k];
		for (; at < end && r->of_cell[at] < j; at++)
			add_feature(r->columns, r->of_cell[at], r->cell[at], ret);
		add_feature(r->columns, j, features[j], ret);
	}
	for (; at < end; at++)
		add_feature(r->columns, r->of_cell[at], r->cell[at], ret);
}
