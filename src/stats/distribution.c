/* distribution.c: everything from three functions: erfc of the C library, and the incomplete gamma and beta functions by
 * series and continued fraction (Abramowitz & Stegun 6.5.29, 6.5.31, 26.5.8; fractions by Lentz's method). */
#include "stats/distribution.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>

enum { MOST_TERMS = 100000 };

/* ln gamma(a + 1) less Stirling's formula (a + 1/2) ln a - a + ln(2 pi) / 2; its series (A&S 6.1.41) from 15 on. */
static double stirling_error(double a)
{
	int sign; /* lgamma writes a global, lgamma_r does not */
	if (a < 15)
		return lgamma_r(a + 1, &sign) - (a + 0.5) * log(a) + a - log(2 * M_PI) / 2;
	double z = 1 / (a * a);
	return (1.0 / 12 - z * (1.0 / 360 - z * (1.0 / 1260 - z * (1.0 / 1680 - z / 1188)))) / a;
}

/* x - a - a ln(x / a), small where x is near a: this and the above keep the digits that lgamma of large numbers would lose
 * (Loader 2000, "Fast and accurate computation of binomial probabilities"). */
static double deviance(double a, double x)
{
	double u = (x - a) / a;
	return a * (u - (fabs(u) < 0.5 ? log1p(u) : log(x / a)));
}

/* x^a e^-x / gamma(a + 1). */
static double gamma_front(double a, double x)
{
	return exp(-stirling_error(a) - deviance(a, x)) / sqrt(2 * M_PI * a);
}

/* x^a (1-x)^b gamma(a+b) / (gamma(a) gamma(b)). */
static double beta_front(double x, double a, double b)
{
	double n = a + b, stirling = stirling_error(n) - stirling_error(a) - stirling_error(b);
	return exp(stirling - deviance(a, n * x) - deviance(b, n * (1 - x))) * sqrt(a * b / (2 * M_PI * n));
}

/* x^a e^-x / gamma(a + 1) sum of x^n / ((a+1)...(a+n)); converges fast below a + 1. */
static double gamma_series(double a, double x)
{
	double term = 1, sum = 1;
	for (int n = 1; n < MOST_TERMS && term > sum * DBL_EPSILON / 2; n++) {
		term *= x / (a + n);
		sum += term;
	}
	return sum * gamma_front(a, x);
}

/* Lentz's method keeps numerator and denominator away from 0. */
static double away_from_0(double x)
{
	return fabs(x) < DBL_MIN ? DBL_MIN : x;
}

/* x^a e^-x / gamma(a) 1/(x+1-a- 1(1-a)/(x+3-a- 2(2-a)/(x+5-a- ...))); converges fast above a + 1. */
static double gamma_fraction(double a, double x)
{
	double b = x + 1 - a, c = 1 / DBL_MIN, d = 1 / away_from_0(b), product = d;
	for (int n = 1; n < MOST_TERMS; n++) {
		double numerator = -n * (n - a);
		b += 2;
		d = 1 / away_from_0(b + numerator * d);
		c = away_from_0(b + numerator / c);
		product *= c * d;
		if (fabs(c * d - 1) < DBL_EPSILON)
			break;
	}
	return product * a * gamma_front(a, x);
}

double gamma_lower(double a, double x)
{
	if (!(a > 0) || !(x >= 0))
		return NAN;
	if (x == 0 || isinf(x))
		return x == 0 ? 0 : 1;
	return x < a + 1 ? gamma_series(a, x) : 1 - gamma_fraction(a, x);
}

double gamma_upper(double a, double x)
{
	if (!(a > 0) || !(x >= 0))
		return NAN;
	if (x == 0 || isinf(x))
		return x == 0 ? 1 : 0;
	return x < a + 1 ? 1 - gamma_series(a, x) : gamma_fraction(a, x);
}

/* One step of Lentz's method. */
static double fraction_step(double numerator, double *c, double *d)
{
	*d = 1 / away_from_0(1 + numerator * *d);
	*c = away_from_0(1 + numerator / *c);
	return *c * *d;
}

static double beta_fraction(double x, double a, double b)
{
	double c = 1, d = 1 / away_from_0(1 - (a + b) * x / (a + 1)), product = d;
	for (int m = 1; m < MOST_TERMS; m++) {
		double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
		double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
		product *= fraction_step(even, &c, &d);
		double change = fraction_step(odd, &c, &d);
		product *= change;
		if (fabs(change - 1) < DBL_EPSILON)
			break;
	}
	return product;
}

