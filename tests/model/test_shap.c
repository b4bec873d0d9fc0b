/* test_shap.c: TreeSHAP against the definition (all subsets of features), against XGBoost's pred_contribs, and in deep trees. */
#include "model/shap.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/rng.h"
#include "model/xgboost_calls.h"
#include "model/xgboost_rows.h"
#include "model/xgboost_train.h"

enum { COLUMNS = 6, ROWS = 40 };

typedef struct Growing {
	GArray *nodes, *covers;
	Rng *rng;
} Growing;

/* Splits a node at random, features again and again on a way; a share of 0 and of all rows happens. */
static void grow(Growing *g, uint32_t node, float cover, unsigned depth)
{
	if (!depth || (depth < 10 && rng_unit(g->rng) < 0.15)) {
		g_array_index(g->nodes, TreeNode, node).value = (float)rng_normal(g->rng);
		g_array_index(g->nodes, TreeNode, node).left = node;
		return;
	}
	double draw = rng_unit(g->rng);
	float part = draw < 0.1 ? 0 : draw > 0.95 ? 1 : (float)draw;
	uint32_t left = g->nodes->len;
	g_array_index(g->nodes, TreeNode, node) = (TreeNode){.value = (float)rng_normal(g->rng),
	        .left = left,
	        .feature = (uint16_t)rng_below(g->rng, COLUMNS),
	        .is_split = 1,
	        .missing_right = rng_unit(g->rng) < 0.5};
	TreeNode none = {0};
	float covers[2] = {cover * part, cover - cover * part};
	for (unsigned side = 0; side < 2; side++) {
		g_array_append_val(g->nodes, none);
		g_array_append_val(g->covers, covers[side]);
	}
	unsigned below = depth - 1;
	grow(g, left, covers[0], below);
	grow(g, left + 1, covers[1], below > 10 ? 2 : below); /* deep trees lean, or there would be 2^40 leaves */
}

static Trees *random_trees(uint32_t count, uint32_t groups, unsigned depth, Rng *rng)
{
	Growing g = {g_array_new(FALSE, FALSE, sizeof(TreeNode)), g_array_new(FALSE, FALSE, sizeof(float)), rng};
	Trees *t = g_new0(Trees, 1);
	t->columns = COLUMNS;
	t->groups = groups;
	t->count = count;
	t->link = groups > 1 ? LINK_SOFTMAX : LINK_SCALED;
	t->shift = 10;
	t->scale = 2;
	t->start = g_new0(uint32_t, count + 1);
	t->group = g_new0(uint32_t, count);
	t->gain = g_new0(double, COLUMNS);
	for (uint32_t i = 0; i < count; i++) {
		TreeNode none = {0};
		float cover = 1000;
		t->group[i] = i % groups;
		g_array_append_val(g.nodes, none);
		g_array_append_val(g.covers, cover);
		grow(&g, g.nodes->len - 1, cover, depth);
		t->start[i + 1] = g.nodes->len;
	}
	t->nodes = (TreeNode *)(void *)g_array_free(g.nodes, FALSE);
	t->cover = (float *)(void *)g_array_free(g.covers, FALSE);
	g_assert_true(trees_finish(t, NULL));
	return t;
}

static float *random_rows(size_t rows, size_t columns, Rng *rng)
{
	float *x = g_new(float, rows *columns);
	for (size_t i = 0; i < rows * columns; i++)
		x[i] = rng_unit(rng) < 0.1 ? NAN : (float)rng_normal(rng);
	return x;
}

/* The game itself: what a tree says when only the features in `known` are. */
static double game(const Trees *t, uint32_t node, const float *x, unsigned known)
{
	const TreeNode *n = &t->nodes[node];
	if (!n->is_split)
		return (double)n->value;
	if (known >> n->feature & 1) {
		float v = x[n->feature];
		bool right = isnan(v) ? n->missing_right : v >= n->value;
		return game(t, n->left + right, x, known);
	}
	double above = (double)t->cover[node];
	double left = above > 0 ? (double)t->cover[n->left] / above : 0.5;
	double right = above > 0 ? (double)t->cover[n->left + 1] / above : 0.5;
	return left * game(t, n->left, x, known) + right * game(t, n->left + 1, x, known);
}

static double all_trees(const Trees *t, uint32_t group, const float *x, unsigned known)
{
	double sum = 0;
	for (uint32_t i = 0; i < t->count; i++)
		sum += t->group[i] == group ? game(t, t->start[i], x, known) : 0;
	return sum;
}

static double factorial(unsigned n)
{
	return n ? n * factorial(n - 1) : 1;
}

