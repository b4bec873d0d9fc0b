/* test_boosted.c: what boosted trees and forests do with categories, constraints and objectives, judged by closed forms. */
#include "model/family.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/rng.h"
#include "model/trees.h"
#include "model/view.h"
#include "model/xgboost_calls.h"

enum { ROWS = 4000, COLUMNS = 4, CATEGORIES = 60 };

/* Columns: x, z, what the encoded view knows of the category (nothing), the category. */
typedef struct Data {
	float x[ROWS * COLUMNS];
	double y[ROWS], weight[ROWS], p[2 * ROWS];
	Matrix matrix;
	TrainSet set;
} Data;

static const FeatureKind KINDS[COLUMNS] = {{0, FEATURE_ALONE}, {0, FEATURE_ALONE}, {0, 3}, {CATEGORIES, FEATURE_ALONE}};
static char *NAMES[] = {"x", "z", "place_mean", "place_category", NULL};

static bool is_special(unsigned category)
{
	return category * 37 % 11 < 4;
}

static Data *make_data(unsigned task)
{
	Data *t = g_new0(Data, 1);
	Rng rng = rng_stream(8, "data");
	for (size_t i = 0; i < ROWS; i++) {
		float *row = t->x + i * COLUMNS;
		unsigned category = (unsigned)rng_below(&rng, CATEGORIES);
		row[0] = (float)(4 * rng_unit(&rng) - 2);
		row[1] = (float)(4 * rng_unit(&rng) - 2);
		row[2] = (float)rng_unit(&rng);
		row[3] = rng_unit(&rng) < 0.05 ? NAN : (float)category;
		double z = (double)row[0] + (isnan(row[3]) ? 0 : is_special(category) ? 1.5 : -1.5);
		t->y[i] = task == TASK_BINARY ? z + 0.5 * rng_normal(&rng) > 0 : z;
		t->weight[i] = 1;
	}
	t->matrix = (Matrix){.rows = ROWS, .columns = COLUMNS, .values = t->x, .names = NAMES, .kinds = KINDS};
	t->set = (TrainSet){.task = task,
	        .classes = task == TASK_BINARY ? 2 : 0,
	        .x = &t->matrix,
	        .y = t->y,
	        .metric = task == TASK_BINARY ? "log_loss" : "rmse",
	        .seed = 4,
	        .threads = 1};
	return t;
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

/* settings: JSON with ' for ". */
static json_t *params_of(const ModelFamily *family, const char *settings)
{
	g_autofree char *text = g_strdelimit(g_strdup(settings), "'", '"');
	json_auto_t *given = json_loads(text, 0, NULL);
	json_t *params = NULL;
	g_autoptr(GError) error = NULL;
	param_fill(family->params, family->name, given, &params, &error);
	g_assert_no_error(error);
	return params;
}

static Trees *train(const char *name, const Data *t, const char *settings)
{
	const ModelFamily *family = family_find(name);
	json_auto_t *params = params_of(family, settings);
	g_autoptr(GError) error = NULL;
	void *model = NULL;
	family_train(family, &t->set, params, &model, NULL, &error);
	g_assert_no_error(error);
	return model;
}

static void expect_refusal(const Data *t, const char *settings, const char *sentence)
{
	const ModelFamily *family = family_find("boosted");
	json_auto_t *params = params_of(family, settings);
	g_autoptr(GError) error = NULL;
	void *model = NULL;
	g_assert_false(family_train(family, &t->set, params, &model, NULL, &error));
	g_assert_cmpstr(error->message, ==, sentence);
}

static double wrong(Data *t, const Trees *trees)
{
	double count = 0;
	trees_predict(trees, t->x, ROWS, t->p);
	for (size_t i = 0; i < ROWS; i++)
		count += (t->p[2 * i + 1] > 0.5) != (t->y[i] > 0);
	return count / ROWS;
}

static unsigned sets_of(const Trees *t, bool of_one)
{
	unsigned count = 0;
	for (uint32_t i = 0; i < t->start[t->count]; i++) {
		const TreeNode *n = &t->nodes[i];
		unsigned bits = 0;
		for (uint32_t w = 0; n->by_set && w < t->sets[tree_node_set(n)]; w++)
			bits += (unsigned)__builtin_popcount(t->sets[tree_node_set(n) + 1 + w]);
		count += of_one ? bits == 1 : bits > 0;
	}
	return count;
}

/* Which features each view has: a number, a twin of a and one of b, what is aside of a, and the categories a and b. */
static void test_view_columns(void)
{
	static const FeatureKind kinds[] = {{0, FEATURE_ALONE, false}, {0, 4, false}, {0, 5, false}, {0, 4, true},
	        {9, FEATURE_ALONE, false}, {9, FEATURE_ALONE, false}};
	static const struct {
		const char *name, *columns;
	} CASES[] = {{"encoded", "012"}, {"target", "023"}, {"category", "045"}, {"one_hot", "045"}, {"ordinal", "045"},
	        {"both", "01245"}};
	Matrix x = {.columns = 6, .kinds = kinds};
	g_assert_cmpuint(matrix_numbers(&x), ==, 3);
	for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
		g_autoptr(View) view = view_new(&x, CASES[i].name);
		g_autoptr(GString) columns = g_string_new(NULL);
		for (size_t j = 0; j < view->columns; j++)
			g_string_append_printf(columns, "%u", view->column[j]);
		g_assert_cmpstr(columns->str, ==, CASES[i].columns);
		g_assert_cmpstr(VIEW_NAMES[i], ==, CASES[i].name);
	}
	x.kinds = NULL;
	g_autoptr(View) plain = view_new(&x, "target");
	g_assert_true(plain->is_whole);
}

