/* quadrature.c: places and weights of Gauss and Legendre's rule: roots of Legendre's polynomial by Newton's steps, begun at
 * the usual approximation cos(pi (i - 1/4) / (n + 1/2)). */
#include "stats/quadrature.h"

#include <math.h>

/* P_n(x) by the three-term recurrence, and its derivative. */
static double legendre(size_t n, double x, double *ret_slope)
{
	double before = 1, value = x;
	for (size_t k = 2; k <= n; k++) {
		double next = ((2 * (double)k - 1) * x * value - ((double)k - 1) * before) / (double)k;
		before = value;
		value = next;
	}
	*ret_slope = (double)n * (x * value - before) / (x * x - 1);
	return value;
}

void quadrature_gauss(size_t points, double *ret_at, double *ret_weight)
{
	for (size_t i = 0; i < points; i++) {
		double x = -cos(M_PI * ((double)i + 0.75) / ((double)points + 0.5)), slope = 1, step = 1;
		for (unsigned tries = 0; tries < 100 && fabs(step) > 1e-15; tries++) {
			step = legendre(points, x, &slope) / slope;
			x -= step;
		}
		legendre(points, x, &slope);
		ret_at[i] = (1 + x) / 2;
		ret_weight[i] = 1 / ((1 - x * x) * slope * slope);
	}
}
