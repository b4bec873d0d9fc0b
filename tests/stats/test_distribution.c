/* test_distribution.c: tails and quantiles against SciPy 1.17.1 and closed forms. */
#include "stats/distribution.h"

#include <glib.h>
#include <math.h>
#include <stdbool.h>

static void near(const char *what, double found, double expected)
{
	if (!(fabs(found - expected) <= 1e-10 * fabs(expected)))
		g_error("%s: %.17g instead of %.17g", what, found, expected);
}

static void test_gamma(void)
{
	static const double ROWS[][4] = {
	        {0.5, 0.3, 0.5614219739190003, 0.4385780260809997},
	        {3, 2, 0.32332358381693654, 0.6766764161830634},
	        {3, 10, 0.9972306042844884, 0.0027693957155115775},
	        {100, 90, 0.15822098918643007, 0.84177901081357},
	        {100, 130, 0.9972495916326934, 0.002750408367306518},
	};
	for (size_t i = 0; i < G_N_ELEMENTS(ROWS); i++) {
		near("lower", gamma_lower(ROWS[i][0], ROWS[i][1]), ROWS[i][2]);
		near("upper", gamma_upper(ROWS[i][0], ROWS[i][1]), ROWS[i][3]);
	}
	near("a million", gamma_upper(1e6, 1001500), 0.06686110423589772);
	for (double x = 0.1; x < 30; x *= 1.7)
		near("exponential", gamma_upper(1, x), exp(-x)); /* closed form */
	g_assert_cmpfloat(gamma_lower(2, 0), ==, 0);
	g_assert_cmpfloat(gamma_upper(2, INFINITY), ==, 0);
	g_assert_true(isnan(gamma_lower(0, 1)) && isnan(gamma_lower(1, -1)) && isnan(gamma_upper(1, NAN)));
}

static void test_beta(void)
{
	static const double ROWS[][4] = {
	        {0.2, 2, 3, 0.1808},
	        {0.9, 0.5, 0.5, 0.7951672353008665},
	        {0.5, 200, 210, 0.6894852134274166},
	        {1e-5, 1, 50, 0.0004998775195976974},
	        {0.3, 10, 1, 5.9049e-06},
	        {0.5005, 1e6, 1e6, 0.9213504224190758},
	};
	for (size_t i = 0; i < G_N_ELEMENTS(ROWS); i++) {
		double x = ROWS[i][0], a = ROWS[i][1], b = ROWS[i][2];
		near("beta", beta_lower(x, a, b), ROWS[i][3]);
		g_assert_cmpfloat(fabs(beta_lower(1 - x, b, a) - (1 - ROWS[i][3])), <, 1e-9);
	}
	near("power", beta_lower(0.37, 4.5, 1), pow(0.37, 4.5)); /* closed form for b = 1 */
	g_assert_true(isnan(beta_lower(1.1, 1, 1)) && isnan(beta_lower(0.5, 0, 1)) && isnan(beta_lower(NAN, 1, 1)));
}

static void test_normal(void)
{
	near("1.96", normal_below(1.96), 0.9750021048517795);
	near("-1", normal_below(-1), 0.15865525393145707);
	near("-6", normal_below(-6), 9.865876450376946e-10);
	near("30", normal_above(30), 4.906713927147908e-198);
	near("two-sided", normal_two_sided(-1.959963984540054), 0.05);
	near("0.975", normal_quantile(0.975), 1.959963984540054);
	near("0.3", normal_quantile(0.3), -0.5244005127080409);
	near("1e-10", normal_quantile(1e-10), -6.361340902404056);
	near("1e-300", normal_quantile(1e-300), -37.0470962993612);
	near("0.9999999", normal_quantile(0.9999999), 5.199337582290661);
	g_assert_cmpfloat(fabs(normal_quantile(0.5)), <, 1e-15);
	g_assert_true(normal_quantile(0) == -INFINITY && normal_quantile(1) == INFINITY && isnan(normal_quantile(1.1)));
	for (double p = 1e-12; p < 0.5; p *= 1.3)
		near("round trip", normal_below(normal_quantile(p)), p);
}

static void test_tails(void)
{
	near("chi2 3.84", chi2_above(3.84, 1), 0.05004352124870519);
	near("chi2 20", chi2_above(20, 10), 0.029252688076961124);
	near("chi2 200", chi2_above(200, 100), 1.1784500720979781e-08);
	near("t 2", student_below(2, 5), 0.9490302605850708);
	near("t -1.5", student_below(-1.5, 1), 0.18716704181099886);
	near("t 4", student_two_sided(4, 1000), 6.800991920878163e-05);
	near("t 0.1", student_two_sided(0.1, 2.5), 0.9278065440624897);
	near("f 3", f_above(3, 2, 10), 0.09536743164062497);
	near("f 0.5", f_above(0.5, 5, 7), 0.7685843297279158);
	near("t squared is F", f_above(2.2 * 2.2, 1, 9), student_two_sided(2.2, 9));
	near("binomial", binomial_below(3, 10, 0.5), 0.171875);
	near("binomial 0", binomial_below(0, 5, 0.2), 0.32768);
	near("binomial 480", binomial_below(480, 1000, 0.5), 0.10872414660207075);
	g_assert_cmpfloat(binomial_below(-1, 5, 0.2), ==, 0);
	g_assert_cmpfloat(binomial_below(5, 5, 0.2), ==, 1);
}

static void test_quantiles(void)
{
	near("chi2 0.95", chi2_quantile(0.95, 1), 3.841458820694124);
	near("chi2 median", chi2_quantile(0.5, 10), 9.34181776559197);
	near("chi2 low", chi2_quantile(0.001, 4), 0.09080403553897909);
	near("chi2 9", chi2_quantile(0.95, 9), 16.918977604620448);
	near("t 0.975", student_quantile(0.975, 10), 2.228138851986274);
	near("t 0.01", student_quantile(0.01, 3), -4.5407028585681335);
	near("Cauchy", student_quantile(0.6, 1), tan(M_PI * 0.1)); /* closed form for one degree of freedom */
	g_assert_true(isinf(chi2_quantile(1, 3)) && chi2_quantile(0, 3) == 0 && isnan(student_quantile(2, 3)));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/distribution/gamma", test_gamma);
	g_test_add_func("/distribution/beta", test_beta);
	g_test_add_func("/distribution/normal", test_normal);
	g_test_add_func("/distribution/tails", test_tails);
	g_test_add_func("/distribution/quantiles", test_quantiles);
	return g_test_run();
}
