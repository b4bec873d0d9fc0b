/* test_train.c: the step train, from a table to a bundle: the same bytes however often, on however many cores and after a
 * crash; folds and a hold-out; what is left out; what is told. */
#include "model/step_train.h"

#include <math.h>

#include "model/fresh_rows.h"
#include "model/train_data.h"
#include "trained.h"

static void test_repeats(void)
{
	Place *p = place_new(TWO_CLASSES, HOLD_OUT, roles_of("classification", false));
	train_well(p, QUICK, "a", 1);
	train_well(p, QUICK, "b", 2);
	assert_same(p, "a", "b");
	/* After a crash: two trials are there, one half-written file, no bundle. */
	train_well(p, QUICK, "c", 2);
	static const char *const LOST[] = {"bundle", "trials", "scratch/model.json", "scratch/trial-2.json",
	        "scratch/trial-3.json", "scratch/trial-4.json", "scratch/trial-5.json"};
	json_auto_t *before = read_json(p, "c", "scratch/trial-1.json");
	for (size_t i = 0; i < G_N_ELEMENTS(LOST); i++) {
		g_autofree char *path = g_build_filename(p->folder, "c", LOST[i], NULL);
		g_assert_true(file_remove(path, NULL));
	}
	g_autofree char *half = g_build_filename(p->folder, "c", "scratch", "trial-3.scores", NULL);
	g_assert_true(g_file_set_contents(half, "half", 4, NULL));
	train_well(p, QUICK, "c", 2);
	json_auto_t *after = read_json(p, "c", "scratch/trial-1.json");
	assert_same(p, "a", "c");
	g_assert_true(json_equal(before, after)); /* its times too: it was not done again */
	place_free(p);
}

