/* matmul.c: products of float matrices.  One kernel, compiled for the widths of vector there are; the widest that the processor
 * has is taken, and as no product is fused with its sum all give the same. */
#include "model/matmul.h"

#include <string.h>

typedef float Vector __attribute__((vector_size(4 * MATMUL_WIDTH)));

enum { TALL = 4 }; /* rows that share what is loaded of b */

#define INLINE static inline __attribute__((always_inline))

INLINE void strip(MatmulLeft a, const float *b, float *c, MatmulShape s, size_t tall)
{
	Vector sum[TALL];
	for (size_t r = 0; r < tall; r++)
		memcpy(&sum[r], c + r * s.columns, sizeof sum[r]);
	for (size_t k = 0; k < s.depth; k++) {
		Vector of_b;
		memcpy(&of_b, b + k * s.columns, sizeof of_b);
		for (size_t r = 0; r < tall; r++)
			sum[r] += a.at[r * a.by_row + k * a.by_column] * of_b;
	}
	for (size_t r = 0; r < tall; r++)
		memcpy(c + r * s.columns, &sum[r], sizeof sum[r]);
}

INLINE void multiply(MatmulLeft a, const float *b, float *c, MatmulShape s)
{
	for (size_t j = 0; j < s.columns; j += MATMUL_WIDTH) {
		MatmulLeft at = a;
		size_t i = 0;
		for (; i + TALL <= s.rows; i += TALL, at.at += TALL * a.by_row)
			strip(at, b + j, c + i * s.columns + j, s, TALL);
		for (; i < s.rows; i++, at.at += a.by_row)
			strip(at, b + j, c + i * s.columns + j, s, 1);
	}
}

typedef void Multiply(MatmulLeft a, const float *b, float *c, MatmulShape s);

static void multiply_any(MatmulLeft a, const float *b, float *c, MatmulShape s)
{
	multiply(a, b, c, s);
}

#ifdef __x86_64__
__attribute__((target("avx2"))) static void multiply_avx2(MatmulLeft a, const float *b, float *c, MatmulShape s)
{
	multiply(a, b, c, s);
}

__attribute__((target("avx512f"))) static void multiply_avx512(MatmulLeft a, const float *b, float *c, MatmulShape s)
{
	multiply(a, b, c, s);
}

static Multiply *widest(void)
{
	return __builtin_cpu_supports("avx512f") ? multiply_avx512
	       : __builtin_cpu_supports("avx2")  ? multiply_avx2
	                                         : multiply_any;
}
#else
static Multiply *widest(void)
{
	return multiply_any;
}
#endif

void matmul_add(MatmulLeft a, const float *b, float *c, MatmulShape shape)
{
	widest()(a, b, c, shape);
}
