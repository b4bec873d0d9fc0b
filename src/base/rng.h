/* rng.h: random numbers that are the same everywhere.
 *
 * Every random choice takes a seed and a named stream ("bootstrap", "trial 7"): same seed and name, same numbers, whatever
 * else is drawn and in whatever order threads run.  The generator is xoshiro256** 1.0 (Blackman & Vigna,
 * doi:10.1145/3460772), seeded by splitmix64 of the seed and an FNV-1a hash of the name. */
#pragma once

#include <stddef.h>
#include <stdint.h>

typedef struct Rng {
	uint64_t state[4];
} Rng;

Rng rng_stream(uint64_t seed, const char *name);
uint64_t rng_bits(Rng *r);
double rng_unit(Rng *r);                    /* uniform in [0, 1) */
uint64_t rng_below(Rng *r, uint64_t bound); /* uniform in 0 .. bound-1, without bias; bound > 0 */
double rng_normal(Rng *r);                  /* mean 0, standard deviation 1 */
unsigned rng_poisson1(Rng *r);              /* Poisson with mean 1: the weights of a bootstrap draw */
void rng_shuffle(Rng *r, uint32_t *values, size_t count);

/* A 64-bit hash of an index under a seed, for choices by row that need no order: splitmix64's mixing of seed + index. */
uint64_t rng_hash(uint64_t seed, uint64_t index);
