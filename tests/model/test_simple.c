/* test_simple.c: naive Bayes and nearest neighbours against scikit-learn, and by property. */
#include "model/families.h"

#include <math.h>
#include <string.h>

#include "base/rng.h"

enum { ROWS = 60, COLUMNS = 4, CLASSES = 3 };

typedef struct Data {
	float x[2 * ROWS * COLUMNS];
	double classes[2 * ROWS], number[2 * ROWS], weight[2 * ROWS];
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
		t->weight[i] = 1 + i % 3;
	}
	t->matrix = (Matrix){.rows = ROWS, .columns = COLUMNS, .values = t->x};
}

static TrainSet set_of(const Data *t, unsigned task)
{
	return (TrainSet){.task = task,
	        .classes = task == TASK_REGRESSION ? 0 : CLASSES,
	        .x = &t->matrix,
	        .y = task == TASK_REGRESSION ? t->number : t->classes,
	        .threads = 1};
}

static void *train(const ModelFamily *family, const TrainSet *set, const char *settings)
{
	json_auto_t *given = json_loads(settings, 0, NULL);
	json_auto_t *params = NULL;
	g_autoptr(GError) error = NULL;
	void *model = NULL;
	g_assert_true(param_fill(family->params, NULL, given, &params, NULL));
	family->train(set, params, &model, NULL, &error);
	g_assert_no_error(error);
	return model;
}

static void expect(const ModelFamily *family, void *model, const Matrix *x, const double *wanted, size_t count)
{
	double p[2 * ROWS * CLASSES];
	g_assert_true(family->predict(model, x, p, NULL));
	for (size_t i = 0; i < count; i++)
		g_assert_cmpfloat_with_epsilon(p[i], wanted[i], 2e-6);
	family->free(model);
}

/* scikit-learn 1.9.1: GaussianNB(var_smoothing=0.01) on standardised features; with weights var_smoothing=1e-12, as it adds a share of
 * the variance without weights. */
static void test_naive_bayes(void)
{
	Data t;
	make_data(&t);
	TrainSet set = set_of(&t, TASK_MULTICLASS);
	static const double PLAIN[] = {0.3054997051, 0.6158794971, 0.0786207978, 0.0895078483, 0.8372001251,
	        0.0732920265, 0.1006085415, 0.899391266, 0.0000001926};
	static const double WEIGHTED[] = {0.0517985056, 0.9004630489, 0.0477384455, 0.0277051448, 0.9156218372,
	        0.056673018, 0.1847015099, 0.815298438, 0.0000000522};
	expect(&FAMILY_NAIVE_BAYES, train(&FAMILY_NAIVE_BAYES, &set, "{\"smoothing\": 0.01}"), &t.matrix, PLAIN, 9);
	set.weight = t.weight;
	expect(&FAMILY_NAIVE_BAYES, train(&FAMILY_NAIVE_BAYES, &set, "{\"smoothing\": 1e-12}"), &t.matrix, WEIGHTED, 9);
}

/* A missing value is as if the feature were not there; a class that has no rows is never said. */
static void test_naive_bayes_missing(void)
{
	Data t, narrow;
	double wanted[ROWS * CLASSES];
	make_data(&t);
	make_data(&narrow);
	for (size_t i = 0; i < ROWS; i++) {
		t.classes[i] = narrow.classes[i] = t.classes[i] > 0 ? 1 : 0;
		for (size_t j = 0; j < 2; j++)
			narrow.x[i * 2 + j] = t.x[i * COLUMNS + j];
	}
	narrow.matrix.columns = 2;
	TrainSet set = set_of(&t, TASK_MULTICLASS), few = set_of(&narrow, TASK_MULTICLASS);
	void *all = train(&FAMILY_NAIVE_BAYES, &set, "{}"), *two = train(&FAMILY_NAIVE_BAYES, &few, "{}");
	for (size_t i = 0; i < ROWS; i++)
		t.x[i * COLUMNS + 2] = t.x[i * COLUMNS + 3] = NAN;
	g_assert_true(FAMILY_NAIVE_BAYES.predict(two, &narrow.matrix, wanted, NULL));
	g_assert_cmpfloat(wanted[2], ==, 0);
	expect(&FAMILY_NAIVE_BAYES, all, &t.matrix, wanted, ROWS * CLASSES);
	FAMILY_NAIVE_BAYES.free(two);
}

/* scikit-learn 1.9.1: KNeighborsClassifier(7) and KNeighborsRegressor(5) on features scaled as scaled_inputs.h says, asked for
 * the first rows plus 0.25. */