static void test_artifacts(void)
{
	Place *p = place_new(TWO_CLASSES, HOLD_OUT, roles_of("classification", false));
	train_well(p, QUICK, "a", 2);
	json_auto_t *trials = read_json(p, "a", "trials");
	json_auto_t *told = read_json(p, "a", "result.json");
	g_autoptr(Bundle) b = open_bundle(p, "a");
	const json_t *list = json_object_get(trials, "trials");
	json_int_t best = json_get_int(trials, "best", -1);
	double auc = json_get_number(json_object_get(trials, "valid_metrics"), "roc_auc", NAN);
	bool together = json_get_bool(json_object_get(trials, "ensemble"), "taken", false);
	g_assert_cmpuint(json_array_size(list), ==, 6 + together);
	g_assert_cmpstr(json_get_text(trials, "metric", ""), ==, "roc_auc");
	g_assert_cmpstr(json_get_text(trials, "direction", ""), ==, "max");
	g_assert_cmpstr(json_get_text(trials, "threshold_metric", ""), ==, "balanced_accuracy");
	g_assert_cmpfloat(auc, >, 0.95);
	g_assert_cmpfloat(json_number_value(json_at(trials, "baseline.roc_auc")), ==, 0.5);
	g_assert_cmpint(json_integer_value(json_at(trials, "rows.searched")), ==, 1200);
	g_assert_cmpint(json_integer_value(json_at(trials, "rows.valid")), ==, 300);
	g_assert_cmpint(json_integer_value(json_at(trials, "refit.rows")), ==, 1500);
	size_t i;
	json_t *one;
	json_array_foreach (list, i, one) {
		double value = json_number_value(json_at(one, "metrics.roc_auc"));
		g_assert_cmpstr(json_get_text(one, "status", ""), ==, "done");
		g_assert_true(value < auc || (value == auc && (json_int_t)i >= best));
		g_assert_null(json_at(one, "metrics.seconds"));
	}
	json_t *run = json_array_get(json_object_get(told, "runs"), 0);
	g_assert_cmpuint(json_array_size(json_object_get(told, "runs")), ==, 7); /* and the refit */
	g_assert_true(json_number_value(json_at(run, "metrics.seconds")) >= 0);
	g_assert_true(json_number_value(json_at(run, "metrics.peak_mb")) > 1);
	g_assert_cmpstr(json_get_text(run, "status", ""), ==, "FINISHED");
	g_assert_cmpfloat(json_number_value(json_at(told, "metrics.valid_roc_auc")), ==, auc);
	double shares = 0;
	json_array_foreach (json_object_get(trials, "importance"), i, one)
		shares += json_number_value(json_array_get(one, 1));
	g_assert_cmpfloat_with_epsilon(shares, 1, 1e-9);

	const json_t *header = bundle_header(b);
	g_assert_cmpstr(json_string_value(json_at(header, "provenance.train_digest")), ==, "aa");
	g_assert_cmpstr(json_get_text(header, "positive", ""), ==, "yes");
	g_assert_cmpuint(bundle_classes(b), ==, 2);
	g_assert_cmpint(bundle_positive(b), ==, 1);
	g_assert_cmpstr(bundle_class(b, 1), ==, "yes");
	g_assert_cmpfloat(
	        json_number_value(json_at(header, "threshold")), ==, json_get_number(trials, "threshold", NAN));
	g_autofree char *recipe = json_canonical(json_object_get(header, "recipe"));
	g_assert_null(
	        strstr(recipe, "\"cross\":[")); /* what only training rows are given; a setting has that name too */
	g_assert_cmpuint(json_array_size(json_at(header, "reference.inputs.x.quantiles")), ==, 21);
	g_assert_cmpuint(json_array_size(json_at(header, "reference.inputs.category.top")), ==, 4);
	g_assert_cmpfloat_with_epsilon(
	        json_number_value(json_at(header, "reference.inputs.x.missing")), 137.0 / 1500, 1e-12);
	double priors = json_number_value(json_at(header, "reference.target.priors[0]")) +
	                json_number_value(json_at(header, "reference.target.priors[1]"));
	g_assert_cmpfloat_with_epsilon(priors, 1, 1e-12);
	g_assert_cmpuint(json_array_size(json_at(header, "reference.scores.histogram")), ==, 20);
	g_assert_cmpuint(json_array_size(json_at(header, "reference.scores.sketch.edges")), >, 20);
	g_assert_cmpuint(json_array_size(json_at(header, "reference.inputs.x.sketch.edges")), ==, 161);
	place_free(p);
}

/* What the bundle says of rows: the classes they have, the same for a row alone, in other columns' company and order. */
static void test_predict(void)
{
	Place *p = place_new(TWO_CLASSES, HOLD_OUT, roles_of("classification", false));
	train_well(p, QUICK, "a", 2);
	g_autoptr(Bundle) b = open_bundle(p, "a");
	g_autoptr(Frame) rows = some_rows(p);
	g_autofree double *scores = g_new(double, rows->rows * 2);
	g_autofree char *first = column_text(frame_find(rows, "target"), 0);
	size_t right = 0;
	g_autoptr(GError) error = NULL;
	g_autofree uint8_t *keep = g_malloc0(rows->rows);
	keep[7] = 1;
	g_autoptr(Frame) alone = frame_filter(rows, keep);
	g_autoptr(Frame) poor = frame_filter(rows, keep);
	g_autoptr(Frame) truth = some_rows(p);
	bundle_predict(b, rows, scores, &error);
	g_assert_no_error(error);
	for (size_t i = 0; i < truth->rows; i++) {
		g_autofree char *label = column_text(frame_find(truth, "target"), i);
		right += strcmp(label, bundle_class(b, bundle_decide(b, scores + 2 * i))) == 0;
		g_assert_cmpfloat_with_epsilon(scores[2 * i] + scores[2 * i + 1], 1, 1e-12);
	}
	g_assert_cmpuint(right, >, truth->rows * 85 / 100);
	double one[2];
	g_assert_true(bundle_predict(b, alone, one, NULL));
	g_assert_cmpmem(one, sizeof one, scores + 14, sizeof one);
	frame_remove(poor, "x");
	frame_remove(poor, "category");
	g_assert_false(bundle_predict(b, poor, one, &error));
	g_assert_error(error, FAIL, FAIL_INVALID);
	g_assert_nonnull(strstr(error->message, "\"x\""));
	g_assert_nonnull(strstr(error->message, "\"category\""));
	place_free(p);
}

