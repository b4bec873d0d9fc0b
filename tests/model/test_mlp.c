/* test_mlp.c: products to the bit, and what the neural network must be able to learn. */
#include "model/families.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/rng.h"
#include "model/matmul.h"
#include "model/mlp_net.h"

enum { ROWS = 600, COLUMNS = 3 };

typedef struct Data {
	float x[ROWS * COLUMNS];
	double y[ROWS], weight[ROWS];
	Matrix matrix;
	TrainSet set;
} Data;

static Data *make_data(unsigned task)
{
	Data *t = g_new0(Data, 1);
	Rng rng = rng_stream(9, "mlp");
	for (size_t i = 0; i < ROWS; i++) {
		float *row = t->x + i * COLUMNS;
		for (size_t j = 0; j < COLUMNS; j++)
			row[j] = (float)(1000 + 50 * rng_normal(&rng)); /* far from 0 and 1 */
		double a = ((double)row[0] - 1000) / 50, b = ((double)row[1] - 1000) / 50;
		t->y[i] = task == TASK_REGRESSION ? 500 + 70 * (2 * a - b) : (a > 0) != (b > 0);
		t->weight[i] = 1;
	}
	t->matrix = (Matrix){.rows = ROWS, .columns = COLUMNS, .values = t->x};
	t->set = (TrainSet){.task = task, .x = &t->matrix, .y = t->y, .seed = 5, .threads = 1};
	t->set.classes = task == TASK_REGRESSION ? 0 : 2;
	return t;
}

static void *train(const Data *t, const char *settings)
{
	json_auto_t *given = json_loads(settings, 0, NULL);
	json_auto_t *params = NULL;
	g_autoptr(GError) error = NULL;
	void *model = NULL;
	g_assert_true(param_fill(FAMILY_MLP.params, NULL, given, &params, NULL));
	FAMILY_MLP.train(&t->set, params, &model, NULL, &error);
	g_assert_no_error(error);
	return model;
}

/* Decay times rate above 2 makes every weight larger than before: a sentence, not a model of NaN. */
static void test_diverges(void)
{
	g_autofree Data *t = make_data(TASK_REGRESSION);
	json_auto_t *params = NULL;
	json_auto_t *given = json_pack("{s:f,s:f}", "learning_rate", 1.0, "weight_decay", 100.0);
	g_autoptr(GError) error = NULL;
	void *model = NULL;
	g_assert_true(param_fill(FAMILY_MLP.params, NULL, given, &params, NULL));
	g_assert_false(FAMILY_MLP.train(&t->set, params, &model, NULL, &error));
	g_assert_error(error, FAIL, FAIL_INVALID);
	g_assert_nonnull(strstr(error->message, "learning_rate"));
}

/* Every element is the sum in the order of depth, whatever the number of rows; a transposed left side is read in place. */
static void test_matmul(void)
{
	enum { MOST = 9, DEPTH = 37, WIDE = 2 * MATMUL_WIDTH };
	float a[MOST * DEPTH], turned[DEPTH * MOST], b[DEPTH * WIDE], c[MOST * WIDE], d[MOST * WIDE];
	Rng rng = rng_stream(1, "matmul");
	for (size_t i = 0; i < MOST * DEPTH; i++)
		a[i] = turned[i % DEPTH * MOST + i / DEPTH] = (float)rng_normal(&rng);
	for (size_t i = 0; i < DEPTH * WIDE; i++)
		b[i] = (float)rng_normal(&rng);
	for (size_t rows = 1; rows <= MOST; rows++) {
		for (size_t i = 0; i < rows * WIDE; i++)
			c[i] = d[i] = (float)i;
		matmul_add((MatmulLeft){a, DEPTH, 1}, b, c, (MatmulShape){rows, DEPTH, WIDE});
		matmul_add((MatmulLeft){turned, 1, MOST}, b, d, (MatmulShape){rows, DEPTH, WIDE});
		for (size_t i = 0; i < rows * WIDE; i++) {
			float sum = (float)i;
			for (size_t k = 0; k < DEPTH; k++)
				sum += a[i / WIDE * DEPTH + k] * b[k * WIDE + i % WIDE];
			g_assert_cmpmem(&sum, sizeof sum, &c[i], sizeof sum);
			g_assert_cmpmem(&sum, sizeof sum, &d[i], sizeof sum);
		}
	}
}