static void test_neighbours(void)
{
	Data t;
	float moved[6 * COLUMNS];
	Matrix asked = {.rows = 6, .columns = COLUMNS, .values = moved};
	make_data(&t);
	for (size_t i = 0; i < G_N_ELEMENTS(moved); i++)
		moved[i] = t.x[i] + 0.25f;
	TrainSet set = set_of(&t, TASK_MULTICLASS);
	static const double NEAR[] = {0.4018151495, 0.373454253, 0.2247305975, 0.0784677639, 0.736679663, 0.184852573,
	        0.0372605955, 0.9627394045, 0};
	static const double EVEN[] = {1 / 7.0, 5 / 7.0, 1 / 7.0, 1 / 7.0, 4 / 7.0, 2 / 7.0, 1 / 7.0, 6 / 7.0, 0};
	static const double NUMBERS[] = {
	        6.5185176339, 13.8359169794, 7.4620015311, -0.214580911, -0.1868926502, 5.2265171258};
	expect(&FAMILY_KNN, train(&FAMILY_KNN, &set, "{\"k\": 7, \"smoothing\": 0}"), &asked, NEAR, 9);
	expect(&FAMILY_KNN, train(&FAMILY_KNN, &set, "{\"k\": 7, \"smoothing\": 0, \"weights\": \"uniform\"}"), &asked,
	        EVEN, 9);
	set = set_of(&t, TASK_REGRESSION);
	expect(&FAMILY_KNN, train(&FAMILY_KNN, &set, "{\"k\": 5}"), &asked, NUMBERS, 6);
}

/* Smoothing by s puts the classes' shares beside k neighbours as s more. */
static void test_smoothing(void)
{
	Data t;
	double share[CLASSES] = {0}, raw[ROWS * CLASSES], wanted[ROWS * CLASSES];
	make_data(&t);
	TrainSet set = set_of(&t, TASK_MULTICLASS);
	void *model = train(&FAMILY_KNN, &set, "{\"k\": 6, \"smoothing\": 0}");
	g_assert_true(FAMILY_KNN.predict(model, &t.matrix, raw, NULL));
	FAMILY_KNN.free(model);
	for (size_t i = 0; i < ROWS; i++)
		share[(size_t)t.classes[i]] += 1.0 / ROWS;
	for (size_t i = 0; i < ROWS * CLASSES; i++)
		wanted[i] = (6 * raw[i] + 2 * share[i % CLASSES]) / 8;
	model = train(&FAMILY_KNN, &set, "{\"k\": 6, \"smoothing\": 2}");
	expect(&FAMILY_KNN, model, &t.matrix, wanted, ROWS * CLASSES);
}

/* More rows than are kept: as many are kept; rows of weight 0 never. */
static void test_rows(void)
{
	Data t;
	double p[ROWS];
	make_data(&t);
	TrainSet set = set_of(&t, TASK_REGRESSION);
	for (size_t i = 0; i < ROWS; i++)
		t.weight[i] = i < 10 ? 1 : 0;
	set.weight = t.weight;
	void *model = train(&FAMILY_KNN, &set, "{\"k\": 1000, \"weights\": \"uniform\"}");
	g_assert_true(FAMILY_KNN.predict(model, &t.matrix, p, NULL));
	double mean = 0;
	for (size_t i = 0; i < 10; i++)
		mean += t.number[i] / 10;
	g_assert_cmpfloat_with_epsilon(p[40], mean, 1e-5);
	FAMILY_KNN.free(model);
	model = train(&FAMILY_KNN, &set, "{\"k\": 1, \"rows\": 4}");
	g_assert_true(FAMILY_KNN.predict(model, &t.matrix, p, NULL));
	unsigned own = 0;
	for (size_t i = 0; i < 10; i++)
		own += fabs(p[i] - t.number[i]) < 1e-5;
	g_assert_cmpuint(own, ==, 4);
	FAMILY_KNN.free(model);
}

/* Against the plain way, over more rows than a block has. */
static void test_search(void)
{
	enum { MANY = 1300, WIDTH = 3 };
	g_autofree float *x = g_new(float, MANY *WIDTH);
	g_autofree double *y = g_new(double, MANY);
	g_autofree double *p = g_new(double, MANY);
	Rng rng = rng_stream(2, "search");
	for (size_t i = 0; i < MANY; i++) {
		y[i] = (double)i;
		for (size_t j = 0; j < WIDTH; j++)
			x[i * WIDTH + j] = (float)rng_below(&rng, 200);
	}
	Matrix m = {.rows = MANY, .columns = WIDTH, .values = x};
	TrainSet set = {.task = TASK_REGRESSION, .x = &m, .y = y, .threads = 1};
	void *model = train(&FAMILY_KNN, &set, "{\"k\": 1}");
	g_assert_true(FAMILY_KNN.predict(model, &m, p, NULL));
	for (size_t i = 0; i < MANY; i++) {
		size_t first = 0; /* the first row that is the same; nearly always the row itself */
		while (memcmp(x + first * WIDTH, x + i * WIDTH, WIDTH * sizeof *x) != 0)
			first++;
		g_assert_cmpfloat(p[i], ==, (double)first);
	}
	FAMILY_KNN.free(model);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/simple/naive bayes", test_naive_bayes);
	g_test_add_func("/simple/naive bayes, missing", test_naive_bayes_missing);
	g_test_add_func("/simple/neighbours", test_neighbours);
	g_test_add_func("/simple/smoothing", test_smoothing);
	g_test_add_func("/simple/rows", test_rows);
	g_test_add_func("/simple/search", test_search);
	return g_test_run();
}
