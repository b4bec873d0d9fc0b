/* test_quantiles.c: the sketch against the sorted values themselves, and moments against SciPy 1.17.1. */
#include "stats/quantiles.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/rng.h"
#include "stats/moments.h"

static void near(const char *what, double found, double expected, double tolerance)
{
	if (!(fabs(found - expected) <= tolerance * MAX(1, fabs(expected))))
		g_error("%s: %.17g instead of %.17g", what, found, expected);
}

static int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

/* Up to 500 values: numpy's quantile of 0, 1, 4, 9, ... by hand, and the empirical distribution function. */
static void test_exact(void)
{
	g_autoptr(Quantiles) q = quantiles_new();
	g_assert_true(isnan(quantiles_at(q, 0.5)) && isnan(quantiles_below(q, 0)));
	for (int i = 10; i >= 0; i--)
		quantiles_add(q, i * i);
	quantiles_add(q, NAN);
	quantiles_add(q, INFINITY);
	g_assert_cmpfloat(quantiles_count(q), ==, 11);
	near("median", quantiles_at(q, 0.5), 25, 0);
	near("0.33", quantiles_at(q, 0.33), 9 + 0.3 * 7, 1e-14);
	near("ends", quantiles_at(q, 0) + quantiles_at(q, 1), 100, 0);
	near("below 16", quantiles_below(q, 16), 5.0 / 11, 1e-15);
	near("below 20", quantiles_below(q, 20), 5.0 / 11, 1e-15);
	near("below all", quantiles_below(q, -1), 0, 0);
	near("above all", quantiles_below(q, 100), 1, 0);
}

typedef double Draw(Rng *r, size_t i);

static double draw_normal(Rng *r, size_t i)
{
	return rng_normal(r);
}
static double draw_long_tail(Rng *r, size_t i)
{
	return exp(3 * rng_normal(r));
}
static double draw_digits(Rng *r, size_t i)
{
	return (double)rng_below(r, 10);
}
static double draw_two(Rng *r, size_t i)
{
	return rng_below(r, 3) == 0;
}
static double draw_mixture(Rng *r, size_t i)
{
	return rng_below(r, 2) ? 0 : 1000 + rng_unit(r);
}
static double draw_rising(Rng *r, size_t i)
{
	return (double)i;
}
static double draw_falling(Rng *r, size_t i)
{
	return -(double)i;
}

/* How far the part asked for lies from the parts of values below, and not above, the value read; over q (1 - q). */
static double worst_error(Quantiles *q, const double *sorted, size_t count)
{
	double worst = 0;
	for (int k = 1; k < 1000; k++) {
		double part = k / 1000.0, value = quantiles_at(q, part);
		size_t below = 0, reach = 0;
		for (size_t step = count; step; step /= 2) {
			while (below + step <= count && sorted[below + step - 1] < value)
				below += step;
			while (reach + step <= count && sorted[reach + step - 1] <= value)
				reach += step;
		}
		double low = (double)below / (double)count, high = (double)reach / (double)count;
		double error = fmax(0, fmax(low - part, part - high) - 1.0 / (double)count);
		worst = fmax(worst, error / (part * (1 - part)));
	}
	return worst;
}

/* The error promised in the header, added one by one and merged from ten parts. */
static void test_error(void)
{
	enum { ROWS = 200000, PARTS = 10 };
	static Draw *const DRAWS[] = {
	        draw_normal, draw_long_tail, draw_digits, draw_two, draw_mixture, draw_rising, draw_falling};
	g_autofree double *values = g_new(double, ROWS);
	for (size_t d = 0; d < G_N_ELEMENTS(DRAWS); d++) {
		g_autoptr(Quantiles) whole = quantiles_new(), merged = quantiles_new();
		Rng rng = rng_stream(d, "quantiles");
		for (size_t i = 0; i < ROWS; i++)
			quantiles_add(whole, values[i] = DRAWS[d](&rng, i));
		for (size_t p = 0; p < PARTS; p++) {
			g_autoptr(Quantiles) part = quantiles_new();
			for (size_t i = p * ROWS / PARTS; i < (p + 1) * ROWS / PARTS; i++)
				quantiles_add(part, values[i]);
			quantiles_merge(merged, part);
		}
		qsort(values, ROWS, sizeof *values, compare_doubles);
		double one = worst_error(whole, values, ROWS), many = worst_error(merged, values, ROWS);
		json_auto_t *saved = quantiles_save(whole);
		g_test_message("distribution %zu: error %.4f q(1-q), merged %.4f, %zu centroids", d, one, many,
		        json_array_size(json_object_get(saved, "means")));
		g_assert_cmpfloat(one, <=, 0.04);
		g_assert_cmpfloat(many, <=, 0.04);
		g_assert_cmpuint(json_array_size(json_object_get(saved, "means")), <=, 500);
		for (int k = 1; k < 100; k++) /* and back: distribution function of the quantile */
			g_assert_cmpfloat(quantiles_below(whole, quantiles_at(whole, k / 100.0)), >=, k / 100.0 - 0.01);
	}
}

static void expect_broken(const char *text)
{
	json_auto_t *saved = json_loads(text, 0, NULL);
	g_assert_nonnull(saved);
	Quantiles *q = NULL;
	g_autoptr(GError) error = NULL;
	g_assert_false(quantiles_load(saved, &q, &error));
	g_assert_error(error, FAIL, FAIL_BROKEN);
	g_assert_null(q);
}

