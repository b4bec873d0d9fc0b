/* test_svm.c: support vector machines against closed forms, and probabilities that mean what they say. */
#include "model/families.h"

#include <math.h>

#include "base/error.h"
#include "base/rng.h"
#include "model/svm_fit.h"

static bool is_absent(const GError *error)
{
	if (!g_error_matches(error, FAIL, FAIL_UNAVAILABLE))
		return false;
	g_test_skip(error->message);
	return true;
}

/* Rows at 1 and -1: w^2 / 2 + 2 C (1 - w)^2 is least at w = 4 C / (1 + 4 C), and by symmetry without a constant. */
static void test_linear(void)
{
	const float x[] = {-1, 1};
	const double y[] = {-1, 1}, costs[] = {0.1, 1, 10};
	for (size_t i = 0; i < G_N_ELEMENTS(costs); i++) {
		SvmRows rows = {.x = x, .rows = 2, .columns = 1, .y = y};
		SvmHow how = {.cost = costs[i], .seed = 1};
		double w[2];
		g_autoptr(GError) error = NULL;
		if (!svm_fit_linear(&rows, &how, w, &error) && is_absent(error))
			return;
		g_assert_no_error(error);
		g_assert_cmpfloat_with_epsilon(w[0], 4 * costs[i] / (1 + 4 * costs[i]), 0.05);
		g_assert_cmpfloat_with_epsilon(w[1], 0, 0.05);
	}
}

/* Two rows: each coefficient is min(C, 1 / (1 - K)), K = exp(-gamma d^2), and the margin of the rows is 1 where C allows. */
static void test_radial(void)
{
	const float x[] = {0, 0, 1, 1};
	const double y[] = {1, -1}, kernel = exp(-0.5 * 2);
	SvmRows rows = {.x = x, .rows = 2, .columns = 2, .y = y};
	const double costs[] = {0.5, 100};
	for (size_t i = 0; i < G_N_ELEMENTS(costs); i++) {
		SvmHow how = {.cost = costs[i], .gamma = 0.5};
		double a[2], rho;
		g_autoptr(GError) error = NULL;
		if (!svm_fit_radial(&rows, &how, a, &rho, &error) && is_absent(error))
			return;
		g_assert_no_error(error);
		double wanted = fmin(costs[i], 1 / (1 - kernel));
		g_assert_cmpfloat_with_epsilon(a[0], wanted, 1e-6);
		g_assert_cmpfloat_with_epsilon(a[1], -wanted, 1e-6);
		g_assert_cmpfloat_with_epsilon(rho, 0, 1e-6);
	}
}

enum { ROWS = 1500 };

typedef struct Rings {
	float x[2 * ROWS];
	double y[ROWS];
	Matrix matrix;
	TrainSet set;
} Rings;

/* A disc in a ring: no line divides them, and one in ten has the other's label. */
static Rings *rings_new(void)
{
	Rings *r = g_new0(Rings, 1);
	Rng rng = rng_stream(8, "rings");
	for (size_t i = 0; i < ROWS; i++) {
		bool inside = rng_unit(&rng) < 0.4;
		double radius = inside ? rng_unit(&rng) : 1.2 + rng_unit(&rng), angle = 2 * G_PI * rng_unit(&rng);
		r->x[2 * i] = (float)(radius * cos(angle));
		r->x[2 * i + 1] = (float)(radius * sin(angle));
		r->y[i] = inside != (rng_unit(&rng) < 0.1);
	}
	r->matrix = (Matrix){.rows = ROWS, .columns = 2, .values = r->x};
	r->set = (TrainSet){.task = TASK_BINARY, .classes = 2, .x = &r->matrix, .y = r->y, .seed = 5, .threads = 1};
	return r;
}

static void test_rings(void)
{
	g_autofree Rings *r = rings_new();
	g_autofree double *p = g_new(double, 2 * ROWS);
	json_auto_t *params = NULL;
	void *model = NULL;
	double hits = 0, sure = 0, right = 0;
	g_autoptr(GError) error = NULL;
	g_assert_true(param_fill(FAMILY_SVM.params, NULL, NULL, &params, NULL));
	if (!FAMILY_SVM.train(&r->set, params, &model, NULL, &error) && is_absent(error))
		return;
	g_assert_no_error(error);
	g_assert_true(FAMILY_SVM.predict(model, &r->matrix, p, NULL));
	for (size_t i = 0; i < ROWS; i++) {
		bool yes = p[2 * i + 1] > 0.5;
		hits += (r->y[i] > 0) == yes;
		sure += fmax(p[2 * i], p[2 * i + 1]);
		right += (r->y[i] > 0) == yes;
	}
	g_assert_cmpfloat(hits / ROWS, >, 0.87); /* 0.9 is all there is */
	g_assert_cmpfloat_with_epsilon(sure / ROWS, right / ROWS, 0.05);
	FAMILY_SVM.free(model);
}

/* Labels are a coin, and the weights differ much, so that rows are drawn more than once: nothing can be known of new rows. */
static void test_weights(void)
{
	g_autofree Rings *r = rings_new();
	g_autofree double *weight = g_new(double, ROWS), *p = g_new(double, 2 * ROWS);
	json_auto_t *given = json_pack("{s:s,s:f}", "kernel", "radial", "gamma", 10.0);
	json_auto_t *params = NULL;
	void *model = NULL;
	double away = 0;
	g_autoptr(GError) error = NULL;
	Rng rng = rng_stream(3, "coins");
	for (size_t i = 0; i < ROWS; i++) {
		r->y[i] = (double)rng_below(&rng, 2);
		weight[i] = exp(rng_normal(&rng));
	}
	r->set.weight = weight;
	g_assert_true(param_fill(FAMILY_SVM.params, NULL, given, &params, NULL));
	if (!FAMILY_SVM.train(&r->set, params, &model, NULL, &error) && is_absent(error))
		return;
	g_assert_no_error(error);
	g_autofree Rings *fresh = rings_new();
	for (size_t i = 0; i < 2 * ROWS; i++)
		fresh->x[i] += 0.05f; /* none of the rows it knows */
	g_assert_true(FAMILY_SVM.predict(model, &fresh->matrix, p, NULL));
	for (size_t i = 0; i < ROWS; i++)
		away += fabs(p[2 * i + 1] - 0.5) / ROWS;
	g_test_message("mean distance from a half: %g", away);
	g_assert_cmpfloat(away, <, 0.06);
	FAMILY_SVM.free(model);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/svm/linear", test_linear);
	g_test_add_func("/svm/radial", test_radial);
	g_test_add_func("/svm/rings", test_rings);
	g_test_add_func("/svm/weights", test_weights);
	return g_test_run();
}
