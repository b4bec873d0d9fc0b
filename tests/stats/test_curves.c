/* test_curves.c: what the report draws, on problems small enough to do by hand, and thresholds against trying them all. */
#include "stats/curves.h"
#include "stats/threshold.h"

#include <math.h>

#include "base/json.h"
#include "base/rng.h"

static void near(const char *what, double found, double expected)
{
	if (!(fabs(found - expected) <= 1e-12 * MAX(1, fabs(expected))))
		g_error("%s: %.17g instead of %.17g", what, found, expected);
}

static double number_at(const json_t *value, const char *path)
{
	const json_t *found = json_at(value, path);
	if (!found)
		g_error("nothing at %s", path);
	return json_is_null(found) ? NAN : json_number_value(found);
}

/* Four rows, by falling score: yes, no, yes, no. */
static const double Y[4] = {1, 0, 1, 0}, SCORES[8] = {.1, .9, .3, .7, .6, .4, .8, .2};

static void test_binary(void)
{
	Scored s = {4, 2, Y, SCORES, .positive = 1};
	json_auto_t *c = curves_of(&s);
	near("tp", number_at(c, "confusion.cells[1][1]"),
	        1); /* by the larger score: 0.9 and 0.7 are decided positive */
	near("fn", number_at(c, "confusion.cells[1][0]"), 1);
	near("fp", number_at(c, "confusion.cells[0][1]"), 1);
	near("mistake", number_at(c, "confusion.mistakes[0].part"), 0.5);
	near("precision", number_at(c, "classes[1].precision"), 0.5);
	near("auc", number_at(c, "roc.auc"), 0.75);
	static const double ROC[5][2] = {{0, 0}, {0, .5}, {.5, .5}, {.5, 1}, {1, 1}};
	g_assert_cmpuint(json_array_size(json_at(c, "roc.points")), ==, 5);
	for (size_t i = 0; i < 5; i++) {
		const json_t *point = json_array_get(json_at(c, "roc.points"), i);
		near("fpr", number_at(point, "[0]"), ROC[i][0]);
		near("tpr", number_at(point, "[1]"), ROC[i][1]);
	}
	near("ap", number_at(c, "pr.average_precision"), 0.5 + 0.5 * 2 / 3);
	near("base", number_at(c, "pr.base"), 0.5);
	near("precision at full recall", number_at(c, "pr.points[1][1]"), 2.0 / 3);
	near("last", number_at(c, "pr.points[2][1]"), 0.5);
	near("gain at half", number_at(c, "gain[4].gain"), 0.5);
	near("gain at 0.6", number_at(c, "gain[5].gain"), 0.5 + 0.5 * 0.4);
	near("lift at 0.1", number_at(c, "gain[0].lift"), 2);
	near("all", number_at(c, "gain[9].gain"), 1);
	near("histogram", number_at(c, "scores.positive[18]"), 0.5);
}

/* Two probabilities, 0.3 for ten rows of which 2 are positive and 0.8 for ten of which 9 are: two bins, Wilson's interval
 * of 9 in 10 from SciPy 1.17.1; weights of 5 on every row change neither. */
static void test_calibration(void)
{
	double y[20], scores[40], weight[20];
	for (size_t i = 0; i < 20; i++) {
		scores[2 * i + 1] = i < 10 ? 0.3 : 0.8;
		scores[2 * i] = 1 - scores[2 * i + 1];
		y[i] = i < 2 || i > 10;
		weight[i] = 5;
	}
	Scored s = {20, 2, y, scores, .positive = 1};
	for (int weighted = 0; weighted < 2; weighted++) {
		s.weight = weighted ? weight : NULL;
		json_auto_t *c = curves_of(&s);
		g_assert_cmpuint(json_array_size(json_at(c, "calibration.bins")), ==, 2);
		near("error", number_at(c, "calibration.error"), 0.1);
		near("predicted", number_at(c, "calibration.bins[0].predicted"), 0.3);
		near("observed", number_at(c, "calibration.bins[1].observed"), 0.9);
		near("low", number_at(c, "calibration.bins[1].low"), 0.5958499732047615);
		near("high", number_at(c, "calibration.bins[1].high"), 0.9821237869049271);
		near("weight", number_at(c, "calibration.bins[0].weight"), weighted ? 50 : 10);
	}
}