/* Half of the target is the category: who sees it as a set finds it at once, who sees it in the order of names must cut that
 * into pieces, who sees the useless numbers cannot.  Every model speaks of the whole matrix, whatever it has learnt from. */
static void test_views(gconstpointer data)
{
	const char *family = data;
	if (lacks_library())
		return;
	static const char *const VIEWS[] = {"encoded", "category", "one_hot", "ordinal", "both"};
	double share[G_N_ELEMENTS(VIEWS)];
	g_autofree Data *t = make_data(TASK_BINARY);
	for (size_t v = 0; v < G_N_ELEMENTS(VIEWS); v++) {
		g_autofree char *settings = g_strdup_printf("{'view': '%s', 'max_depth': 4}", VIEWS[v]);
		g_autoptr(Trees) trees = train(family, t, settings);
		g_assert_cmpuint(trees->columns, ==, COLUMNS);
		share[v] = wrong(t, trees);
		g_assert_true((sets_of(trees, false) > 0) == (v == 1 || v == 2 || v == 4));
		if (v == 2)
			g_assert_cmpuint(sets_of(trees, true), ==, sets_of(trees, false));
		g_assert_true((trees->gain[2] == 0) == (v != 0 && v != 4));
		g_assert_true((trees->gain[3] == 0) == (v == 0));
	}
	g_assert_cmpfloat(share[1], <, 0.15);
	g_assert_cmpfloat(share[4], <, 0.15);
	g_assert_cmpfloat(share[1], <, share[0] - 0.1);
}

/* A family that knows no categories is given the numbers, in training and in predicting. */
static void test_not_taken(void)
{
	unsigned checked = 0;
	g_autofree Data *t = make_data(TASK_BINARY);
	for (const ModelFamily *const *f = FAMILIES; *f; f++) {
		size_t columns, outputs;
		if ((*f)->takes_categories || !((*f)->tasks & TASK_BINARY))
			continue;
		json_auto_t *params = params_of(*f, "{}");
		void *model = NULL;
		g_autoptr(GError) error = NULL;
		if (!family_train(*f, &t->set, params, &model, NULL, &error))
			continue; /* its library, or a program, is not there */
		checked++;
		(*f)->shape(model, &columns, &outputs);
		g_assert_true(columns == 0 || columns == COLUMNS - 1);
		g_assert_true(family_predict(*f, model, &t->matrix, t->p, &error));
		double first[2];
		Matrix row = {.rows = 1, .columns = COLUMNS, .values = t->x, .kinds = KINDS};
		g_assert_true(family_predict(*f, model, &row, first, &error));
		g_assert_cmpmem(first, sizeof first, t->p, sizeof first);
		(*f)->free(model);
	}
	g_assert_cmpuint(checked, >=, 2);
}

/* Along x with all else fixed the score never falls; without the constraint it does, as the target has a hump. */
static double largest_fall(const Trees *t)
{
	double worst = 0;
	for (unsigned z = 0; z < 20; z++) {
		double before = -INFINITY, now;
		for (unsigned k = 0; k <= 100; k++) {
			float row[COLUMNS] = {(float)(-2 + 0.04 * k), (float)(-2 + 0.2 * z), 0.5f, 3};
			trees_predict(t, row, 1, &now);
			worst = MAX(worst, before - now);
			before = now;
		}
	}
	return worst;
}

