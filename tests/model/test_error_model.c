/* test_error_model.c: a bundle's knowledge of its own errors: closed forms where inputs move to where errors are larger, beside NannyML's
 * DLE on a world of the same kind, and bytes that are not its own. */
#include "model/error_model.h"

#include <math.h>

#include "base/error.h"
#include "base/json.h"
#include "base/rng.h"
#include "stats/estimate.h"

/* u ~ U(0, 1), v noise; y = 10 u + e, e ~ N(bias, 1) below u = 0.5 and N(bias, 3) above; the prediction is 10 u.  share: of rows above. */
typedef struct World {
	Matrix *x;
	double *predicted, *y;
} World;

static World world_make(size_t rows, double share, double bias, uint64_t seed)
{
	World w = {matrix_new(rows, 2), g_new(double, rows), g_new(double, rows)};
	Rng r = rng_stream(seed, "world");
	for (size_t i = 0; i < rows; i++) {
		bool above = rng_unit(&r) < share;
		double u = (rng_unit(&r) + (above ? 1 : 0)) / 2;
		w.x->values[2 * i] = (float)u;
		w.x->values[2 * i + 1] = i % 10 ? (float)rng_unit(&r) : NAN;
		w.predicted[i] = 10 * u;
		w.y[i] = 10 * u - bias - (above ? 3 : 1) * rng_normal(&r);
	}
	return w;
}

static void world_clear(World *w)
{
	matrix_free(w->x);
	g_free(w->predicted);
	g_free(w->y);
}

static json_t *learn(const World *w)
{
	Scored s = {.rows = w->x->rows, .y = w->y, .scores = w->predicted};
	json_t *errors = NULL;
	g_autoptr(GError) error = NULL;
	error_model_of_numbers(w->x, &s, 1, &errors, &error);
	g_assert_no_error(error);
	return errors;
}

static ErrorModel *load(const json_t *errors)
{
	g_autofree char *text = json_canonical(errors); /* as the bundle keeps it */
	json_auto_t *read = json_loads(text, 0, NULL);
	g_autoptr(GError) error = NULL;
	ErrorModel *m = NULL;
	error_model_load(read, 2, &m, &error);
	g_assert_no_error(error);
	return m;
}

static ErrorSum expect(const ErrorModel *m, const World *w)
{
	g_autofree double *counts = g_new0(double, error_model_leaves(m));
	for (size_t i = 0; i < w->x->rows; i++)
		counts[error_model_place(m, w->x->values + 2 * i, w->predicted[i])]++;
	return error_model_expect(m, counts);
}

static ErrorSum realise(const World *w)
{
	ErrorSum sum = {.rows = (double)w->x->rows};
	for (size_t i = 0; i < w->x->rows; i++) {
		double e = w->predicted[i] - w->y[i];
		sum.error.mean += e / sum.rows;
		sum.absolute.mean += fabs(e) / sum.rows;
		sum.square.mean += e * e / sum.rows;
	}
	return sum;
}

/* E|N(0, s)| = s sqrt(2 / pi): 0.7979 and 2.3937; squares 1 and 9.  NannyML 0.13.1's DLE, fitted on 6,000 rows of such a world (half above)
 * and asked about rows of which a tenth and nine tenths are above, says MAE 0.935 and 2.197, RMSE 1.315 and 2.830. */
static void test_shift(void)
{
	World known = world_make(6000, 0.5, 0, 1);
	json_auto_t *errors = learn(&known);
	g_autoptr(ErrorModel) m = load(errors);
	g_test_message("%zu leaves", error_model_leaves(m));
	g_assert_cmpuint(error_model_leaves(m), >=, 2);
	for (int i = 1; i < 10; i += 4) {
		World w = world_make(5000, i / 10.0, 0, 7);
		ErrorSum sum = expect(m, &w), real = realise(&w);
		double share = i / 10.0, absolute = sqrt(2 / G_PI) * (1 + 2 * share), square = 1 + 8 * share;
		g_test_message("share %g: MAE %.3f of %.3f, RMSE %.3f of %.3f, z %.2f", share, sum.absolute.mean,
		        absolute, sqrt(sum.square.mean), sqrt(square),
		        (real.absolute.mean - sum.absolute.mean) / sqrt(sum.absolute.variance));
		g_assert_cmpfloat_with_epsilon(sum.absolute.mean, absolute, 0.05 * absolute);
		g_assert_cmpfloat_with_epsilon(sum.square.mean, square, 0.1 * square);
		g_assert_cmpfloat(fabs(real.absolute.mean - sum.absolute.mean), <, 4 * sqrt(sum.absolute.variance));
		world_clear(&w);
	}
	world_clear(&known);
}

/* A concept that moved by one: the tree still expects a mean error of 0, and knows how sure it is. */
static void test_concept(void)
{
	World known = world_make(6000, 0.5, 0, 1), moved = world_make(2000, 0.5, 1, 3);
	json_auto_t *errors = learn(&known);
	g_autoptr(ErrorModel) m = load(errors);
	ErrorSum sum = expect(m, &moved), real = realise(&moved);
	double z = (real.error.mean - sum.error.mean) / sqrt(sum.error.variance);
	g_test_message("expected %.3f, was %.3f, z %.1f", sum.error.mean, real.error.mean, z);
	g_assert_cmpfloat(z, >, 8);
	world_clear(&known);
	world_clear(&moved);
}