/* Shapley 1953: the mean over all orders of what the feature adds. */
static double shapley(const Trees *t, uint32_t group, const float *x, unsigned feature)
{
	double sum = 0;
	for (unsigned known = 0; known < 1u << COLUMNS; known++) {
		if (known >> feature & 1)
			continue;
		unsigned size = (unsigned)__builtin_popcount(known);
		double weight = factorial(size) * factorial(COLUMNS - size - 1) / factorial(COLUMNS);
		sum += weight * (all_trees(t, group, x, known | 1u << feature) - all_trees(t, group, x, known));
	}
	return sum;
}

static void test_definition(void)
{
	Rng rng = rng_stream(1, "shap");
	for (unsigned depth = 0; depth <= 9; depth += 3) {
		g_autoptr(Trees) t = random_trees(6, depth == 3 ? 2 : 1, depth, &rng);
		g_autofree float *x = random_rows(ROWS, COLUMNS, &rng);
		g_autoptr(Contributions) c = NULL;
		g_assert_true(trees_contribute(t, x, ROWS, &c, NULL));
		double scale = t->groups == 1 ? t->scale : 1, shift = t->groups == 1 ? t->shift : 0;
		for (size_t i = 0; i < ROWS; i++)
			for (uint32_t k = 0; k < t->groups; k++) {
				const double *phi = contributions_at(c, i, k);
				for (unsigned f = 0; f < COLUMNS; f++)
					g_assert_cmpfloat_with_epsilon(
					        phi[f], scale * shapley(t, k, x + i * COLUMNS, f), 1e-11);
				g_assert_cmpfloat_with_epsilon(
				        phi[COLUMNS], shift + scale * all_trees(t, k, x + i * COLUMNS, 0), 1e-11);
			}
	}
}

/* Far more levels than features: they still add up. */
static void test_deep(void)
{
	Rng rng = rng_stream(2, "shap");
	g_autoptr(Trees) t = random_trees(2, 1, 40, &rng);
	g_autofree float *x = random_rows(ROWS, COLUMNS, &rng);
	g_autofree float *margins = g_new(float, ROWS);
	g_autofree double *sums = g_new(double, ROWS);
	g_autoptr(Contributions) c = NULL;
	g_assert_true(trees_contribute(t, x, ROWS, &c, NULL));
	trees_margins(t, x, ROWS, margins);
	contributions_scores(c, sums);
	for (size_t i = 0; i < ROWS; i++)
		g_assert_cmpfloat_with_epsilon(sums[i], t->shift + t->scale * (double)margins[i], 1e-5);
}

static void test_kept(void)
{
	Rng rng = rng_stream(3, "shap");
	g_autoptr(Trees) t = random_trees(3, 1, 4, &rng);
	g_autoptr(GBytes) bytes = trees_save(t);
	g_autoptr(Trees) again = NULL;
	g_assert_true(trees_load(bytes, &again, NULL));
	g_assert_cmpmem(t->cover, t->start[3] * sizeof(float), again->cover, again->start[3] * sizeof(float));
	/* A bundle of before: no covers, and explaining says what to do. */
	g_clear_pointer(&again->cover, g_free);
	g_autoptr(GBytes) old = trees_save(again);
	g_autoptr(Trees) without = NULL;
	g_autoptr(GError) error = NULL;
	g_assert_true(trees_load(old, &without, NULL));
	const float x[COLUMNS] = {0};
	Contributions *c = NULL;
	g_assert_false(trees_contribute(without, x, 1, &c, &error));
	g_assert_error(error, FAIL, FAIL_NOT_FOUND);
	t->cover[1] = NAN;
	g_autoptr(GBytes) damaged = trees_save(t);
	Trees *none = NULL;
	g_assert_false(trees_load(damaged, &none, NULL));
	t->cover[1] = -1;
	g_assert_false(trees_finish(t, NULL));
}

typedef struct Case {
	const char *name, *objective, *depth, *min_child_weight;
	unsigned groups, rounds, parallel;
} Case;

static const Case CASES[] = {
        {"binary", "binary:logistic", "6", "1", 1, 60, 1},
        {"deep", "binary:logistic", "14", "0", 1, 10, 1},
        {"multiclass", "multi:softprob", "4", "1", 3, 20, 1},
        {"regression", "reg:squarederror", "5", "1", 1, 60, 1},
        {"forest", "reg:squarederror", "10", "1", 1, 1, 30},
};

