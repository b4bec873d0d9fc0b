/* test_quality.c: what the families reach on real data through the features that are chosen by default.  The data sets are
 * those of GYRE_DATA; without them the tests are skipped. */
#include <math.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "data/engine.h"
#include "feature/recipe.h"
#include "feature/step_features.h"
#include "model/bundle.h"
#include "model/step_train.h"
#include "stats/metric.h"

typedef struct Task {
	const char *train, *test; /* SQL over the folder %1$s */
	const char *task, *target, *metric;
} Task;

/* The official parts of Adult; a fifth of California's blocks, by a hash, as test. */
static const Task ADULT = {"select * from read_csv('%s/adult_train.csv')",
        "select * from read_csv('%s/adult_test.csv')", "classification", "income", "roc_auc"};
static const Task CALIFORNIA = {
        "select * from read_csv('%s/california_housing.csv') where hash(longitude, latitude, median_income) %% 5 <> 0",
        "select * from read_csv('%s/california_housing.csv') where hash(longitude, latitude, median_income) %% 5 = 0",
        "regression", "median_house_value", "rmse"};

static char *sql_of(const char *form)
{
	g_auto(GStrv) parts = g_strsplit(form, "%s", 2);
	g_autofree char *text = g_strconcat(parts[0], g_getenv("GYRE_DATA"), parts[1], NULL);
	g_auto(GStrv) percents = g_strsplit(text, "%%", -1);
	return g_strjoinv("%", percents);
}

static void run_step(const StepKind *kind, json_t *params, const char *const *inputs, const char *folder)
{
	g_autoptr(GError) error = NULL;
	step_test_run(kind, params, inputs, folder, 1, &error);
	g_assert_no_error(error);
	json_decref(params);
}

static Bundle *train(const Task *t, const char *folder, const char *settings)
{
	g_autoptr(Engine) e = NULL;
	g_autofree char *table = g_build_filename(folder, "train.parquet", NULL);
	g_autofree char *recipes = g_build_filename(folder, "recipes", NULL);
	g_autofree char *bundle = g_build_filename(folder, "bundle", NULL);
	g_autofree char *rows = sql_of(t->train);
	g_autofree char *sql = g_strdup_printf("select *, row_number() over () - 1 as _gyre_row, case when "
	                                       "(row_number() over ()) %% 5 = 0 then 0 else -1 end "
	                                       "::bigint as _gyre_fold from (%s)",
	        rows);
	json_t *roles = json_pack("{s:s,s:s}", "task", t->task, "target", t->target);
	Bundle *b = NULL;
	g_autoptr(GError) error = NULL;
	g_assert_true(engine_open(NULL, &e, NULL));
	engine_write_parquet(e, sql, table, &error);
	g_assert_no_error(error);
	g_clear_pointer(&e, engine_close);
	run_step(&STEP_FEATURES, json_pack("{s:o}", "roles", roles), (const char *[]){"train", table, NULL}, folder);
	run_step(&STEP_TRAIN, json_loads(settings, 0, NULL), (const char *[]){"train", table, "recipes", recipes, NULL},
	        folder);
	bundle_load(bundle, &b, &error);
	g_assert_no_error(error);
	return b;
}

static double test_value(const Task *t, const Bundle *b)
{
	g_autoptr(Engine) e = NULL;
	g_autoptr(Frame) rows = NULL;
	g_autoptr(GError) error = NULL;
	g_autofree char *sql = sql_of(t->test);
	g_assert_true(engine_open(NULL, &e, NULL));
	engine_frame(e, sql, &rows, &error);
	g_assert_no_error(error);
	size_t count = rows->rows;
	g_autofree double *y = g_new(double, count);
	g_autofree double *scores = g_new(double, count *bundle_outputs(b));
	g_assert_true(target_values(rows, json_object_get(bundle_header(b), "roles"), y, NULL));
	bundle_predict(b, rows, scores, &error);
	g_assert_no_error(error);
	Scored s = {.rows = count, .classes = bundle_classes(b), .y = y, .scores = scores, .positive = 1};
	return metric_find(t->metric)->compute(&s);
}

static double quality(const Task *t, const char *settings)
{
	g_autofree char *folder = g_dir_make_tmp("gyre-quality-XXXXXX", NULL);
	g_autoptr(Bundle) b = train(t, folder, settings);
	double value = test_value(t, b);
	g_test_message("%s %s: %.5f", t->target, t->metric, value);
	file_remove(folder, NULL);
	return value;
}

#define ONLY(family) "{\"families\": [\"" family "\"], \"search\": {\"method\": \"fixed\"}}"

/* XGBoost's defaults reach 0.9274, scikit-learn's histogram boosting 0.9253 to 0.9271, its logistic regression on one-hot
 * columns 0.9055 and a forest of 300 0.9140 on this split (measured with scikit-learn 1.2, XGBoost 1.7.4). */
static void test_adult(void)
{
	g_assert_cmpfloat(quality(&ADULT, ONLY("boosted")), >=, 0.925);
	g_assert_cmpfloat(quality(&ADULT, ONLY("linear")), >=, 0.902);
	g_assert_cmpfloat(quality(&ADULT, ONLY("forest")), >=, 0.912);
	g_assert_cmpfloat(quality(&ADULT, ONLY("extra_trees")), >=, 0.898); /* ExtraTreesClassifier of 1.9.1: 0.9014 */
}

/* scikit-learn 1.9.1 on this split, one-hot columns: histogram boosting 47,039, ridge 70,661, a forest of 100 47,338. */
static void test_california(void)
{
	g_assert_cmpfloat(quality(&CALIFORNIA, ONLY("boosted")), <=, 47000);
	g_assert_cmpfloat(quality(&CALIFORNIA, ONLY("linear")), <=, 71000);
	g_assert_cmpfloat(quality(&CALIFORNIA, ONLY("forest")), <=, 51500);
	g_assert_cmpfloat(quality(&CALIFORNIA, ONLY("extra_trees")), <=, 53000);
	g_assert_cmpfloat(
	        quality(&CALIFORNIA, ONLY("mlp")), <=, 55000); /* MLPRegressor of 1.9.1, standardised: 51,633 */
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	const char *data = g_getenv("GYRE_DATA");
	if (!data || !*data) {
		g_print("1..0 # SKIP no GYRE_DATA: the data sets are not here\n");
		return 0;
	}
	const char *sanitized = g_getenv("TEST_SANITIZED");
	if (sanitized && *sanitized) {
		g_print("1..0 # SKIP it measures models; model_train runs the same code under the sanitizers\n");
		return 0;
	}
	g_test_add_func("/quality/adult", test_adult);
	g_test_add_func("/quality/california", test_california);
	return g_test_run();
}
