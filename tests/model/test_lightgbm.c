/* test_lightgbm.c: LightGBM's written model turned into flat trees: one written by hand, and, where the library is, what it says itself. */
#include "model/lightgbm_trees.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/rng.h"
#include "model/lightgbm_calls.h"

enum { ROWS = 600, COLUMNS = 3 };

static View *whole_view(size_t columns)
{
	Matrix x = {.rows = 0, .columns = columns};
	return view_new(&x, "encoded");
}

static Trees *trees_of(const char *text, const View *view, GError **error)
{
	LightgbmForm form = {.view = view, .columns = COLUMNS, .groups = 1, .link = LINK_SCALED, .scale = 1};
	Trees *t = NULL;
	trees_from_lightgbm(text, &form, &t, error);
	return t;
}

/* x0 <= 1.5 (missing right): then x1 in {1, 33}: 10, else 20; else x2 <= 0 (nothing missing in training: counts as 0): 30, else 40. */
static const char BY_HAND[] =
        "tree\nversion=v4\n\nTree=0\nnum_leaves=4\nnum_cat=1\nsplit_feature=0 1 2\nsplit_gain=3 2 1\n"
        "threshold=1.5 0 1e-35\ndecision_type=8 1 2\nleft_child=1 -1 -3\nright_child=2 -2 -4\n"
        "leaf_value=10 20 30 40\nleaf_weight=1 2 3 4\ninternal_weight=10 3 7\n"
        "cat_boundaries=0 2\ncat_threshold=2 2\nshrinkage=1\n\n\nend of trees\n";

static void test_by_hand(void)
{
	static const float X[][COLUMNS] = {{1.5f, 1, 0}, {1, 33, 0}, {1, 2, 0}, {1, NAN, 0}, {1, 500, 0}, {2, 1, 0},
	        {2, 1, 0.5f}, {NAN, 1, -1}, {2, 1, NAN}, {1.5000001f, 1, 7}};
	static const float WANTED[] = {10, 10, 20, 20, 20, 30, 40, 30, 30, 40};
	g_autoptr(View) view = whole_view(COLUMNS);
	g_autoptr(GError) error = NULL;
	g_autoptr(Trees) t = trees_of(BY_HAND, view, &error);
	float found[G_N_ELEMENTS(WANTED)];
	g_assert_no_error(error);
	trees_margins(t, &X[0][0], G_N_ELEMENTS(WANTED), found);
	for (size_t i = 0; i < G_N_ELEMENTS(WANTED); i++)
		g_assert_cmpfloat(found[i], ==, WANTED[i]);
	g_assert_cmpfloat(t->gain[0], ==, 3);
	g_assert_cmpfloat(t->cover[t->start[0]], ==, 10);
}

static void test_damaged(void)
{
	g_autoptr(View) view = whole_view(COLUMNS);
	static const char *const WRONG[][2] = {{"left_child=1", "left_child=7"}, {"left_child=1", "left_child=0"},
	        {"split_feature=0", "split_feature=9"}, {"cat_boundaries=0 2", "cat_boundaries=0 9"},
	        {"Tree=0", "Baum=0"}, {"threshold=1.5", "threshold=x"}};
	for (size_t i = 0; i < G_N_ELEMENTS(WRONG); i++) {
		g_auto(GStrv) parts = g_strsplit(BY_HAND, WRONG[i][0], 2);
		g_autofree char *text = g_strjoinv(WRONG[i][1], parts);
		g_autoptr(GError) error = NULL;
		g_autoptr(Trees) t = trees_of(text, view, &error);
		if (!g_error_matches(error, FAIL, FAIL_BROKEN))
			g_error("%s passed", WRONG[i][1]);
	}
}

/* Rows with categories and missing values; the last column is never missing in training. */
static void make_rows(float *x, float *y, uint64_t seed)
{
	Rng rng = rng_stream(seed, "rows");
	for (size_t i = 0; i < ROWS; i++) {
		float *row = x + i * COLUMNS;
		row[0] = rng_unit(&rng) < 0.2 ? NAN : (float)rng_normal(&rng);
		row[1] = (float)rng_below(&rng, 40);
		row[2] = (float)rng_normal(&rng);
		y[i] = (isnan(row[0]) ? 1 : row[0]) + (float)((int)row[1] % 3) - row[2] +
		       (float)(0.1 * rng_normal(&rng));
	}
}

static void test_library(void)
{
	const LightgbmCalls *calls;
	g_autoptr(GError) error = NULL;
	if (!lightgbm_calls(&calls, &error)) {
		g_test_skip(error->message);
		return;
	}
	g_autofree float *x = g_new(float, ROWS *COLUMNS), *y = g_new(float, ROWS), *ours = g_new(float, ROWS);
	g_autofree double *theirs = g_new(double, ROWS);
	const char *how = "verbosity=-1 objective=regression num_threads=1 categorical_feature=1 min_data_in_leaf=5 "
	                  "min_data_per_group=5";
	LgbHandle rows = NULL, booster = NULL;
	int64_t size = 0, count = 0;
	int finished = 0;
	make_rows(x, y, 1);
	g_assert_cmpint(calls->dataset_new(x, LGB_FLOAT32, ROWS, COLUMNS, 1, how, NULL, &rows), ==, 0);
	g_assert_cmpint(calls->dataset_set(rows, "label", y, ROWS, LGB_FLOAT32), ==, 0);
	g_assert_cmpint(calls->booster_new(rows, how, &booster), ==, 0);
	for (unsigned i = 0; i < 40; i++)
		g_assert_cmpint(calls->booster_update(booster, &finished), ==, 0);
	calls->booster_text(booster, 0, 40, 0, 0, &size, NULL);
	g_autofree char *text = g_malloc((size_t)size + 1);
	calls->booster_text(booster, 0, 40, 0, size, &size, text);
	g_autoptr(View) view = whole_view(COLUMNS);
	g_autoptr(Trees) t = trees_of(text, view, &error);
	g_assert_no_error(error);
	make_rows(x, y, 2);
	x[2] = NAN;          /* a column that had none missing */
	x[COLUMNS + 1] = 77; /* a category never seen */
	x[2 * COLUMNS + 1] = NAN;
	g_assert_cmpint(
	        calls->booster_predict(booster, x, LGB_FLOAT32, ROWS, COLUMNS, 1, 0, 0, -1, "", &count, theirs), ==, 0);
	trees_margins(t, x, ROWS, ours);
	g_assert_cmpint(count, ==, ROWS);
	for (size_t i = 0; i < ROWS; i++)
		g_assert_cmpfloat_with_epsilon((double)ours[i], theirs[i], 2e-5);
	calls->booster_free(booster);
	calls->dataset_free(rows);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/lightgbm/by hand", test_by_hand);
	g_test_add_func("/lightgbm/damaged", test_damaged);
	g_test_add_func("/lightgbm/library", test_library);
	return g_test_run();
}
