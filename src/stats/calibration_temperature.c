/* calibration_temperature.c: one number for all classes: above 1 it makes every answer less sure, below 1 surer. */
#include "stats/calibration_kinds.h"

#include <math.h>

/* First and second derivative by u = 1/t of -sum ln of the class's share. */
static void derivatives(const Scored *s, double u, double *ret_first, double *ret_second)
{
	*ret_first = *ret_second = 0;
	for (size_t i = 0; i < s->rows; i++) {
		const double *row = s->scores + i * s->classes;
		double w = calibration_weight(s, i), sum = 0, mean = 0, squares = 0, highest = -INFINITY;
		if (w == 0)
			continue;
		for (size_t k = 0; k < s->classes; k++)
			highest = MAX(highest, u * log(calibration_hold(row[k])));
		for (size_t k = 0; k < s->classes; k++) {
			double l = log(calibration_hold(row[k])), e = exp(u * l - highest);
			sum += e;
			mean += e * l;
			squares += e * l * l;
		}
		mean /= sum;
		*ret_first += w * (mean - log(calibration_hold(row[(size_t)s->y[i]])));
		*ret_second += w * (squares / sum - mean * mean);
	}
}

/* The loss is convex in u, so its slope is halved down between two ends. */
static bool fit(const Scored *s, size_t class, GArray *curve)
{
	double low = 0.01, high = 100, first, second, u = 1;
	for (unsigned round = 0; round < 200 && high - low > 1e-12 * u; round++) {
		derivatives(s, u, &first, &second);
		if (first == 0 && second == 0)
			return false;
		*(first > 0 ? &high : &low) = u;
		double newton = u - first / second;
		u = newton > low && newton < high ? newton : sqrt(low * high);
	}
	double t = 1 / u;
	g_array_append_val(curve, t);
	return true;
}

static bool check(const double *curve, size_t count)
{
	return curve[0] >= 1e-3 && curve[0] <= 1e3;
}

/* Its share before all are divided by their sum. */
static double apply(const double *curve, size_t count, double p)
{
	return exp(log(calibration_hold(p)) / curve[0]);
}

const CalibrationKind CALIBRATION_TEMPERATURE = {.name = "temperature",
        .help = "one number that makes all answers more or less sure",
        .of_row = true,
        .by_auto = true,
        .least = 1,
        .fit = fit,
        .check = check,
        .apply = apply};
