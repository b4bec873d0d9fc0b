/* power_law.h: how an error falls with the number of rows learned from: floor + scale x rows^-rate.
 *
 * Learning curves of most models follow such a law over decades of rows (Cortes et al. 1993; Hestness et al. 2017,
 * arXiv:1712.00409); with few points it says where the curve goes, not exactly where it ends. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

typedef struct PowerLaw {
	double floor, scale, rate; /* floor and scale at least 0 */
} PowerLaw;

typedef struct CurvePoint {
	double rows, error;
	double spread; /* standard error of `error`; more than 0 */
} CurvePoint;

/* Least squares by 1 / spread^2, over a grid of rates from 0.05 to 2.  false with fewer than 3 different numbers of rows. */
bool power_law_fit(const CurvePoint *points, size_t count, PowerLaw *ret);

double power_law_at(PowerLaw p, double rows);
/* The rows at which the error is `error`; infinite when it never is. */
double power_law_rows(PowerLaw p, double error);
