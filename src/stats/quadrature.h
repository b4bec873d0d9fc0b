/* quadrature.h: integrals over 0..1 by Gauss and Legendre's rule: exact for polynomials of degree below 2 * points. */
#pragma once

#include <stddef.h>

/* ret_at: the places, inside 0..1 and rising; ret_weight: their weights, which sum to 1. */
void quadrature_gauss(size_t points, double *ret_at, double *ret_weight);
