/* test_trees.c: our flat trees against XGBoost's own predictions, bit by bit, and row by row against blocks of rows; damaged bytes; the
 * UBJSON cursor. */
#include "model/trees.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/rng.h"
#include "model/trees_block.h"
#include "model/ubj.h"
#include "model/xgboost_calls.h"
#include "model/xgboost_rows.h"
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

/* A model drawn at random: how many columns, trees, splits, thresholds, and of what kind. */
typedef struct Draw {
	const char *name;
	unsigned columns, groups, trees, splits;
	unsigned depth;  /* no deeper */
	unsigned values; /* different thresholds; 0: all are different */
	unsigned codes;  /* of categories, for a third of the splits; 0: none */
} Draw;

static const Draw DRAWS[] = {
        {"usual", 20, 1, 40, 50, 6, 200, 0},
        {"few rows of few columns", 3, 1, 20, 10, 4, 5, 0},
        {"a chain", 5, 1, 30, 25, 25, 0, 0},
        {"more thresholds than a byte", 2, 3, 60, 60, 8, 0, 0},
        {"more leaves than a byte", 6, 2, 12, 900, 16, 0, 0},
        {"categories", 8, 1, 60, 40, 7, 20, 100},
        {"many categories", 8, 3, 60, 40, 9, 20, 700},
        {"too many categories", 8, 1, 40, 60, 9, 20, 5000},
        {"stumps and leaves", 4, 2, 200, 1, 1, 9, 40},
};

/* Ties with thresholds are frequent: both come from here. */
static float draw_value(Rng *rng, const Draw *d)
{
	static const float ODD[] = {0.0f, -0.0f, INFINITY, -INFINITY, 1e-40f, 3.4e38f, -1.0f};
	if (rng_below(rng, 10) == 0)
		return ODD[rng_below(rng, G_N_ELEMENTS(ODD))];
	return d->values ? (float)rng_below(rng, d->values) / 8 - 3 : (float)rng_normal(rng);
}

static void draw_set(Rng *rng, const Draw *d, TreeNode *n, GArray *sets)
{
	uint32_t place = sets->len, words = (uint32_t)rng_below(rng, d->codes / 32 + 1);
	g_array_append_val(sets, words);
	for (uint32_t w = 0; w < words; w++) {
		uint32_t bits = (uint32_t)rng_bits(rng);
		g_array_append_val(sets, bits);
	}
	tree_node_point(n, place);
}

/* Grown from the root by splitting a leaf at random, then laid down level by level. */
static void draw_tree(Rng *rng, const Draw *d, GArray *nodes, GArray *sets)
{
	g_autofree uint32_t *level = g_new0(uint32_t, 2 * d->splits + 1);
	uint32_t first = nodes->len, splits = 0;
	TreeNode leaf = {0};
	g_array_append_val(nodes, leaf);
	for (uint32_t k = 0; k < nodes->len - first; k++) {
		TreeNode *n = &g_array_index(nodes, TreeNode, first + k);
		bool is_last = k + 1 == nodes->len - first;
		if (splits == d->splits || level[k] == d->depth || (!is_last && rng_below(rng, 4) == 0) ||
		        (k == 0 && rng_below(rng, 20) == 0)) {
			*n = (TreeNode){.value = (float)rng_normal(rng), .left = first + k};
			continue;
		}
		*n = (TreeNode){.value = rng_below(rng, 100) == 0 ? NAN : draw_value(rng, d),
		        .left = nodes->len,
		        .feature = (uint16_t)rng_below(rng, d->columns),
		        .is_split = 1,
		        .missing_right = rng_below(rng, 2)};
		if (d->codes && rng_below(rng, 3) == 0)
			draw_set(rng, d, n, sets);
		splits++;
		for (unsigned side = 0; side < 2; side++) {
			level[nodes->len - first] = level[k] + 1;
			g_array_append_val(nodes, leaf);
		}
	}
}

static Trees *draw_trees(Rng *rng, const Draw *d)
{
	Trees *t = g_new0(Trees, 1);
	GArray *nodes = g_array_new(FALSE, FALSE, sizeof(TreeNode)), *sets = g_array_new(FALSE, FALSE, 4);
	t->columns = d->columns;
	t->groups = d->groups;
	t->count = d->trees;
	t->link = d->groups > 1 ? LINK_SOFTMAX : LINK_SCALED;
	t->start = g_new0(uint32_t, d->trees + 1);
	t->group = g_new0(uint32_t, d->trees);
	t->gain = g_new0(double, d->columns);
	for (uint32_t i = 0; i < d->trees; i++) {
		t->group[i] = (uint32_t)rng_below(rng, d->groups);
		draw_tree(rng, d, nodes, sets);
		t->start[i + 1] = nodes->len;
	}
	t->set_words = sets->len;
	t->nodes = (TreeNode *)(void *)g_array_free(nodes, FALSE);
	t->sets = (uint32_t *)(void *)g_array_free(sets, FALSE);
	g_assert_true(trees_finish(t, NULL));
	return t;
}