/* Every row once, in its own fold, with its own label; and the metrics of the winner are to be had from it. */
static void check_out_of_fold(const Place *p, const json_t *trials)
{
	g_autoptr(Engine) e = NULL;
	g_autofree char *path = g_build_filename(p->folder, "a", "out_of_fold", NULL), *said = sql_parquet(path),
	                *train = sql_parquet(p->train);
	g_autofree char *sql = g_strdup_printf(
	        "select count(*) as n, count(distinct _gyre_row) as rows, sum((t._gyre_fold <> o._gyre_fold)::int) + "
	        "sum((t.target <> o.actual)::int) as wrong, max(abs(probability_no + probability_yes - 1)) as off, "
	        "sum(((probability_yes >= %.17g) <> (prediction = 'yes'))::int) as undecided from %s o join %s t using "
	        "(_gyre_row)",
	        json_get_number(trials, "threshold", NAN), said, train);
	g_autofree char *loss = g_strdup_printf(
	        "select avg(l) as value from (select _gyre_fold, sum(-w * ln(case actual when 'yes' then "
	        "probability_yes else "
	        "probability_no end)) / sum(w) as l from %s join (select _gyre_row, w from %s) using (_gyre_row) group "
	        "by 1)",
	        said, train);
	json_auto_t *row = NULL;
	json_auto_t *value = NULL;
	g_autoptr(GError) error = NULL;
	g_assert_true(engine_open(NULL, &e, NULL) && engine_row(e, sql, &row, &error));
	g_assert_true(engine_row(e, loss, &value, &error));
	g_assert_cmpint(json_get_int(row, "n", 0), ==, 1500);
	g_assert_cmpint(json_get_int(row, "rows", 0), ==, 1500);
	g_assert_cmpfloat(json_get_number(row, "wrong", -1), ==, 0);
	g_assert_cmpfloat(json_get_number(row, "off", 1), <, 1e-9);
	g_assert_cmpfloat(json_get_number(row, "undecided", -1), ==, 0);
	g_assert_cmpfloat_with_epsilon(json_get_number(value, "value", NAN),
	        json_number_value(json_at(trials, "valid_metrics.log_loss")), 1e-6);
}

static void test_folds(void)
{
	Place *p = place_new(TWO_CLASSES, "i % 3", roles_of("classification", true));
	train_well(p, QUICK, "a", 2);
	json_auto_t *trials = read_json(p, "a", "trials");
	g_assert_cmpint(json_get_int(trials, "folds", 0), ==, 3);
	g_assert_cmpint(json_integer_value(json_at(trials, "rows.valid")), ==, 1500);
	g_assert_cmpint(json_integer_value(json_at(trials, "rows.searched")), ==, 1000);
	size_t i;
	json_t *one;
	json_array_foreach (json_object_get(trials, "trials"), i, one) {
		g_assert_true(json_is_number(json_object_get(one, "sd")));
		g_assert_true(i == 0 || json_number_value(json_object_get(one, "sd")) > 0);
	}
	check_out_of_fold(p, trials);
	place_free(p);
}

