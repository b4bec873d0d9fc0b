/* test_update.c: learning on from fresh rows, family by family: against closed forms where there are such, against XGBoost's
 * own continued training, and by property. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/param.h"
#include "base/rng.h"
#include "model/families.h"
#include "model/update.h"
#include "model/xgboost_calls.h"
#include "model/xgboost_rows.h"
#include "model/xgboost_train.h"

enum { ROWS = 2000, COLUMNS = 4 };

typedef struct Rows {
	float x[ROWS * COLUMNS];
	double y[ROWS];
	Matrix matrix;
	TrainSet set;
} Rows;

/* sign: which way the target goes with the first column. */
static Rows *make_rows(unsigned task, const char *stream, double sign)
{
	Rows *t = g_new0(Rows, 1);
	Rng rng = rng_stream(5, stream);
	for (size_t i = 0; i < ROWS; i++) {
		float *row = t->x + i * COLUMNS;
		for (size_t j = 0; j < COLUMNS; j++) /* few values: any histogram holds them exactly */
			row[j] = rng_unit(&rng) < 0.05 ? NAN : (float)rng_below(&rng, 40) / 8;
		double z = sign * ((isnan(row[0]) ? 2 : (double)row[0]) - 2.5) + rng_normal(&rng);
		t->y[i] = task == TASK_REGRESSION ? 10 + 3 * z : task == TASK_BINARY ? z > 0 : (z > -1) + (z > 1);
	}
	t->matrix = (Matrix){.rows = ROWS, .columns = COLUMNS, .values = t->x};
	t->set = (TrainSet){.task = task,
	        .classes = task == TASK_REGRESSION ? 0
	                   : task == TASK_BINARY   ? 2
	                                           : 3,
	        .x = &t->matrix,
	        .y = t->y,
	        .metric = task == TASK_REGRESSION ? "rmse" : "log_loss",
	        .seed = 1,
	        .threads = 1};
	return t;
}

static json_t *filled(const Param *table, const char *text)
{
	json_auto_t *given = json_loads(text, 0, NULL);
	json_t *ret = NULL;
	g_autoptr(GError) error = NULL;
	param_fill(table, NULL, given, &ret, &error);
	g_assert_no_error(error);
	return ret;
}

static void *train(const ModelFamily *family, const TrainSet *set, const char *text)
{
	json_auto_t *params = filled(family->params, text);
	void *ret = NULL;
	g_autoptr(GError) error = NULL;
	family->train(set, params, &ret, NULL, &error);
	g_assert_no_error(error);
	return ret;
}

typedef struct Wish {
	const char *params, *how;
	double rows_before;
} Wish;

static void *learn_on(const ModelFamily *family, const void *model, const TrainSet *fresh, Wish wish)
{
	json_auto_t *params = filled(family->params, wish.params), *how = filled(UPDATE_PARAMS, wish.how);
	UpdateSet set = {.fresh = fresh, .params = params, .how = how, .rows_before = wish.rows_before};
	void *ret = NULL;
	g_autoptr(GError) error = NULL;
	family_update(family, model, &set, &ret, &error);
	g_assert_no_error(error);
	return ret;
}

static void check_equal(const ModelFamily *family, void *a, void *b, const TrainSet *on, double within)
{
	size_t count = on->x->rows * task_outputs(on->classes);
	g_autofree double *p = g_new(double, count), *q = g_new(double, count);
	g_assert_true(family->predict(a, on->x, p, NULL) && family->predict(b, on->x, q, NULL));
	for (size_t i = 0; i < count; i++)
		g_assert_cmpfloat_with_epsilon(p[i], q[i], within);
	family->free(a);
	family->free(b);
}

static TrainSet part(const Rows *t, Matrix *room, size_t from, size_t end)
{
	TrainSet set = t->set;
	*room = (Matrix){.rows = end - from, .columns = COLUMNS, .values = (float *)t->x + from * COLUMNS};
	set.x = room;
	set.y = t->y + from;
	return set;
}

/* Counts, means and variances of two parts are those of the whole. */
static void test_exact(gconstpointer data)
{
	const ModelFamily *family = data;
	for (unsigned task = TASK_BINARY; task <= TASK_REGRESSION; task <<= 1) {
		if (!(family->tasks & task))
			continue;
		g_autofree Rows *t = make_rows(task, "exact", 1);
		Matrix one, other;
		TrainSet first = part(t, &one, 0, 700), rest = part(t, &other, 700, ROWS);
		Wish all = {"{}", "{}", 700}, none = {"{}", "{\"keep\": 0}", 700};
		void *old = train(family, &first, "{}");
		check_equal(family, learn_on(family, old, &rest, all), train(family, &t->set, "{}"), &t->set, 1e-9);
		check_equal(family, learn_on(family, old, &rest, none), train(family, &rest, "{}"), &t->set, 1e-9);
		family->free(old);
	}
}

