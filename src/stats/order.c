/* order.c: a radix sort from the lowest digit up, six digits of eleven bits.  A digit that is the same in all rows costs
 * nothing beside its count, and probabilities share most of their exponent. */
#include "stats/order.h"

#include <glib.h>
#include <stdlib.h>
#include <string.h>

enum { DIGIT_BITS = 11, DIGIT_VALUES = 1 << DIGIT_BITS, DIGITS = 6, SMALL = 2048 };

typedef struct Keyed {
	uint64_t key;
	uint32_t row;
} Keyed;

/* Bits that compare as unsigned numbers the way the doubles compare: negative ones inverted, others with the sign set. */
static uint64_t key_of(double value, bool falling)
{
	uint64_t bits;
	memcpy(&bits, &value, sizeof bits);
	bits = bits >> 63 ? ~bits : bits | UINT64_C(1) << 63;
	return falling ? ~bits : bits;
}

static unsigned digit_of(uint64_t key, unsigned digit)
{
	return key >> (digit * DIGIT_BITS) & (DIGIT_VALUES - 1);
}

static int compare_keyed(const void *a, const void *b)
{
	const Keyed *x = a, *y = b;
	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return x->row < y->row ? -1 : 1;
}

/* Moves rows to where their digit belongs; false if all share it and nothing was moved. */
static bool sort_digit(const Keyed *from, Keyed *to, size_t rows, unsigned digit, uint32_t *count)
{
	if (count[digit_of(from[0].key, digit)] == rows)
		return false;
	uint32_t start = 0;
	for (unsigned d = 0; d < DIGIT_VALUES; d++) {
		uint32_t here = count[d];
		count[d] = start;
		start += here;
	}
	for (size_t i = 0; i < rows; i++)
		to[count[digit_of(from[i].key, digit)]++] = from[i];
	return true;
}

/* Sorts with `spare` as room; returns whichever of the two holds the result. */
static Keyed *radix_sort(Keyed *keyed, Keyed *spare, size_t rows)
{
	g_autofree uint32_t *counts = g_new0(uint32_t, (size_t)DIGITS * DIGIT_VALUES);
	for (size_t i = 0; i < rows; i++)
		for (unsigned d = 0; d < DIGITS; d++)
			counts[d * DIGIT_VALUES + digit_of(keyed[i].key, d)]++;
	for (unsigned d = 0; d < DIGITS; d++) {
		if (!sort_digit(keyed, spare, rows, d, counts + (size_t)d * DIGIT_VALUES))
			continue;
		Keyed *swap = keyed;
		keyed = spare;
		spare = swap;
	}
	return keyed;
}

uint32_t *order_rows(const double *values, size_t rows, size_t stride, bool falling)
{
	g_assert(rows <= UINT32_MAX);
	g_autofree Keyed *keyed = g_new(Keyed, rows);
	for (size_t i = 0; i < rows; i++)
		keyed[i] = (Keyed){key_of(values[i * stride], falling), (uint32_t)i};
	g_autofree Keyed *spare = NULL;
	const Keyed *sorted = keyed;
	if (rows <= SMALL) {
		if (rows)
			qsort(keyed, rows, sizeof *keyed, compare_keyed);
	} else {
		spare = g_new(Keyed, rows);
		sorted = radix_sort(keyed, spare, rows);
	}
	uint32_t *ret = g_new(uint32_t, rows);
	for (size_t i = 0; i < rows; i++)
		ret[i] = sorted[i].row;
	return ret;
}
