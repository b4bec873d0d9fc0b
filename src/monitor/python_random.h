/* python_random.h: the numbers that Python's random.Random(seed) gives, for results that others compute with it.
 *
 * The Mersenne Twister MT19937 seeded by an array of 32-bit words (Matsumoto and Nishimura 1998, doi:10.1145/272991.272995), and
 * CPython's way from its bits to choices.  Only where agreeing with Python is the point; everything else uses base/rng.h. */
#pragma once

#include <stddef.h>
#include <stdint.h>

typedef struct PythonRandom {
	uint32_t state[624];
	unsigned next;
} PythonRandom;

void python_random_seed(PythonRandom *r, uint64_t seed);
uint32_t python_random_bits(PythonRandom *r, unsigned bits); /* getrandbits(bits), 1 .. 32 */
double python_random_unit(PythonRandom *r);                  /* random() */

/* random.sample(range(population), count): count different numbers below population, in the order drawn. */
void python_random_sample(PythonRandom *r, uint32_t population, uint32_t count, uint32_t *ret);
