/* explain.c: contributions by column, for single rows and for requests. */
#include "model/explain.h"

#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/json.h"
#include "feature/origins.h"

struct Explainer {
	const Bundle *b;
	Origins *origins;
};

void explainer_free(Explainer *e)
{
	if (e)
		origins_free(e->origins);
	g_free(e);
}

bool explainer_new(const Bundle *b, Explainer **ret, GError **error)
{
	g_autoptr(Origins) origins = NULL;
	if (!bundle_origins(b, &origins, error))
		return false;
	g_autoptr(Matrix) none = matrix_new(0, origins->features);
	g_autoptr(Contributions) c = NULL;
	if (!bundle_contribute(b, none, &c, error))
		return false;
	*ret = g_new0(Explainer, 1);
	(*ret)->b = b;
	(*ret)->origins = g_steal_pointer(&origins);
	return true;
}

const char *const *explainer_columns(const Explainer *e)
{
	return (const char *const *)e->origins->names;
}

/* Of two classes the second is told about; where the first is the positive one, all is turned round. */
static void turn(const Explainer *e, Contributions *c)
{
	if (bundle_positive(e->b) == 0 && c->margins == 1)
		contributions_scale(c, c->scale == CONTRIBUTION_PROBABILITY ? 1 : 0, -1);
}

/* Before and behind a row's contributions: what the probabilities of its margins' base and sum are calibrated to. */
static void calibrated_ends(const Explainer *e, const Contributions *c, size_t row, double *ret)
{
	size_t classes = bundle_classes(e->b);
	for (size_t m = 0; m < c->margins; m++) {
		const double *values = contributions_at(c, row, m);
		double base = values[c->columns], sum = 0;
		for (size_t k = 0; k <= c->columns; k++)
			sum += values[k];
		size_t class = c->margins == 1 ? 1 : m;
		ret[class] = base;
		ret[classes + class] = sum;
	}
	if (c->margins == 1) {
		ret[0] = 1 - ret[1];
		ret[2] = 1 - ret[3];
	}
	bundle_calibrate(e->b, ret, 2);
}

/* The rescale rule once more (contributions_to_scores): calibration is one more function behind the margin.  Where the columns
 * moved nothing, what calibration moved is the base's. */
static void calibrate_row(const Explainer *e, Contributions *c, size_t row, double *ends)
{
	size_t classes = bundle_classes(e->b);
	calibrated_ends(e, c, row, ends);
	for (size_t m = 0; m < c->margins; m++) {
		size_t class = c->margins == 1 ? 1 : m;
		double *values = contributions_at(c, row, m), sum = 0;
		for (size_t k = 0; k < c->columns; k++)
			sum += values[k];
		bool moved = fabs(sum) > 1e-12;
		double factor = moved ? (ends[classes + class] - ends[class]) / sum : 0;
		for (size_t k = 0; k < c->columns; k++)
			values[k] *= factor;
		values[c->columns] = moved ? ends[class] : ends[classes + class];
	}
}

static void calibrate(const Explainer *e, Contributions *c)
{
	if (c->scale != CONTRIBUTION_PROBABILITY ||
	        !json_is_object(json_object_get(bundle_header(e->b), "calibration")))
		return;
	g_autofree double *ends = g_new(double, 2 * bundle_classes(e->b));
	for (size_t i = 0; i < c->rows; i++)
		calibrate_row(e, c, i, ends);
}

bool explainer_contributions(const Explainer *e, Frame *rows, bool on_scores, Contributions **ret, GError **error)
{
	const Origins *o = e->origins;
	g_autoptr(Matrix) x = NULL;
	g_autoptr(Contributions) all = NULL;
	if (!bundle_features(e->b, rows, &x, error) || !bundle_contribute(e->b, x, &all, error))
		return false;
	g_autoptr(Contributions) told = on_scores ? contributions_to_scores(all) : g_steal_pointer(&all);
	if (on_scores)
		calibrate(e, told);
	*ret = contributions_fold(told, o->start, o->column, o->columns);
	turn(e, *ret);
	return true;
}

typedef struct Part {
	const char *column;
	double value;
} Part;

static int by_size(const void *a, const void *b)
{
	double x = fabs(((const Part *)a)->value), y = fabs(((const Part *)b)->value);
	return x < y ? 1 : x > y ? -1 : g_strcmp0(((const Part *)a)->column, ((const Part *)b)->column);
}

static json_t *parts_json(const Explainer *e, const double *values)
{
	size_t count = e->origins->columns;
	g_autofree Part *parts = g_new(Part, count + 1);
	json_t *ret = json_object();
	for (size_t k = 0; k < count; k++)
		parts[k] = (Part){e->origins->names[k], values[k]};
	qsort(parts, count, sizeof *parts, by_size);
	for (size_t k = 0; k < count; k++)
		json_object_set_new(ret, parts[k].column, json_number(parts[k].value));
	return ret;
}

json_t *explainer_row(const Explainer *e, const Contributions *c, size_t row, const double *scores, int class)
{
	json_t *ret = json_object();
	size_t margin = 0;
	if (bundle_classifies(e->b)) {
		size_t decided = bundle_decide(e->b, scores), told = decided;
		if (bundle_positive(e->b) >= 0)
			told = (size_t)bundle_positive(e->b);
		else if (class >= 0)
			told = (size_t) class;
		margin = c->margins > 1 ? told : 0;
		json_object_set_new(ret, "prediction", json_text(bundle_class(e->b, decided)));
		json_object_set_new(ret, "class", json_text(bundle_class(e->b, told)));
		json_object_set_new(ret, "score", json_number(scores[told]));
	} else {
		json_object_set_new(ret, "prediction", json_number(scores[0]));
	}
	const double *values = contributions_at(c, row, margin);
	double sum = 0;
	for (size_t k = 0; k <= c->columns; k++)
		sum += values[k];
	json_object_set_new(ret, "scale", json_string(contribution_scale_name(c->scale)));
	json_object_set_new(ret, "base", json_number(values[c->columns]));
	json_object_set_new(ret, "margin", json_number(sum));
	json_object_set_new(ret, "contributions", parts_json(e, values));
	return ret;
}
