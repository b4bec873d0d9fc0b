/* test_drift.c: the drift tests against values that other projects publish, closed forms and SciPy; and how often a comparison
 * cries wolf, or misses a change. */
#include "stats/drift.h"

#include <glib.h>

#include "drift_windows.h"
#include "stats/distribution.h"
#include "stats/radix.h"

static void near(const char *what, double found, double expected, double allowed)
{
	if (!(fabs(found - expected) <= allowed))
		g_error("%s: %.17g instead of %.17g", what, found, expected);
}

static DriftFigure figure(const DriftReport *r, const DriftKind *kind)
{
	for (size_t k = 0; DRIFT_TESTS[k]; k++)
		if (DRIFT_TESTS[k] == kind)
			return r->figures[k];
	g_assert_not_reached();
}

static DriftReport categories(const int64_t (*counts)[2], size_t count)
{
	DriftReport report;
	DriftCategories c;
	int64_t a = 0, b = 0;
	for (size_t i = 0; i < count; i++) {
		a += counts[i][0];
		b += counts[i][1];
	}
	drift_categories_begin(&c, a, b, &report);
	for (size_t i = 0; i < count; i++)
		drift_categories_add(&c, counts[i][0], counts[i][1]);
	drift_categories_end(&c);
	return report;
}

#define CATEGORIES(...) categories((const int64_t[][2]){__VA_ARGS__}, sizeof((const int64_t[][2]){__VA_ARGS__}) / 16)

static void test_published(void)
{
	/* evidently, tests/stattests/test_stattests.py */
	DriftReport r = CATEGORIES({16, 16}, {18, 16}, {16, 16}, {14, 16}, {12, 16}, {12, 8});
	near("hellinger", figure(&r, &DRIFT_HELLINGER).value, 0.06812, 1e-5);
	/* TFDV, anomalies/metrics_test.cc */
	r = CATEGORIES({1, 3}, {9, 7});
	near("l_infinity, two", figure(&r, &DRIFT_L_INFINITY).value, 0.2, 1e-12);
	r = CATEGORIES({0, 3}, {9, 7}, {1, 0});
	near("l_infinity, three", figure(&r, &DRIFT_L_INFINITY).value, 0.3, 1e-12);
	r = CATEGORIES({2, 0}, {2, 1}, {0, 1}, {0, 2}); /* its buckets cut at each other's edges */
	near("jensen_shannon", pow(figure(&r, &DRIFT_JENSEN_SHANNON).value, 2), 0.65563906222, 1e-11);
	r = CATEGORIES({4, 0}, {0, 4});
	near("nothing in common", figure(&r, &DRIFT_JENSEN_SHANNON).value, 1, 1e-12);
	near("nothing in common", figure(&r, &DRIFT_HELLINGER).value, 1, 1e-12);
	/* NannyML, tests/drift/test_univariate_drift_methods.py */
	r = CATEGORIES({2, 2}, {2, 2}, {2, 2}, {0, 1});
	near("one new", figure(&r, &DRIFT_L_INFINITY).value, 1.0 / 7, 1e-12);
	r = CATEGORIES({2, 0}, {2, 6}, {2, 0});
	near("all one", figure(&r, &DRIFT_L_INFINITY).value, 2.0 / 3, 1e-12);
	r = CATEGORIES({1, 1}, {1, 1}, {1, 1}, {1, 0}, {0, 1});
	near("abcd, abce", figure(&r, &DRIFT_JENSEN_SHANNON).value, 0.5, 1e-12);
	near("abcd, abce", figure(&r, &DRIFT_HELLINGER).value, 0.5, 1e-12);
	/* deequ, KLLDistanceTest.scala */
	r = CATEGORIES({10, 11}, {20, 20}, {25, 25}, {10, 10}, {5, 10});
	near("deequ", figure(&r, &DRIFT_L_INFINITY).value, 0.06015037593984962, 1e-15);
}

/* SciPy 1.17.1, chi2_contingency. */
static void test_chi2(void)
{
	DriftReport r = CATEGORIES({207, 22}, {20, 20}, {25, 25}, {14, 12}, {25, 13}, {13, 0}, {0, 15});
	near("chi2", figure(&r, &DRIFT_CHI2).value, 112.91304986733101, 1e-10);
	near("p", figure(&r, &DRIFT_CHI2).p, 5.00061021785224e-22, 1e-30);
	r = CATEGORIES({10, 20}, {30, 25});
	near("yates", figure(&r, &DRIFT_CHI2).value, 2.706155303030302, 1e-10);
	near("yates p", figure(&r, &DRIFT_CHI2).p, 0.0999616438735349, 1e-10);
}

