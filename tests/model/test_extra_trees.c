/* test_extra_trees.c: random trees keep their promises: threads, weights, labels, leaves, large nodes, missing values. */
#include "model/families.h"

#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "model/trees.h"

enum { ROWS = 9000, COLUMNS = 5, CLASSES = 3 };

typedef struct Data {
	float x[2 * ROWS * COLUMNS];
	double y[2 * ROWS], weight[2 * ROWS];
	Matrix matrix;
	TrainSet set;
} Data;

/* Two numbers that matter, one that is noise, one that is missing where y is larger, one constant. */
static Data *make_data(unsigned task, size_t rows)
{
	Data *t = g_new0(Data, 1);
	Rng rng = rng_stream(7, "extra trees");
	for (size_t i = 0; i < rows; i++) {
		float *row = t->x + i * COLUMNS;
		for (size_t j = 0; j < COLUMNS; j++)
			row[j] = (float)rng_normal(&rng);
		double z = (double)row[0] - (double)row[1];
		t->y[i] = task == TASK_REGRESSION ? z : task == TASK_BINARY ? z > 0 : (z > -1) + (z > 1);
		row[3] = z > 1.5 ? NAN : row[3];
		row[4] = 8;
		t->weight[i] = 1;
	}
	t->matrix = (Matrix){.rows = rows, .columns = COLUMNS, .values = t->x};
	t->set = (TrainSet){.task = task, .x = &t->matrix, .y = t->y, .seed = 5, .threads = 1};
	t->set.classes = task == TASK_REGRESSION ? 0 : task == TASK_BINARY ? 2 : CLASSES;
	return t;
}

static Trees *train(const Data *t, const char *settings)
{
	json_auto_t *given = json_loads(settings, 0, NULL);
	json_auto_t *params = NULL;
	g_autoptr(GError) error = NULL;
	void *model = NULL;
	g_assert_true(param_fill(FAMILY_EXTRA_TREES.params, NULL, given, &params, NULL));
	FAMILY_EXTRA_TREES.train(&t->set, params, &model, NULL, &error);
	g_assert_no_error(error);
	return model;
}

static double *predict(const Trees *trees, const Data *t, size_t rows)
{
	double *p = g_new(double, rows *trees_outputs(trees));
	trees_predict(trees, t->x, rows, p);
	return p;
}

static void assert_same(const Data *a, const Data *b, const char *settings)
{
	g_autoptr(Trees) one = train(a, settings);
	g_autoptr(Trees) other = train(b, settings);
	g_autoptr(GBytes) first = trees_save(one);
	g_autoptr(GBytes) second = trees_save(other);
	g_assert_true(g_bytes_equal(first, second));
}

static void test_threads(void)
{
	g_autofree Data *one = make_data(TASK_MULTICLASS, ROWS);
	g_autofree Data *three = make_data(TASK_MULTICLASS, ROWS);
	three->set.threads = 3;
	assert_same(one, three, "{\"trees\": 7}");
}

/* Sums of whole numbers are exact, so a row of weight 2 is two rows to the last bit, and one of weight 0 none. */
static void test_weights(void)
{
	enum { FEW = 1500 };
	g_autofree Data *weighed = make_data(TASK_BINARY, FEW);
	g_autofree Data *copied = make_data(TASK_BINARY, FEW);
	size_t rows = 0;
	for (size_t i = 0; i < FEW; i++) {
		weighed->weight[i] = (double)(i % 3);
		for (size_t copy = 0; copy < i % 3; copy++, rows++) {
			memmove(copied->x + rows * COLUMNS, weighed->x + i * COLUMNS, COLUMNS * sizeof(float));
			copied->y[rows] = weighed->y[i];
		}
	}
	weighed->set.weight = weighed->weight;
	copied->matrix.rows = rows;
	assert_same(weighed, copied, "{\"trees\": 5, \"min_child_weight\": 6}");
}

