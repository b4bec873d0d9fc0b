/* test_trees.c: our flat trees against XGBoost's own predictions, bit by bit; damaged bytes; the UBJSON cursor. */
#include "model/trees.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/rng.h"
#include "model/ubj.h"
#include "model/xgboost_calls.h"
#include "model/xgboost_train.h"

enum { ROWS = 3000, COLUMNS = 7, CATEGORIES = 70, FEW = 3 }; /* the last two columns, where a case has categories */

static float *random_features(Rng *rng, size_t rows)
{
	float *x = g_new(float, rows *COLUMNS);
	for (size_t i = 0; i < rows * COLUMNS; i++) {
		double draw = rng_unit(rng);
		x[i] = draw < 0.1 ? NAN : draw < 0.4 ? (float)rng_below(rng, 5) : (float)rng_normal(rng);
	}
	return x;
}

static float *labels_for(const float *x, Rng *rng, unsigned classes, size_t columns)
{
	float *y = g_new0(float, ROWS *columns);
	for (size_t i = 0; i < ROWS; i++) {
		const float *row = x + i * COLUMNS;
		double z =
		        (isnan(row[0]) ? 1.5 : (double)row[0]) - (isnan(row[3]) ? 0 : (double)row[3]) + rng_normal(rng);
		unsigned class = z < 0 ? 0 : z < 1.2 ? 1 : 2;
		if (columns > 1)
			y[i * columns + class] = 1;
		else
			y[i] = classes ? (float)MIN(class, classes - 1) : (float)z;
	}
	return y;
}

typedef struct Case {
	const char *name, *objective;
	unsigned classes, groups, parallel, rounds;
	const char *depth;
	const char *more[4][2]; /* XGBoost's parameters */
	bool categories;
} Case;

static const Case CASES[] = {
        {"binary", "binary:logistic", 2, 1, 1, 60, "6"},
        {"deep", "binary:logistic", 2, 1, 1, 8, "14"},
        {"multiclass", "multi:softprob", 3, 3, 1, 25, "4"},
        {"regression", "reg:squarederror", 0, 1, 1, 60, "5"},
        {"forest", "reg:squarederror", 2, 1, 40, 1, "10"},
        {"forest of classes", "reg:squarederror", 3, 3, 20, 1, "7"},
        {"categories", "binary:logistic", 2, 1, 1, 40, "6", {{"max_cat_to_onehot", "4"}}, true},
        {"categories one by one", "reg:squarederror", 0, 1, 1, 30, "6", {{"max_cat_to_onehot", "1000"}}, true},
        {"classes by categories", "multi:softprob", 3, 3, 1, 15, "5", {{"max_cat_threshold", "8"}}, true},
        {"forest on categories", "reg:squarederror", 2, 1, 30, 1, "9", {{"colsample_bynode", "0.5"}}, true},
        {"by leaf", "binary:logistic", 2, 1, 1, 30, "0", {{"grow_policy", "lossguide"}, {"max_leaves", "20"}}, true},
        {"dart", "binary:logistic", 2, 1, 1, 40, "4", {{"booster", "dart"}, {"rate_drop", "0.3"}}, true},
        {"dart of classes", "multi:softprob", 3, 3, 1, 15, "3", {{"booster", "dart"}, {"rate_drop", "0.5"}}, false},
};

static XgbHandle train(const XgboostCalls *calls, const Case *c, XgbHandle rows, unsigned label_columns)
{
	XgbHandle booster;
	g_assert_cmpint(calls->booster_new(&rows, 1, &booster), ==, 0);
	g_autofree char *parallel = g_strdup_printf("%u", c->parallel);
	const char *params[][2] = {{"objective", c->objective}, {"tree_method", "hist"}, {"nthread", "1"},
	        {"max_depth", c->depth}, {"eta", "0.3"}, {"subsample", "0.7"}, {"num_parallel_tree", parallel},
	        {"base_score", strcmp(c->objective, "binary:logistic") == 0 ? "0.5" : "0"},
	        {"num_class", strcmp(c->objective, "multi:softprob") == 0 ? "3" : "0"}};
	for (size_t i = 0; i < G_N_ELEMENTS(params); i++)
		g_assert_cmpint(calls->set_param(booster, params[i][0], params[i][1]), ==, 0);
	for (size_t i = 0; i < G_N_ELEMENTS(c->more) && c->more[i][0]; i++)
		g_assert_cmpint(calls->set_param(booster, c->more[i][0], c->more[i][1]), ==, 0);
	for (unsigned round = 0; round < c->rounds; round++)
		g_assert_cmpint(calls->update(booster, (int)round, rows), ==, 0);
	return booster;
}

