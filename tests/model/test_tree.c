/* test_tree.c: the readable tree against scikit-learn, its pruning, and its rules against its scores. */
#include "model/families.h"

#include <math.h>

#include "base/json.h"
#include "base/rng.h"
#include "model/trees.h"

enum { ROWS = 60, COLUMNS = 4, CLASSES = 3 };

typedef struct Data {
	float x[ROWS * COLUMNS];
	double classes[ROWS], number[ROWS];
	Matrix matrix;
} Data;

/* A table from integer arithmetic, so that it is the same everywhere. */
static void make_data(Data *t)
{
	for (int i = 0; i < ROWS; i++) {
		for (int j = 0; j < COLUMNS; j++)
			t->x[i * COLUMNS + j] = (float)((i * 37 + j * 101 + (i * i * (j + 3)) % 53) % 97) / 10;
		double z = (double)t->x[i * COLUMNS] - (double)t->x[i * COLUMNS + 1] + 0.5 * ((i * 29) % 17 - 8);
		t->classes[i] = z < -4 ? 0 : z < 4 ? 1 : 2;
		t->number[i] = z * 3 + 10;
	}
	t->matrix = (Matrix){.rows = ROWS, .columns = COLUMNS, .values = t->x};
}

static Trees *train(const Data *t, unsigned task, const char *settings)
{
	json_auto_t *given = json_loads(settings, 0, NULL);
	json_auto_t *params = NULL;
	void *model = NULL;
	TrainSet set = {.task = task,
	        .classes = task == TASK_REGRESSION ? 0 : CLASSES,
	        .x = &t->matrix,
	        .y = task == TASK_REGRESSION ? t->number : t->classes,
	        .threads = 1};
	g_assert_true(param_fill(FAMILY_TREE.params, NULL, given, &params, NULL));
	g_assert_true(FAMILY_TREE.train(&set, params, &model, NULL, NULL));
	return model;
}

/* scikit-learn 1.9.1: DecisionTreeRegressor and DecisionTreeClassifier, max_depth=3, min_samples_leaf=4. */
static void test_sklearn(void)
{
	Data t;
	double p[ROWS * CLASSES];
	make_data(&t);
	g_autoptr(Trees) numbers =
	        train(&t, TASK_REGRESSION, "{\"max_depth\": 3, \"min_child_weight\": 4, \"max_leaves\": 100}");
	static const double NUMBERS[] = {13.120000029, 12.169230736, 12.169230736, 4.54000001, -1.77499989, -1.77499989,
	        -1.77499989, 13.120000029};
	trees_predict(numbers, t.x, ROWS, p);
	for (size_t i = 0; i < G_N_ELEMENTS(NUMBERS); i++)
		g_assert_cmpfloat_with_epsilon(p[i], NUMBERS[i], 1e-5);
	g_autoptr(Trees) classes =
	        train(&t, TASK_MULTICLASS, "{\"max_depth\": 3, \"min_child_weight\": 4, \"max_leaves\": 100}");
	static const double SHARES[] = {0.2, 0, 0.8, 0.05, 0.95, 0, 0.166666667, 0.833333333, 0, 0.08, 0.64, 0.28};
	trees_predict(classes, t.x, ROWS, p);
	for (size_t i = 0; i < G_N_ELEMENTS(SHARES); i++)
		g_assert_cmpfloat_with_epsilon(p[i], SHARES[i], 1e-6);
}

/* Fewer leaves explain less, and as many as asked for are left. */
static void test_prune(void)
{
	Data t;
	double last = INFINITY;
	make_data(&t);
	for (unsigned leaves = 1; leaves <= 9; leaves += 2) {
		g_autofree char *settings =
		        g_strdup_printf("{\"max_depth\": 8, \"min_child_weight\": 2, \"max_leaves\": %u}", leaves);
		g_autoptr(Trees) tree = train(&t, TASK_REGRESSION, settings);
		double p[ROWS], squares = 0;
		trees_predict(tree, t.x, ROWS, p);
		for (size_t i = 0; i < ROWS; i++)
			squares += (p[i] - t.number[i]) * (p[i] - t.number[i]);
		g_assert_cmpuint(tree->start[1], ==, 2 * leaves - 1);
		g_assert_cmpfloat(squares, <, last);
		last = squares;
	}
}

static bool meets(const json_t *conditions, const float *row)
{
	size_t i;
	json_t *one;
	json_array_foreach ((json_t *)conditions, i, one) {
		float v = row[json_get_int(one, "feature", 0)];
		double low = json_get_number(one, "at_least", -INFINITY),
		       high = json_get_number(one, "below", INFINITY);
		bool inside = (double)v >= low && (double)v < high;
		if (isnan(v) ? !json_get_bool(one, "missing", false) : !inside)
			return false;
	}
	return true;
}

/* Every row, with values missing too, meets exactly one rule, and that says what the tree says. */
static void test_rules(void)
{
	Data t;
	double p[ROWS * CLASSES];
	make_data(&t);
	for (size_t i = 0; i < ROWS * COLUMNS; i += 7)
		t.x[i] = NAN;
	g_autoptr(Trees) tree = train(&t, TASK_MULTICLASS, "{\"min_child_weight\": 2}");
	json_auto_t *rules = NULL;
	g_assert_true(FAMILY_TREE.rules(tree, &rules, NULL));
	g_assert_cmpuint(json_array_size(rules), ==, (tree->start[1] + 1) / 2);
	trees_predict(tree, t.x, ROWS, p);
	double weight = 0;
	for (size_t i = 0; i < ROWS; i++) {
		size_t met = 0, k, c;
		json_t *rule, *score;
		json_array_foreach (rules, k, rule) {
			if (!meets(json_object_get(rule, "conditions"), t.x + i * COLUMNS))
				continue;
			met++;
			weight += 1 / json_get_number(rule, "weight", 0);
			json_array_foreach (json_object_get(rule, "scores"), c, score)
				g_assert_cmpfloat(json_number_value(score), ==, p[i * CLASSES + c]);
		}
		g_assert_cmpuint(met, ==, 1);
	}
	g_assert_cmpfloat_with_epsilon(weight, (double)json_array_size(rules), 1e-9);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/tree/scikit-learn", test_sklearn);
	g_test_add_func("/tree/prune", test_prune);
	g_test_add_func("/tree/rules", test_rules);
	return g_test_run();
}
