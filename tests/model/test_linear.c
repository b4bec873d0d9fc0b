/* test_linear.c: linear models against scikit-learn and against each other. */
#include "model/families.h"

#include <float.h>
#include <math.h>

#include "base/error.h"
#include "model/labels.h"
#include "model/linear_fit.h"

enum { ROWS = 60, COLUMNS = 4 };

typedef struct Data {
	float x[ROWS * COLUMNS];
	double binary[ROWS], classes[ROWS], number[ROWS], weight[ROWS];
	Matrix matrix;
} Data;

/* A table from integer arithmetic, so that it is the same everywhere; every seventh value of the third feature is missing. */
static void make_data(Data *t)
{
	for (int i = 0; i < ROWS; i++) {
		for (int j = 0; j < COLUMNS; j++)
			t->x[i * COLUMNS + j] = (float)((i * 37 + j * 101 + (i * i * (j + 3)) % 53) % 97) / 10;
		double z = (double)t->x[i * COLUMNS] - (double)t->x[i * COLUMNS + 1] + 0.5 * ((i * 29) % 17 - 8);
		t->binary[i] = z > 0;
		t->classes[i] = z < -4 ? 0 : z < 4 ? 1 : 2;
		t->number[i] = z * 3 + 10;
		t->weight[i] = 1 + i % 3;
		if (i % 7 == 0)
			t->x[i * COLUMNS + 2] = NAN;
	}
	t->matrix = (Matrix){.rows = ROWS, .columns = COLUMNS, .values = t->x};
}

static void train_and_predict(const TrainSet *set, const char *settings, double *ret)
{
	json_auto_t *given = json_loads(settings, 0, NULL);
	json_auto_t *params = NULL;
	g_autoptr(GError) error = NULL;
	void *model = NULL;
	g_assert_true(param_fill(FAMILY_LINEAR.params, NULL, given, &params, NULL));
	FAMILY_LINEAR.train(set, params, &model, NULL, &error);
	g_assert_no_error(error);
	g_assert_true(FAMILY_LINEAR.predict(model, set->x, ret, NULL));
	FAMILY_LINEAR.free(model);
}

static void expect(const double *found, size_t stride, const double *wanted, size_t count, double within)
{
	for (size_t i = 0; i < count; i++)
		g_assert_cmpfloat_with_epsilon(found[i * stride], wanted[i], within);
}

/* scikit-learn 1.9.1: mean imputation with indicator, StandardScaler, then LogisticRegression(tol=1e-12) with C = 1/l2 or
 * Ridge(alpha=l2); weighted ones with sample_weight and weighted means and deviations. */
static void test_sklearn(void)
{
	Data t;
	double p[ROWS * 3];
	make_data(&t);
	TrainSet set = {.task = TASK_BINARY, .classes = 2, .x = &t.matrix, .y = t.binary, .threads = 1};
	train_and_predict(&set, "{\"l2\": 2}", p);
	static const double LOGISTIC[] = {
	        0.5875940865, 0.4070996585, 0.3548488614, 0.3071721712, 0.06652083994, 0.2633351567};
	expect(p + 1, 2, LOGISTIC, 6, 2e-6);

	train_and_predict(&set, "{\"l2\": 0, \"l1\": 4}", p); /* penalty="l1", solver="saga", C=1/4 */
	static const double SPARSE[] = {
	        0.5019851201, 0.4427250208, 0.3660578091, 0.3938075113, 0.186656356, 0.3376884264};
	expect(p + 1, 2, SPARSE, 6, 1e-5);

	set.weight = t.weight;
	train_and_predict(&set, "{\"l2\": 1}", p);
	static const double WEIGHTED[] = {
	        0.7307470054, 0.3606452703, 0.2062209815, 0.2820467394, 0.03176692025, 0.1390073607};
	expect(p + 1, 2, WEIGHTED, 6, 2e-6);

	set = (TrainSet){.task = TASK_MULTICLASS, .classes = 3, .x = &t.matrix, .y = t.classes, .threads = 1};
	train_and_predict(&set, "{\"l2\": 1}", p);
	static const double MULTINOMIAL[] = {0.1915479597, 0.40492597, 0.4035260703, 0.07590940434, 0.8504563121,
	        0.07363428354, 0.1249280353, 0.8682688077, 0.006803157085};
	expect(p, 1, MULTINOMIAL, 9, 5e-6);

	set = (TrainSet){.task = TASK_REGRESSION, .x = &t.matrix, .y = t.number, .threads = 1};
	train_and_predict(&set, "{\"l2\": 3}", p);
	static const double RIDGE[] = {13.28621605, 8.408622757, 4.315056067, 4.976157788, -10.03836481, 1.341744978};
	expect(p, 1, RIDGE, 6, 1e-7);
}

/* scikit-learn 1.9.1 as above: LogisticRegression(penalty="elasticnet", solver="saga", C=1/3, l1_ratio=0.4), ElasticNet(
 * alpha=6/60, l1_ratio=0.7) on the standardised target, PoissonRegressor(alpha=2/60) on floor(|number| / 4). */