static Trees *flat(const XgboostCalls *calls, const Case *c, XgbHandle booster)
{
	Matrix x = {.rows = ROWS, .columns = COLUMNS};
	TrainSet set = {.x = &x};
	XgboostJob job = {.set = &set,
	        .groups = c->groups,
	        .parallel = c->parallel,
	        .drops_trees = g_str_equal(c->more[0][0] ? c->more[0][1] : "", "dart"),
	        .link = c->groups > 1 ? LINK_SOFTMAX : LINK_SCALED};
	uint64_t size;
	const char *bytes;
	Trees *trees = NULL;
	g_autoptr(GError) error = NULL;
	g_assert_cmpint(calls->save(booster, "{\"format\":\"ubj\"}", &size, &bytes), ==, 0);
	trees_from_ubj(bytes, size, &job, c->rounds * c->groups * c->parallel, &trees, &error);
	g_assert_no_error(error);
	return trees;
}

/* Codes in the last two columns; with some that training has never seen. */
static void make_categories(float *x, Rng *rng, bool fresh)
{
	for (size_t i = 0; i < ROWS; i++) {
		float *row = x + i * COLUMNS;
		if (!isnan(row[COLUMNS - 1]))
			row[COLUMNS - 1] = (float)rng_below(rng, CATEGORIES + (fresh ? 40 : 0));
		if (!isnan(row[COLUMNS - 2]))
			row[COLUMNS - 2] = (float)rng_below(rng, FEW);
		if (!isnan(row[0]) && !isnan(row[COLUMNS - 1])) /* the target is made of column 0 */
			row[0] += ((int)row[COLUMNS - 1] * 7 % 5 == 2) ? 1 : 0;
	}
}

static void test_equal(gconstpointer data)
{
	const Case *c = data;
	const XgboostCalls *calls;
	g_autoptr(GError) error = NULL;
	if (!xgboost_calls(&calls, &error)) {
		g_test_skip(error->message);
		return;
	}
	Rng rng = rng_stream(7, c->name);
	unsigned label_columns = strcmp(c->name, "forest of classes") == 0 ? 3 : 1;
	g_autofree float *x = random_features(&rng, ROWS);
	g_autofree float *fresh = random_features(&rng, ROWS);
	if (c->categories) {
		make_categories(x, &rng, false);
		make_categories(fresh, &rng, true);
	}
	g_autofree float *y = labels_for(x, &rng, c->classes, label_columns);
	for (size_t i = 0; c->categories && i < ROWS; i++)
		x[i * COLUMNS] = (float)rng_normal(&rng); /* what is left to learn from are the categories */
	g_autofree char *x_array = xgboost_array(x, ROWS, COLUMNS);
	g_autofree char *fresh_array = xgboost_array(fresh, ROWS, COLUMNS);
	g_autofree char *y_array = xgboost_array(y, ROWS, label_columns);
	XgbHandle rows, fresh_rows;
	g_assert_cmpint(calls->dense_new(x_array, "{\"missing\":NaN,\"nthread\":1}", &rows), ==, 0);
	g_assert_cmpint(calls->set_info(rows, "label", y_array), ==, 0);
	g_assert_cmpint(calls->dense_new(fresh_array, "{\"missing\":NaN,\"nthread\":1}", &fresh_rows), ==, 0);
	const char *types[COLUMNS] = {"q", "q", "q", "q", "q", "c", "c"};
	for (unsigned k = 0; c->categories && k < 2; k++)
		g_assert_cmpint(calls->set_texts(k ? fresh_rows : rows, "feature_type", types, COLUMNS), ==, 0);
	XgbHandle booster = train(calls, c, rows, label_columns);

	const uint64_t *shape;
	uint64_t dimensions;
	const float *theirs;
	g_assert_cmpint(calls->predict(booster, fresh_rows,
	                        "{\"type\":1,\"training\":false,\"iteration_begin\":0,\"iteration_end\":0,"
	                        "\"strict_shape\":true}",
	                        &shape, &dimensions, &theirs),
	        ==, 0);
	g_assert_cmpuint(shape[0] * shape[1], ==, (uint64_t)ROWS * c->groups);
	g_autoptr(Trees) trees = flat(calls, c, booster);
	g_assert_cmpint(trees->set_words > 0, ==, c->categories);
	g_autofree float *ours = g_new(float, ROWS * c->groups);
	trees_margins(trees, fresh, ROWS, ours);
	size_t differ = 0;
	for (size_t i = 0; i < ROWS * c->groups; i++)
		differ += ours[i] != theirs[i]; /* as numbers: -0 equals 0 */
	g_assert_cmpuint(differ, ==, 0);
	for (size_t i = 0; i < 50; i++) { /* a row alone takes another path */
		float alone[3];
		trees_margins(trees, fresh + i * COLUMNS, 1, alone);
		g_assert_cmpmem(alone, c->groups * sizeof(float), ours + i * c->groups, c->groups * sizeof(float));
	}
	calls->booster_free(booster);
	calls->matrix_free(rows);
	calls->matrix_free(fresh_rows);
}

