/* radix.c: numbers by radix: 11 bits at a time, lowest first.  A million take about as long as four passes over them. */
#include "stats/radix.h"

#include <stdint.h>
#include <string.h>

enum { BITS = 11, BUCKETS = 1 << BITS, PASSES = 6 };

/* A double's bits in an order that whole numbers have: negative ones turned round, positive ones above them. */
static uint64_t key_of(double value)
{
	uint64_t bits;
	memcpy(&bits, &value, sizeof bits);
	return bits ^ (bits >> 63 ? UINT64_MAX : 1ull << 63);
}

static size_t digit(uint64_t key, int pass)
{
	return (key >> (pass * BITS)) & (BUCKETS - 1);
}

static void count_digits(const double *values, size_t count, size_t (*counts)[BUCKETS])
{
	memset(counts, 0, PASSES * sizeof *counts);
	for (size_t i = 0; i < count; i++) {
		uint64_t key = key_of(values[i]);
		for (int pass = 0; pass < PASSES; pass++)
			counts[pass][digit(key, pass)]++;
	}
}

void radix_sort(double *values, double *scratch, size_t count)
{
	size_t counts[PASSES][BUCKETS];
	double *from = values, *to = scratch;
	if (count < 2)
		return;
	count_digits(values, count, counts);
	for (int pass = 0; pass < PASSES; pass++) {
		size_t at = 0;
		if (counts[pass][digit(key_of(from[0]), pass)] == count) /* all alike in these bits */
			continue;
		for (size_t b = 0; b < BUCKETS; b++) {
			size_t here = counts[pass][b];
			counts[pass][b] = at;
			at += here;
		}
		for (size_t i = 0; i < count; i++)
			to[counts[pass][digit(key_of(from[i]), pass)]++] = from[i];
		double *other = from;
		from = to;
		to = other;
	}
	if (from != values)
		memcpy(values, from, count * sizeof *values);
}