/* Classes are names: numbering them the other way round turns the answers round. */
static void test_labels(void)
{
	g_autofree Data *t = make_data(TASK_MULTICLASS, ROWS);
	g_autoptr(Trees) trees = train(t, "{\"trees\": 20}");
	g_autofree double *p = predict(trees, t, 500);
	for (size_t i = 0; i < ROWS; i++)
		t->y[i] = CLASSES - 1 - t->y[i];
	g_autoptr(Trees) turned = train(t, "{\"trees\": 20}");
	g_autofree double *q = predict(turned, t, 500);
	double away = 0;
	for (size_t i = 0; i < 500 * CLASSES; i++)
		away += fabs(p[i] - q[i / CLASSES * CLASSES + CLASSES - 1 - i % CLASSES]);
	g_assert_cmpfloat(away / (500 * CLASSES), <, 1e-3); /* equally good splits may be taken otherwise */
}

/* Every leaf is reached by the rows it must have, in nodes that were split on a sample too. */
static void test_leaves(void)
{
	enum { LEAST = 40 };
	g_autofree Data *t = make_data(TASK_REGRESSION, ROWS);
	g_autoptr(Trees) trees = train(t, "{\"trees\": 3, \"min_child_weight\": 40}");
	g_autofree unsigned *rows = g_new0(unsigned, trees->start[trees->count]);
	for (uint32_t tree = 0; tree < trees->count; tree++)
		for (size_t i = 0; i < ROWS; i++) {
			uint32_t at = trees->start[tree];
			while (trees->nodes[at].is_split) {
				const TreeNode *n = &trees->nodes[at];
				float v = t->x[i * COLUMNS + n->feature];
				at = n->left + (isnan(v) ? n->missing_right : v >= n->value);
			}
			rows[at]++;
		}
	for (uint32_t n = 0; n < trees->start[trees->count]; n++)
		g_assert_true(trees->nodes[n].is_split || rows[n] >= LEAST);
	g_assert_cmpuint(trees->start[trees->count], >, 100);
}

/* A leaf's answer is the mean of its rows, so with all rows in one leaf it is the mean of all. */
static void test_mean(void)
{
	g_autofree Data *t = make_data(TASK_REGRESSION, ROWS);
	double sum = 0;
	for (size_t i = 0; i < ROWS; i++)
		sum += t->y[i];
	g_autoptr(Trees) trees = train(t, "{\"trees\": 2, \"min_child_weight\": 1e6}");
	g_autofree double *p = predict(trees, t, 1);
	g_assert_cmpuint(trees->start[trees->count], ==, 2);
	g_assert_cmpfloat_with_epsilon(p[0], sum / ROWS, 1e-6);
}

/* Rows the model never saw: it explains most of what there is to explain, and has learnt what missing means. */
static void test_learns(void)
{
	g_autofree Data *t = make_data(TASK_REGRESSION, ROWS);
	t->matrix.rows = ROWS / 2;
	g_autoptr(Trees) trees = train(t, "{\"colsample_bynode\": 1}");
	g_autofree double *p = predict(trees, t, ROWS);
	double squares = 0, all = 0, gain[COLUMNS];
	for (size_t i = ROWS / 2; i < ROWS; i++) {
		squares += (p[i] - t->y[i]) * (p[i] - t->y[i]);
		all += t->y[i] * t->y[i];
	}
	g_assert_cmpfloat(squares, <, 0.05 * all);
	g_assert_true(FAMILY_EXTRA_TREES.importance(trees, gain, NULL));
	g_assert_cmpfloat(gain[3], >, 4 * gain[2]);
	g_assert_cmpfloat(gain[4], ==, 0);
	float x[COLUMNS] = {1, 0, 0, NAN, 8}, seen[COLUMNS] = {1, 0, 0, 0, 8};
	double missing, there;
	trees_predict(trees, x, 1, &missing);
	trees_predict(trees, seen, 1, &there);
	g_assert_cmpfloat(missing, >, there + 0.3);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/extra trees/threads", test_threads);
	g_test_add_func("/extra trees/weights", test_weights);
	g_test_add_func("/extra trees/labels", test_labels);
	g_test_add_func("/extra trees/leaves", test_leaves);
	g_test_add_func("/extra trees/mean", test_mean);
	g_test_add_func("/extra trees/learns", test_learns);
	return g_test_run();
}