static float *draw_rows(Rng *rng, const Draw *d, size_t rows)
{
	float *x = g_new(float, rows * d->columns);
	for (size_t i = 0; i < rows * d->columns; i++) {
		uint64_t kind = rng_below(rng, 10);
		x[i] = kind == 0              ? NAN
		       : kind < 5 && d->codes ? (float)rng_below(rng, d->codes + 40) + (kind == 1 ? 0.5f : 0)
		                              : draw_value(rng, d);
	}
	return x;
}

/* As trees.h says it: each row, each tree, from the root. */
static void walk_plainly(const Trees *t, const float *x, size_t rows, float *ret)
{
	memset(ret, 0, rows * t->groups * sizeof *ret);
	for (size_t i = 0; i < rows; i++)
		for (uint32_t tree = 0; tree < t->count; tree++) {
			uint32_t at = t->start[tree];
			const TreeNode *n = &t->nodes[at];
			for (; n->is_split; n = &t->nodes[at])
				at = n->left + trees_goes_right(t, n, x[i * t->columns + n->feature]);
			ret[i * t->groups + t->group[tree]] += n->value;
		}
}

/* Every width of vector, and any number of rows: the same bits as walking. */
static void test_blocks(gconstpointer data)
{
	enum { MOST = 300 };
	static const size_t COUNTS[] = {1, 8, 17, 31, 32, 33, 128, 129, 161, MOST};
	const Draw *d = data;
	Rng rng = rng_stream(11, d->name);
	for (unsigned again = 0; again < 4; again++) {
		g_autoptr(Trees) t = draw_trees(&rng, d);
		g_autofree float *x = draw_rows(&rng, d, MOST);
		g_autofree float *wanted = g_new(float, MOST * d->groups);
		g_autofree float *got = g_new(float, MOST * d->groups);
		walk_plainly(t, x, MOST, wanted);
		g_assert_nonnull(t->block);
		for (size_t k = 0; k < G_N_ELEMENTS(COUNTS); k++) {
			size_t size = COUNTS[k] * d->groups * sizeof *got;
			trees_margins(t, x, COUNTS[k], got);
			g_assert_cmpmem(got, size, wanted, size);
			for (const TreesLanes *const *lanes = TREES_LANES_ALL; *lanes; lanes++) {
				if (!trees_lanes_run_here(*lanes))
					continue;
				g_test_message("%s, %zu rows", trees_lanes_name(*lanes), COUNTS[k]);
				memset(got, 0xff, size);
				size_t done = trees_block_margins(t->block, *lanes, x, COUNTS[k], got);
				if (d == &DRAWS[0] &&
				        lanes[1]) /* the narrowest alone leaves single rows to be walked */
					g_assert_cmpuint(done, ==, COUNTS[k]);
				g_assert_true(done == COUNTS[k] || COUNTS[k] - done < 12);
				g_assert_cmpmem(
				        got, done * d->groups * sizeof *got, wanted, done * d->groups * sizeof *got);
			}
		}
	}
}

/* A few small trees on many columns: turning all of a row to bytes costs more than it saves. */
static void test_blocks_do_not_pay(void)
{
	Draw d = {"small", 500, 1, 5, 3, 3, 0, 0};
	Rng rng = rng_stream(3, d.name);
	g_autoptr(Trees) t = draw_trees(&rng, &d);
	g_assert_null(t->block);
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
	for (size_t i = 0; i < G_N_ELEMENTS(DRAWS); i++) {
		g_autofree char *path = g_strdup_printf("/trees/blocks/%s", DRAWS[i].name);
		g_test_add_data_func(path, &DRAWS[i], test_blocks);
	}
	g_test_add_func("/trees/blocks/do not pay", test_blocks_do_not_pay);
	g_test_add_func("/trees/by hand", test_by_hand);
	g_test_add_func("/trees/set by hand", test_set_by_hand);
	g_test_add_func("/trees/damage", test_damage);
	g_test_add_func("/trees/ubj", test_ubj);
	return g_test_run();
}
