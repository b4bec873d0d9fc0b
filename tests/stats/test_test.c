/* test_test.c: tests of significance against SciPy 1.17.1, and how often they cry wolf. */
#include "stats/test.h"

#include <math.h>

#include "base/rng.h"

static void near(const char *what, double found, double expected)
{
	if (!(fabs(found - expected) <= 1e-10 * MAX(1, fabs(expected))))
		g_error("%s: %.17g instead of %.17g", what, found, expected);
}

static const double Y[20] = {0, 0, 1, 0, 1, 1, 0, 1, 0, 0, 1, 1, 0, 1, 0, 0, 1, 0, 0, 1};
static const double A[20] = {.1, .4, .35, .8, .4, .9, .2, .7, .4, .05, .6, .8, .3, .55, .5, .15, .95, .25, .6, .45};
static const double B[20] = {.2, .3, .5, .6, .3, .7, .4, .8, .35, .1, .45, .9, .2, .3, .6, .25, .85, .15, .4, .65};

static void fill(double *scores, const double *p, size_t rows)
{
	for (size_t i = 0; i < rows; i++) {
		scores[2 * i] = 1 - p[i];
		scores[2 * i + 1] = p[i];
	}
}

/* Expected: the definition (means and covariances of all pairs) evaluated with numpy. */
static void test_delong_values(void)
{
	double a[40], b[40];
	fill(a, A, 20);
	fill(b, B, 20);
	Scored first = {20, 2, Y, a, .positive = 1}, second = {20, 2, Y, b, .positive = 1};
	Difference d = test_delong(&first, &second, 0.95);
	near("auc a", d.a, 0.8282828282828283);
	near("auc b", d.b, 0.8484848484848485);
	near("error", d.error, 0.07636123132335851);
	near("p", d.p, 0.7913495189156166);
	near("low", d.low, d.value - 1.959963984540054 * d.error);
	Difference same = test_delong(&first, &first, 0.95);
	g_assert_true(same.value == 0 && same.p == 1 && same.low == 0);
	first.positive = second.positive = 0; /* seen from the other class: the same test */
	near("mirror", test_delong(&first, &second, 0.95).p, 0.7913495189156166);
	a[1] = NAN;
	first.positive = second.positive = 1;
	g_assert_true(isnan(test_delong(&first, &second, 0.95).p));
}

/* Two models that know equally much: DeLong finds a difference at 0.05 in about one of twenty (400 trials: 0.05 +- 0.011;
 * four standard errors), the bootstrap in about as many. */
static void test_false_alarms(void)
{
	enum { ROWS = 200, TRIALS = 400 };
	unsigned delong = 0, bootstrap = 0;
	for (uint64_t trial = 0; trial < TRIALS; trial++) {
		double y[ROWS], a[2 * ROWS], b[2 * ROWS];
		Rng rng = rng_stream(trial, "false alarms");
		for (size_t i = 0; i < ROWS; i++) {
			y[i] = i % 4 == 0;
			double known = y[i] + rng_normal(&rng);
			a[2 * i + 1] = known + rng_normal(&rng);
			b[2 * i + 1] = known + rng_normal(&rng);
			a[2 * i] = b[2 * i] = 0;
		}
		Scored first = {ROWS, 2, y, a, .positive = 1}, second = {ROWS, 2, y, b, .positive = 1};
		delong += test_delong(&first, &second, 0.95).p < 0.05;
		BootstrapPlan plan = {100, 0.95, trial, ROWS};
		bootstrap += test_bootstrap(metric_find("roc_auc"), &first, &second, &plan).p < 0.05;
	}
	g_test_message("false alarms of %d: DeLong %u, bootstrap %u", TRIALS, delong, bootstrap);
	g_assert_cmpuint(delong, >=, 4);
	g_assert_cmpuint(delong, <=, 38);
	g_assert_cmpuint(bootstrap, >=, 4);
	g_assert_cmpuint(bootstrap, <=, 44);
}

