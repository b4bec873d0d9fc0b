/* labels.c: targets as the tree families learn them. */
#include "model/labels.h"

#include <math.h>

LabelScale label_scale(const TrainSet *set)
{
	if (set->classes)
		return (LabelScale){0, 1};
	double total = 0, sum = 0, squares = 0;
	for (size_t i = 0; i < set->x->rows; i++) {
		double w = set->weight ? set->weight[i] : 1;
		total += w;
		sum += w * set->y[i];
	}
	double mean = total > 0 ? sum / total : 0;
	for (size_t i = 0; i < set->x->rows; i++) {
		double w = set->weight ? set->weight[i] : 1;
		squares += w * (set->y[i] - mean) * (set->y[i] - mean);
	}
	double spread = total > 0 ? sqrt(squares / total) : 0;
	return (LabelScale){mean, spread > 0 ? spread : 1};
}

float *labels_scaled(const double *y, size_t rows, LabelScale by)
{
	float *ret = g_new(float, MAX(rows, 1));
	for (size_t i = 0; i < rows; i++)
		ret[i] = (float)((y[i] - by.shift) / by.scale);
	return ret;
}

float *labels_spread(const double *y, size_t rows, size_t classes)
{
	float *ret = g_new0(float, MAX(rows, 1) * classes);
	for (size_t i = 0; i < rows; i++)
		ret[i * classes + (size_t)y[i]] = 1;
	return ret;
}
