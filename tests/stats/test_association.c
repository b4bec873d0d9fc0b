/* test_association.c: against SciPy 1.17.1, scikit-learn 1.9.1 and closed forms. */
#include "stats/association.h"

#include <glib.h>
#include <math.h>

static void near(const char *what, double found, double expected)
{
	if (!(fabs(found - expected) <= 1e-12 * MAX(1, fabs(expected))))
		g_error("%s: %.17g instead of %.17g", what, found, expected);
}

static const double X[11] = {1, 2, 3, 4, 5, 6, 7, 8, 2, 4, NAN}, Y[11] = {2, 1, 4, 3, 7, 8, 6, 9, 2, 5, 100};

static void test_correlation(void)
{
	near("Pearson", correlation_pearson(X, Y, 11), 0.906301438491828);
	near("Spearman", correlation_spearman(X, Y, 11), 0.9143773643235332);
	static const double CUBES[5] = {-8, -1, 0, 1, 8}, STEPS[5] = {-2, -1, 0, 1, 2}, SAME[5] = {.1, .1, .1, .1, .1};
	near("monotone", correlation_spearman(CUBES, STEPS, 5), 1);
	g_assert_true(isnan(correlation_pearson(SAME, STEPS, 5)) && isnan(correlation_spearman(SAME, STEPS, 5)));
	g_assert_true(isnan(correlation_pearson(X, Y, 0)) && isnan(correlation_pearson(X, Y, 1)));
	double far[5];
	for (size_t i = 0; i < 5; i++)
		far[i] = 1e9 + STEPS[i];
	near("far from 0", correlation_pearson(far, STEPS, 5), 1);
}

/* Expected V: the formula on SciPy's chi-squared (Yates for 2 x 2). */
static void test_contingency(void)
{
	static const double SMALL[] = {10, 20, 30, 5}, LARGE[] = {10, 20, 30, 6, 9, 17, 1, 2, 40};
	static const double PADDED[] = {10, 0, 20, 0, 0, 0, 30, 0, 5};
	Contingency small = {SMALL, 2, 2}, large = {LARGE, 3, 3}, padded = {PADDED, 3, 3};
	near("chi2", contingency_chi2(small, false), 18.726190476190474);
	near("Yates", contingency_chi2(small, true), 16.57848214285714);
	near("chi2 of 3 x 3", contingency_chi2(large, true), 22.842784257169768);
	near("V", association_cramers_v(small), 0.493182547281745);
	near("V of 3 x 3", association_cramers_v(large), 0.26595723659345977);
	near("V without empty rows", association_cramers_v(padded), 0.493182547281745);
	near("information", association_mutual_information(small, false), 0.15167080873869593);
	near("information without empty rows", association_mutual_information(padded, false), 0.15167080873869593);
	static const double DIAGONAL[] = {7, 0, 0, 0, 9, 0, 0, 0, 4}, EVEN[] = {4, 8, 6, 12}, LINE[] = {4, 8};
	Contingency diagonal = {DIAGONAL, 3, 3}, even = {EVEN, 2, 2}, line = {LINE, 1, 2};
	near("decided", association_mutual_information(diagonal, true), 1);
	near("nothing", association_mutual_information(even, true), 0);
	near("V of nothing", association_cramers_v(even), 0);
	near("V of a diagonal", association_cramers_v(diagonal), 1);
	g_assert_true(isnan(association_cramers_v(line)) && isnan(association_mutual_information(line, true)));
	Contingency none = {NULL, 0, 0};
	g_assert_true(isnan(association_cramers_v(none)) && isnan(association_mutual_information(none, false)));
}

/* Groups {1, 3}, {5, 7}: between = 2 x 2^2 x 2 = 16 of 20. */
static void test_eta(void)
{
	static const uint32_t GROUP[6] = {0, 0, 1, 1, 9, 1};
	static const double VALUES[6] = {1, 3, 5, 7, 100, NAN}, SAME[6] = {2, 2, 2, 2, 2, 2};
	near("eta", association_eta(GROUP, 2, VALUES, 6), sqrt(0.8));
	g_assert_true(isnan(association_eta(GROUP, 2, SAME, 6)) && isnan(association_eta(GROUP, 2, VALUES, 0)));
}

/* Of 2 x 2 pairs three are in order; the other direction counts as much; the categories' table is the same rows. */
static void test_auc(void)
{
	static const double VALUES[5] = {1, 2, 3, 4, NAN}, TARGET[5] = {0, 1, 0, 1, 1}, OTHER[5] = {1, 0, 1, 0, 0};
	near("auc", association_auc(VALUES, TARGET, 5), 0.75);
	near("turned", association_auc(VALUES, OTHER, 5), 0.75);
	g_assert_true(isnan(association_auc(VALUES, TARGET, 1)) && isnan(association_auc(VALUES, TARGET, 0)));
	static const double TABLE[] = {3, 1, 0, 4, 0, 0};
	Contingency table = {TABLE, 3, 2};
	near("categories", association_auc_categories(table), (3 * 4 + 3 * 1 * 0.5 + 0) / 15.0);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/association/correlation", test_correlation);
	g_test_add_func("/association/contingency", test_contingency);
	g_test_add_func("/association/eta", test_eta);
	g_test_add_func("/association/auc", test_auc);
	return g_test_run();
}