/* One split on feature 1 at 0.5, missing to the right: the drawing of trees.h. */
static Trees *small_trees(void)
{
	Trees *t = g_new0(Trees, 1);
	t->columns = 2;
	t->groups = 1;
	t->count = 2;
	t->link = LINK_LOGISTIC;
	t->scale = 1;
	t->start = g_memdup2((uint32_t[]){0, 3, 4}, 12);
	t->group = g_new0(uint32_t, 2);
	t->gain = g_memdup2((double[]){0, 3}, 16);
	t->nodes = g_memdup2((TreeNode[]){{.value = 0.5f, .left = 1, .feature = 1, .is_split = 1, .missing_right = 1},
	                             {.value = -1, .left = 1}, {.value = 2, .left = 2}, {.value = 0.25f, .left = 3}},
	        4 * sizeof(TreeNode));
	g_assert_true(trees_finish(t, NULL));
	return t;
}

static void test_by_hand(void)
{
	g_autoptr(Trees) t = small_trees();
	const float x[] = {9, 0.25f, 9, 0.5f, 9, NAN, NAN, INFINITY, -INFINITY, -INFINITY};
	const float wanted[] = {-0.75f, 2.25f, 2.25f, 2.25f, -0.75f};
	float margins[5];
	double p[10];
	trees_margins(t, x, 5, margins);
	trees_predict(t, x, 5, p);
	for (unsigned i = 0; i < 5; i++) {
		g_assert_cmpfloat(margins[i], ==, wanted[i]);
		g_assert_cmpfloat_with_epsilon(p[2 * i + 1], 1 / (1 + exp(-(double)wanted[i])), 1e-15);
		g_assert_cmpfloat_with_epsilon(p[2 * i] + p[2 * i + 1], 1, 1e-15);
	}
}

/* A set of the categories 1 and 33 goes right; others, unseen, negative and odd ones go left, missing ones as learnt. */
static void test_set_by_hand(void)
{
	g_autoptr(Trees) t = small_trees();
	t->sets = g_memdup2((uint32_t[]){2, 2, 2}, 12);
	t->set_words = 3;
	tree_node_point(&t->nodes[0], 0);
	g_assert_true(trees_finish(t, NULL));
	const float x[] = {9, 1, 9, 33, 9, 0, 9, 65, 9, NAN, 9, -1, 9, INFINITY, 9, 1e9f, 9, 32};
	const float wanted[] = {2.25f, 2.25f, -0.75f, -0.75f, 2.25f, -0.75f, -0.75f, -0.75f, -0.75f};
	float margins[9];
	trees_margins(t, x, 9, margins);
	for (unsigned i = 0; i < 9; i++)
		g_assert_cmpfloat(margins[i], ==, wanted[i]);
	g_autoptr(GBytes) bytes = trees_save(t);
	g_autoptr(Trees) again = NULL;
	g_assert_true(trees_load(bytes, &again, NULL));
	trees_margins(again, x, 9, margins);
	for (unsigned i = 0; i < 9; i++)
		g_assert_cmpfloat(margins[i], ==, wanted[i]);
}

static void expect_broken(Trees *t)
{
	g_autoptr(GError) error = NULL;
	g_assert_false(trees_finish(t, &error));
	g_assert_error(error, FAIL, FAIL_BROKEN);
	trees_free(t);
}