/* keep 0: training anew on the fresh rows.  So much learnt before that the fresh rows weigh nothing: the old answers, also
 * where a column is missing, constant or gone in the fresh rows.  Halves of one world: close to training on both. */
static void test_linear(void)
{
	const ModelFamily *family = &FAMILY_LINEAR;
	for (unsigned task = TASK_BINARY; task <= TASK_REGRESSION; task <<= 1) {
		g_autofree Rows *t = make_rows(task, "old", 1), *turned = make_rows(task, "new", -1);
		g_autofree Rows *poor = make_rows(task, "poor", 1);
		double unit = task == TASK_REGRESSION ? 10 : 1;
		void *old = train(family, &t->set, "{}");
		Wish forget = {"{}", "{\"keep\": 0}", ROWS}, sure = {"{}", "{}", 1e15}, plain = {"{}", "{}", ROWS / 2};
		check_equal(family, learn_on(family, old, &turned->set, forget), train(family, &turned->set, "{}"),
		        &t->set, 2e-3 * unit);
		for (size_t i = 0; i < ROWS; i++) {
			poor->x[i * COLUMNS] = isnan(poor->x[i * COLUMNS]) ? 1 : poor->x[i * COLUMNS];
			poor->x[i * COLUMNS + 1] = 3;
			poor->x[i * COLUMNS + 2] = NAN;
		}
		void *kept = NULL;
		g_autoptr(GBytes) bytes = NULL;
		g_assert_true(family->save(old, &bytes, NULL) && family->load(bytes, &kept, NULL));
		check_equal(family, learn_on(family, old, &poor->set, sure), kept, &t->set, 1e-6 * unit);
		Matrix one, other;
		TrainSet first = part(t, &one, 0, ROWS / 2), rest = part(t, &other, ROWS / 2, ROWS);
		void *half = train(family, &first, "{}");
		check_equal(family, learn_on(family, half, &rest, plain), train(family, &t->set, "{}"), &t->set,
		        0.06 * unit);
		family->free(half);
		family->free(old);
	}
}

static bool lacks_library(void)
{
	const XgboostCalls *calls;
	g_autoptr(GError) error = NULL;
	if (xgboost_calls(&calls, &error))
		return false;
	g_test_skip(error->message);
	return true;
}

static XgbHandle matrix_of(const XgboostCalls *calls, const Rows *t)
{
	g_autofree float *y = g_new(float, ROWS);
	XgbHandle ret;
	for (size_t i = 0; i < ROWS; i++)
		y[i] = (float)t->y[i];
	g_autofree char *x_array = xgboost_array(t->x, ROWS, COLUMNS), *y_array = xgboost_array(y, ROWS, 1);
	g_assert_cmpint(calls->dense_new(x_array, "{\"missing\":NaN,\"nthread\":1}", &ret), ==, 0);
	g_assert_cmpint(calls->set_info(ret, "label", y_array), ==, 0);
	return ret;
}

/* The library's own way: the same booster goes on with other rows. */
static void library_margins(const XgboostCalls *calls, const Rows *old, const Rows *fresh, unsigned classes, float *ret)
{
	XgbHandle rows[] = {matrix_of(calls, old), matrix_of(calls, fresh)}, booster;
	const char *params[][2] = {{"objective", classes > 2 ? "multi:softprob" : "binary:logistic"},
	        {"tree_method", "hist"}, {"nthread", "1"}, {"max_depth", "4"}, {"eta", "0.3"},
	        {"min_child_weight", "2"}, {"lambda", "1"}, {"base_score", classes > 2 ? "0" : "0.5"},
	        {"num_class", classes > 2 ? "3" : "0"}};
	g_assert_cmpint(calls->booster_new(rows, 2, &booster), ==, 0);
	for (size_t i = 0; i < G_N_ELEMENTS(params); i++)
		g_assert_cmpint(calls->set_param(booster, params[i][0], params[i][1]), ==, 0);
	for (int round = 0; round < 30; round++)
		g_assert_cmpint(calls->update(booster, round, rows[round < 20 ? 0 : 1]), ==, 0);
	const uint64_t *shape;
	uint64_t dimensions;
	const float *margins;
	g_assert_cmpint(calls->predict(booster, rows[1],
	                        "{\"type\":1,\"training\":false,\"iteration_begin\":0,\"iteration_end\":0,"
	                        "\"strict_shape\":true}",
	                        &shape, &dimensions, &margins),
	        ==, 0);
	memcpy(ret, margins, ROWS * (classes > 2 ? classes : 1) * sizeof *ret);
	calls->booster_free(booster);
	calls->matrix_free(rows[0]);
	calls->matrix_free(rows[1]);
}