/* A difference that is there is found; the same rows and seed give the same answer; equal models differ by nothing. */
static void test_bootstrap_difference(void)
{
	enum { ROWS = 2000 };
	g_autofree double *y = g_new(double, ROWS), *good = g_new(double, ROWS), *bad = g_new(double, ROWS);
	Rng rng = rng_stream(1, "difference");
	for (size_t i = 0; i < ROWS; i++) {
		y[i] = rng_normal(&rng);
		good[i] = y[i] + 0.5 * rng_normal(&rng);
		bad[i] = y[i] + 0.6 * rng_normal(&rng);
	}
	Scored a = {ROWS, 0, y, good}, b = {ROWS, 0, y, bad};
	BootstrapPlan plan = {200, 0.95, 1, ROWS}, part = {200, 0.95, 1, ROWS / 4};
	const MetricKind *rmse = metric_find("rmse");
	Difference d = test_bootstrap(rmse, &a, &b, &plan), again = test_bootstrap(rmse, &a, &b, &plan);
	g_assert_true(d.value < 0 && d.high < 0 && d.low < d.value && d.value < d.high);
	near("p", d.p, 2.0 / 201);
	g_assert_true(d.low == again.low && d.high == again.high);
	Difference sampled = test_bootstrap(rmse, &a, &b, &part);
	g_assert_cmpfloat(sampled.value, ==, d.value);
	g_assert_cmpfloat(fabs((sampled.high - sampled.low) / (d.high - d.low) - 1), <, 0.3);
	Difference none = test_bootstrap(rmse, &a, &a, &plan);
	g_assert_true(none.value == 0 && none.low == 0 && none.high == 0 && none.p == 1);
	/* Biases of 1 and -1 are equally bad, one of 0 is better than either. */
	g_autofree double *above = g_new(double, ROWS), *below = g_new(double, ROWS);
	for (size_t i = 0; i < ROWS; i++) {
		above[i] = good[i] + 1;
		below[i] = bad[i] - 1;
	}
	Scored over = {ROWS, 0, y, above}, under = {ROWS, 0, y, below};
	const MetricKind *bias = metric_find("mean_error");
	Difference same = test_bootstrap(bias, &over, &under, &plan), better = test_bootstrap(bias, &a, &under, &plan);
	g_assert_true(same.p > 0.05 && fabs(same.value) < 0.1 && same.a > 0.9 && same.b < -0.9);
	g_assert_true(better.high < -0.9 && better.p < 0.05);
}

static void test_mcnemar_values(void)
{
	near("exact", test_mcnemar(3, 12).p, 0.03515625);
	near("chi2", test_mcnemar(40, 20).statistic, 19.0 * 19 / 60);
	near("p", test_mcnemar(20, 40).p, 0.014171388254012323);
	g_assert_cmpfloat(test_mcnemar(0, 0).p, ==, 1);
	g_assert_cmpfloat(test_mcnemar(30, 30).p, ==, 1);
	static const double TRUTH[4] = {0, 1, 1, 0}, SCORES[8] = {0};
	static const uint32_t RIGHT[4] = {0, 1, 1, 0}, WRONG[4] = {0, 1, 0, 1};
	Scored a = {4, 2, TRUTH, SCORES, NULL, RIGHT, 1}, b = {4, 2, TRUTH, SCORES, NULL, WRONG, 1};
	near("decisions", test_mcnemar_decisions(&a, &b).p, 0.5); /* two of two on one side */
}

/* Ten folds of one cross-validation.  Expected: the formulas with SciPy's t distribution (stats.t.sf, interval, cdf). */
static void test_folds(void)
{
	static const double DIFFERENCES[10] = {.012, -.004, .021, .009, .015, -.002, .018, .006, .011, .003};
	FoldDifferences folds = {DIFFERENCES, 10, 1.0 / 9};
	Difference t = test_corrected_t(&folds, 0.95);
	near("mean", t.value, 0.0089);
	near("error", t.error, 0.0037792644133710514);
	near("p", t.p, 0.042954924881359734);
	near("low", t.low, 0.00035070993718432086);
	near("high", t.high, 0.01744929006281568);
	Practical chance = test_bayes_t(&folds, 0.01);
	near("b", chance.b, 0.00036899352765873547);
	near("same", chance.same, 0.6108308782575593);
	near("a", chance.a, 0.38880012821478194);
	near("all", chance.a + chance.same + chance.b, 1);
	folds.test_over_train = 0; /* then it is the paired t test */
	g_assert_cmpfloat(test_corrected_t(&folds, 0.95).p, <, t.p);

	static const double SAME[3] = {0, 0, 0}, ALL_BETTER[3] = {0.5, 0.5, 0.5}, BROKEN[2] = {0.1, NAN};
	FoldDifferences same = {SAME, 3, 0.5}, better = {ALL_BETTER, 3, 0.5}, broken = {BROKEN, 2, 0.5};
	g_assert_true(test_corrected_t(&same, 0.95).p == 1 && test_bayes_t(&same, 0.01).same == 1);
	g_assert_true(isnan(test_corrected_t(&better, 0.95).p) && test_bayes_t(&better, 0.01).a == 1);
	g_assert_true(isnan(test_corrected_t(&broken, 0.95).value) && isnan(test_bayes_t(&broken, 0.01).a));
	FoldDifferences one = {DIFFERENCES, 1, 1};
	g_assert_true(isnan(test_corrected_t(&one, 0.95).p));
}