static void test_tasks(void)
{
	static const struct {
		const char *target, *task, *metric;
		double better; /* than this */
	} CASES[] = {
	        {"case when u < -2 then 'low' when u < 2 or category = 'blue' then 'mid' else 'high' end",
	                "classification", "log_loss", 0.4},
	        /* Without x, in a row of eleven, it is off by 290: 87 is the best there is. */
	        {"100 * u + 50 * (category = 'red')::int + noise", "regression", "rmse", 100},
	};
	for (size_t c = 0; c < G_N_ELEMENTS(CASES); c++) {
		Place *p = place_new(CASES[c].target, HOLD_OUT, roles_of(CASES[c].task, false));
		train_well(p, QUICK, "a", 2);
		json_auto_t *trials = read_json(p, "a", "trials");
		g_autoptr(Bundle) b = open_bundle(p, "a");
		double value = json_get_number(json_object_get(trials, "valid_metrics"), CASES[c].metric, NAN);
		double zero = json_get_number(json_object_get(trials, "baseline"), CASES[c].metric, NAN);
		g_assert_cmpstr(json_get_text(trials, "metric", ""), ==, CASES[c].metric);
		g_assert_cmpstr(json_get_text(trials, "direction", ""), ==, "min");
		g_assert_cmpfloat(value, <, CASES[c].better);
		g_assert_cmpfloat(value, <, zero / 2);
		g_assert_true(json_is_null(json_object_get(trials, "threshold")));
		g_assert_cmpuint(bundle_classes(b), ==, c == 0 ? 3 : 0);
		g_assert_cmpint(bundle_positive(b), ==, -1);
		place_free(p);
	}
}

/* Rows without a target, and the yardstick when baseline is not asked for; a metric and threshold of one's own. */
static void test_left_out(void)
{
	Place *p = place_new(
	        "case when i % 10 = 3 then null else " TWO_CLASSES " end", HOLD_OUT, roles_of("classification", false));
	train_well(p,
	        "{\"families\": [\"linear\"], \"search\": {\"method\": \"fixed\", \"metric\": \"log_loss\"}, "
	        "\"threshold_metric\": \"f1\"}",
	        "a", 2);
	json_auto_t *trials = read_json(p, "a", "trials");
	g_assert_cmpint(json_integer_value(json_at(trials, "rows.left_out")), ==, 150);
	g_assert_cmpint(json_integer_value(json_at(trials, "refit.rows")), ==, 1350);
	g_assert_cmpuint(json_array_size(json_object_get(trials, "trials")), ==, 1);
	g_assert_cmpstr(json_get_text(trials, "threshold_metric", ""), ==, "f1");
	g_assert_cmpfloat(json_number_value(json_at(trials, "baseline.log_loss")), >, 0.5);
	place_free(p);
}

/* Each way of putting models together: what is told, what the bundle has, the same on one core and two. */
static void test_ensembles(void)
{
	static const struct {
		const char *name, *settings;
		size_t members, bag;
	} CASES[] = {
	        {"none", "{\"method\": \"none\"}", 0, 0},
	        {"vote", "{\"method\": \"vote\", \"size\": 3}", 3, 0},
	        {"bag", "{\"method\": \"bag\", \"folds\": 4}", 1, 4},
	        {"refit", "{\"method\": \"vote\", \"size\": 2, \"keep\": \"bag\", \"folds\": 2}", 2, 2},
	        {"stack", "{\"method\": \"stack\"}", 0, 0},
	};
	Place *p = place_new(TWO_CLASSES, "i % 2", roles_of("classification", false));
	for (size_t c = 0; c < G_N_ELEMENTS(CASES); c++) {
		g_autofree char *settings = g_strdup_printf(
		        "{\"ensemble\": %s, \"families\": [\"linear\", \"boosted\"], \"search\": {\"trials\": 4}, "
		        "\"params\": {\"boosted\": {\"rounds\": 30}}}",
		        CASES[c].settings);
		g_autofree char *again = g_strconcat(CASES[c].name, "-again", NULL);
		train_well(p, settings, CASES[c].name, 1);
		train_well(p, settings, again, 2);
		assert_same(p, CASES[c].name, again);
		json_auto_t *trials = read_json(p, CASES[c].name, "trials");
		const json_t *told = json_object_get(trials, "ensemble");
		g_autoptr(Bundle) b = open_bundle(p, CASES[c].name);
		const json_t *members = json_at(bundle_header(b), "params.members");
		g_assert_cmpstr(json_get_text(trials, "refit", ""), ==, "");
		g_assert_cmpstr(json_string_value(json_at(trials, "refit.family")), ==,
		        json_get_text(bundle_header(b), "family", ""));
		if (CASES[c].members) {
			g_assert_true(json_get_bool(told, "taken", false));
			g_assert_cmpuint(json_array_size(members), ==, CASES[c].members * MAX(CASES[c].bag, 1));
			g_assert_cmpint(json_get_int(told, "bag", -1), ==, (int64_t)CASES[c].bag);
			g_assert_cmpstr(json_get_text(bundle_header(b), "family", ""), ==, "ensemble");
		}
	}
	/* The goal allows 0.2 ms: two models, so no bag of four, and no vote of three. */
	train_well(p,
	        "{\"ensemble\": {\"method\": \"bag\", \"folds\": 4}, \"latency_ms\": 0.2, \"families\": [\"linear\"]}",
	        "quick", 2);
	g_autoptr(Bundle) quick = open_bundle(p, "quick");
	g_assert_cmpstr(json_get_text(bundle_header(quick), "family", ""), ==, "linear");
	place_free(p);
}

