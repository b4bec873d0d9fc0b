/* test_form.c: what a form says of a linear model or a network is what its family predicts. */
#include "model/form.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/rng.h"
#include "model/families.h"
#include "model/scaled_inputs.h"
#include "stats/softmax.h"

enum { ROWS = 200, COLUMNS = 4, CELLS_MOST = 4096 };

typedef struct Data {
	float x[ROWS * COLUMNS];
	double y[ROWS];
	Matrix matrix;
	TrainSet set;
} Data;

/* The third column is constant, the last far from 0 and never missing. */
static void make_data(Data *t, size_t classes)
{
	Rng rng = rng_stream(4, "form");
	for (size_t i = 0; i < ROWS; i++) {
		float *row = t->x + i * COLUMNS;
		for (size_t j = 0; j < COLUMNS; j++)
			row[j] = (float)(j == 2 ? 2.5 : rng_normal(&rng) + (j == 3 ? 500 : 0));
		double z = (double)row[0] + 0.5 * (double)row[1] * (double)row[1] + 0.2 * rng_normal(&rng);
		t->y[i] = classes == 0 ? 1000 + 10 * z : classes == 2 ? z > 0 : (z > -0.5) + (z > 1);
		if (i % 7 == 0)
			row[i % 2] = NAN;
	}
	t->matrix = (Matrix){.rows = ROWS, .columns = COLUMNS, .values = t->x};
	t->set = (TrainSet){.task = classes == 0   ? TASK_REGRESSION
	                            : classes == 2 ? TASK_BINARY
	                                           : TASK_MULTICLASS,
	        .classes = classes,
	        .x = &t->matrix,
	        .y = t->y,
	        .metric = classes ? "log_loss" : "rmse",
	        .seed = 3,
	        .threads = 1};
}

static void linear_margins(const ModelForm *f, const float *x, double *m)
{
	memcpy(m, f->intercept, f->margins * sizeof *m);
	for (size_t j = 0; j < f->columns; j++)
		for (size_t k = 0; k < f->margins; k++) {
			size_t cell = j * f->margins + k;
			double d = (double)x[j] - f->centre[j];
			m[k] += isnan(d)    ? f->missing[cell]
			        : f->square ? f->slope[cell] * d + f->square[cell] * d * d
			                    : f->slope[cell] * d;
		}
}

static void network_margins(const ModelForm *f, const float *x, double *m)
{
	float z[CELLS_MOST];
	double at[CELLS_MOST];
	size_t count = f->inputs->count;
	scaled_inputs_row(f->inputs, x, z, count);
	for (size_t i = 0; i < count; i++)
		at[i] = (double)z[i];
	for (size_t v = 0; v < f->vectors; v++) {
		double apart = 0;
		for (size_t i = 0; i < count; i++)
			apart += pow((double)z[i] - (double)f->vector[v * count + i], 2);
		at[v] = exp(-f->gamma * apart);
	}
	for (size_t l = 0; l < f->layers; l++) {
		const FormLayer *y = &f->layer[l];
		double sums[CELLS_MOST];
		for (size_t o = 0; o < y->out; o++) {
			sums[o] = y->intercept[o];
			for (size_t i = 0; i < y->in; i++)
				sums[o] += at[i] * y->weight[i * y->out + o];
			sums[o] = l + 1 < f->layers ? MAX(sums[o], 0) : sums[o];
		}
		memcpy(at, sums, y->out * sizeof *at);
	}
	memcpy(m, at, f->margins * sizeof *m);
}

static void by_curves(const ModelForm *f, const double *m, double *ret)
{
	double sum = 0;
	for (size_t k = 0; k < f->margins; k++) {
		double odds = CLAMP(m[k], -FORM_ODDS_MOST, FORM_ODDS_MOST);
		sum += ret[k] = 1 / (1 + exp(-(f->curve[2 * k] * odds + f->curve[2 * k + 1])));
	}
	for (size_t k = 0; f->margins > 1 && k < f->margins; k++)
		ret[k] /= sum;
	if (f->margins == 1) {
		ret[1] = sum;
		ret[0] = 1 - sum;
	}
}

static void form_scores(const ModelForm *f, const float *x, double *ret)
{
	double m[8];
	(f->kind == FORM_LINEAR ? linear_margins : network_margins)(f, x, m);
	switch (f->link) {
	case FORM_SCALED:
		ret[0] = f->shift + f->scale * m[0];
		if (f->is_held)
			ret[0] = CLAMP(ret[0], f->low, f->high);
		break;
	case FORM_LOGISTIC:
		ret[1] = 1 / (1 + exp(-m[0]));
		ret[0] = 1 - ret[1];
		break;
	case FORM_SOFTMAX:
		memcpy(ret, m, f->margins * sizeof *m);
		softmax(ret, f->margins);
		break;
	case FORM_EXPONENTIAL:
		ret[0] = exp(MIN(m[0], FORM_MARGIN_MOST));
		break;
	case FORM_CURVES:
		by_curves(f, m, ret);
		break;
	}
}

typedef struct Case {
	const ModelFamily *family;
	const char *settings;
	double within; /* of the size of scores; float32 where a network is in it */
} Case;

static const Case CASES[] = {
        {&FAMILY_LINEAR, "{}", 1e-12},
        {&FAMILY_MLP, "{\"width\": 19, \"rounds\": 3}", 1e-5},
        {&FAMILY_MLP, "{\"width\": 16, \"layers\": 4, \"rounds\": 1}", 1e-5},
        {&FAMILY_SVM, "{\"kernel\": \"linear\"}", 1e-8},
        {&FAMILY_SVM, "{\"kernel\": \"radial\"}", 1e-8},
        {&FAMILY_NAIVE_BAYES, "{}", 1e-10},
        {&FAMILY_FTRL, "{}", 1e-12},
};

/* Skips a family whose library is not here. */
static void check(const Case *c, size_t classes)
{
	g_autofree Data *t = g_new0(Data, 1);
	json_auto_t *given = json_loads(c->settings, 0, NULL);
	json_auto_t *params = NULL;
	g_autoptr(GError) error = NULL;
	g_auto(ModelForm) form = {0};
	void *model = NULL;
	make_data(t, classes);
	if (!(c->family->tasks & t->set.task) || !family_ready(c->family, NULL, given, NULL))
		return;
	g_assert_true(param_fill(c->family->params, NULL, given, &params, NULL));
	c->family->train(&t->set, params, &model, NULL, &error);
	g_assert_no_error(error);
	family_form(c->family, model, &form, &error);
	g_assert_no_error(error);
	g_assert_cmpuint(form.outputs, ==, MAX(classes, (size_t)1));
	g_autofree double *said = g_new(double, ROWS *form.outputs);
	g_assert_true(c->family->predict(model, &t->matrix, said, NULL));
	for (size_t i = 0; i < ROWS; i++) {
		double scores[8];
		form_scores(&form, t->x + i * COLUMNS, scores);
		for (size_t k = 0; k < form.outputs; k++)
			g_assert_cmpfloat_with_epsilon(
			        scores[k], said[i * form.outputs + k], c->within * (classes ? 1 : 1000));
	}
	c->family->free(model);
}

static void test_scores(void)
{
	for (size_t c = 0; c < G_N_ELEMENTS(CASES); c++)
		for (size_t classes = 0; classes < 4; classes += classes ? 1 : 2)
			check(&CASES[c], classes);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/form/scores", test_scores);
	return g_test_run();
}
