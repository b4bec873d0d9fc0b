/* matmul.h: products of float matrices whose every bit is the same on any processor and for any number of rows.
 *
 * Each element is the sum over k, in order, of rounded products, begun at what stands in c; vectors only compute several
 * elements side by side.  (OpenBLAS chooses its order by processor and by shape: a row predicted alone would differ from the
 * same row among others, and a model from the same model trained elsewhere.) */
#pragma once

#include <stddef.h>

#define MATMUL_WIDTH 16 /* columns of b and c come in as many */

typedef struct MatmulLeft {
	const float *at;
	size_t by_row, by_column; /* steps to the next; so a transposed matrix needs no copy */
} MatmulLeft;

typedef struct MatmulShape {
	size_t rows, depth, columns;
} MatmulShape;

/* c (rows x columns) += a (rows x depth) * b (depth x columns); b and c row-major without gaps, columns a multiple of
 * MATMUL_WIDTH. */
void matmul_add(MatmulLeft a, const float *b, float *c, MatmulShape shape);