/* N(0, 1) against N(d, 1): KS 2 Phi(d / 2) - 1, Wasserstein d, Hellinger sqrt(1 - exp(-d^2 / 8)), PSI d^2; Jensen-Shannon by
 * numerical integration.  Shares of narrow bins stand for the densities, evenly spaced quantiles for the values. */
static void test_gaussian(void)
{
	static const double EXPECTED[][5] = {{0.1, 0.03988, 0.03534, 0.01, 0.04244},
	        {0.5, 0.19741, 0.17540, 0.25, 0.20912}, {1, 0.38292, 0.34279, 1, 0.40093}};
	enum { BINS = 2000, VALUES = 20000 };
	static double a[VALUES], b[VALUES];
	static int64_t counts[BINS][2];
	for (size_t i = 0; i < G_N_ELEMENTS(EXPECTED); i++) {
		double d = EXPECTED[i][0];
		for (int k = 0; k < BINS; k++) {
			double low = -6 + 13.0 * k / BINS, high = low + 13.0 / BINS;
			counts[k][0] = (int64_t)rint(1e15 * (normal_below(high) - normal_below(low)));
			counts[k][1] = (int64_t)rint(1e15 * (normal_below(high - d) - normal_below(low - d)));
		}
		for (int k = 0; k < VALUES; k++) {
			a[k] = normal_quantile((k + 0.5) / VALUES);
			b[k] = a[k] + d;
		}
		DriftReport shares = categories(counts, BINS), values = windows_numbers(a, VALUES, b, VALUES);
		near("ks", figure(&values, &DRIFT_KS).value, EXPECTED[i][1], 1e-4);
		near("wasserstein", figure(&values, &DRIFT_WASSERSTEIN).value, d, 1e-9);
		near("hellinger", figure(&shares, &DRIFT_HELLINGER).value, EXPECTED[i][2], 2e-5);
		near("psi", figure(&shares, &DRIFT_PSI).value, EXPECTED[i][3], 1e-3);
		near("jensen_shannon", figure(&shares, &DRIFT_JENSEN_SHANNON).value, EXPECTED[i][4], 2e-5);
		/* The same by ten bins loses little, and only loses. */
		double share = figure(&values, &DRIFT_PSI).value / EXPECTED[i][3];
		g_assert_true(share > 0.85 && share < 1);
	}
}

/* numpy: edges quantile(a, [0.1 .. 0.9]), bins (low, high]. */
static void test_bins(void)
{
	double a[21], b[20];
	for (int i = 0; i < 21; i++)
		a[i] = i; /* deciles 2, 4, ... 18: on values */
	for (int i = 0; i < 20; i++)
		b[i] = 2 + i / 100.0; /* 2 is in the first bin, the rest in the second */
	DriftReport r = windows_numbers(a, 21, b, 20);
	double expected = (1.0 / 20 - 3.0 / 21) * log(21.0 / 60) + (19.0 / 20 - 2.0 / 21) * log(19.0 / 20 * 21 / 2) +
	                  8 * (1e-4 - 2.0 / 21) * log(1e-4 * 21 / 2);
	near("edges on values", figure(&r, &DRIFT_PSI).value, expected, 1e-12);
	/* Nine in ten alike: still two bins. */
	double flags[10] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, more[10] = {0, 0, 0, 0, 0, 1, 1, 1, 1, 1};
	r = windows_numbers(flags, 10, more, 10);
	near("ties", figure(&r, &DRIFT_PSI).value, 0.4 * log(5) + 0.4 * log(9.0 / 5), 1e-12);
}

/* 4.1 of what is known of others: a shift of two deviations must not vanish behind one outlier. */
static void test_outlier(void)
{
	const WindowChange plain = {"plain", 2, 1, 0}, wild = {"wild", 2, 1, 1e6};
	Rng r = rng_stream(1, "outlier"), same = r;
	double a[1000], b[1000], c[1000];
	windows_draw(&r, 0, NULL, a, 1000);
	same = r;
	windows_draw(&r, 0, &plain, b, 1000);
	windows_draw(&same, 0, &wild, c, 1000);
	DriftReport without = windows_numbers(a, 1000, b, 1000), with = windows_numbers(a, 1000, c, 1000);
	g_assert_cmpfloat(figure(&without, &DRIFT_PSI).value, >, 3);
	near("psi", figure(&with, &DRIFT_PSI).value, figure(&without, &DRIFT_PSI).value, 0.02);
	near("effect", with.effect, without.effect, 0.002);
}

