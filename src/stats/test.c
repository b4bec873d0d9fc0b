/* test.c: tests of groups and proportions, and corrections for many tests. */
#include "stats/test.h"

#include <math.h>

#include "stats/distribution.h"
#include "stats/metric_part.h"
#include "stats/order.h"

enum { EXACT_BELOW = 25 };

TestResult test_mcnemar(double only_a, double only_b)
{
	double differing = only_a + only_b, less = fmin(only_a, only_b);
	if (!(differing >= 0))
		return (TestResult){NAN, NAN};
	if (differing < EXACT_BELOW)
		return (TestResult){less, fmin(1, 2 * binomial_below(less, differing, 0.5))};
	double gap = fmax(0, fabs(only_a - only_b) - 1), statistic = gap * gap / differing;
	return (TestResult){statistic, chi2_above(statistic, 1), 1};
}

TestResult test_mcnemar_decisions(const Scored *a, const Scored *b)
{
	double only_a = 0, only_b = 0;
	for (size_t i = 0; i < a->rows; i++) {
		if (row_weight(a, i) == 0)
			continue;
		bool right_a = row_decision(a, i) == row_class(a, i), right_b = row_decision(b, i) == row_class(a, i);
		only_a += right_a && !right_b;
		only_b += right_b && !right_a;
	}
	return test_mcnemar(only_a, only_b);
}

TestResult test_welch(Sample a, Sample b)
{
	if (!(a.count >= 2 && b.count >= 2))
		return (TestResult){NAN, NAN};
	double part_a = a.variance / a.count, part_b = b.variance / b.count, sum = part_a + part_b;
	double statistic = (a.mean - b.mean) / sqrt(sum);
	double freedom = sum * sum / (part_a * part_a / (a.count - 1) + part_b * part_b / (b.count - 1));
	if (!(sum > 0)) /* no spread at all: equal means say nothing, different ones say all, but there is no p */
		return (TestResult){NAN, NAN};
	return (TestResult){statistic, student_two_sided(statistic, freedom), freedom};
}

TestResult test_proportions(double hits_a, double rows_a, double hits_b, double rows_b)
{
	double rate = (hits_a + hits_b) / (rows_a + rows_b);
	double error = sqrt(rate * (1 - rate) * (1 / rows_a + 1 / rows_b));
	if (!(error > 0) || isinf(error))
		return (TestResult){NAN, NAN};
	double statistic = (hits_a / rows_a - hits_b / rows_b) / error;
	return (TestResult){statistic, normal_two_sided(statistic)};
}

void wilson_interval(double hits, double rows, double level, double *ret_low, double *ret_high)
{
	*ret_low = 0;
	*ret_high = 1;
	if (!(rows > 0))
		return;
	double z = normal_quantile((1 + level) / 2), rate = hits / rows, share = z * z / rows;
	double middle = (rate + share / 2) / (1 + share);
	double half = z * sqrt((rate * (1 - rate) + share / 4) / rows) / (1 + share);
	*ret_low = hits > 0 ? fmax(0, middle - half) : 0; /* exactly 0 and 1 where the formula only rounds to them */
	*ret_high = hits < rows ? fmin(1, middle + half) : 1;
}

/* The places of the p values that are numbers, smallest first. */
static uint32_t *order_p(const double *p, size_t count, size_t *ret_kept)
{
	g_autofree double *values = g_new(double, count);
	size_t kept = 0;
	for (size_t i = 0; i < count; i++) {
		values[i] = isnan(p[i]) ? INFINITY : p[i];
		kept += !isnan(p[i]);
	}
	*ret_kept = kept;
	return order_rows(values, count, 1, false);
}

void correct_holm(double *p, size_t count)
{
	size_t kept;
	g_autofree uint32_t *order = order_p(p, count, &kept);
	double before = 0;
	for (size_t i = 0; i < kept; i++)
		p[order[i]] = before = fmax(before, fmin(1, p[order[i]] * (double)(kept - i)));
}

void correct_benjamini_hochberg(double *p, size_t count)
{
	size_t kept;
	g_autofree uint32_t *order = order_p(p, count, &kept);
	double after = 1;
	for (size_t i = kept; i-- > 0;)
		p[order[i]] = after = fmin(after, p[order[i]] * (double)kept / (double)(i + 1));
}