/* Three classes; confidence 0.6 in every decision, right in two of four. */
static void test_multiclass(void)
{
	static const double TRUTH[4] = {0, 1, 2, 2},
	                    PROBABILITIES[12] = {.6, .2, .2, .2, .6, .2, .6, .2, .2, .6, .2, .2};
	Scored s = {4, 3, TRUTH, PROBABILITIES};
	json_auto_t *c = curves_of(&s);
	near("confusion", number_at(c, "confusion.cells[2][0]"), 2);
	g_assert_cmpuint(json_array_size(json_at(c, "confusion.mistakes")), ==, 1);
	near("mistake", number_at(c, "confusion.mistakes[0].truth"), 2);
	near("part", number_at(c, "confusion.mistakes[0].part"), 1);
	near("recall", number_at(c, "classes[2].recall"), 0);
	near("observed", number_at(c, "calibration.bins[0].observed"), 0.5);
	g_assert_true(isnan(number_at(c, "classes[2].precision")));
}

/* Predictions i, actual i + (-1)^i: residuals of -1 and 1, twenty bins of five rows. */
static void test_regression(void)
{
	double y[100], predicted[100];
	for (size_t i = 0; i < 100; i++) {
		predicted[i] = (double)i;
		y[i] = (double)i + (i % 2 ? -1 : 1);
	}
	Scored s = {100, 0, y, predicted};
	json_auto_t *c = curves_of(&s);
	g_assert_cmpuint(json_array_size(json_at(c, "actual")), ==, 20);
	near("predicted", number_at(c, "actual[0].predicted"), 2);
	near("actual", number_at(c, "actual[0].actual"), (1 + 0 + 3 + 2 + 5) / 5.0);
	near("weight", number_at(c, "actual[19].weight"), 5);
	near("median", number_at(c, "residuals.quantiles[5][1]"), -1);
	near("max", number_at(c, "residuals.quantiles[10][1]"), 1);
	near("lowest bin", number_at(c, "residuals.weights[0]"), 50);
	near("highest bin", number_at(c, "residuals.weights[39]"), 50);
	near("outside", number_at(c, "residuals.below") + number_at(c, "residuals.above"), 0);
	for (size_t i = 0; i < 100; i++)
		predicted[i] = 7; /* a constant model has one bin */
	json_auto_t *constant = curves_of(&s);
	g_assert_cmpuint(json_array_size(json_at(constant, "actual")), ==, 1);
}

static void random_problem(uint64_t seed, size_t rows, double *y, double *scores, double *weight)
{
	Rng rng = rng_stream(seed, "threshold");
	for (size_t i = 0; i < rows; i++) {
		y[i] = rng_below(&rng, 4) == 0;
		scores[2 * i + 1] = floor(40 * (0.7 * rng_unit(&rng) + 0.3 * y[i])) / 41;
		scores[2 * i] = 1 - scores[2 * i + 1];
		weight[i] = (double)(1 + rng_below(&rng, 3));
	}
}