/* PSI nm / (n + m) ~ chi2(9): its mean is 9 (1/n + 1/m), and its p falls below 0.05 in one of twenty. */
static void test_psi_law(void)
{
	Rng r = rng_stream(2, "psi");
	enum { N = 1000, M = 500, TURNS = 400 };
	double a[N], b[M], sum = 0;
	int below = 0;
	for (int i = 0; i < TURNS; i++) {
		windows_draw(&r, 1, NULL, a, N);
		windows_draw(&r, 1, NULL, b, M);
		DriftReport report = windows_numbers(a, N, b, M);
		sum += figure(&report, &DRIFT_PSI).value;
		below += figure(&report, &DRIFT_PSI).p <= 0.05;
	}
	near("mean", sum / TURNS, 9 * (1.0 / N + 1.0 / M), 0.002);
	g_assert_true(below > TURNS / 50 && below < TURNS / 10);
}

/* At most 5 % + 1 % of windows of ten columns, at the sizes where a fixed limit alarms in up to all of them. */
static void test_false_alarms(void)
{
	static const size_t SIZES[][2] = {{1001, 100}, {1001, 200}, {300, 300}, {2000, 1000}};
	for (size_t i = 0; i < G_N_ELEMENTS(SIZES); i++) {
		size_t windows = 200, alarms = windows_alarms(SIZES[i][0], SIZES[i][1], windows, NULL, 0.03);
		g_test_message("%zu and %zu rows: %zu of %zu windows", SIZES[i][0], SIZES[i][1], alarms, windows);
		g_assert_cmpuint(alarms * 100, <=, 6 * windows);
	}
}

static void test_power(void)
{
	static const struct {
		WindowChange change;
		size_t a, b, at_least; /* of 50 windows */
	} CASES[] = {
	        {{"half a deviation", 0.5, 1, 0}, 1000, 300, 50},
	        {{"one deviation", 1, 1, 0}, 1000, 100, 50},
	        {{"a tenth", 0.1, 1, 0}, 10000, 10000, 47},
	        {{"two and an outlier", 2, 1, 1e6}, 1000, 100, 50},
	        {{"wider", 0, 1.5, 0}, 2000, 1000, 50},
	};
	for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
		size_t found = windows_alarms(CASES[i].a, CASES[i].b, 50, &CASES[i].change, 0.03);
		g_test_message("%s: %zu of 50", CASES[i].change.name, found);
		g_assert_cmpuint(found, >=, CASES[i].at_least);
	}
	/* A hundredth of a deviation is seen in enough rows, and does not matter. */
	const WindowChange tiny = {"a hundredth", 0.01, 1, 0};
	g_assert_cmpuint(windows_alarms(200000, 200000, 3, &tiny, 0.03), ==, 0);
}

static void test_edges(void)
{
	double one[1] = {3}, none[1] = {0};
	DriftReport r = windows_numbers(one, 1, none, 0);
	g_assert_true(isnan(r.p) && isnan(figure(&r, &DRIFT_PSI).value));
	r = windows_numbers(one, 1, one, 1);
	g_assert_true(r.effect == 0 && r.p == 1 && figure(&r, &DRIFT_PSI).value == 0);
	r = CATEGORIES({5, 7});
	g_assert_true(r.p == 1 && figure(&r, &DRIFT_CHI2).value == 0 && figure(&r, &DRIFT_CHI2).p == 1);
	r = CATEGORIES({1, 0}, {0, 1}, {1, 0}); /* too few of each to tell */
	g_assert_true(isnan(r.p));
	DriftQuestion q = drift_rates(0, 100, 0, 100);
	g_assert_true(isnan(q.p) && q.effect == 0);
	DriftQuestion both[2] = {{0.5, 0.04}, {0.01, 1e-9}};
	drift_judge(both, 2, 0.05, 0.03);
	g_assert_true(both[0].drifted && !both[1].drifted && both[0].p_adjusted == 0.04);
}

static void test_radix(void)
{
	enum { COUNT = 5000 };
	static double values[COUNT], sorted[COUNT], scratch[COUNT];
	Rng r = rng_stream(3, "radix");
	for (int i = 0; i < COUNT; i++)
		values[i] = sorted[i] =
		        i % 7 ? ldexp(rng_normal(&r), (int)rng_below(&r, 600) - 300) : (double)(i % 11 - 5);
	qsort(sorted, COUNT, sizeof(double), windows_by_value);
	radix_sort(values, scratch, COUNT);
	for (int i = 0; i < COUNT; i++)
		g_assert_cmpfloat(values[i], ==, sorted[i]);
	radix_sort(values, scratch, 0);
}

