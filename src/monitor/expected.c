/* expected.c: expectations of a window's answers. */
#include "monitor/expected.h"

#include <math.h>
#include <string.h>

#include "base/json.h"
#include "stats/moments.h"

void expected_free(Expected *x)
{
	if (!x)
		return;
	g_free(x->truth);
	g_free(x->leaf);
	error_model_free(x->errors);
	g_free(x);
}

static bool read_leaves(Expected *x, const LookInput *in, WindowAnswers *a, GError **error)
{
	const json_t *errors = json_at(bundle_header(in->bundle), "reference.errors");
	g_autoptr(Matrix) features = NULL;
	if (!bundle_features(in->bundle, a->frame, &features, error) ||
	        !error_model_load(errors, matrix_numbers(features), &x->errors, error))
		return false;
	x->leaf = g_new(size_t, MAX(a->rows, 1));
	for (size_t i = 0; i < a->rows; i++)
		x->leaf[i] = error_model_place(x->errors, features->values + i * features->columns, a->scores[i]);
	return true;
}

bool expected_read(const LookInput *in, WindowAnswers *a, Expected **ret, GError **error)
{
	const json_t *errors = json_at(bundle_header(in->bundle), "reference.errors");
	g_autoptr(Expected) x = g_new0(Expected, 1);
	*ret = NULL;
	if (!json_is_object(errors))
		return true;
	if (a->classes)
		x->learnt = (size_t)json_get_int(errors, "rows", 0);
	if (a->classes ? !answers_meaning(a, in->bundle, &x->truth, error) : !read_leaves(x, in, a, error))
		return false;
	*ret = g_steal_pointer(&x);
	return true;
}

static ErrorSum sum_of(const Expected *x, const WindowAnswers *a)
{
	g_autofree double *counts = g_new0(double, error_model_leaves(x->errors));
	for (size_t i = 0; i < a->rows; i++)
		counts[x->leaf[i]]++;
	return error_model_expect(x->errors, counts);
}

/* r2: the truth varies as the predictions do and by the error on top. */
static void expect_number(const ErrorSum *sum, double spread, MetricEstimate *e)
{
	double mse = sum->square.mean, sd = sqrt(sum->square.variance);
	const char *name = e->metric->name;
	e->value = e->sd = NAN;
	if (strcmp(name, "mae") == 0)
		*e = (MetricEstimate){e->metric, sum->absolute.mean, sqrt(sum->absolute.variance)};
	else if (strcmp(name, "mean_error") == 0)
		*e = (MetricEstimate){e->metric, sum->error.mean, sqrt(sum->error.variance)};
	else if (strcmp(name, "rmse") == 0)
		*e = (MetricEstimate){e->metric, sqrt(mse), sd / (2 * sqrt(mse))};
	else if (strcmp(name, "r2") == 0)
		*e = (MetricEstimate){
		        e->metric, 1 - mse / (spread + mse), sd * spread / ((spread + mse) * (spread + mse))};
}

/* What such expectations were off on validation rows; no further than the metric reaches. */
static void add_lean(const Bundle *b, MetricEstimate *inout, size_t count)
{
	const json_t *lean = json_at(bundle_header(b), "reference.errors.lean");
	for (size_t m = 0; m < count; m++) {
		const MetricKind *metric = inout[m].metric;
		double low = MIN(metric->worst, metric->best), high = MAX(metric->worst, metric->best);
		double value = inout[m].value + json_get_number(lean, metric->name, 0);
		inout[m].value = isnan(value) ? inout[m].value : CLAMP(value, low, high);
	}
}

void expected_metrics(const Expected *x, const WindowAnswers *a, const Bundle *b, MetricEstimate *inout, size_t count)
{
	if (a->classes) {
		Scored s = answers_scored(a, b);
		estimate_metrics(&s, x->truth, 1, inout, count);
		add_lean(b, inout, count);
		return;
	}
	ErrorSum sum = sum_of(x, a);
	Moments spread = MOMENTS_NONE;
	for (size_t i = 0; i < a->rows; i++)
		moments_add(&spread, a->scores[i]);
	for (size_t m = 0; m < count; m++)
		expect_number(&sum, moments_variance(&spread), &inout[m]);
}

double expected_residual(const Expected *x, const WindowAnswers *a, const Bundle *b, size_t row, double *ret_variance)
{
	if (!a->classes) {
		const ErrorLeaf *leaf = error_model_leaf(x->errors, x->leaf[row]);
		*ret_variance = leaf->error.variance;
		return a->scores[row] - a->y[row] - leaf->error.mean;
	}
	int positive = bundle_positive(b);
	size_t of = positive >= 0 ? (size_t)positive : a->decided[row];
	double p = x->truth[row * a->classes + of];
	*ret_variance = p * (1 - p);
	return (a->y[row] == (double)of ? 1 : 0) - p;
}
