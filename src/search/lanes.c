/* lanes.c: the loops of a Gaussian process, compiled for each width of vector there is (lanes.inc).
 *
 * Nearly all of the time goes into two shapes.  One is four rows by eight columns of a product, whose sums stay in registers while its
 * depth is gone through (strip): factor, inverse and the variances of candidates are made of it.  The other is exp. */
#include "search/lanes.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include <glib.h>

enum { TALL = 4 };

#define LOAD(to, from) memcpy(&(to), from, sizeof(to))
#define STORE(to, from) memcpy(to, &(from), sizeof(from))

/* Where a strip's left side lies: at[row * by_row + depth * by_depth]. */
typedef struct Left {
	const double *at;
	size_t by_row, by_depth;
} Left;

/* 1 / k! */
static const double TERM[] = {1, 1, 1.0 / 2, 1.0 / 6, 1.0 / 24, 1.0 / 120, 1.0 / 720, 1.0 / 5040, 1.0 / 40320,
        1.0 / 362880, 1.0 / 3628800, 1.0 / 39916800, 1.0 / 479001600, 1.0 / 6227020800};

static bool runs_here_16(void)
{
	return true;
}

#define LANES_BYTES 16
#define LANES_NAME(x) x##_16
#define LANES_TARGET
#define LANES_TITLE "16 bytes"
#include "search/lanes.inc"

#ifdef __x86_64__
static bool runs_here_32(void)
{
	return __builtin_cpu_supports("avx2");
}

static bool runs_here_64(void)
{
	return __builtin_cpu_supports("avx512f");
}

#define LANES_BYTES 32
#define LANES_NAME(x) x##_32
#define LANES_TARGET __attribute__((target("avx2")))
#define LANES_TITLE "32 bytes (AVX2)"
#include "search/lanes.inc"

#define LANES_BYTES 64
#define LANES_NAME(x) x##_64
#define LANES_TARGET __attribute__((target("avx512f")))
#define LANES_TITLE "64 bytes (AVX-512)"
#include "search/lanes.inc"
#endif

const LanesWay *const LANES_WAYS[] = {
#ifdef __x86_64__
        &WAY_64, &WAY_32,
#endif
        &WAY_16, NULL};

const LanesWay *lanes_way(void)
{
	size_t i = 0;
	while (!LANES_WAYS[i]->runs_here())
		i++;
	return LANES_WAYS[i];
}
