/* ensemble_layer.c: what is said beside the features, and a model of that. */
#include "model/ensemble_layer.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "model/ensemble.h"
#include "model/families.h"

#define HARDLY 0.05 /* an input moved by less than this share of what moved it: its parts cancel */

void ensemble_layer_clear(EnsembleLayer *l)
{
	if (l->model)
		l->family->free(l->model);
	*l = (EnsembleLayer){0};
}

size_t ensemble_front(size_t outputs)
{
	return outputs > 2 ? outputs : 1;
}

static void write_front(const double *said, size_t outputs, float *ret)
{
	if (outputs == 1)
		*ret = (float)said[0];
	else if (outputs == 2)
		*ret = (float)(log(MAX(said[1], ENSEMBLE_LEAST)) - log(MAX(said[0], ENSEMBLE_LEAST)));
	else
		for (size_t k = 0; k < outputs; k++)
			ret[k] = (float)log(MAX(said[k], ENSEMBLE_LEAST));
}

void ensemble_rows_make(const double *const *said, size_t inputs, size_t outputs, const Matrix *x, EnsembleRows *ret)
{
	size_t each = ensemble_front(outputs), front = inputs * each;
	ret->x = (Matrix){.rows = x->rows, .columns = front + x->columns};
	ret->x.values = g_new(float, MAX(x->rows * ret->x.columns, 1));
	for (size_t i = 0; i < x->rows; i++) {
		float *row = ret->x.values + i * ret->x.columns;
		for (size_t g = 0; g < inputs; g++)
			write_front(said[g] + i * outputs, outputs, row + g * each);
		memcpy(row + front, x->values + i * x->columns, x->columns * sizeof *row);
	}
	ret->kinds = g_new0(FeatureKind, ret->x.columns + 1);
	for (size_t j = 0; j < ret->x.columns; j++) {
		bool is_feature = j >= front && x->kinds;
		ret->kinds[j] = is_feature ? x->kinds[j - front] : (FeatureKind){0, FEATURE_ALONE};
		if (is_feature && !ret->kinds[j].categories && ret->kinds[j].twin != FEATURE_ALONE)
			ret->kinds[j].twin += (uint32_t)front;
	}
	ret->x.kinds = ret->kinds;
}

void ensemble_rows_clear(EnsembleRows *r)
{
	g_free(r->x.values);
	g_free(r->kinds);
}

bool ensemble_layer_train(
        const TrainSet *set, const EnsembleRows *rows, const json_t *settings, EnsembleLayer *ret, GError **error)
{
	const char *name = json_get_text(settings, "family", "");
	const ModelFamily *family = family_find(name);
	json_auto_t *params = NULL;
	TrainSet own = *set;
	own.x = &rows->x;
	own.valid = NULL;
	own.valid_y = NULL;
	/* A program or a model from elsewhere knows its features by name, and what the members say has none. */
	if (!family || family == &FAMILY_ENSEMBLE || family == &FAMILY_COMMAND || family == &FAMILY_ONNX ||
	        !(family->tasks & set->task))
		return fail(error, FAIL_INVALID, "layer: \"%s\" is no family that can be a layer here", name);
	if (!param_fill(family->params, "layer.params", json_object_get(settings, "params"), &params, error) ||
	        !family_train(family, &own, params, &ret->model, NULL, error))
		return false;
	ret->family = family;
	return true;
}

/* Shares `value` among the features as they moved the input; what moved nothing is the base's. */
static void share(const Contributions *input, size_t row, size_t margin, double value, double *into)
{
	const double *moved = contributions_at(input, row, margin);
	double sum = 0, size = 0;
	for (size_t j = 0; j < input->columns; j++) {
		sum += moved[j];
		size += fabs(moved[j]);
	}
	bool cancels = fabs(sum) < HARDLY * size;
	for (size_t j = 0; size > 0 && j < input->columns; j++)
		into[j] += value * (cancels ? fabs(moved[j]) / size : moved[j] / sum);
	into[input->columns] += size > 0 ? 0 : value;
}

bool ensemble_layer_contribute(const EnsembleLayer *l, const EnsembleRows *rows, Contributions *const *inputs,
        size_t count, Contributions **ret, GError **error)
{
	g_autoptr(Contributions) own = NULL;
	if (!family_contribute(l->family, l->model, &rows->x, &own, error))
		return false;
	size_t each = inputs[0]->margins, front = count * each, columns = own->columns - front;
	Contributions *c = contributions_new(own->scale, own->rows, own->margins, columns);
	for (size_t i = 0; i < own->rows; i++)
		for (size_t k = 0; k < own->margins; k++) {
			const double *from = contributions_at(own, i, k);
			double *into = contributions_at(c, i, k);
			for (size_t q = 0; q < front; q++)
				share(inputs[q / each], i, q % each, from[q], into);
			for (size_t j = 0; j < columns; j++)
				into[j] += from[front + j];
			into[columns] += from[own->columns];
		}
	*ret = c;
	return true;
}
