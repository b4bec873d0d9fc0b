/* test_exact_sum.c: sums without rounding. */
#include "feature/exact_sum.h"

#include <float.h>
#include <math.h>

#include "base/rng.h"

static double sum_of(const double *values, size_t count)
{
	ExactSum s = {0};
	for (size_t i = 0; i < count; i++)
		exact_sum_add(&s, values[i]);
	double ret = exact_sum_value(&s, NULL);
	exact_sum_clear(&s);
	return ret;
}
#define SUM(...) sum_of((const double[]){__VA_ARGS__}, sizeof((const double[]){__VA_ARGS__}) / sizeof(double))

static void test_known(void)
{
	g_assert_cmpfloat(SUM(1, 1e100, 1, -1e100), ==, 2); /* Python's math.fsum documentation has the like */
	g_assert_cmpfloat(SUM(.1, .1, .1, .1, .1, .1, .1, .1, .1, .1), ==, 1);
	g_assert_cmpfloat(SUM(DBL_MAX, DBL_MAX, -DBL_MAX), ==, DBL_MAX);
	g_assert_cmpfloat(SUM(5e-324, 5e-324), ==, 1e-323);
	g_assert_cmpfloat(SUM(5e-324, 1, -1), ==, 5e-324);
	g_assert_cmpfloat(SUM(-0.5, -0.25), ==, -0.75);
	g_assert_cmpfloat(SUM(-1e300, 1e-300, 1e300), ==, 1e-300);
	g_assert_cmpfloat(SUM(-0.0), ==, 0);
	g_assert_cmpfloat(sum_of(NULL, 0), ==, 0);
	g_assert_cmpfloat(SUM(0x1p53, 1, 1), ==, 0x1p53 + 2);
}

/* Beside sums of whole numbers below 2^63, scaled. */
static void test_random(void)
{
	Rng rng = rng_stream(7, "sum");
	for (int scale = -200; scale <= 200; scale += 40) {
		ExactSum s = {0}, other = {0};
		int64_t whole = 0;
		for (int i = 0; i < 5000; i++) {
			int64_t value = (int64_t)(rng_bits(&rng) >> 12) - ((int64_t)1 << 51);
			exact_sum_add(i % 3 ? &s : &other, ldexp((double)value, scale));
			whole += value;
		}
		exact_sum_merge(&s, &other);
		double low;
		double high = exact_sum_value(&s, &low);
		g_assert_cmpfloat(ldexp(high, -scale), ==, (double)whole);
		g_assert_true((int64_t)ldexp(high, -scale) + (int64_t)ldexp(low, -scale) == whole);
		exact_sum_subtract(&s, &s);
		g_assert_cmpfloat(exact_sum_value(&s, NULL), ==, 0);
		exact_sum_clear(&s);
		exact_sum_clear(&other);
	}
}

/* Many additions: carries are passed on in time. */
static void test_many(void)
{
	ExactSum s = {0}, twice = {0};
	for (int i = 0; i < 3000000; i++)
		exact_sum_add(&s, 0x1.fffffffffffffp0);
	for (int i = 0; i < 40; i++) { /* doubles as often: 3e6 * 2^40 additions' worth */
		exact_sum_merge(&twice, &s);
		exact_sum_merge(&s, &twice);
		exact_sum_subtract(&twice, &twice);
	}
	g_assert_cmpfloat(exact_sum_value(&s, NULL), ==, 0x1.fffffffffffffp0 * 3e6 * 0x1p40);
	exact_sum_clear(&s);
	exact_sum_clear(&twice);
}

static void test_moments(void)
{
	ExactMoments m = {0}, far = {0}, none = {0};
	for (int i = 1; i <= 5; i++) {
		exact_moments_add(&m, i);
		exact_moments_add(&far, 1e15 + i);
	}
	g_assert_cmpfloat(exact_moments_mean(&m), ==, 3);
	g_assert_cmpfloat(exact_moments_variance(&m), ==, 2); /* (n^2 - 1) / 12 */
	g_assert_cmpfloat(exact_moments_mean(&far), ==, 1e15 + 3);
	g_assert_cmpfloat(exact_moments_variance(&far), ==, 2);
	g_assert_true(isnan(exact_moments_mean(&none)) && isnan(exact_moments_variance(&none)));
	exact_moments_merge(&m, &far);
	g_assert_cmpuint(m.count, ==, 10);
	exact_moments_clear(&m);
	exact_moments_clear(&far);
	for (int i = 0; i < 1000; i++)
		exact_moments_add(&m, 0.1);
	g_assert_cmpfloat(exact_moments_variance(&m), ==, 0);
	exact_moments_clear(&m);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/exact_sum/known", test_known);
	g_test_add_func("/exact_sum/random", test_random);
	g_test_add_func("/exact_sum/many", test_many);
	g_test_add_func("/exact_sum/moments", test_moments);
	return g_test_run();
}
