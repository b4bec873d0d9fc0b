/* rng.c: xoshiro256** in named streams. */
#include "base/rng.h"

#include <math.h>

static uint64_t mix(uint64_t z)
{
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

uint64_t rng_hash(uint64_t seed, uint64_t index)
{
	return mix(mix(seed + 0x9e3779b97f4a7c15u) + (index + 1) * 0x9e3779b97f4a7c15u);
}

Rng rng_stream(uint64_t seed, const char *name)
{
	uint64_t hash = 0xcbf29ce484222325u;
	for (const char *c = name; *c; c++)
		hash = (hash ^ (unsigned char)*c) * 0x100000001b3u;
	uint64_t base = mix(seed + 0x9e3779b97f4a7c15u) ^ hash;
	Rng r;
	for (unsigned i = 0; i < 4; i++)
		r.state[i] = mix(base += 0x9e3779b97f4a7c15u);
	return r;
}

static uint64_t rotate(uint64_t x, int k)
{
	return x << k | x >> (64 - k);
}

uint64_t rng_bits(Rng *r)
{
	uint64_t *s = r->state;
	uint64_t ret = rotate(s[1] * 5, 7) * 9;
	uint64_t t = s[1] << 17;
	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotate(s[3], 45);
	return ret;
}

double rng_unit(Rng *r)
{
	return (double)(rng_bits(r) >> 11) * 0x1p-53;
}

/* Lemire's multiplication with rejection (doi:10.1145/3230636). */
uint64_t rng_below(Rng *r, uint64_t bound)
{
	__extension__ typedef unsigned __int128 Wide;
	Wide product = (Wide)rng_bits(r) * bound;
	if ((uint64_t)product < bound) {
		uint64_t floor = -bound % bound;
		while ((uint64_t)product < floor)
			product = (Wide)rng_bits(r) * bound;
	}
	return (uint64_t)(product >> 64);
}

/* Box and Muller's transform, the cosine half only: no state to keep. */
double rng_normal(Rng *r)
{
	double u = 1 - rng_unit(r);
	return sqrt(-2 * log(u)) * cos(2 * 3.14159265358979323846 * rng_unit(r));
}

/* By inversion of the distribution function: with mean 1 it takes two comparisons in the middle. */
unsigned rng_poisson1(Rng *r)
{
	double u = rng_unit(r), mass = 0.36787944117144233, sum = mass;
	unsigned k = 0;
	while (u >= sum && k < 32) {
		mass /= ++k;
		sum += mass;
	}
	return k;
}

void rng_shuffle(Rng *r, uint32_t *values, size_t count)
{
	for (size_t i = count; i > 1; i--) {
		size_t j = rng_below(r, i);
		uint32_t swap = values[i - 1];
		values[i - 1] = values[j];
		values[j] = swap;
	}
}