static void test_save(void)
{
	static const size_t COUNTS[] = {0, 1, 300, 20000};
	for (size_t c = 0; c < G_N_ELEMENTS(COUNTS); c++) {
		g_autoptr(Quantiles) q = quantiles_new(), back = NULL, same = quantiles_new();
		Rng rng = rng_stream(c, "save"), again = rng_stream(c, "save");
		for (size_t i = 0; i < COUNTS[c]; i++)
			quantiles_add(q, rng_normal(&rng));
		for (size_t i = 0; i < COUNTS[c]; i++)
			quantiles_add(same, rng_normal(&again));
		json_auto_t *saved = quantiles_save(q), *repeated = quantiles_save(same);
		g_autoptr(GError) error = NULL;
		quantiles_load(saved, &back, &error);
		g_assert_no_error(error);
		json_auto_t *twice = quantiles_save(back);
		g_assert_true(json_equal(saved, twice));
		g_assert_true(json_equal(saved, repeated));
		g_assert_true(COUNTS[c] == 0 || quantiles_at(q, 0.3) == quantiles_at(back, 0.3));
	}
	expect_broken("{}");
	expect_broken("{\"count\":2,\"min\":0,\"max\":1,\"means\":[1,0],\"weights\":[1,1]}");
	expect_broken("{\"count\":2,\"min\":0,\"max\":1,\"means\":[0,1],\"weights\":[1]}");
	expect_broken("{\"count\":2,\"min\":0,\"max\":1,\"means\":[0,1],\"weights\":[1,0]}");
	expect_broken("{\"count\":3,\"min\":0,\"max\":1,\"means\":[0,1],\"weights\":[1,1]}");
	expect_broken("{\"count\":2,\"min\":0.5,\"max\":1,\"means\":[0,1],\"weights\":[1,1]}");
	expect_broken("{\"count\":2,\"min\":null,\"max\":1,\"means\":[0,1],\"weights\":[1,1]}");
	expect_broken("{\"count\":2,\"min\":0,\"max\":1,\"means\":[0,\"1\"],\"weights\":[1,1]}");
}

static void test_moments(void)
{
	static const double VALUES[] = {1, 2, 3, 4, 50, 6, 7, NAN, INFINITY, -0.0};
	Moments m = MOMENTS_NONE;
	for (size_t i = 0; i < 9; i++)
		moments_add(&m, VALUES[i]);
	near("mean", m.mean, 73.0 / 7, 1e-15);
	near("variance", moments_variance(&m), 308.9523809523809, 1e-13);
	near("skewness", moments_skewness(&m), 1.9798930226483231, 1e-13);
	g_assert_true(m.count == 7 && m.missing == 1 && m.infinite == 1 && m.min == 1 && m.max == 50 && m.zeros == 0);
	moments_add(&m, VALUES[9]);
	g_assert_true(m.zeros == 1 && m.negative == 0);
	Moments none = MOMENTS_NONE;
	g_assert_true(isnan(moments_variance(&none)) && isnan(moments_skewness(&none)));
}

/* Any split merges to the same; a mean of 1e9 leaves the spread of 1 to 1e-6; load(save(m)) = m. */
static void test_moments_merge(void)
{
	enum { ROWS = 1000 };
	Rng rng = rng_stream(1, "moments");
	Moments whole = MOMENTS_NONE, parts[3] = {MOMENTS_NONE, MOMENTS_NONE, MOMENTS_NONE}, merged = MOMENTS_NONE;
	for (size_t i = 0; i < ROWS; i++) {
		double value = 1e9 + exp(rng_normal(&rng));
		moments_add(&whole, value);
		moments_add(&parts[i < 100 ? 0 : i % 2 + 1], value);
	}
	moments_add_missing(&whole, 5);
	moments_add_missing(&parts[1], 5);
	for (size_t p = 0; p < 3; p++)
		moments_merge(&merged, &parts[p]);
	Moments none = MOMENTS_NONE;
	moments_merge(&merged, &none);
	near("mean", merged.mean, whole.mean, 1e-14);
	near("variance", moments_variance(&merged), moments_variance(&whole), 1e-6);
	near("skewness", moments_skewness(&merged), moments_skewness(&whole), 1e-5);
	g_assert_true(merged.count == whole.count && merged.missing == 5 && merged.min == whole.min);
	json_auto_t *saved = moments_save(&whole), *empty = moments_save(&none),
	            *broken = json_pack("{s:i}", "count", 3);
	Moments back, still_none;
	g_assert_true(moments_load(saved, &back, NULL) && !memcmp(&back, &whole, sizeof back));
	g_assert_true(moments_load(empty, &still_none, NULL) && !memcmp(&still_none, &none, sizeof none));
	g_autoptr(GError) error = NULL;
	g_assert_false(moments_load(broken, &back, &error));
	g_assert_error(error, FAIL, FAIL_BROKEN);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/quantiles/exact", test_exact);
	g_test_add_func("/quantiles/error", test_error);
	g_test_add_func("/quantiles/save", test_save);
	g_test_add_func("/moments/values", test_moments);
	g_test_add_func("/moments/merge", test_moments_merge);
	return g_test_run();
}