static void test_monotone(void)
{
	if (lacks_library())
		return;
	g_autofree Data *t = make_data(TASK_REGRESSION);
	for (size_t i = 0; i < ROWS; i++)
		t->y[i] = (double)t->x[i * COLUMNS] + 2 * sin(3 * (double)t->x[i * COLUMNS]) +
		          (double)t->x[i * COLUMNS + 1];
	g_autoptr(Trees) free_trees = train("boosted", t, "{'rounds': 60}");
	g_autoptr(Trees) rising = train("boosted", t, "{'rounds': 60, 'monotone': {'x': 1}}");
	g_autoptr(Trees) with_sets = train("boosted", t, "{'rounds': 60, 'monotone': {'x': 1}, 'view': 'both'}");
	g_assert_cmpfloat(largest_fall(free_trees), >, 0.5);
	g_assert_cmpfloat(largest_fall(rising), ==, 0);
	g_assert_cmpfloat(largest_fall(with_sets), ==, 0);
	expect_refusal(t, "{'monotone': {'xx': 1}}",
	        "monotone: there is no feature \"xx\"; did you mean \"x\"?; features are: x, z, place_mean, "
	        "place_category");
	expect_refusal(t, "{'monotone': {'x': 2}}", "monotone: \"x\" needs 1 (rising), -1 (falling) or 0");
	expect_refusal(t, "{'monotone': {'place*': 1}, 'view': 'category'}",
	        "monotone: \"place_category\" are categories: a score cannot rise with them");
}

/* The features that stand together on some way from the root, as pairs. */
static void find_pairs(const Trees *t, uint32_t node, unsigned above, bool ret[COLUMNS][COLUMNS])
{
	const TreeNode *n = &t->nodes[node];
	if (!n->is_split)
		return;
	for (unsigned j = 0; j < COLUMNS; j++)
		if (above >> j & 1)
			ret[j][n->feature] = ret[n->feature][j] = true;
	find_pairs(t, n->left, above | 1u << n->feature, ret);
	find_pairs(t, n->left + 1, above | 1u << n->feature, ret);
}

static void test_interactions(void)
{
	if (lacks_library())
		return;
	g_autofree Data *t = make_data(TASK_REGRESSION);
	for (size_t i = 0; i < ROWS; i++)
		t->y[i] = (double)t->x[i * COLUMNS] * (double)t->x[i * COLUMNS + 1];
	bool apart[COLUMNS][COLUMNS] = {0}, together[COLUMNS][COLUMNS] = {0};
	g_autoptr(Trees) a =
	        train("boosted", t, "{'rounds': 20, 'interactions': [['x', 'place*'], ['z']], 'view': 'both'}");
	g_autoptr(Trees) b = train("boosted", t, "{'rounds': 20, 'interactions': [['x', 'z']], 'view': 'both'}");
	for (uint32_t i = 0; i < a->count; i++)
		find_pairs(a, a->start[i], 0, apart);
	for (uint32_t i = 0; i < b->count; i++)
		find_pairs(b, b->start[i], 0, together);
	g_assert_true(!apart[0][1] && apart[0][2] && together[0][1] && !together[0][3]);
	expect_refusal(t, "{'interactions': [['speed']]}",
	        "interactions: there is no feature \"speed\"; features are: x, z, place_mean, place_category");
	expect_refusal(t, "{'interactions': ['x']}", "interactions: lists of names of features are expected");
}

/* y = x + e, e exponential with mean 1: its quantile alpha is x - ln(1 - alpha), its mean x + 1, its median x + ln 2. */
static void test_quantiles(void)
{
	if (lacks_library())
		return;
	g_autofree Data *t = make_data(TASK_REGRESSION);
	Rng rng = rng_stream(9, "exponential");
	for (size_t i = 0; i < ROWS; i++)
		t->y[i] = 100 * ((double)t->x[i * COLUMNS] - log(1 - rng_unit(&rng)));
	static const struct {
		const char *settings;
		double beyond;
	} CASES[] = {{"{'objective': 'quantile', 'quantile': 0.9, 'max_depth': 3, 'rounds': 300}", 2.302585},
	        {"{'objective': 'quantile', 'quantile': 0.1, 'max_depth': 3, 'rounds': 300}", 0.105361},
	        {"{'objective': 'quantile', 'max_depth': 3, 'rounds': 300}", 0.693147},
	        {"{'objective': 'absolute', 'max_depth': 3, 'rounds': 300}", 0.693147},
	        {"{'objective': 'squared', 'max_depth': 3, 'rounds': 100}", 1}};
	for (size_t c = 0; c < G_N_ELEMENTS(CASES); c++) {
		double away = 0;
		g_autoptr(Trees) trees = train("boosted", t, CASES[c].settings);
		trees_predict(trees, t->x, ROWS, t->p);
		for (size_t i = 0; i < ROWS; i++)
			away += t->p[i] / 100 - (double)t->x[i * COLUMNS] - CASES[c].beyond;
		g_assert_cmpfloat_with_epsilon(away / ROWS, 0, 0.12);
	}
}

/* Counts with mean e^(x/2): the scores are above 0, their mean is that of the targets (the likelihood's own equation), and they
 * follow e^(x/2). */