/* A network of one layer is a linear map; of two, worked out by hand: max(0, 2x + 1) * 3 - 1 and max(0, -x) * 2. */
static void test_forward(void)
{
	MlpNet net = {0};
	MlpFlow f;
	mlp_net_init(&net, (const size_t[]){1, 2, 1}, 2);
	float *first = net.layer[0].weight, *second = net.layer[1].weight;
	first[0] = 2;
	first[1] = -1;
	first[net.layer[0].wide_in * net.layer[0].wide] = 1;
	second[0] = 3;
	second[net.layer[1].wide] = 2;
	second[net.layer[1].wide_in * net.layer[1].wide] = -1;
	mlp_flow_init(&f, &net, 3);
	const float x[] = {1, 0, -5}, wanted[] = {8, 2, 9};
	for (size_t r = 0; r < 3; r++)
		f.value[0][r * net.layer[0].wide_in] = x[r];
	mlp_forward(&net, &f, 3);
	for (size_t r = 0; r < 3; r++)
		g_assert_cmpfloat(f.value[2][r * net.layer[1].wide], ==, wanted[r]);
	mlp_flow_clear(&f);
	mlp_net_clear(&net);
}

/* Either sign of one feature, but not of both: no linear model gets above a half. */
static void test_either_or(void)
{
	g_autofree Data *t = make_data(TASK_BINARY);
	double p[2 * ROWS];
	size_t right = 0;
	void *model = train(t, "{\"rounds\": 300, \"batch\": 64}");
	g_assert_true(FAMILY_MLP.predict(model, &t->matrix, p, NULL));
	for (size_t i = 0; i < ROWS; i++)
		right += (p[2 * i + 1] > 0.5) == (t->y[i] > 0);
	g_assert_cmpuint(right, >, ROWS * 95 / 100);
	FAMILY_MLP.free(model);
}

static void test_line(void)
{
	g_autofree Data *t = make_data(TASK_REGRESSION);
	double p[ROWS], squares = 0;
	void *model = train(t, "{\"rounds\": 300, \"batch\": 64, \"dropout\": 0}");
	g_assert_true(FAMILY_MLP.predict(model, &t->matrix, p, NULL));
	for (size_t i = 0; i < ROWS; i++)
		squares += (p[i] - t->y[i]) * (p[i] - t->y[i]);
	g_assert_cmpfloat(sqrt(squares / ROWS), <, 8); /* of a deviation of 157 */
	FAMILY_MLP.free(model);
}

/* Rows of weight 0 are not there; what they hold leaves no trace. */
static void test_weight_zero(void)
{
	g_autofree Data *some = make_data(TASK_REGRESSION);
	g_autofree Data *fewer = make_data(TASK_REGRESSION);
	size_t kept = 0;
	for (size_t i = 0; i < ROWS; i++) {
		some->weight[i] = i % 4 ? 2 : 0;
		if (i % 4 == 0)
			continue;
		memmove(fewer->x + kept * COLUMNS, some->x + i * COLUMNS, COLUMNS * sizeof(float));
		fewer->y[kept++] = some->y[i];
	}
	for (size_t i = 0; i < ROWS; i += 4)
		some->y[i] = 1e6;
	some->set.weight = some->weight;
	fewer->matrix.rows = kept;
	g_autoptr(GBytes) a = NULL;
	g_autoptr(GBytes) b = NULL;
	void *one = train(some, "{\"rounds\": 3}"), *other = train(fewer, "{\"rounds\": 3}");
	g_assert_true(FAMILY_MLP.save(one, &a, NULL) && FAMILY_MLP.save(other, &b, NULL));
	g_assert_true(g_bytes_equal(a, b));
	FAMILY_MLP.free(one);
	FAMILY_MLP.free(other);
}

/* A class that weighs a hundred times as much is what is said where the features say nothing. */
static void test_weights_count(void)
{
	g_autofree Data *t = make_data(TASK_BINARY);
	double p[2 * ROWS], sum = 0;
	memset(t->x, 0, sizeof t->x);
	for (size_t i = 0; i < ROWS; i++)
		t->weight[i] = t->y[i] > 0 ? 9 : 1;
	t->set.weight = t->weight;
	void *model = train(t, "{\"rounds\": 800}");
	g_assert_true(FAMILY_MLP.predict(model, &t->matrix, p, NULL));
	for (size_t i = 0; i < ROWS; i++)
		sum += t->y[i];
	double wanted = 9 * sum / (8 * sum + ROWS);
	g_assert_cmpfloat_with_epsilon(p[1], wanted, 0.02);
	FAMILY_MLP.free(model);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/mlp/matmul", test_matmul);
	g_test_add_func("/mlp/forward", test_forward);
	g_test_add_func("/mlp/either or", test_either_or);
	g_test_add_func("/mlp/line", test_line);
	g_test_add_func("/mlp/weight zero", test_weight_zero);
	g_test_add_func("/mlp/weights count", test_weights_count);
	g_test_add_func("/mlp/diverges", test_diverges);
	return g_test_run();
}