/* Money instead of a metric: costs as given, a figure that has such, and one that has not. */
static void test_costs(void)
{
#define LINEAR "{\"families\": [\"linear\"], \"search\": {\"trials\": 1}, "
	static const struct {
		const char *name, *settings;
		double tp, fp; /* both 0: chosen by a metric */
	} CASES[] = {
	        {"given", LINEAR "\"costs\": {\"fp\": 9, \"fn\": 1}}", 0, 9},
	        {"mean",
	                LINEAR
	                "\"figure\": {\"sql\": \"avg(case when prediction = 'yes' and target = 'yes' then 40 when "
	                "prediction = 'yes' then -10 else 0 end)\", \"grows\": true}}",
	                -40, 10},
	        {"sum",
	                LINEAR
	                "\"figure\": {\"sql\": \"sum((prediction = 'yes' and target = 'no')::int * 3)\", \"grows\": "
	                "false}}",
	                0, 3},
	        {"rank", LINEAR "\"figure\": {\"sql\": \"max(prediction = target)::int\", \"grows\": true}}", 0, 0},
	        {"column", LINEAR "\"figure\": {\"sql\": \"sum(price)\", \"grows\": true}}", 0, 0},
	};
	Place *p = place_new(TWO_CLASSES, HOLD_OUT, roles_of("classification", false));
	for (size_t c = 0; c < G_N_ELEMENTS(CASES); c++) {
		train_well(p, CASES[c].settings, CASES[c].name, 2);
		json_auto_t *trials = read_json(p, CASES[c].name, "trials");
		bool by_costs = CASES[c].tp != 0 || CASES[c].fp != 0;
		g_assert_cmpstr(
		        json_get_text(trials, "threshold_metric", ""), ==, by_costs ? "costs" : "balanced_accuracy");
		g_assert_cmpfloat(json_number_value(json_at(trials, "costs.tp")), ==, CASES[c].tp);
		g_assert_cmpfloat(json_number_value(json_at(trials, "costs.fp")), ==, CASES[c].fp);
	}
	json_auto_t *dear = read_json(p, "given", "trials");
	json_auto_t *cheap = read_json(p, "mean", "trials");
	g_assert_cmpfloat(json_get_number(dear, "threshold", 0), >, 0.6);
	g_assert_cmpfloat(json_get_number(cheap, "threshold", 1), <, 0.4);
	place_free(p);
}

