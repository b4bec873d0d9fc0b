/* test_ftrl.c: the online linear model against its formula written down once more, and what learning on promises. */
#include "model/families.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/rng.h"

enum { ROWS = 400, COLUMNS = 2 };

typedef struct Data {
	float x[ROWS * COLUMNS];
	double y[ROWS], weight[ROWS];
	Matrix matrix;
	TrainSet set;
} Data;

/* The second feature says nothing. */
static Data *make_data(unsigned task)
{
	Data *t = g_new0(Data, 1);
	Rng rng = rng_stream(4, "ftrl");
	for (size_t i = 0; i < ROWS; i++) {
		t->x[i * COLUMNS] = (float)rng_below(&rng, 5) - 2;
		t->x[i * COLUMNS + 1] = (float)rng_below(&rng, 5) - 2;
		double z = (double)t->x[i * COLUMNS] + 0.5 * rng_normal(&rng);
		t->y[i] = task == TASK_REGRESSION ? 20 + 3 * z : z > 0;
		t->weight[i] = 1 + (double)(i % 3);
	}
	t->matrix = (Matrix){.rows = ROWS, .columns = COLUMNS, .values = t->x};
	t->set = (TrainSet){.task = task, .x = &t->matrix, .y = t->y, .weight = t->weight, .threads = 1};
	t->set.classes = task == TASK_REGRESSION ? 0 : 2;
	return t;
}

static void *train(const TrainSet *set, const char *settings)
{
	json_auto_t *given = json_loads(settings, 0, NULL);
	json_auto_t *params = NULL;
	void *model = NULL;
	g_assert_true(param_fill(FAMILY_FTRL.params, NULL, given, &params, NULL));
	g_assert_true(FAMILY_FTRL.train(set, params, &model, NULL, NULL));
	return model;
}

static TrainSet some_rows(const Data *t, Matrix *room, size_t from, size_t end)
{
	TrainSet part = t->set;
	*room = (Matrix){.rows = end - from, .columns = COLUMNS, .values = (float *)t->x + from * COLUMNS};
	part.x = room;
	part.y = t->y + from;
	part.weight = t->weight + from;
	return part;
}

/* Both features have median 0 and quartiles at -1 and 1, so z = x / 2 before it is bent. */
static double scaled(float x)
{
	double z = (double)x / 2;
	volatile float rounded = (float)(z / sqrt(1 + z * z / 9)); /* or the compiler computes on without rounding */
	return (double)rounded;
}

/* The formula, coordinate by coordinate; the third is the intercept. */
static void test_formula(void)
{
	g_autofree Data *t = make_data(TASK_BINARY);
	double z[3] = {0}, n[3] = {0}, w[3] = {0}, p[2 * ROWS];
	const double alpha = 0.2, beta = 0.7, l1 = 0.4, l2 = 1.5;
	for (size_t turn = 0; turn < 2 * ROWS; turn++) {
		size_t i = turn % ROWS;
		double x[3] = {scaled(t->x[i * COLUMNS]), scaled(t->x[i * COLUMNS + 1]), 1};
		double share = 1 / (1 + exp(-(w[0] * x[0] + w[1] * x[1] + w[2])));
		for (unsigned j = 0; j < 3; j++) {
			double g = t->weight[i] * (share - t->y[i]) * x[j], first = j < 2 ? l1 : 0;
			double s = (sqrt(n[j] + g * g) - sqrt(n[j])) / alpha;
			z[j] += g - s * w[j];
			n[j] += g * g;
			double sign = z[j] < 0 ? -1 : 1;
			w[j] = fabs(z[j]) <= first
			               ? 0
			               : -(z[j] - sign * first) / ((beta + sqrt(n[j])) / alpha + (j < 2 ? l2 : 0));
		}
	}
	void *model = train(&t->set, "{\"alpha\": 0.2, \"beta\": 0.7, \"l1\": 0.4, \"l2\": 1.5, \"rounds\": 2}");
	g_assert_true(FAMILY_FTRL.predict(model, &t->matrix, p, NULL));
	for (size_t i = 0; i < ROWS; i++) {
		double x[2] = {scaled(t->x[i * COLUMNS]), scaled(t->x[i * COLUMNS + 1])};
		double share = 1 / (1 + exp(-(w[0] * x[0] + w[1] * x[1] + w[2])));
		g_assert_cmpfloat_with_epsilon(p[2 * i + 1], share, 1e-12);
	}
	g_assert_cmpfloat(w[0], >, 1);
	FAMILY_FTRL.free(model);
}

/* A penalty on sizes leaves a useless feature at exactly 0. */
static void test_sparse(void)
{
	g_autofree Data *t = make_data(TASK_REGRESSION);
	double share[COLUMNS];
	void *model = train(&t->set, "{\"l1\": 60}");
	g_assert_true(FAMILY_FTRL.importance(model, share, NULL));
	g_assert_cmpfloat(share[0], ==, 1);
	g_assert_cmpfloat(share[1], ==, 0);
	FAMILY_FTRL.free(model);
}

static void learn_on(void **model, const TrainSet *fresh)
{
	UpdateSet set = {.fresh = fresh};
	void *next = NULL;
	g_assert_true(FAMILY_FTRL.update(*model, &set, &next, NULL));
	FAMILY_FTRL.free(*model);
	*model = next;
}

/* The world turns round; learning on from what comes then finds it out, and passing the old rows again would not. */
static void test_change(void)
{
	g_autofree Data *t = make_data(TASK_BINARY);
	double p[2 * ROWS];
	void *model = train(&t->set, "{\"alpha\": 0.5}");
	for (size_t i = 0; i < ROWS; i++)
		t->y[i] = 1 - t->y[i];
	for (unsigned turn = 0; turn < 8; turn++)
		learn_on(&model, &t->set);
	g_assert_true(FAMILY_FTRL.predict(model, &t->matrix, p, NULL));
	size_t right = 0;
	for (size_t i = 0; i < ROWS; i++)
		right += (p[2 * i + 1] > 0.5) == (t->y[i] > 0);
	g_assert_cmpuint(right, >, ROWS * 3 / 4);
	FAMILY_FTRL.free(model);
}

/* Rows one by one are the rows together; other features or classes are refused. */
static void test_update(void)
{
	g_autofree Data *t = make_data(TASK_REGRESSION);
	Matrix room;
	TrainSet half = some_rows(t, &room, 0, ROWS / 2);
	void *one = train(&half, "{}"), *other = train(&half, "{}");
	half = some_rows(t, &room, ROWS / 2, ROWS);
	learn_on(&one, &half);
	for (size_t i = ROWS / 2; i < ROWS; i++) {
		TrainSet row = some_rows(t, &room, i, i + 1);
		learn_on(&other, &row);
	}
	g_autoptr(GBytes) a = NULL;
	g_autoptr(GBytes) b = NULL;
	g_assert_true(FAMILY_FTRL.save(one, &a, NULL) && FAMILY_FTRL.save(other, &b, NULL));
	g_assert_true(g_bytes_equal(a, b));
	g_autoptr(GError) error = NULL;
	half.classes = 3;
	UpdateSet set = {.fresh = &half};
	void *none = NULL;
	g_assert_false(FAMILY_FTRL.update(one, &set, &none, &error));
	g_assert_error(error, FAIL, FAIL_INVALID);
	FAMILY_FTRL.free(one);
	FAMILY_FTRL.free(other);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/ftrl/formula", test_formula);
	g_test_add_func("/ftrl/sparse", test_sparse);
	g_test_add_func("/ftrl/change", test_change);
	g_test_add_func("/ftrl/update", test_update);
	return g_test_run();
}
