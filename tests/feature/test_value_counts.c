/* test_value_counts.c: quantiles that depend on the values alone. */
#include "feature/value_counts.h"

#include <math.h>
#include <stdlib.h>

#include "base/rng.h"

static double quantile(const ValueCounts *v, double p)
{
	double ret;
	value_counts_quantiles(v, &p, 1, &ret);
	return ret;
}

/* R 4.2: quantile(c(3, -1, 10, 2.5, 2.5), c(0, .1, .25, .5, .9, 1)). */
static void test_exact(void)
{
	static const double VALUES[] = {3, -1, 10, 2.5, 2.5};
	ValueCounts v = {0};
	g_assert_true(isnan(quantile(&v, 0.5)) && isnan(value_counts_mode(&v)));
	for (size_t i = 0; i < G_N_ELEMENTS(VALUES); i++)
		value_counts_add(&v, VALUES[i]);
	g_assert_cmpfloat(quantile(&v, 0), ==, -1);
	g_assert_cmpfloat_with_epsilon(quantile(&v, 0.1), 0.4, 1e-15);
	g_assert_cmpfloat(quantile(&v, 0.25), ==, 2.5);
	g_assert_cmpfloat(quantile(&v, 0.5), ==, 2.5);
	g_assert_cmpfloat_with_epsilon(quantile(&v, 0.9), 7.2, 1e-15);
	g_assert_cmpfloat(quantile(&v, 1), ==, 10);
	g_assert_cmpfloat(value_counts_mode(&v), ==, 2.5);
	value_counts_clear(&v);
	value_counts_add(&v, 0.0);
	value_counts_add(&v, -0.0);
	g_assert_cmpuint(v.used, ==, 1);
	value_counts_clear(&v);
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return x < y ? -1 : x > y;
}

static bool same(const ValueCounts *a, const ValueCounts *b)
{
	for (double p = 0; p <= 1; p += 1 / 512.0)
		if (quantile(a, p) != quantile(b, p))
			return false;
	return a->shift == b->shift && a->used == b->used && a->total == b->total &&
	       value_counts_mode(a) == value_counts_mode(b);
}

/* Far more values than cells: in any order and any pieces the same, and within `near` of the sorted values. */
static void check_many(double (*draw)(Rng *rng), double near)
{
	enum { N = 200000 };
	g_autofree double *values = g_new(double, N);
	Rng rng = rng_stream(5, "values");
	ValueCounts forth = {0}, back = {0}, merged = {0}, part = {0};
	for (size_t i = 0; i < N; i++)
		values[i] = draw(&rng);
	for (size_t i = 0; i < N; i++) {
		value_counts_add(&forth, values[i]);
		value_counts_add(&back, values[N - 1 - i]);
		value_counts_add(i % 3 ? &merged : &part, values[i]);
	}
	value_counts_merge(&merged, &part);
	g_assert_cmpuint(forth.used, <=, VALUE_CELLS);
	g_assert_cmpuint(forth.shift, >, 0);
	g_assert_true(same(&forth, &back));
	g_assert_true(same(&forth, &merged));
	qsort(values, N, sizeof *values, ascending);
	for (double p = 0; p <= 1; p += 1 / 64.0) {
		size_t place = (size_t)(p * (N - 1));
		g_assert_cmpfloat(fabs(quantile(&forth, p) - values[place]), <=, near * fmax(1, fabs(values[place])));
	}
	value_counts_clear(&forth);
	value_counts_clear(&back);
	value_counts_clear(&merged);
	value_counts_clear(&part);
}

static double offset_unit(Rng *rng)
{
	return 1e6 + rng_unit(rng);
}

static double any_size(Rng *rng)
{
	return exp(20 * rng_normal(rng));
}

static void test_many(void)
{
	check_many(rng_normal, 0.005);
	check_many(offset_unit, 1e-9);
	check_many(any_size, 0.15); /* 60 orders of magnitude: some 40 cells for each doubling */
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/value_counts/exact", test_exact);
	g_test_add_func("/value_counts/many", test_many);
	return g_test_run();
}