/* A calibration is in the bundle, and what the bundle says is what was judged. */
static void test_calibration(void)
{
	static const char *const METHODS[] = {"none", "auto", "platt", "beta", "temperature", "isotonic"};
	Place *p = place_new(TWO_CLASSES, "i % 3", roles_of("classification", true));
	for (size_t m = 0; m < G_N_ELEMENTS(METHODS); m++) {
		g_autofree char *settings = g_strdup_printf(
		        "{\"families\": [\"boosted\"], \"search\": {\"trials\": 1}, \"calibration\": "
		        "\"%s\", \"params\": {\"boosted\": {\"rounds\": 60, \"eta\": 0.5, \"patience\": 0}}}",
		        METHODS[m]);
		train_well(p, settings, METHODS[m], 2);
		json_auto_t *trials = read_json(p, METHODS[m], "trials");
		g_autoptr(Bundle) b = open_bundle(p, METHODS[m]);
		const json_t *kept = json_object_get(bundle_header(b), "calibration");
		g_assert_cmpstr(json_string_value(json_at(trials, "calibration.taken")), ==,
		        json_is_null(kept) ? "none" : json_get_text(kept, "method", ""));
		g_assert_true(m < 2 || !json_is_null(kept));
		double before = json_number_value(json_at(trials, "trials[0].metrics.log_loss"));
		double after = json_number_value(json_at(trials, "valid_metrics.log_loss"));
		g_assert_true(m == 0 ? after == before : m == 1 || after < before); /* 60 steps of 0.5 are too sure */
	}
	expect_failure(p, "{\"calibration\": \"magic\"}", FAIL_INVALID, "no calibration");
	place_free(p);
}

/* A search on a part of the rows: the part is of the size asked for, the winner learns from all. */
static void test_part(void)
{
	Place *p = place_new(TWO_CLASSES, HOLD_OUT, roles_of("classification", false));
	train_well(p, "{\"families\": [\"linear\"], \"search\": {\"trials\": 1, \"rows\": 200}}", "a", 2);
	json_auto_t *trials = read_json(p, "a", "trials");
	json_int_t searched = json_integer_value(json_at(trials, "rows.searched"));
	g_assert_cmpint(searched, >, 150);
	g_assert_cmpint(searched, <, 250);
	g_assert_cmpint(json_integer_value(json_at(trials, "refit.rows")), ==, 1500);
	place_free(p);
}

static bool read_rows(const Place *p, TrainData **ret, GError **error)
{
	json_auto_t *recipes = NULL;
	g_assert_true(recipes_read(p->recipes, &recipes, NULL));
	TrainDataWanted wanted = {.table = p->train, .recipes = recipes, .rows = 10000, .threads = 1, .memory_mb = 500};
	return train_data_read(&wanted, ret, error);
}

static void replace_column(const Place *p, const char *what)
{
	g_autoptr(Engine) e = NULL;
	g_autofree char *table = sql_parquet(p->train), *other = at(p, "other.parquet");
	g_autofree char *sql = g_strdup_printf("select * replace (%s) from %s order by _gyre_row", what, table);
	g_assert_true(engine_open(NULL, &e, NULL) && engine_write_parquet(e, sql, other, NULL));
	g_assert_cmpint(rename(other, p->train), ==, 0);
}