static void test_counts(void)
{
	if (lacks_library())
		return;
	g_autofree Data *t = make_data(TASK_REGRESSION);
	Rng rng = rng_stream(10, "counts");
	for (size_t i = 0; i < ROWS; i++) {
		double left = exp(-exp((double)t->x[i * COLUMNS] / 2)), product = rng_unit(&rng);
		for (t->y[i] = 0; product > left; t->y[i]++)
			product *= rng_unit(&rng);
	}
	static const char *const SETTINGS[] = {"{'objective': 'poisson', 'max_depth': 2, 'rounds': 150}",
	        "{'objective': 'tweedie', 'max_depth': 2, 'rounds': 150}"};
	for (size_t s = 0; s < G_N_ELEMENTS(SETTINGS); s++) {
		double sum = 0, scores = 0, away = 0;
		g_autoptr(Trees) trees = train("boosted", t, SETTINGS[s]);
		trees_predict(trees, t->x, ROWS, t->p);
		for (size_t i = 0; i < ROWS; i++) {
			g_assert_cmpfloat(t->p[i], >, 0);
			sum += t->y[i];
			scores += t->p[i];
			away += fabs(log(t->p[i]) - (double)t->x[i * COLUMNS] / 2);
		}
		g_assert_cmpfloat_with_epsilon(scores / sum, 1, 0.02);
		g_assert_cmpfloat(away / ROWS, <, 0.15);
	}
	expect_refusal(t, "{'objective': 'gamma'}", "objective gamma needs targets above 0, and there is one of 0");
	t->y[7] = -1;
	expect_refusal(
	        t, "{'objective': 'poisson'}", "objective poisson needs targets of at least 0, and there is one of -1");
}

static void test_refusals(void)
{
	g_autofree Data *t = make_data(TASK_BINARY);
	expect_refusal(t, "{'max_depth': 0}", "max_depth 0 needs grow_policy: lossguide and max_leaves above 0");
	expect_refusal(t, "{'objective': 'poisson'}",
	        "objective poisson is for numbers; classes are learnt by their likelihood: auto");
	t->matrix.rows = 60000;
	expect_refusal(t, "{'booster': 'dart'}",
	        "booster dart takes time by the square of the rounds: at most 50000 rows may be learnt from, and here "
	        "are 60000");
	t->matrix.rows = ROWS;
	t->set.task = TASK_REGRESSION;
	expect_refusal(t, "{'scale_pos_weight': 2}", "scale_pos_weight is for targets of two classes");
}

/* Leaves first: as many leaves as asked for, however deep.  DART: all rounds, whatever the validation rows say.  A heavier
 * second class: more of it is found. */
static void test_settings(void)
{
	if (lacks_library())
		return;
	g_autofree Data *t = make_data(TASK_BINARY);
	g_autoptr(Trees) leaves = train("boosted", t,
	        "{'grow_policy': 'lossguide', 'max_leaves': 9, 'max_depth': 0, 'rounds': 5, 'view': 'both', 'gamma': "
	        "0}");
	g_autoptr(Trees) even = train("boosted", t, "{'rounds': 20, 'max_depth': 2}");
	g_autoptr(Trees) heavy = train("boosted", t, "{'rounds': 20, 'max_depth': 2, 'scale_pos_weight': 5}");
	for (uint32_t i = 0; i < leaves->count; i++)
		g_assert_cmpuint(leaves->start[i + 1] - leaves->start[i], ==, 17);
	double found[2] = {0};
	for (unsigned k = 0; k < 2; k++) {
		trees_predict(k ? heavy : even, t->x, ROWS, t->p);
		for (size_t i = 0; i < ROWS; i++)
			found[k] += t->p[2 * i + 1] > 0.5;
	}
	g_assert_cmpfloat(found[1], >, 1.2 * found[0]);
	t->set.valid = t->set.x;
	t->set.valid_y = t->y;
	g_autoptr(Trees) dart =
	        train("boosted", t, "{'booster': 'dart', 'rounds': 25, 'patience': 1, 'rate_drop': 0.5}");
	g_assert_cmpuint(dart->count, ==, 25);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/boosted/view-columns", test_view_columns);
	g_test_add_data_func("/boosted/views/boosted", "boosted", test_views);
	g_test_add_data_func("/boosted/views/forest", "forest", test_views);
	g_test_add_func("/boosted/categories not taken", test_not_taken);
	g_test_add_func("/boosted/monotone", test_monotone);
	g_test_add_func("/boosted/interactions", test_interactions);
	g_test_add_func("/boosted/quantiles", test_quantiles);
	g_test_add_func("/boosted/counts", test_counts);
	g_test_add_func("/boosted/refusals", test_refusals);
	g_test_add_func("/boosted/settings", test_settings);
	return g_test_run();
}
