/* training_errors.c: what the bundle is told of its own errors: those its models made on rows they had not seen. */
#include <string.h>

#include "model/error_model.h"
#include "model/training.h"

/* A tree of 32 leaves does not need more; every so-manieth row is taken. */
#define ERROR_ROWS_MOST 50000

/* Numbers only, of every stride-th validation row. */
static Matrix *validation_features(const TrainData *d, size_t stride)
{
	size_t numbers = d->fold_count ? matrix_numbers(&d->folds[0].valid.x) : 0, seen = 0, taken = 0;
	Matrix *x = matrix_new((d->valid_rows + stride - 1) / stride, numbers);
	for (size_t k = 0; k < d->fold_count; k++) {
		const Matrix *part = &d->folds[k].valid.x;
		for (size_t i = 0; i < part->rows; i++)
			if (seen++ % stride == 0)
				memcpy(x->values + taken++ * numbers, part->values + i * part->columns,
				        numbers * sizeof(float));
	}
	return x;
}

static bool of_numbers(const Training *t, const double *scores, const double *y, json_t **ret, GError **error)
{
	const TrainData *d = t->data;
	size_t stride = d->valid_rows / ERROR_ROWS_MOST + 1;
	g_autoptr(Matrix) x = validation_features(d, stride);
	g_autofree double *predicted = g_new(double, MAX(x->rows, 1)), *truth = g_new(double, MAX(x->rows, 1));
	for (size_t i = 0; i < x->rows; i++) {
		predicted[i] = scores[i * stride];
		truth[i] = y[i * stride];
	}
	Scored s = {.rows = x->rows, .y = truth, .scores = predicted};
	return error_model_of_numbers(x, &s, t->setup.seed, ret, error);
}

bool training_errors(const Training *t, const double *scores, json_t **ret, GError **error)
{
	const TrainData *d = t->data;
	g_autofree double *y = NULL;
	g_autofree double *weight = NULL;
	*ret = NULL;
	trial_rows(d, &y, &weight);
	if (d->classes == 0)
		return of_numbers(t, scores, y, ret, error);
	Scored s = {.rows = d->valid_rows,
	        .classes = d->classes,
	        .y = y,
	        .scores = scores,
	        .weight = weight,
	        .positive = d->positive};
	const json_t *threshold = json_object_get(training_result(t), "threshold");
	g_autofree uint32_t *decided = g_new(uint32_t, MAX(d->valid_rows, 1));
	if (d->task == TASK_BINARY) {
		threshold_decide(&s, json_is_number(threshold) ? json_number_value(threshold) : 0.5, decided);
		s.decided = decided;
	}
	*ret = error_model_of_classes(&s, t->setup.seed);
	return true;
}
