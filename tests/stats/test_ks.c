/* test_ks.c: the Kolmogorov-Smirnov test against SciPy 1.17.1 (ks_2samp with method auto, kstwo.sf). */
#include "stats/ks.h"

#include <glib.h>
#include <math.h>

static void near(const char *what, double found, double expected, double allowed)
{
	if (!(fabs(found - expected) <= allowed * expected))
		g_error("%s: %.17g instead of %.17g", what, found, expected);
}

/* Sizes, gap times both sizes, p. */
static const struct {
	int64_t a, b, steps;
	double p;
} PAIRS[] = {
        {5, 5, 10, 0.87301587301587302},
        {7, 12, 56, 0.024053346034770176},
        {30, 30, 180, 0.59407062977593783},
        {100, 70, 1190, 0.16322972780031034},
        {1000, 800, 47000, 0.089504496301938796},
        {10000, 9999, 1985854, 0.0378047059716572},
        {20000, 20000, 5820000, 0.028704211746217956},
        {20000, 50, 61800, 0.9848140252058073},
        {11000, 200, 256800, 0.0087714918485733446},
        {100000, 100000, 42200000, 0.33445290534288352},
        {20000, 20000, 2600000, 0.78944174053344329},
};

static void test_two_samples(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(PAIRS); i++) {
		g_autofree char *what = g_strdup_printf("pair %zu", i);
		near(what, ks_p((KsGap){PAIRS[i].a, PAIRS[i].b, PAIRS[i].steps}), PAIRS[i].p, 1e-9);
		near(what, ks_p((KsGap){PAIRS[i].b, PAIRS[i].a, PAIRS[i].steps}), PAIRS[i].p, 1e-9);
	}
}

static const struct {
	double d;
	int64_t n;
	double p;
} SINGLE[] = {
        {0.1, 10, 0.99963712000000005},
        {0.3, 10, 0.27053557479999946},
        {0.5, 10, 0.0077774100000000002},
        {0.05, 140, 0.85764802976561139},
        {0.1, 140, 0.11353657290090946},
        {0.2, 140, 2.1981563302200222e-05},
        {0.01, 1000, 0.99994967453706107},
        {0.03, 1000, 0.32269021439146361},
        {0.05, 1000, 0.013012074781090332},
        {0.1, 1000, 3.7036870968177108e-09},
        {0.002, 100000, 0.81784083630815418},
        {0.004, 100000, 0.081301489202224686},
        {0.0008, 1000000, 0.54387136666114788},
        {0.001, 1000000, 0.26982107442589376},
        {0.003, 1000000, 3.0398127519392692e-08},
        {0.0001, 500000, 1},
        {0.05, 30, 0.99999277964164723},
};

static void test_one_sample(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(SINGLE); i++) {
		g_autofree char *what = g_strdup_printf("kstwo %g %d", SINGLE[i].d, (int)SINGLE[i].n);
		near(what, kolmogorov_above(SINGLE[i].d, SINGLE[i].n), SINGLE[i].p, 1e-9);
	}
	/* Beyond a million the sum is replaced by its approximation: they meet. */
	near("sum and approximation", kolmogorov_above(0.0015, 1000001), kolmogorov_above(0.0015, 1000000), 1e-4);
}

/* deequ, KLLDistanceTest.scala: {1,2,3,4} against {2,3,4,5}. */
static void test_gap(void)
{
	const double a[] = {1, 2, 3, 4}, b[] = {2, 3, 4, 5}, ties[] = {1, 1, 1, 9};
	g_assert_cmpfloat(ks_value(ks_gap(a, 4, b, 4)), ==, 0.25);
	g_assert_cmpfloat(ks_value(ks_gap(a, 4, a, 4)), ==, 0);
	g_assert_cmpfloat(ks_value(ks_gap(ties, 4, a, 4)), ==, 0.5);
	g_assert_cmpfloat(ks_p(ks_gap(a, 4, a, 4)), ==, 1);
	g_assert_true(isnan(ks_value(ks_gap(a, 0, b, 4))) && isnan(ks_p(ks_gap(a, 0, b, 4))));
	/* No value in common: 2 / C(8, 4). */
	const double far[] = {10, 11, 12, 13};
	near("apart", ks_p(ks_gap(a, 4, far, 4)), 2.0 / 70, 1e-12);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/ks/two_samples", test_two_samples);
	g_test_add_func("/ks/one_sample", test_one_sample);
	g_test_add_func("/ks/gap", test_gap);
	return g_test_run();
}