static double *draw(Rng *r, size_t count, double shift, double step)
{
	double *values = g_new(double, count);
	for (size_t i = 0; i < count; i++) {
		values[i] = rng_normal(r) + shift;
		if (step > 0)
			values[i] = floor(values[i] / step) * step;
	}
	if (count)
		qsort(values, count, sizeof *values, windows_by_value);
	return values;
}

static DriftReport by_sketch(const double *a, size_t count_a, const double *b, size_t count_b)
{
	Sketch sketch, copy;
	SketchTally tally = {0};
	DriftReport report;
	sketch_of(a, count_a, &sketch);
	json_t *saved = sketch_save(&sketch);
	g_assert_true(sketch_load(saved, &copy) && copy.count == sketch.count);
	json_decref(saved);
	for (size_t i = 0; i < count_b; i++)
		sketch_add(&copy, &tally, b[i]);
	sketch_add(&copy, &tally, NAN);
	g_assert_true(tally.missing == 1 && tally.rows == (int64_t)count_b);
	drift_sketch(&copy, &tally, &report);
	return report;
}

/* A sketch of few different values is the sample itself: every figure agrees.  One of many is near, and its gap never larger. */
static void test_sketch(void)
{
	Rng r = rng_stream(5, "sketch");
	for (int round = 0; round < 6; round++) {
		double step = round < 3 ? 0.1 : 0, shift = round % 3 * 0.2;
		g_autofree double *a = draw(&r, 3000, 0, step), *b = draw(&r, 2000, shift, step);
		DriftReport whole = windows_numbers(a, 3000, b, 2000), small = by_sketch(a, 3000, b, 2000);
		g_assert_cmpfloat(small.effect, <=, whole.effect);
		near("gap", small.effect, whole.effect, step > 0 ? 1e-15 : 1. / SKETCH_STEPS);
		for (size_t k = 0; DRIFT_TESTS[k]; k++)
			if (DRIFT_TESTS[k]->types & DRIFT_NUMBERS)
				near(DRIFT_TESTS[k]->name, small.figures[k].value, whole.figures[k].value,
				        step > 0 && DRIFT_TESTS[k] != &DRIFT_WASSERSTEIN ? 1e-12
				                                                         : 0.012 + 0.02 * shift);
	}
	const double one[] = {1, 2, 3}, far[] = {2, 1000};
	DriftReport report = by_sketch(one, 3, far, 2); /* a far value counts as far as it is */
	near("far", figure(&report, &DRIFT_WASSERSTEIN).value, 499, 1e-9);
	g_autofree double *empty = draw(&r, 0, 0, 0);
	report = by_sketch(empty, 0, far, 2);
	g_assert_true(isnan(report.effect) && isnan(report.p));
}

static void test_sketch_damaged(void)
{
	static const char *const BAD[] = {"{}", "[]", "{\"edges\": [1], \"below\": []}",
	        "{\"edges\": [1, 1], \"below\": [1, 2]}", "{\"edges\": [1, 2], \"below\": [2, 2]}",
	        "{\"edges\": [1], \"below\": [0]}", "{\"edges\": [\"x\"], \"below\": [1]}",
	        "{\"edges\": [1], \"below\": [1.5]}", "{\"edges\": [1], \"below\": [3000000000]}"};
	Sketch s;
	for (size_t i = 0; i < G_N_ELEMENTS(BAD); i++) {
		json_t *saved = json_loads(BAD[i], 0, NULL);
		g_assert_nonnull(saved);
		g_assert_false(sketch_load(saved, &s));
		json_decref(saved);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/drift/published", test_published);
	g_test_add_func("/drift/chi2", test_chi2);
	g_test_add_func("/drift/gaussian", test_gaussian);
	g_test_add_func("/drift/bins", test_bins);
	g_test_add_func("/drift/outlier", test_outlier);
	g_test_add_func("/drift/psi_law", test_psi_law);
	g_test_add_func("/drift/false_alarms", test_false_alarms);
	g_test_add_func("/drift/power", test_power);
	g_test_add_func("/drift/radix", test_radix);
	g_test_add_func("/drift/edges", test_edges);
	g_test_add_func("/drift/sketch", test_sketch);
	g_test_add_func("/drift/sketch_damaged", test_sketch_damaged);
	return g_test_run();
}