static void test_sklearn_more(void)
{
	Data t;
	double p[ROWS * 2];
	make_data(&t);
	TrainSet set = {.task = TASK_BINARY, .classes = 2, .x = &t.matrix, .y = t.binary, .threads = 1};
	train_and_predict(&set, "{\"penalty\": \"elastic_net\", \"l2\": 3, \"l1_ratio\": 0.4}", p);
	static const double LOGISTIC[] = {
	        0.5597408552, 0.4212449743, 0.3544791656, 0.357681545, 0.1148681921, 0.2802185845};
	expect(p + 1, 2, LOGISTIC, 6, 1e-5);

	set = (TrainSet){.task = TASK_REGRESSION, .x = &t.matrix, .y = t.number, .threads = 1};
	train_and_predict(&set, "{\"penalty\": \"elastic_net\", \"l2\": 6, \"l1_ratio\": 0.7}", p);
	static const double NET[] = {11.7860526608, 8.630456039, 5.812530047, 5.9295729604, -7.196403965, 2.6978451969};
	expect(p, 1, NET, 6, 1e-3);

	for (unsigned i = 0; i < ROWS; i++)
		t.number[i] = floor(fabs(t.number[i]) / 4);
	train_and_predict(&set, "{\"objective\": \"poisson\", \"l2\": 2}", p);
	static const double COUNTS[] = {
	        3.1124809293, 2.085403426, 2.1029870185, 1.7826542456, 0.8071622762, 1.5602330362};
	expect(p, 1, COUNTS, 6, 1e-5);
}

/* Without features, the mean count; a row of weight 2 is two rows; a target below 0 is no count. */
static void test_poisson(void)
{
	float x[] = {1, 1, 1, 1}, strange[] = {FLT_MAX};
	double y[] = {0, 3, 7, 6}, weight[] = {1, 1, 2, 0}, p[4];
	Matrix matrix = {.rows = 4, .columns = 1, .values = x};
	TrainSet set = {.task = TASK_REGRESSION, .x = &matrix, .y = y, .weight = weight, .threads = 1};
	train_and_predict(&set, "{\"objective\": \"poisson\"}", p);
	g_assert_cmpfloat_with_epsilon(p[0], 17.0 / 4, 1e-3);
	for (unsigned i = 0; i < 4; i++)
		x[i] = (float)i;
	json_auto_t *params = NULL;
	json_auto_t *given = json_pack("{s:s,s:f}", "objective", "poisson", "l2", 1e-3);
	g_autoptr(GError) error = NULL;
	void *model = NULL;
	g_assert_true(param_fill(FAMILY_LINEAR.params, NULL, given, &params, NULL));
	g_assert_true(FAMILY_LINEAR.train(&set, params, &model, NULL, NULL));
	Contributions *told = NULL;
	g_assert_true(FAMILY_LINEAR.contribute(model, &matrix, &told, NULL));
	g_assert_cmpint(told->scale, ==, CONTRIBUTION_LOG); /* they add up to the logarithm of the mean */
	contributions_free(told);
	matrix = (Matrix){.rows = 1, .columns = 1, .values = strange};
	g_assert_true(FAMILY_LINEAR.predict(model, &matrix, p, NULL));
	g_assert_true(isfinite(p[0]) && p[0] > 1e6);
	FAMILY_LINEAR.free(model);
	matrix = (Matrix){.rows = 4, .columns = 1, .values = x};
	y[2] = -1;
	g_assert_false(FAMILY_LINEAR.train(&set, params, &model, NULL, &error));
	g_assert_error(error, FAIL, FAIL_INVALID);
}

/* One feature: the slope of ridge on a standardised feature is sum(z y) / (n + l2). */
static void test_closed_form(void)
{
	float x[] = {1, 2, 3, 4};
	double y[] = {2, 3, 7, 8}, p[4];
	Matrix matrix = {.rows = 4, .columns = 1, .values = x};
	TrainSet set = {.task = TASK_REGRESSION, .x = &matrix, .y = y, .threads = 1};
	train_and_predict(&set, "{\"l2\": 4}", p);
	/* z = (x - 2.5) / sqrt(1.25); sum z y = 11 / sqrt(1.25); slope on x = 11 / 1.25 / 8 = 1.1 */
	double wanted[] = {5 - 1.5 * 1.1, 5 - 0.5 * 1.1, 5 + 0.5 * 1.1, 5 + 1.5 * 1.1};
	expect(p, 1, wanted, 4, 1e-12);
}