/* Long curves stay short, and no rows are no trouble. */
static void test_size(void)
{
	enum { ROWS = 30000 };
	g_autofree double *y = g_new(double, ROWS), *scores = g_new(double, 2 * ROWS), *weight = g_new(double, ROWS);
	random_problem(1, ROWS, y, scores, weight);
	Rng rng = rng_stream(2, "jitter");
	for (size_t i = 0; i < ROWS; i++)
		scores[2 * i + 1] += 0.02 * rng_unit(&rng);
	Scored s = {ROWS, 2, y, scores, weight, .positive = 1};
	json_auto_t *c = curves_of(&s);
	g_assert_cmpuint(json_array_size(json_at(c, "roc.points")), <=, 200);
	g_assert_cmpuint(json_array_size(json_at(c, "roc.points")), >=, 150);
	g_assert_cmpuint(json_array_size(json_at(c, "pr.points")), <=, 200);
	g_assert_cmpuint(json_array_size(json_at(c, "pr.points")), >=, 150);
	g_assert_cmpuint(json_array_size(json_at(c, "calibration.bins")), ==, 10);
	static const size_t CLASSES[] = {0, 2, 3};
	for (size_t t = 0; t < G_N_ELEMENTS(CLASSES); t++) {
		Scored none = {0, CLASSES[t], .positive = 1};
		json_auto_t *empty = curves_of(&none);
		g_assert_cmpuint(json_object_size(empty), >=, 2);
	}
}

/* The best of all thresholds there are: every score that occurs, and one above all. */
static double best_by_trying(const Scored *s, const MetricKind *m)
{
	g_autofree uint32_t *decided = g_new(uint32_t, s->rows);
	Scored tried = *s;
	tried.decided = decided;
	double best = NAN;
	for (size_t i = 0; i <= s->rows; i++) {
		threshold_decide(s, i < s->rows ? s->scores[2 * i + s->positive] : 2, decided);
		double value = m->compute(&tried);
		if (metric_compare(m, value, best) > 0)
			best = value;
	}
	return best;
}

static void test_threshold(void)
{
	enum { ROWS = 150 };
	double y[ROWS], scores[2 * ROWS], weight[ROWS];
	uint32_t decided[ROWS];
	for (uint64_t seed = 0; seed < 6; seed++) {
		random_problem(seed, ROWS, y, scores, weight);
		for (size_t i = 0; METRICS[i]; i++) {
			if (!(METRICS[i]->tasks & METRIC_BINARY))
				continue;
			Scored s = {ROWS, 2, y, scores, seed % 2 ? weight : NULL, .positive = seed % 3 > 0};
			Threshold found = threshold_choose(&s, METRICS[i]);
			near("best", found.value, best_by_trying(&s, found.by));
			threshold_decide(&s, found.threshold, decided);
			s.decided = decided;
			near("there", found.by->compute(&s), found.value);
		}
	}
}

/* Accuracy of a rare class that is not separable: never is best, and never is above every score.  A perfect model: the
 * middle of the gap.  Equal values: the one nearest to 0.5.  Nothing to choose: 0.5. */
static void test_threshold_ends(void)
{
	static const double RARE[4] = {0, 0, 1, 0}, LOW[8] = {.8, .2, .7, .3, .9, .1, .6, .4};
	Scored s = {4, 2, RARE, LOW, .positive = 1};
	Threshold never = threshold_choose(&s, metric_find("accuracy"));
	g_assert_true(never.value == 0.75 && never.threshold > 0.4);
	static const double APART[4] = {0, 0, 1, 1}, GAP[8] = {.9, .1, .8, .2, .4, .6, .1, .9};
	Scored perfect = {4, 2, APART, GAP, .positive = 1};
	near("gap", threshold_choose(&perfect, metric_find("roc_auc")).threshold, 0.4);
	static const double ONE[2] = {0, 0}, SAME[4] = {.5, .5, .5, .5};
	Scored none = {2, 2, ONE, SAME, .positive = 1};
	Threshold undefined = threshold_choose(&none, metric_find("mcc"));
	g_assert_true(undefined.threshold == 0.5 && isnan(undefined.value));
	Scored empty = {0, 2, .positive = 1};
	g_assert_true(threshold_choose(&empty, metric_find("f1")).threshold == 0.5);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/curves/binary", test_binary);
	g_test_add_func("/curves/calibration", test_calibration);
	g_test_add_func("/curves/multiclass", test_multiclass);
	g_test_add_func("/curves/regression", test_regression);
	g_test_add_func("/curves/size", test_size);
	g_test_add_func("/threshold/best", test_threshold);
	g_test_add_func("/threshold/ends", test_threshold_ends);
	return g_test_run();
}