double beta_lower(double x, double a, double b)
{
	if (!(a > 0) || !(b > 0) || !(x >= 0 && x <= 1))
		return NAN;
	if (x == 0 || x == 1)
		return x;
	double front = beta_front(x, a, b);
	bool near_0 = x < (a + 1) / (a + b + 2); /* where the fraction converges fast; by symmetry elsewhere */
	return near_0 ? front * beta_fraction(x, a, b) / a : 1 - front * beta_fraction(1 - x, b, a) / b;
}

double normal_below(double z)
{
	return erfc(-z * M_SQRT1_2) / 2;
}

double normal_above(double z)
{
	return erfc(z * M_SQRT1_2) / 2;
}

double normal_two_sided(double z)
{
	return erfc(fabs(z) * M_SQRT1_2);
}

/* A&S 26.2.23 (error below 4.5e-4), then Halley's method, which triples the digits a step. */
static double normal_lower_quantile(double p)
{
	double t = sqrt(-2 * log(p));
	double z = -(
	        t - (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308))));
	for (int i = 0; i < 3; i++) {
		double density = exp(-z * z / 2) * M_2_SQRTPI * M_SQRT1_2 / 2;
		double step = (normal_below(z) - p) / density;
		if (!isfinite(step))
			break;
		z -= step / (1 + z * step / 2);
	}
	return z;
}

double normal_quantile(double p)
{
	if (!(p >= 0 && p <= 1))
		return NAN;
	if (p == 0 || p == 1)
		return p == 0 ? -INFINITY : INFINITY;
	return p <= 0.5 ? normal_lower_quantile(p) : -normal_lower_quantile(1 - p);
}

double chi2_above(double x, double freedom)
{
	return gamma_upper(freedom / 2, x / 2);
}

/* P(|T| >= |t|) = I_{v/(v+t^2)}(v/2, 1/2), taken from the side where it does not cancel. */
double student_two_sided(double t, double freedom)
{
	if (isinf(t))
		return 0;
	return beta_lower(freedom / (freedom + t * t), freedom / 2, 0.5);
}

double student_below(double t, double freedom)
{
	double tail = student_two_sided(t, freedom) / 2;
	return t < 0 ? tail : 1 - tail;
}

double f_above(double f, double freedom1, double freedom2)
{
	if (!(f >= 0))
		return NAN;
	return beta_lower(freedom2 / (freedom2 + freedom1 * f), freedom2 / 2, freedom1 / 2);
}

double binomial_below(double k, double n, double p)
{
	if (!(n >= 0) || !(p >= 0 && p <= 1))
		return NAN;
	k = floor(k);
	if (k < 0 || k >= n)
		return k < 0 ? 0 : 1;
	return beta_lower(1 - p, n - k, k + 1);
}

/* The x between low and high where a rising function reaches p: halving until the ends are neighbours. */
static double halve(double (*below)(double x, double freedom), double p, double freedom, double low, double high)
{
	for (int i = 0; i < 2000; i++) {
		double middle = low + (high - low) / 2;
		if (middle <= low || middle >= high)
			break;
		if (below(middle, freedom) < p)
			low = middle;
		else
			high = middle;
	}
	return high;
}

static double chi2_below(double x, double freedom)
{
	return gamma_lower(freedom / 2, x / 2);
}

double chi2_quantile(double p, double freedom)
{
	if (!(p >= 0 && p <= 1) || !(freedom > 0))
		return NAN;
	if (p == 0 || p == 1)
		return p == 0 ? 0 : INFINITY;
	double high = freedom + 1;
	while (chi2_below(high, freedom) < p && high < DBL_MAX / 4)
		high *= 2;
	return halve(chi2_below, p, freedom, 0, high);
}

double student_quantile(double p, double freedom)
{
	if (!(p >= 0 && p <= 1) || !(freedom > 0))
		return NAN;
	if (p == 0 || p == 1)
		return p == 0 ? -INFINITY : INFINITY;
	if (p > 0.5)
		return -student_quantile(1 - p, freedom);
	double low = -1;
	while (student_below(low, freedom) > p && low > -DBL_MAX / 4)
		low *= 2;
	return halve(student_below, p, freedom, low, 0);
}
