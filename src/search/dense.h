/* dense.h: eigenvectors of small symmetric matrices (row-major, n x n), the same bytes on every machine; what a Gaussian process needs
 * stands in lanes.h. */
#pragma once

#include <stddef.h>

/* Eigenvalues (rising) and, in the columns of ret_vectors, eigenvectors of a symmetric matrix, which is destroyed: Jacobi's
 * rotations, for small n. */
void dense_eigen(double *a, size_t n, double *ret_values, double *ret_vectors);
