/* scaled_inputs.c: measures the scale of features, and puts rows on it. */
#include "model/scaled_inputs.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"

#define FLAG_SHARE 0.005
#define LOOKED_AT 50000 /* rows, at most: quartiles need no more */

typedef struct Weighed {
	float value, weight;
} Weighed;

static int by_value(const void *a, const void *b)
{
	float x = ((const Weighed *)a)->value, y = ((const Weighed *)b)->value;
	return (x > y) - (x < y);
}

static double quantile(const Weighed *sorted, size_t count, double total, double share)
{
	double sum = 0;
	for (size_t i = 0; i < count; i++) {
		sum += (double)sorted[i].weight;
		if (sum >= share * total)
			return (double)sorted[i].value;
	}
	return (double)sorted[count - 1].value;
}

/* Returns the share that is missing. */
static double measure_column(const TrainSet *set, size_t column, Weighed *room, ScaledInputs *in)
{
	const Matrix *x = set->x;
	size_t step = x->rows / LOOKED_AT + 1, count = 0;
	double there = 0, all = 0;
	for (size_t i = 0; i < x->rows; i += step) {
		float v = x->values[i * x->columns + column], w = set->weight ? (float)set->weight[i] : 1;
		all += (double)w;
		if (isnan(v) || !(w > 0))
			continue;
		room[count++] = (Weighed){v, w};
		there += (double)w;
	}
	if (count == 0)
		return 0;
	qsort(room, count, sizeof *room, by_value);
	double between = quantile(room, count, there, 0.75) - quantile(room, count, there, 0.25);
	double range = (double)room[count - 1].value - (double)room[0].value;
	in->centre[column] = quantile(room, count, there, 0.5);
	in->scale[column] = between > 0 ? 1 / between : range > 0 ? 2 / range : 0;
	return 1 - there / all;
}

static void allocate(ScaledInputs *in, size_t columns)
{
	in->columns = in->count = (uint32_t)columns;
	in->centre = g_new0(double, columns + 1);
	in->scale = g_new0(double, columns + 1);
	in->flag = g_new0(uint32_t, columns + 1);
}

void scaled_inputs_measure(const TrainSet *set, ScaledInputs *ret)
{
	g_autofree Weighed *room = g_new(Weighed, MIN(set->x->rows, LOOKED_AT) + 1);
	allocate(ret, set->x->columns);
	for (size_t j = 0; j < set->x->columns; j++)
		if (measure_column(set, j, room, ret) > FLAG_SHARE)
			ret->flag[j] = ret->count++;
}

void scaled_inputs_copy(const ScaledInputs *in, ScaledInputs *ret)
{
	*ret = (ScaledInputs){.columns = in->columns,
	        .count = in->count,
	        .centre = g_memdup2(in->centre, in->columns * sizeof *in->centre),
	        .scale = g_memdup2(in->scale, in->columns * sizeof *in->scale),
	        .flag = g_memdup2(in->flag, in->columns * sizeof *in->flag)};
}

void scaled_inputs_clear(ScaledInputs *in)
{
	g_free(in->centre);
	g_free(in->scale);
	g_free(in->flag);
}

void scaled_inputs_row(const ScaledInputs *in, const float *features, float *ret, size_t stride)
{
	for (size_t j = 0; j < stride; j++)
		ret[j] = 0;
	for (size_t j = 0; j < in->columns; j++) {
		if (isnan(features[j])) {
			if (in->flag[j])
				ret[in->flag[j]] = 1;
			continue;
		}
		double z = ((double)features[j] - in->centre[j]) * in->scale[j];
		ret[j] = (float)(z / sqrt(1 + z * z / 9));
	}
}

float *scaled_inputs_base(const ScaledInputs *in)
{
	float *base = g_new(float, in->columns + 1);
	for (size_t j = 0; j < in->columns; j++)
		base[j] = (float)in->centre[j];
	return base;
}

void scaled_inputs_terms(const ScaledInputs *in, const float *inputs, const double *weight, size_t stride, double *ret)
{
	for (size_t j = 0; j < in->columns; j++) {
		size_t flag = in->flag[j];
		ret[j] = (double)inputs[j] * weight[j * stride];
		if (flag)
			ret[j] += (double)inputs[flag] * weight[flag * stride];
	}
}

/* columns, then of each: centre, scale, flag. */
void scaled_inputs_write(const ScaledInputs *in, GByteArray *to)
{
	write_u32(to, in->columns);
	write_items(to, in->centre, in->columns, sizeof *in->centre);
	write_items(to, in->scale, in->columns, sizeof *in->scale);
	write_items(to, in->flag, in->columns, sizeof *in->flag);
}

void scaled_inputs_read(ByteReader *r, ScaledInputs *ret)
{
	ret->columns = ret->count = read_u32(r);
	r->ok = r->ok && ret->columns <= LIMIT_FEATURES;
	ret->centre = read_items(r, ret->columns, sizeof *ret->centre);
	ret->scale = read_items(r, ret->columns, sizeof *ret->scale);
	ret->flag = read_items(r, ret->columns, sizeof *ret->flag);
	for (uint32_t j = 0; r->ok && j < ret->columns; j++)
		if ((ret->flag[j] && ret->flag[j] != ret->count++) || !isfinite(ret->centre[j]) ||
		        !isfinite(ret->scale[j]))
			r->ok = false;
}