/* Where nothing changed z is near a standard normal's: of 200 windows of 200 rows about one in twenty is beyond 1.96. */
static void test_level(void)
{
	World known = world_make(6000, 0.5, 0, 1);
	json_auto_t *errors = learn(&known);
	g_autoptr(ErrorModel) m = load(errors);
	int beyond = 0;
	for (uint64_t k = 0; k < 200; k++) {
		World w = world_make(200, 0.5, 0, 100 + k);
		ErrorSum sum = expect(m, &w), real = realise(&w);
		beyond += fabs(real.absolute.mean - sum.absolute.mean) > 1.96 * sqrt(sum.absolute.variance);
		world_clear(&w);
	}
	g_test_message("%d of 200", beyond);
	g_assert_cmpint(beyond, >=, 2);
	g_assert_cmpint(beyond, <=, 20);
	world_clear(&known);
}

static void test_few(void)
{
	World w = world_make(150, 0.5, 0, 1);
	json_auto_t *errors = learn(&w);
	g_assert_null(errors);
	world_clear(&w);
}

/* Scores of half the log odds they should have: learnt; scores that mean what they say: left alone. */
static void test_classes(void)
{
	enum { N = 4000 };
	static double p[2 * N], y[N];
	Rng r = rng_stream(2, "classes");
	for (int flat = 0; flat < 2; flat++) {
		for (size_t i = 0; i < N; i++) {
			double logit = 3 * rng_normal(&r);
			y[i] = rng_unit(&r) < 1 / (1 + exp(-logit));
			p[2 * i + 1] = 1 / (1 + exp(flat ? -logit / 2 : -logit));
			p[2 * i] = 1 - p[2 * i + 1];
		}
		Scored s = {.rows = N, .classes = 2, .y = y, .scores = p, .positive = 1};
		json_auto_t *errors = error_model_of_classes(&s, 1);
		g_assert_cmpint(json_get_int(errors, "rows", 0), ==, N);
		g_assert_true(json_is_object(json_object_get(errors, "calibration")) == (flat == 1));
		/* What is left is small; where scores mean what they say, their own expectation and the lean are the truth. */
		MetricEstimate auc = {.metric = metric_find("roc_auc")};
		double lean = json_get_number(json_object_get(errors, "lean"), "roc_auc", NAN);
		g_assert_cmpfloat(fabs(lean), <, 0.01);
		estimate_values(&s, p, 1, &auc, 1);
		if (!flat)
			g_assert_cmpfloat_with_epsilon(auc.value + lean, auc.metric->compute(&s), 1e-12);
	}
}

static void test_broken(void)
{
	static const char *const BROKEN[] = {"{}", "{\"columns\": 3, \"nodes\": []}",
	        "{\"columns\": 9, \"nodes\": [[5, 0, 1, 1, 1, 1, 1]]}", "{\"columns\": 3, \"nodes\": [[0, 0.5, 0, 0]]}",
	        "{\"columns\": 3, \"nodes\": [[0, 0.5, 0, 5]]}",
	        "{\"columns\": 3, \"nodes\": [[0, 0.5, 0, 0.5], [5, 0, 1, 1, 1, 1, 1], [5, 0, 1, 1, 1, 1, 1]]}",
	        "{\"columns\": 3, \"nodes\": [[7, 0.5, 0, 1], [], []]}",
	        "{\"columns\": 3, \"nodes\": [[-1, 0.5, 0, 1], [5, 0, 1, 1, 1, 1, 1], [5, 0, 1, 1, 1, 1, 1]]}",
	        "{\"columns\": 3, \"nodes\": [[0, 0, 1, 1, 1, 1, 1]]}",
	        "{\"columns\": 3, \"nodes\": [[5, 0, -1, 1, 1, 1, 1]]}",
	        "{\"columns\": 3, \"nodes\": [[1, 0.5, 0, 1], [1, 0.5, 0, 0], [5, 0, 1, 1, 1, 1, 1]]}"};
	for (size_t i = 0; i < G_N_ELEMENTS(BROKEN); i++) {
		json_auto_t *errors = json_loads(BROKEN[i], 0, NULL);
		g_autoptr(GError) error = NULL;
		g_autoptr(ErrorModel) m = NULL;
		g_assert_false(error_model_load(errors, 2, &m, &error));
		g_assert_error(error, FAIL, FAIL_BROKEN);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/error_model/shift", test_shift);
	g_test_add_func("/error_model/concept", test_concept);
	g_test_add_func("/error_model/level", test_level);
	g_test_add_func("/error_model/few", test_few);
	g_test_add_func("/error_model/classes", test_classes);
	g_test_add_func("/error_model/broken", test_broken);
	return g_test_run();
}
