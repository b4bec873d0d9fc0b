/* metric_deviance.c: losses of predicted numbers that are not symmetric: of quantiles, counts, waiting times and amounts.
 *
 * Deviances are twice the gap in log likelihood to a perfect prediction (scikit-learn's mean_poisson_deviance,
 * mean_gamma_deviance, mean_tweedie_deviance), not defined where a value is outside of what the distribution can be. */
#include "stats/metric_part.h"

#include <math.h>

static double pinball(const Scored *s, size_t i, double quantile)
{
	double short_by = s->y[i] - s->scores[i];
	return short_by >= 0 ? quantile * short_by : (quantile - 1) * short_by;
}

static double row_pinball_10(const Scored *s, size_t i)
{
	return pinball(s, i, 0.1);
}

static double row_pinball_90(const Scored *s, size_t i)
{
	return pinball(s, i, 0.9);
}

static double row_poisson(const Scored *s, size_t i)
{
	double y = s->y[i], p = s->scores[i];
	if (!(y >= 0 && p > 0))
		return NAN;
	return 2 * ((y > 0 ? y * log(y / p) : 0) - y + p);
}

static double row_gamma(const Scored *s, size_t i)
{
	double y = s->y[i], p = s->scores[i];
	return y > 0 && p > 0 ? 2 * (log(p / y) + y / p - 1) : NAN;
}

/* Power 1.5, half way between Poisson (1) and gamma (2): amounts of which many are 0. */
static double row_tweedie(const Scored *s, size_t i)
{
	enum { FACTOR = 4 }; /* 1 / ((2 - power) (power - 1)) */
	double y = s->y[i], p = s->scores[i];
	if (!(y >= 0 && p > 0))
		return NAN;
	return 2 * (-FACTOR * sqrt(y) + 2 * y / sqrt(p) + 2 * sqrt(p));
}

static double pinball_10(const Scored *s)
{
	return mean_of_rows(s, row_pinball_10);
}

static double pinball_90(const Scored *s)
{
	return mean_of_rows(s, row_pinball_90);
}

static double poisson_deviance(const Scored *s)
{
	return mean_of_rows(s, row_poisson);
}

static double gamma_deviance(const Scored *s)
{
	return mean_of_rows(s, row_gamma);
}

static double tweedie_deviance(const Scored *s)
{
	return mean_of_rows(s, row_tweedie);
}

const MetricKind METRIC_PINBALL_10 = {"pinball_10", "Pinball loss, 10 %",
        "mean loss of a forecast of the 10 % quantile: too high costs nine times too low", METRIC_REGRESSION, false,
        INFINITY, 0, pinball_10, .of_row = row_pinball_10};
const MetricKind METRIC_PINBALL_90 = {"pinball_90", "Pinball loss, 90 %",
        "mean loss of a forecast of the 90 % quantile: too low costs nine times too high", METRIC_REGRESSION, false,
        INFINITY, 0, pinball_90, .of_row = row_pinball_90};
const MetricKind METRIC_POISSON_DEVIANCE = {"poisson_deviance", "Poisson deviance",
        "loss of predicted counts; not defined at a true value below 0 or a prediction that is not above 0",
        METRIC_REGRESSION, false, INFINITY, 0, poisson_deviance, .of_row = row_poisson};
const MetricKind METRIC_GAMMA_DEVIANCE = {"gamma_deviance", "Gamma deviance",
        "loss of predicted amounts above 0, by their ratio; not defined at values that are not above 0",
        METRIC_REGRESSION, false, INFINITY, 0, gamma_deviance, .of_row = row_gamma};
const MetricKind METRIC_TWEEDIE_DEVIANCE = {"tweedie_deviance", "Tweedie deviance",
        "loss (power 1.5) of predicted amounts of which many are 0; defined as Poisson deviance is", METRIC_REGRESSION,
        false, INFINITY, 0, tweedie_deviance, .of_row = row_tweedie};
