/* test_folds.c: two models on the same folds.  Scores of folds lean on each other, because the folds' models learned from
 * mostly the same rows: a plain t test takes them for independent and finds differences that are not there. */
#include "stats/test.h"

#include <math.h>

#include "stats/distribution.h"
#include "stats/moments.h"

/* Mean and standard error of the differences; the error with Nadeau and Bengio's correction. */
static bool measure(const FoldDifferences *d, double *ret_mean, double *ret_error)
{
	Moments m = MOMENTS_NONE;
	for (size_t i = 0; i < d->count; i++)
		moments_add(&m, d->values[i]);
	if (m.count < 2 || (size_t)m.count < d->count || !(d->test_over_train >= 0))
		return false;
	*ret_mean = m.mean;
	*ret_error = sqrt((1 / (double)d->count + d->test_over_train) * moments_variance(&m));
	return true;
}

Difference test_corrected_t(const FoldDifferences *d, double level)
{
	Difference ret = {NAN, NAN, NAN, NAN, NAN, NAN, NAN};
	if (!measure(d, &ret.value, &ret.error))
		return ret;
	double freedom = (double)d->count - 1, half = student_quantile((1 + level) / 2, freedom) * ret.error;
	ret.low = ret.value - half;
	ret.high = ret.value + half;
	if (ret.error > 0)
		ret.p = student_two_sided(ret.value / ret.error, freedom);
	else
		ret.p = ret.value == 0 ? 1 : NAN;
	return ret;
}

/* P(mean difference <= x): Student's distribution about the mean seen; without any spread all of it is at the mean. */
static double posterior_below(double x, double mean, double error, double freedom)
{
	return error > 0 ? student_below((x - mean) / error, freedom) : (double)(mean <= x);
}

Practical test_bayes_t(const FoldDifferences *d, double rope)
{
	double mean, error, freedom = (double)d->count - 1;
	if (!measure(d, &mean, &error) || !(rope >= 0))
		return (Practical){NAN, NAN, NAN};
	double to_low = posterior_below(-rope, mean, error, freedom);
	double to_high = posterior_below(rope, mean, error, freedom);
	return (Practical){to_low, to_high - to_low, 1 - to_high};
}
