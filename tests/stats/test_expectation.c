/* test_expectation.c: learning curves of a known law, and labels of which known ones are wrong. */
#include <math.h>

#include "base/rng.h"
#include "stats/label_noise.h"
#include "stats/power_law.h"

static void near(const char *what, double found, double expected, double tolerance)
{
	if (!(fabs(found - expected) <= tolerance))
		g_error("%s: %.17g instead of %.17g", what, found, expected);
}

/* Points on a law are the law again, and its inverse undoes it. */
static void test_power_law(void)
{
	PowerLaw law = {0.1, 3, 0.5}, found;
	CurvePoint points[5];
	for (size_t i = 0; i < 5; i++) {
		points[i].rows = 100 * pow(2, (double)i);
		points[i].error = power_law_at(law, points[i].rows);
		points[i].spread = 0.01 * (double)(i + 1);
	}
	g_assert_true(power_law_fit(points, 5, &found));
	near("floor", found.floor, 0.1, 1e-9);
	near("scale", found.scale, 3, 1e-9);
	near("rate", found.rate, 0.5, 1e-9);
	near("rows", power_law_rows(found, power_law_at(law, 12345)), 12345, 1e-5);
	g_assert_true(isinf(power_law_rows(found, 0.05)));
	g_assert_false(power_law_fit(points, 2, &found));
	points[1].rows = points[2].rows = 100;
	g_assert_false(power_law_fit(points, 3, &found)); /* one number of rows, three times */
}

/* A curve that rises, or falls below 0, is held to what an error can be. */
static void test_power_law_bounds(void)
{
	CurvePoint rising[4] = {{100, 0.2, 0.01}, {200, 0.21, 0.01}, {400, 0.22, 0.01}, {800, 0.23, 0.01}};
	CurvePoint steep[4] = {{100, 1, 0.01}, {200, 0.25, 0.01}, {400, 0.0625, 0.01}, {800, 0.015625, 0.01}};
	PowerLaw p;
	g_assert_true(power_law_fit(rising, 4, &p));
	near("flat", power_law_at(p, 1e9), 0.215, 1e-9);
	g_assert_true(power_law_fit(steep, 4, &p));
	g_assert_true(p.floor >= 0 && p.scale > 0);
	near("rate", p.rate, 2, 1e-9);
}

/* A model that is right about the true class with 0.9; a tenth of the labels of 0 are turned to 1.  Claims are exact then: the
 * share is what was turned, the suspects are the turned rows. */
static void test_label_noise(void)
{
	enum { ROWS = 2000 };
	g_autofree double *y = g_new(double, ROWS), *scores = g_new(double, ROWS * 2);
	g_autofree uint8_t *turned = g_new0(uint8_t, ROWS);
	unsigned count = 0;
	Rng rng = rng_stream(1, "noise");
	for (size_t i = 0; i < ROWS; i++) {
		bool truth = i % 2;
		turned[i] = !truth && rng_unit(&rng) < 0.1;
		count += turned[i];
		y[i] = truth || turned[i];
		scores[2 * i + 1] = truth ? 0.9 : 0.1;
		scores[2 * i] = 1 - scores[2 * i + 1];
	}
	Scored s = {ROWS, 2, y, scores, .positive = 1};
	g_autoptr(LabelNoise) n = label_noise(&s);
	near("share", n->share, (double)count / ROWS, 1e-12);
	g_assert_cmpuint(n->count, ==, count);
	for (size_t i = 0; i < n->count; i++) {
		g_assert_true(turned[n->suspects[i].row] && n->suspects[i].suggested == 0);
		near("confidence", n->suspects[i].confidence, 0.9, 1e-12);
		g_assert_true(i == 0 || n->suspects[i].row > n->suspects[i - 1].row);
	}
	Scored none = {0, 2, .positive = 1};
	g_autoptr(LabelNoise) nothing = label_noise(&none);
	g_assert_true(isnan(nothing->share) && nothing->count == 0);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/expectation/power-law", test_power_law);
	g_test_add_func("/expectation/power-law-bounds", test_power_law_bounds);
	g_test_add_func("/expectation/label-noise", test_label_noise);
	return g_test_run();
}
