/* test_fairness.c: gaps between groups against values worked out by hand and published intervals. */
#include "stats/fairness.h"

#include <glib.h>
#include <math.h>

static void near(const char *what, double found, double expected, double allowed)
{
	if (!(fabs(found - expected) <= allowed))
		g_error("%s: %.17g instead of %.17g", what, found, expected);
}

/* rows, positives, decided for, found */
static const FairGroup GROUPS[] = {{100, 40, 50, 30}, {200, 40, 40, 20}, {50, 20, 10, 10}};

static FairGap gap(const char *name, const FairGroup *groups, size_t count)
{
	return fair_measure(name)->compute(groups, count, 0.95);
}

static void test_by_hand(void)
{
	FairGap g = gap("demographic_parity_difference", GROUPS, 3);
	near("parity", g.value, 0.5 - 0.2, 1e-15); /* 0.5, 0.2, 0.2 */
	g_assert_true(g.most == 0 && g.least == 1);
	near("ratio", gap("demographic_parity_ratio", GROUPS, 3).value, 0.4, 1e-15);
	near("opportunity", gap("equal_opportunity_difference", GROUPS, 3).value, 0.75 - 0.5, 1e-15);
	near("false positives", gap("false_positive_rate_difference", GROUPS, 3).value, 20.0 / 60, 1e-15);
	near("odds", gap("equalised_odds_difference", GROUPS, 3).value, 20.0 / 60, 1e-15); /* 20/60 - 0 above 0.25 */
	near("precision", gap("predictive_parity_difference", GROUPS, 3).value, 1 - 0.5, 1e-15);
	near("odds of two", gap("equalised_odds_difference", GROUPS, 2).value, 0.25,
	        1e-15); /* 0.25 above 20/60 - 20/160 */
}

/* Newcombe 1998, table II, (a) 56/70 - 48/80 and (c) 6/7 - 2/7 by method 10. */
static void test_intervals(void)
{
	const FairGroup a[] = {{70, 0, 56, 0}, {80, 0, 48, 0}}, c[] = {{7, 0, 6, 0}, {7, 0, 2, 0}};
	FairGap g = gap("demographic_parity_difference", a, 2);
	near("low", g.low, 0.0524, 5e-5);
	near("high", g.high, 0.3339, 5e-5);
	g = gap("demographic_parity_difference", c, 2);
	near("low", g.low, 0.0582, 5e-5);
	near("high", g.high, 0.8062, 5e-5);
	/* Katz: exp(ln(0.75) -+ 1.96 sqrt(1/48 - 1/80 + 1/56 - 1/70)). */
	g = gap("demographic_parity_ratio", a, 2);
	near("ratio", g.value, 0.75, 1e-15);
	double reach = exp(1.959963984540054 * sqrt(1.0 / 48 - 1.0 / 80 + 1.0 / 56 - 1.0 / 70));
	near("low", g.low, 0.75 / reach, 1e-12);
	near("high", g.high, 0.75 * reach, 1e-12);
}

static void test_edges(void)
{
	const FairGroup none[] = {{10, 0, 0, 0}, {10, 5, 0, 0}};
	g_assert_true(isnan(gap("demographic_parity_difference", GROUPS, 1).value));
	g_assert_true(isnan(gap("equal_opportunity_difference", none, 2).value)); /* one has no positives */
	g_assert_true(isnan(gap("demographic_parity_ratio", none, 2).value));
	g_assert_true(gap("demographic_parity_difference", none, 2).value == 0);
	g_assert_true(isnan(gap("predictive_parity_difference", none, 2).value));
	g_assert_null(fair_measure("fairness"));
}

/* Every measure: the order of the groups does not matter, alike groups have no gap. */
static void test_properties(void)
{
	for (const FairMeasure *m = FAIR_MEASURES; m->name; m++) {
		const FairGroup turned[] = {GROUPS[2], GROUPS[0], GROUPS[1]}, alike[] = {GROUPS[0], GROUPS[0]};
		FairGap a = m->compute(GROUPS, 3, 0.95), b = m->compute(turned, 3, 0.95);
		g_assert_true(a.value == b.value && a.low <= a.value && a.value <= a.high);
		g_assert_cmpfloat(m->compute(alike, 2, 0.95).value, ==, m->larger_is_better ? 1 : 0);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/fairness/by_hand", test_by_hand);
	g_test_add_func("/fairness/intervals", test_intervals);
	g_test_add_func("/fairness/edges", test_edges);
	g_test_add_func("/fairness/properties", test_properties);
	return g_test_run();
}