#define BOOSTED                                                                                                      \
	"{\"rounds\": 20, \"patience\": 0, \"max_depth\": 4, \"eta\": 0.3, \"min_child_weight\": 2, \"lambda\": 1, " \
	"\"subsample\": 1, \"colsample_bytree\": 1, \"alpha\": 0, \"gamma\": 0}"

static void test_boosted_grow(void)
{
	const XgboostCalls *calls;
	if (lacks_library())
		return;
	g_assert_true(xgboost_calls(&calls, NULL));
	for (unsigned task = TASK_BINARY; task <= TASK_MULTICLASS; task <<= 1) {
		g_autofree Rows *t = make_rows(task, "old", 1), *fresh = make_rows(task, "new", -1);
		Trees *old = train(&FAMILY_BOOSTED, &t->set, BOOSTED);
		Trees *on = learn_on(&FAMILY_BOOSTED, old, &fresh->set, (Wish){BOOSTED, "{\"share\": 0.5}", ROWS});
		g_autofree float *ours = g_new(float, ROWS * 3), *theirs = g_new(float, ROWS * 3);
		g_assert_cmpuint(on->count, ==, old->count / 20 * 30);
		trees_margins(on, fresh->x, ROWS, ours);
		library_margins(calls, t, fresh, (unsigned)t->set.classes, theirs);
		for (size_t i = 0; i < ROWS * on->groups; i++)
			g_assert_cmpfloat_with_epsilon((double)ours[i], (double)theirs[i], 1e-5);
		trees_free(old);
		trees_free(on);
	}
}

/* Nothing kept and the same rows: the same leaves.  In a world turned round: better than before, with the same splits. */
static void test_boosted_refresh(void)
{
	if (lacks_library())
		return;
	for (unsigned task = TASK_BINARY; task <= TASK_REGRESSION; task <<= 1) {
		g_autofree Rows *t = make_rows(task, "old", 1), *turned = make_rows(task, "new", -1);
		Trees *old = train(&FAMILY_BOOSTED, &t->set, BOOSTED);
		Wish anew = {BOOSTED, "{\"trees\": \"refresh\", \"keep\": 0}", ROWS};
		Trees *same = learn_on(&FAMILY_BOOSTED, old, &t->set, anew);
		for (uint32_t i = 0; i < old->start[old->count]; i++) {
			g_assert_cmpfloat_with_epsilon((double)old->nodes[i].value, (double)same->nodes[i].value, 1e-4);
			g_assert_cmpfloat_with_epsilon(
			        (double)old->cover[i], (double)same->cover[i], 1e-3 * (1 + (double)old->cover[i]));
		}
		Trees *on = learn_on(&FAMILY_BOOSTED, old, &turned->set, anew);
		size_t outputs = task_outputs(t->set.classes);
		g_autofree double *p = g_new(double, ROWS *outputs), *q = g_new(double, ROWS *outputs);
		trees_predict(old, turned->x, ROWS, p);
		trees_predict(on, turned->x, ROWS, q);
		double before = 0, after = 0;
		for (size_t i = 0; i < ROWS; i++) {
			size_t at = task == TASK_REGRESSION ? i : i * outputs + (size_t)turned->y[i];
			before += task == TASK_REGRESSION ? -fabs(p[at] - turned->y[i]) : p[at];
			after += task == TASK_REGRESSION ? -fabs(q[at] - turned->y[i]) : q[at];
		}
		g_assert_cmpfloat(after, >, before + 0.1 * ROWS);
		trees_free(old);
		trees_free(same);
		trees_free(on);
	}
}