static void test_two_ways(void)
{
	Data t;
	make_data(&t);
	for (unsigned i = 0; i < ROWS; i++) /* mostly zero: the other shift */
		t.x[i * COLUMNS + 3] = i % 5 == 0 ? t.x[i * COLUMNS + 3] : 0;
	TrainSet set = {.task = TASK_REGRESSION, .x = &t.matrix, .y = t.number, .weight = t.weight, .threads = 1};
	g_autoptr(LinearColumns) columns = linear_columns_measure(&set);
	LinearPenalty penalty = {.l2 = 0.5, .iterations = 1000};
	g_autoptr(LinearWeights) direct = NULL;
	g_autoptr(LinearWeights) descent = NULL;
	g_assert_cmpuint(columns->count, ==, COLUMNS + 1);
	g_assert_true(linear_fit_cholesky(&set, t.number, columns, &penalty, &direct));
	g_assert_true(linear_fit_lbfgs(&set, t.number, columns, &penalty, &descent, NULL));
	g_assert_cmpfloat_with_epsilon(direct->intercept[0], descent->intercept[0], 1e-4);
	for (size_t j = 0; j < columns->count; j++)
		g_assert_cmpfloat_with_epsilon(direct->weight[j], descent->weight[j], 1e-4);
}

/* Rows whose mostly empty columns are listed have the entries of the matrix, in the same order: an empty column, 0 and missing values, mixed
 * with full ones. */
static void test_listed_rows(void)
{
	enum { MANY = 200, WIDE = 12 };
	g_autofree float *x = g_new(float, MANY *WIDE);
	g_autofree double *y = g_new0(double, MANY);
	for (unsigned i = 0; i < MANY; i++)
		for (unsigned j = 0; j < WIDE; j++) {
			unsigned at = (i * 37 + j * 101 + i * i * (j + 3)) % 53;
			bool is_full = j % 3 == 1, is_empty = j == 5 || (!is_full && at > 7);
			x[i * WIDE + j] = is_empty ? 0 : at == 3 ? NAN : (float)at - 2;
		}
	Matrix matrix = {.rows = MANY, .columns = WIDE, .values = x};
	TrainSet set = {.task = TASK_REGRESSION, .x = &matrix, .y = y, .threads = 1};
	g_autoptr(LinearColumns) columns = linear_columns_measure(&set);
	g_autoptr(LinearRows) rows = linear_rows_new(columns, &matrix);
	g_assert_cmpuint(rows->full, ==, 4);
	g_assert_true(rows->start[MANY] > 100 && rows->start[MANY] < MANY * (WIDE - 4) / 4);
	g_auto(LinearRow) listed = {0}, made = {0};
	linear_row_init(&listed, columns);
	linear_row_init(&made, columns);
	for (size_t i = 0; i < MANY; i++) {
		linear_rows_read(rows, i, &listed);
		linear_row_make(columns, x + i * WIDE, &made);
		g_assert_cmpmem(listed.column, listed.count * sizeof *listed.column, made.column,
		        made.count * sizeof *made.column);
		g_assert_cmpmem(
		        listed.value, listed.count * sizeof *listed.value, made.value, made.count * sizeof *made.value);
	}
}

/* A copy of a feature, a constant and one that is never there: all can be fitted, constants weigh nothing. */
static void test_degenerate(void)
{
	float x[40 * 4];
	double y[40], p[40];
	for (unsigned i = 0; i < 40; i++) {
		x[i * 4] = x[i * 4 + 1] = (float)i;
		x[i * 4 + 2] = 0.1f;
		x[i * 4 + 3] = NAN;
		y[i] = 3 * (double)i + 1;
	}
	Matrix matrix = {.rows = 40, .columns = 4, .values = x};
	TrainSet set = {.task = TASK_REGRESSION, .x = &matrix, .y = y, .threads = 1};
	train_and_predict(&set, "{\"l2\": 0}", p);
	expect(p, 1, y, 40, 1e-3);
	for (unsigned i = 0; i < 40; i++)
		y[i] = i > 20; /* separable */
	double q[80];
	set = (TrainSet){.task = TASK_BINARY, .classes = 2, .x = &matrix, .y = y, .threads = 1};
	train_and_predict(&set, "{\"l2\": 0}", q);
	g_assert_cmpfloat(q[2 * 15 + 1], <, 0.01);
	json_auto_t *counts = json_pack("{s:s}", "objective", "poisson");
	g_autoptr(GError) error = NULL;
	void *none = NULL;
	g_assert_false(FAMILY_LINEAR.train(&set, counts, &none, NULL, &error));
	g_assert_error(error, FAIL, FAIL_INVALID);
	g_assert_cmpfloat(q[2 * 30 + 1], >, 0.99);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/linear/scikit-learn", test_sklearn);
	g_test_add_func("/linear/elastic net and counts", test_sklearn_more);
	g_test_add_func("/linear/poisson", test_poisson);
	g_test_add_func("/linear/closed form", test_closed_form);
	g_test_add_func("/linear/two ways", test_two_ways);
	g_test_add_func("/linear/listed rows", test_listed_rows);
	g_test_add_func("/linear/degenerate", test_degenerate);
	return g_test_run();
}
