/* test_contributions.c: contributions on the scale of scores, added and folded; Gauss's rule. */
#include "model/contributions.h"

#include "model/shapley.h"

#include <math.h>

#include "base/rng.h"
#include "stats/quadrature.h"

/* Exact for x^0 … x^(2n-1): the integral over 0..1 is 1 / (power + 1).  The two points of n = 2 are (1 -+ 1/sqrt 3) / 2. */
static void test_quadrature(void)
{
	double at[64], weight[64];
	for (size_t n = 1; n <= 64; n += n < 8 ? 1 : 14) {
		quadrature_gauss(n, at, weight);
		for (size_t power = 0; power < 2 * n; power++) {
			double sum = 0;
			for (size_t q = 0; q < n; q++)
				sum += weight[q] * pow(at[q], (double)power);
			g_assert_cmpfloat_with_epsilon(sum, 1.0 / (double)(power + 1), 1e-14);
		}
	}
	quadrature_gauss(2, at, weight);
	g_assert_cmpfloat_with_epsilon(at[0], (1 - 1 / sqrt(3)) / 2, 1e-15);
}

static Contributions *random_contributions(ContributionScale scale, size_t margins)
{
	Contributions *c = contributions_new(scale, 20, margins, 4);
	Rng rng = rng_stream(5, "contributions");
	bool is_share = scale == CONTRIBUTION_PROBABILITY;
	for (size_t i = 0; i < 20 * margins * 5; i++)
		c->values[i] = is_share ? 0.02 * rng_normal(&rng) : 2 * rng_normal(&rng);
	for (size_t i = 0; is_share && i < 20 * margins; i++)
		c->values[i * 5 + 4] = 1 / (double)MAX(margins, 2);
	return c;
}

static void test_to_scores(void)
{
	static const struct {
		ContributionScale scale;
		size_t margins, outputs;
	} CASES[] = {{CONTRIBUTION_NUMBER, 1, 1}, {CONTRIBUTION_LOG, 1, 1}, {CONTRIBUTION_LOG_ODDS, 1, 2},
	        {CONTRIBUTION_LOG_SHARES, 3, 3}, {CONTRIBUTION_PROBABILITY, 1, 2}, {CONTRIBUTION_PROBABILITY, 4, 4}};
	for (size_t k = 0; k < G_N_ELEMENTS(CASES); k++) {
		g_autoptr(Contributions) c = random_contributions(CASES[k].scale, CASES[k].margins);
		g_autoptr(Contributions) told = contributions_to_scores(c);
		double before[20 * 4], after[20 * 4];
		g_assert_cmpuint(contributions_outputs(c), ==, CASES[k].outputs);
		g_assert_cmpuint(contributions_outputs(told), ==, CASES[k].outputs);
		contributions_scores(c, before);
		contributions_scores(told, after);
		for (size_t i = 0; i < 20 * CASES[k].outputs; i++)
			g_assert_cmpfloat_with_epsilon(after[i], before[i], 1e-9 * MAX(1, before[i]));
	}
}

/* Log odds 0 -> ln 3: probability 0.5 -> 0.75, shared as 2 : 1. */
static void test_rescaled(void)
{
	g_autoptr(Contributions) c = contributions_new(CONTRIBUTION_LOG_ODDS, 1, 1, 2);
	c->values[0] = log(3) * 2 / 3;
	c->values[1] = log(3) / 3;
	g_autoptr(Contributions) told = contributions_to_scores(c);
	g_assert_cmpfloat_with_epsilon(told->values[0], 0.25 * 2 / 3, 1e-12);
	g_assert_cmpfloat_with_epsilon(told->values[1], 0.25 / 3, 1e-12);
	g_assert_cmpfloat_with_epsilon(told->values[2], 0.5, 1e-12);
	contributions_add(told, told, 1);
	g_assert_cmpfloat_with_epsilon(told->values[2], 1, 1e-12);
}

static void test_fold(void)
{
	g_autoptr(Contributions) c = contributions_new(CONTRIBUTION_NUMBER, 1, 1, 3);
	const double values[] = {1, 10, 100, 5};
	const uint32_t start[] = {0, 1, 3, 4}, group[] = {1, 0, 1, 0};
	for (size_t i = 0; i < 4; i++)
		c->values[i] = values[i];
	g_autoptr(Contributions) folded = contributions_fold(c, start, group, 2);
	g_assert_cmpfloat(folded->values[0], ==, 105);
	g_assert_cmpfloat(folded->values[1], ==, 6);
	g_assert_cmpfloat(folded->values[2], ==, 5);
}

/* 2 a + 3 b c, and as a probability of the second class. */
static bool product(const void *model, const Matrix *x, double *ret, GError **error)
{
	bool is_class = *(const bool *)model;
	for (size_t i = 0; i < x->rows; i++) {
		const float *r = x->values + i * 4;
		double value = 2 * (double)r[0] + 3 * (double)r[1] * (double)r[2];
		if (is_class) {
			ret[2 * i + 1] = value / 100;
			ret[2 * i] = 1 - value / 100;
		} else {
			ret[i] = value;
		}
	}
	return true;
}

/* What works together in pairs is shared evenly, exactly; what does not differ from the base, or is not looked at, adds nothing. */
static void test_shapley(void)
{
	static const float BASE[] = {1, 0, 1, 5}, ROW[] = {2, 4, 3, NAN};
	bool is_class = false;
	Matrix x = {.rows = 1, .columns = 4, .values = (float *)ROW};
	ShapleyModel m = {&is_class, product, 1, false, BASE};
	g_autoptr(Contributions) c = NULL;
	g_autoptr(Contributions) p = NULL;
	/* 3 (bc - b0 c0) with b from 0 to 4, c from 1 to 3: b alone 3 * 4 * 1, behind c 3 * 4 * 3; so 24 and 12 */
	const double wanted[] = {2, 24, 12, 0, 2};
	g_assert_true(shapley_contribute(&m, &x, &c, NULL));
	g_assert_cmpint(c->scale, ==, CONTRIBUTION_NUMBER);
	for (size_t j = 0; j < 5; j++)
		g_assert_cmpfloat_with_epsilon(contributions_at(c, 0, 0)[j], wanted[j], 1e-12);
	is_class = m.is_class = true;
	m.outputs = 2;
	g_assert_true(shapley_contribute(&m, &x, &p, NULL));
	g_assert_true(p->scale == CONTRIBUTION_PROBABILITY && p->margins == 1);
	for (size_t j = 0; j < 5; j++)
		g_assert_cmpfloat_with_epsilon(contributions_at(p, 0, 0)[j], wanted[j] / 100, 1e-12);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/contributions/quadrature", test_quadrature);
	g_test_add_func("/contributions/to scores", test_to_scores);
	g_test_add_func("/contributions/rescaled", test_rescaled);
	g_test_add_func("/contributions/fold", test_fold);
	g_test_add_func("/contributions/shapley", test_shapley);
	return g_test_run();
}
