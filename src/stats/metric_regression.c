/* metric_regression.c: metrics of predicted numbers. */
#include "stats/metric_part.h"

#include <math.h>

static double square(double x)
{
	return x * x;
}

static double row_error(const Scored *s, size_t i)
{
	return s->scores[i] - s->y[i];
}

static double row_squared(const Scored *s, size_t i)
{
	return square(row_error(s, i));
}

static double row_absolute(const Scored *s, size_t i)
{
	return fabs(row_error(s, i));
}

static double row_relative(const Scored *s, size_t i)
{
	return s->y[i] == 0 ? NAN : fabs(row_error(s, i) / s->y[i]);
}

static double row_squared_log(const Scored *s, size_t i)
{
	double y = s->y[i], predicted = s->scores[i];
	return y > -1 && predicted > -1 ? square(log1p(predicted) - log1p(y)) : NAN;
}

static double rmse(const Scored *s)
{
	return sqrt(mean_of_rows(s, row_squared));
}

static double mae(const Scored *s)
{
	return mean_of_rows(s, row_absolute);
}

static double mean_error(const Scored *s)
{
	return mean_of_rows(s, row_error);
}

static double mape(const Scored *s)
{
	return mean_of_rows(s, row_relative);
}

static double rmsle(const Scored *s)
{
	return sqrt(mean_of_rows(s, row_squared_log));
}

static double row_y(const Scored *s, size_t i)
{
	return s->y[i];
}

/* Two passes: the mean first, so that a large mean does not eat the spread.  A target whose spread is not above its
 * rounding error is constant: not defined. */
static double r2(const Scored *s)
{
	double mean = mean_of_rows(s, row_y), error = 0, spread = 0, total = 0;
	for (size_t i = 0; i < s->rows; i++) {
		double w = row_weight(s, i);
		if (w == 0)
			continue;
		error += w * row_squared(s, i);
		spread += w * square(s->y[i] - mean);
		total += w;
	}
	double rounding = 1e-15 * fabs(mean);
	return spread > total * rounding * rounding ? 1 - error / spread : NAN;
}

/* Walks to where half of the weight is reached; the mean with the next when it is reached exactly. */
static double median_along(const Scored *s, const uint32_t *order)
{
	double total = 0, seen = 0, lower = NAN;
	for (size_t i = 0; i < s->rows; i++)
		total += row_weight(s, i);
	for (size_t i = 0; i < s->rows; i++) {
		double w = row_weight(s, order[i]);
		if (w == 0)
			continue;
		if (!isnan(lower))
			return (lower + row_absolute(s, order[i])) / 2;
		seen += w;
		if (seen > total / 2)
			return row_absolute(s, order[i]);
		if (seen == total / 2)
			lower = row_absolute(s, order[i]);
	}
	return lower;
}

static double median_ae(const Scored *s)
{
	g_autofree uint32_t *own = s->order ? NULL : scored_order(s);
	const uint32_t *order = own ? own : s->order;
	bool broken = s->rows && isnan(row_absolute(s, order[s->rows - 1])); /* NaN sorts last */
	return broken && isnan(mae(s)) ? NAN : median_along(s, order);       /* it may be that of an absent row */
}

static double max_error(const Scored *s)
{
	double ret = NAN;
	for (size_t i = 0; i < s->rows; i++) {
		if (row_weight(s, i) == 0)
			continue;
		double error = row_absolute(s, i);
		if (isnan(error))
			return NAN;
		if (!(ret >= error))
			ret = error;
	}
	return ret;
}

const MetricKind METRIC_RMSE = {"rmse", "RMSE", "root of the mean squared error, in the target's unit",
        METRIC_REGRESSION, false, INFINITY, 0, rmse, .of_row = row_squared, .root = true};
const MetricKind METRIC_MAE = {"mae", "MAE", "mean absolute error, in the target's unit", METRIC_REGRESSION, false,
        INFINITY, 0, mae, .of_row = row_absolute};
const MetricKind METRIC_MEDIAN_AE = {"median_ae", "Median absolute error",
        "half of the rows are off by less, in the target's unit", METRIC_REGRESSION, false, INFINITY, 0, median_ae};
const MetricKind METRIC_R2 = {"r2", "R\302\262",
        "part of the target's variance that is predicted; 0 is no better than the mean", METRIC_REGRESSION, true,
        -INFINITY, 1, r2};
const MetricKind METRIC_MAPE = {"mape", "MAPE",
        "mean absolute error as a part of the true value; not defined when a true value is 0", METRIC_REGRESSION, false,
        INFINITY, 0, mape, .of_row = row_relative};
const MetricKind METRIC_MAX_ERROR = {"max_error", "Largest error", "the largest absolute error, in the target's unit",
        METRIC_REGRESSION, false, INFINITY, 0, max_error};
const MetricKind METRIC_MEAN_ERROR = {"mean_error", "Bias",
        "mean of predicted minus true, in the target's unit; best at 0", METRIC_REGRESSION, false, INFINITY, 0,
        mean_error, .of_row = row_error};
const MetricKind METRIC_RMSLE = {"rmsle", "RMSLE",
        "root of the mean squared error of ln(1 + value); not defined when a value is -1 or less", METRIC_REGRESSION,
        false, INFINITY, 0, rmsle, .of_row = row_squared_log, .root = true};