/* Weights that are small on average are raised to a mean of 1; larger ones are rows' numbers and stay. */
static void test_weights(void)
{
	Place *p = place_new(TWO_CLASSES, "i % 2", roles_of("classification", true));
	g_autoptr(TrainData) plain = NULL;
	g_autoptr(TrainData) raised = NULL;
	g_autoptr(GError) error = NULL;
	g_assert_true(read_rows(p, &plain, NULL));
	g_assert_cmpfloat(plain->weight_scale, ==, 1);
	replace_column(p, "w / 1e6 as w");
	read_rows(p, &raised, &error);
	g_assert_no_error(error);
	g_assert_cmpfloat_with_epsilon(raised->weight_scale, 1e6 / 2, 1e-3);
	for (size_t i = 0; i < 1500; i++)
		g_assert_cmpfloat_with_epsilon(raised->all.weight[i], plain->all.weight[i] / 2, 1e-9);
	for (size_t i = 0; i < raised->folds[1].train.x.rows; i++)
		g_assert_cmpfloat_with_epsilon(
		        raised->folds[1].train.weight[i], plain->folds[1].train.weight[i] / 2, 1e-9);
	train_well(p, "{\"families\": [\"linear\"], \"search\": {\"trials\": 1}}", "a", 1);
	g_autoptr(Bundle) b = open_bundle(p, "a");
	g_assert_cmpfloat_with_epsilon(json_get_number(bundle_header(b), "weight_scale", 1), 1e6 / 2, 1e-3);
	g_autoptr(Engine) e = NULL;
	g_auto(FreshRows) fresh = {0};
	g_assert_true(engine_open(NULL, &e, NULL) && fresh_rows_read(e, b, p->train, &fresh, &error));
	for (size_t i = 0; i < 1500; i++) /* what it learns on from is weighed alike */
		g_assert_cmpfloat_with_epsilon(fresh.weight[i], raised->all.weight[i], 1e-9);
	replace_column(p, "w * 1e40 as w");
	TrainData *none = NULL;
	g_assert_false(read_rows(p, &none, &error));
	g_assert_error(error, FAIL, FAIL_INVALID);
	place_free(p);
}

static void test_vast_target(void)
{
	Place *p = place_new("case when i = 77 then -1e200 else u end", "i % 2", roles_of("regression", false));
	TrainData *none = NULL;
	g_autoptr(GError) error = NULL;
	g_assert_false(read_rows(p, &none, &error));
	g_assert_error(error, FAIL, FAIL_LIMIT);
	g_assert_nonnull(strstr(error->message, "-1e+200"));
	place_free(p);
}

/* Forking needs a process without threads: reading leaves none behind. */
static void test_no_threads(void)
{
	Place *p = place_new(TWO_CLASSES, "i % 2", roles_of("classification", true));
	json_auto_t *recipes = NULL;
	g_autoptr(TrainData) d = NULL;
	g_autoptr(GError) error = NULL;
	g_assert_true(recipes_read(p->recipes, &recipes, NULL));
	TrainDataWanted wanted = {.table = p->train, .recipes = recipes, .rows = 10000, .threads = 4, .memory_mb = 500};
	train_data_read(&wanted, &d, &error);
	g_assert_no_error(error);
	GDir *tasks = g_dir_open("/proc/self/task", 0, NULL);
	unsigned threads = 0;
	while (g_dir_read_name(tasks))
		threads++;
	g_dir_close(tasks);
#ifndef __SANITIZE_ADDRESS__
	g_assert_cmpuint(threads, ==, 1);
#endif
	g_assert_cmpuint(d->all.x.rows, ==, 1500);
	g_assert_cmpuint(d->folds[0].train.x.rows + d->folds[0].valid.x.rows, ==, 1500);
	g_assert_cmpfloat(d->all.weight[4], ==, 2);
	wanted.limit_bytes = 20000;
	TrainData *none = NULL;
	g_assert_false(train_data_read(&wanted, &none, &error));
	g_assert_error(error, FAIL, FAIL_LIMIT);
	place_free(p);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_autofree char *version = NULL;
	g_autoptr(GError) error = NULL;
	if (!engine_version(&version, &error)) {
		g_print("1..0 # SKIP %s\n", error->message);
		return 0;
	}
	g_test_add_func("/train/repeats", test_repeats);
	g_test_add_func("/train/artifacts", test_artifacts);
	g_test_add_func("/train/predict", test_predict);
	g_test_add_func("/train/folds", test_folds);
	g_test_add_func("/train/tasks", test_tasks);
	g_test_add_func("/train/left out", test_left_out);
	g_test_add_func("/train/ensembles", test_ensembles);
	g_test_add_func("/train/costs", test_costs);
	g_test_add_func("/train/calibration", test_calibration);
	g_test_add_func("/train/part", test_part);
	g_test_add_func("/train/weights", test_weights);
	g_test_add_func("/train/vast target", test_vast_target);
	g_test_add_func("/train/no threads", test_no_threads);
	return g_test_run();
}