static XgbHandle train(const XgboostCalls *calls, const Case *c, XgbHandle rows)
{
	XgbHandle booster;
	g_assert_cmpint(calls->booster_new(&rows, 1, &booster), ==, 0);
	g_autofree char *parallel = g_strdup_printf("%u", c->parallel);
	g_autofree char *classes = g_strdup_printf("%u", c->groups > 1 ? c->groups : 0);
	const char *params[][2] = {{"objective", c->objective}, {"tree_method", "hist"}, {"nthread", "1"},
	        {"max_depth", c->depth}, {"min_child_weight", c->min_child_weight}, {"subsample", "0.7"},
	        {"num_parallel_tree", parallel}, {"num_class", classes},
	        {"base_score", strcmp(c->objective, "binary:logistic") == 0 ? "0.5" : "0"}};
	for (size_t i = 0; i < G_N_ELEMENTS(params); i++)
		g_assert_cmpint(calls->set_param(booster, params[i][0], params[i][1]), ==, 0);
	for (unsigned round = 0; round < c->rounds; round++)
		g_assert_cmpint(calls->update(booster, (int)round, rows), ==, 0);
	return booster;
}

static Trees *flat(const XgboostCalls *calls, const Case *c, XgbHandle booster, size_t columns)
{
	Matrix x = {.columns = columns};
	TrainSet set = {.x = &x};
	XgboostJob job = {.set = &set,
	        .groups = c->groups,
	        .parallel = c->parallel,
	        .link = c->groups > 1 ? LINK_SOFTMAX : LINK_SCALED,
	        .scale = 1};
	uint64_t size;
	const char *bytes;
	Trees *trees = NULL;
	g_autoptr(GError) error = NULL;
	g_assert_cmpint(calls->save(booster, "{\"format\":\"ubj\"}", &size, &bytes), ==, 0);
	trees_from_ubj(bytes, size, &job, c->rounds * c->groups * c->parallel, &trees, &error);
	g_assert_no_error(error);
	return trees;
}

/* XGBoost computes in float32, and loses some of it in deep trees: 1e-5 of the largest contribution there is. */
static void test_xgboost(gconstpointer data)
{
	enum { WIDE = 12, MANY = 1500 };
	const Case *c = data;
	const XgboostCalls *calls;
	g_autoptr(GError) error = NULL;
	if (!xgboost_calls(&calls, &error)) {
		g_test_skip(error->message);
		return;
	}
	Rng rng = rng_stream(4, c->name);
	g_autofree float *x = random_rows(MANY, WIDE, &rng);
	g_autofree float *y = g_new(float, MANY);
	for (size_t i = 0; i < MANY; i++) {
		const float *row = x + i * WIDE;
		double z =
		        (isnan(row[0]) ? 1 : (double)row[0]) * (isnan(row[1]) ? 1 : (double)row[1]) + rng_normal(&rng);
		y[i] = strstr(c->objective, "reg:") ? (float)z : c->groups > 1 ? (float)((z > -1) + (z > 1)) : z > 0;
	}
	g_autofree char *x_array = xgboost_array(x, MANY, WIDE);
	g_autofree char *y_array = xgboost_array(y, MANY, 1);
	XgbHandle rows;
	g_assert_cmpint(calls->dense_new(x_array, "{\"missing\":NaN,\"nthread\":1}", &rows), ==, 0);
	g_assert_cmpint(calls->set_info(rows, "label", y_array), ==, 0);
	XgbHandle booster = train(calls, c, rows);
	const uint64_t *shape;
	uint64_t dimensions;
	const float *theirs;
	g_assert_cmpint(calls->predict(booster, rows,
	                        "{\"type\":2,\"training\":false,\"iteration_begin\":0,\"iteration_end\":0,"
	                        "\"strict_shape\":true}",
	                        &shape, &dimensions, &theirs),
	        ==, 0);
	g_assert_cmpuint(shape[0] * shape[1] * shape[2], ==, (uint64_t)MANY * c->groups * (WIDE + 1));
	g_autoptr(Trees) trees = flat(calls, c, booster, WIDE);
	g_autoptr(Contributions) ours = NULL;
	g_assert_true(trees_contribute(trees, x, MANY, &ours, NULL));
	double largest = 1, differs = 0;
	for (size_t i = 0; i < (size_t)MANY * c->groups * (WIDE + 1); i++) {
		largest = MAX(largest, fabs(ours->values[i]));
		differs = MAX(differs, fabs(ours->values[i] - (double)theirs[i]));
	}
	g_test_message("largest difference %g of %g", differs, largest);
	g_assert_cmpfloat(differs, <=, 1e-5 * largest);
	calls->booster_free(booster);
	calls->matrix_free(rows);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/shap/definition", test_definition);
	g_test_add_func("/shap/deep", test_deep);
	g_test_add_func("/shap/kept", test_kept);
	for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
		g_autofree char *path = g_strdup_printf("/shap/equal to XGBoost/%s", CASES[i].name);
		g_test_add_data_func(path, &CASES[i], test_xgboost);
	}
	return g_test_run();
}
