/* python_random.c: the numbers that Python's random.Random(seed) gives. */
#include "monitor/python_random.h"

#include <glib.h>
#include <stdbool.h>
#include <math.h>
#include <string.h>

enum { WORDS = 624, AHEAD = 397 };

static void seed_word(PythonRandom *r, uint32_t seed)
{
	r->state[0] = seed;
	for (uint32_t i = 1; i < WORDS; i++)
		r->state[i] = 1812433253u * (r->state[i - 1] ^ (r->state[i - 1] >> 30)) + i;
	r->next = WORDS;
}

/* The last word comes round to the place of the first. */
static void step_index(PythonRandom *r, uint32_t *i)
{
	if (++*i == WORDS) {
		r->state[0] = r->state[WORDS - 1];
		*i = 1;
	}
}

void python_random_seed(PythonRandom *r, uint64_t seed)
{
	uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)}, length = key[1] ? 2 : 1, i = 1;
	seed_word(r, 19650218u);
	for (uint32_t k = 0; k < WORDS; k++) {
		uint32_t before = r->state[i - 1], j = k % length;
		r->state[i] = (r->state[i] ^ ((before ^ (before >> 30)) * 1664525u)) + key[j] + j;
		step_index(r, &i);
	}
	for (uint32_t k = 0; k < WORDS - 1; k++) {
		uint32_t before = r->state[i - 1];
		r->state[i] = (r->state[i] ^ ((before ^ (before >> 30)) * 1566083941u)) - i;
		step_index(r, &i);
	}
	r->state[0] = 0x80000000u;
}

static void refill(PythonRandom *r)
{
	for (unsigned i = 0; i < WORDS; i++) {
		uint32_t y = (r->state[i] & 0x80000000u) | (r->state[(i + 1) % WORDS] & 0x7fffffffu);
		r->state[i] = r->state[(i + AHEAD) % WORDS] ^ (y >> 1) ^ (y & 1 ? 0x9908b0dfu : 0);
	}
	r->next = 0;
}

static uint32_t next_word(PythonRandom *r)
{
	if (r->next == WORDS)
		refill(r);
	uint32_t y = r->state[r->next++];
	y ^= y >> 11;
	y ^= (y << 7) & 0x9d2c5680u;
	y ^= (y << 15) & 0xefc60000u;
	return y ^ (y >> 18);
}

uint32_t python_random_bits(PythonRandom *r, unsigned bits)
{
	return next_word(r) >> (32 - bits);
}

double python_random_unit(PythonRandom *r)
{
	double high = next_word(r) >> 5, low = next_word(r) >> 6;
	return (high * 67108864.0 + low) / 9007199254740992.0;
}

static uint32_t below(PythonRandom *r, uint32_t bound)
{
	unsigned bits = g_bit_storage(bound);
	uint32_t value;
	do
		value = python_random_bits(r, bits);
	while (value >= bound);
	return value;
}

/* CPython draws from a list that shrinks where this is smaller than a set of what was drawn. */
static bool prefers_list(uint32_t population, uint32_t count)
{
	double set_size = 21;
	if (count > 5)
		set_size += pow(4, ceil(log(count * 3.0) / log(4)));
	return population <= set_size;
}

void python_random_sample(PythonRandom *r, uint32_t population, uint32_t count, uint32_t *ret)
{
	g_autofree uint32_t *pool = g_new(uint32_t, population);
	bool list = prefers_list(population, count);
	for (uint32_t i = 0; i < population; i++)
		pool[i] = list ? i : 0;
	for (uint32_t i = 0; i < count; i++) {
		uint32_t j = below(r, list ? population - i : population);
		while (!list && pool[j]) /* drawn before */
			j = below(r, population);
		ret[i] = list ? pool[j] : j;
		pool[j] = list ? pool[population - i - 1] : 1;
	}
}