/* Two models that know nothing, each fold's score made of what the folds share and what is its own, in the proportion
 * the correction is made for (correlation rho = 1/10): the plain t test calls a difference far too often, the corrected one
 * at 0.05 in about one of twenty (2000 trials: 0.05 +- 0.005; four standard errors). */
static void test_folds_false_alarms(void)
{
	enum { FOLDS = 10, TRIALS = 2000 };
	unsigned corrected = 0, plain = 0;
	Rng rng = rng_stream(1, "folds");
	for (unsigned trial = 0; trial < TRIALS; trial++) {
		double d[FOLDS], shared = sqrt(0.1) * rng_normal(&rng);
		for (size_t k = 0; k < FOLDS; k++)
			d[k] = shared + sqrt(0.9) * rng_normal(&rng);
		FoldDifferences folds = {d, FOLDS, 1.0 / 9}, alone = {d, FOLDS, 0};
		corrected += test_corrected_t(&folds, 0.95).p < 0.05;
		plain += test_corrected_t(&alone, 0.95).p < 0.05;
	}
	g_test_message("false alarms of %d: corrected %u, plain %u", TRIALS, corrected, plain);
	g_assert_cmpuint(corrected, >=, 60);
	g_assert_cmpuint(corrected, <=, 140);
	g_assert_cmpuint(plain, >, 200);
}

static void test_groups(void)
{
	Sample a = {5, 3.7, 0.775}, b = {7, 2.157142857142857, 0.9495238095238094};
	TestResult welch = test_welch(a, b);
	near("t", welch.statistic, 2.861826805097692);
	near("freedom", welch.freedom, 9.310720500332412);
	near("p", welch.p, 0.018109442638268334);
	g_assert_true(
	        isnan(test_welch((Sample){1, 2, 0}, b).p) && isnan(test_welch((Sample){3, 1, 0}, (Sample){3, 1, 0}).p));
	TestResult rates = test_proportions(30, 200, 72, 300);
	near("z", rates.statistic, -2.44659179471998);
	near("p of rates", rates.p, 0.014421406882296785);
	g_assert_true(isnan(test_proportions(0, 10, 0, 10).p) && isnan(test_proportions(1, 10, 0, 0).p));
}

static void test_wilson(void)
{
	static const double ROWS[][4] = {
	        {9, 10, 0.5958499732047615, 0.9821237869049271},
	        {0, 20, 0, 0.16112515805281935},
	        {20, 20, 0.8388748419471808, 1},
	        {18, 1000, 0.011415740009567792, 0.02827325517050735},
	};
	double low, high;
	for (size_t i = 0; i < G_N_ELEMENTS(ROWS); i++) {
		wilson_interval(ROWS[i][0], ROWS[i][1], 0.95, &low, &high);
		near("low", low, ROWS[i][2]);
		near("high", high, ROWS[i][3]);
	}
	wilson_interval(0, 0, 0.95, &low, &high);
	g_assert_true(low == 0 && high == 1);
}

/* Holm by hand; Benjamini-Hochberg as SciPy's false_discovery_control. */
static void test_corrections(void)
{
	double holm[] = {0.01, 0.04, NAN, 0.03, 0.005, 0.5}, bh[] = {0.01, 0.04, NAN, 0.03, 0.005, 0.5};
	static const double HOLM[] = {0.04, 0.09, 0, 0.09, 0.025, 0.5}, BH[] = {0.025, 0.05, 0, 0.05, 0.025, 0.5};
	correct_holm(holm, 6);
	correct_benjamini_hochberg(bh, 6);
	for (size_t i = 0; i < 6; i++) {
		if (i == 2) {
			g_assert_true(isnan(holm[i]) && isnan(bh[i]));
			continue;
		}
		near("Holm", holm[i], HOLM[i]);
		near("Benjamini-Hochberg", bh[i], BH[i]);
	}
	correct_holm(NULL, 0);
	correct_benjamini_hochberg(NULL, 0);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/test/delong", test_delong_values);
	g_test_add_func("/test/false-alarms", test_false_alarms);
	g_test_add_func("/test/bootstrap", test_bootstrap_difference);
	g_test_add_func("/test/mcnemar", test_mcnemar_values);
	g_test_add_func("/test/folds", test_folds);
	g_test_add_func("/test/folds-false-alarms", test_folds_false_alarms);
	g_test_add_func("/test/groups", test_groups);
	g_test_add_func("/test/wilson", test_wilson);
	g_test_add_func("/test/corrections", test_corrections);
	return g_test_run();
}