static void test_damage(void)
{
	g_autoptr(Trees) whole = small_trees();
	g_autoptr(GBytes) bytes = trees_save(whole);
	g_autoptr(Trees) again = NULL;
	g_autoptr(GError) error = NULL;
	g_assert_true(trees_load(bytes, &again, &error));
	g_autoptr(GBytes) twice = trees_save(again);
	g_assert_true(g_bytes_equal(bytes, twice));
	for (size_t size = 0; size < g_bytes_get_size(bytes); size++) {
		g_autoptr(GBytes) cut = g_bytes_new_from_bytes(bytes, 0, size);
		g_autoptr(GError) cut_error = NULL;
		Trees *t = NULL;
		g_assert_false(trees_load(cut, &t, &cut_error));
		g_assert_error(cut_error, FAIL, FAIL_BROKEN);
	}
	Trees *t = small_trees();
	t->nodes[0].left = 0; /* a walk that never ends */
	expect_broken(t);
	t = small_trees();
	t->nodes[0].left = 2; /* its right child is another tree's */
	expect_broken(t);
	t = small_trees();
	t->nodes[0].feature = 2;
	expect_broken(t);
	t = small_trees();
	t->nodes[1].left = 3;
	expect_broken(t);
	t = small_trees();
	t->group[1] = 1;
	expect_broken(t);
	t = small_trees();
	t->start[1] = 0;
	expect_broken(t);
	t = small_trees();
	tree_node_point(&t->nodes[0], 0); /* a set where there are none */
	expect_broken(t);
	t = small_trees();
	t->sets = g_memdup2((uint32_t[]){9, 2, 2}, 12); /* longer than all sets */
	t->set_words = 3;
	tree_node_point(&t->nodes[0], 0);
	expect_broken(t);
}

/* {"a": {"x": 1}, "b": [$d#2 1.5 -2], "c": [#2 {} T]}: the bytes as ubjson.org's grammar gives them. */
static void test_ubj(void)
{
	static const uint8_t BYTES[] = "{"
	                               "i\001a{i\001xU\001}"
	                               "i\001b[$d#i\002\077\300\000\000\300\000\000\000"
	                               "i\001c[#i\002{}T"
	                               "}";
	Ubj top = {.at = BYTES, .end = BYTES + sizeof BYTES - 1, .ok = true};
	UbjArray b = ubj_array(ubj_member(top, "b"));
	g_assert_cmpuint(b.count, ==, 2);
	g_assert_cmpfloat(ubj_number(&b, 0), ==, 1.5);
	g_assert_cmpfloat(ubj_number(&b, 1), ==, -2);
	g_assert_cmpfloat(ubj_number(&b, 2), ==, 0);
	UbjArray c = ubj_array(ubj_member(top, "c"));
	g_assert_cmpuint(c.count, ==, 2);
	UbjArray b_again = b;
	g_assert_cmpfloat(ubj_next(&b_again), ==, 1.5);
	g_assert_cmpfloat(ubj_next(&b_again), ==, -2);
	g_assert_cmpfloat(ubj_next(&b_again), ==, 0);
	static const uint8_t EACH[] = "[#i\002U\005d\077\300\000\000"; /* [5, 1.5], each with its type */
	UbjArray each = ubj_array((Ubj){.at = EACH, .end = EACH + sizeof EACH - 1, .ok = true});
	g_assert_cmpfloat(ubj_next(&each), ==, 5);
	g_assert_cmpfloat(ubj_next(&each), ==, 1.5);
	g_assert_cmpfloat(ubj_next(&each), ==, 0);
	g_assert_true(ubj_member(ubj_member(top, "a"), "x").ok);
	g_assert_false(ubj_member(top, "d").ok);
	Ubj all = top;
	ubj_skip(&all);
	g_assert_true(all.ok && all.at == all.end);
	for (size_t size = 0; size < sizeof BYTES - 1; size++) {
		Ubj cut = {.at = BYTES, .end = BYTES + size, .ok = true};
		ubj_skip(&cut);
		g_assert_false(cut.ok);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
		g_autofree char *path = g_strdup_printf("/trees/equal to XGBoost/%s", CASES[i].name);
		g_test_add_data_func(path, &CASES[i], test_equal);
	}
	g_test_add_func("/trees/by hand", test_by_hand);
	g_test_add_func("/trees/set by hand", test_set_by_hand);
	g_test_add_func("/trees/damage", test_damage);
	g_test_add_func("/trees/ubj", test_ubj);
	return g_test_run();
}
