/* dense.h: the little linear algebra that samplers need: symmetric matrices of a few hundred rows.
 *
 * Own loops rather than LAPACK: a search must give the same bytes on every machine, and an optimised BLAS sums in an order
 * that depends on the processor; at these sizes the loops cost a few milliseconds.  Matrices are row-major, n x n. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* a = L L^T, L in the lower triangle (the upper one is left as it was); false when a is not positive definite. */
bool dense_cholesky(double *a, size_t n);
/* x := L^-1 x, and x := L^-T x. */
void dense_solve_lower(const double *l, size_t n, double *x);
void dense_solve_upper(const double *l, size_t n, double *x);
/* (L L^T)^-1, both triangles.  ret may not be l. */
void dense_inverse(const double *l, size_t n, double *ret);
/* Eigenvalues (rising) and, in the columns of ret_vectors, eigenvectors of a symmetric matrix, which is destroyed: Jacobi's
 * rotations, for small n. */
void dense_eigen(double *a, size_t n, double *ret_values, double *ret_vectors);