/* The oldest trees go, the size stays, and after five updates by a fifth nothing of the old world is left. */
static void test_forest(void)
{
	if (lacks_library())
		return;
	g_autofree Rows *t = make_rows(TASK_MULTICLASS, "old", 1), *turned = make_rows(TASK_MULTICLASS, "new", -1);
	Trees *model = train(&FAMILY_FOREST, &t->set, "{\"trees\": 20, \"max_depth\": 5}");
	for (unsigned turn = 0; turn < 5; turn++) {
		turned->set.seed = 2 + turn;
		Trees *next = learn_on(
		        &FAMILY_FOREST, model, &turned->set, (Wish){"{\"trees\": 20, \"max_depth\": 5}", "{}", ROWS});
		g_assert_cmpuint(next->count, ==, model->count);
		g_autofree double *p = g_new(double, ROWS * 3);
		trees_predict(next, turned->x, ROWS, p);
		for (size_t i = 0; i < ROWS * 3; i++)
			g_assert_true(p[i] >= 0 && p[i] <= 1);
		trees_free(model);
		model = next;
	}
	g_autofree double *p = g_new(double, ROWS * 3);
	trees_predict(model, turned->x, ROWS, p);
	size_t right = 0;
	for (size_t i = 0; i < ROWS; i++)
		right += p[3 * i + (size_t)turned->y[i]] > 0.4;
	g_assert_cmpuint(right, >, ROWS * 6 / 10);
	trees_free(model);
}

static double mean_of(const Rows *t)
{
	double sum = 0;
	for (size_t i = 0; i < ROWS; i++)
		sum += t->y[i];
	return sum / ROWS;
}

/* A tree of one leaf, and neighbours that are all rows, say the mean of what they have seen: of both parts, or of the fresh one alone. */
static void test_means(gconstpointer data)
{
	const ModelFamily *family = data;
	bool is_tree = family == &FAMILY_TREE;
	const char *params =
	        is_tree ? "{\"min_child_weight\": 100000}" : "{\"k\": 1000, \"rows\": 1000, \"weights\": \"uniform\"}";
	g_autofree Rows *first = make_rows(TASK_REGRESSION, "first", 1);
	g_autofree Rows *later = make_rows(TASK_REGRESSION, "later", 1);
	for (size_t i = 0; i < ROWS; i++)
		later->y[i] += 100;
	void *model = train(family, &first->set, params);
	static const struct {
		const char *how;
		double share; /* of the fresh rows in the mean */
	} CASES[] = {{"{\"keep\": 1}", 0.5}, {"{\"keep\": 0.5}", 2.0 / 3}, {"{\"keep\": 0}", 1}};
	for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
		void *next = learn_on(family, model, &later->set, (Wish){params, CASES[i].how, ROWS});
		double said, wanted = CASES[i].share * mean_of(later) + (1 - CASES[i].share) * mean_of(first);
		Matrix one = {.rows = 1, .columns = COLUMNS, .values = later->x};
		g_assert_true(family->predict(next, &one, &said, NULL));
		g_assert_cmpfloat_with_epsilon(said, wanted, is_tree ? 1e-3 : 1); /* of neighbours there is a choice */
		family->free(next);
	}
	family->free(model);
}

/* Of rows that there is room for, none goes. */
static void test_knn_room(void)
{
	g_autofree Rows *first = make_rows(TASK_BINARY, "first", 1);
	g_autofree Rows *later = make_rows(TASK_BINARY, "later", -1);
	void *model = train(&FAMILY_KNN, &first->set, "{\"k\": 1}");
	void *next = learn_on(&FAMILY_KNN, model, &later->set, (Wish){"{\"k\": 1}", "{}", ROWS});
	g_autofree double *p = g_new(double, 2 * ROWS);
	for (unsigned part = 0; part < 2; part++) { /* each row is its own nearest neighbour, alone or with its like */
		const Rows *t = part ? later : first;
		size_t right = 0;
		g_assert_true(FAMILY_KNN.predict(next, &t->matrix, p, NULL));
		for (size_t i = 0; i < ROWS; i++)
			right += (p[2 * i + 1] > 0.5) == (t->y[i] > 0.5);
		g_assert_cmpuint(right, >, ROWS * 95 / 100);
	}
	FAMILY_KNN.free(next);
	FAMILY_KNN.free(model);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_data_func("/update/exact/baseline", &FAMILY_BASELINE, test_exact);
	g_test_add_data_func("/update/exact/naive bayes", &FAMILY_NAIVE_BAYES, test_exact);
	g_test_add_func("/update/linear", test_linear);
	g_test_add_func("/update/boosted grows", test_boosted_grow);
	g_test_add_func("/update/boosted refreshes", test_boosted_refresh);
	g_test_add_func("/update/forest", test_forest);
	g_test_add_data_func("/update/means/tree", &FAMILY_TREE, test_means);
	g_test_add_data_func("/update/means/knn", &FAMILY_KNN, test_means);
	g_test_add_func("/update/knn has room", test_knn_room);
	return g_test_run();
}
