/* exact_sum.c: sums of doubles without rounding. */
#include "feature/exact_sum.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

enum { LOWEST = 1074, PENDING = 1 << 28 };

void exact_sum_clear(ExactSum *s)
{
	g_free(s->digits);
	*s = (ExactSum){0};
}

/* Makes places low .. low+count-1 available. */
static void make_room(ExactSum *s, unsigned low, unsigned count)
{
	unsigned from = s->count ? MIN(low, s->low) : low;
	unsigned to = s->count ? MAX(low + count, (unsigned)s->low + s->count) : low + count;
	if (s->count && from == s->low && to - from == s->count)
		return;
	int64_t *digits = g_new0(int64_t, to - from);
	if (s->count)
		memcpy(digits + (s->low - from), s->digits, s->count * sizeof *digits);
	g_free(s->digits);
	s->digits = digits;
	s->low = (uint16_t)from;
	s->count = (uint16_t)(to - from);
}

/* Brings all digits but the highest into 0 .. 2^32-1. */
static void carry(ExactSum *s)
{
	make_room(s, s->low, s->count + 1u);
	for (unsigned i = 0; i + 1 < s->count; i++) {
		int64_t over = s->digits[i] >> 32;
		s->digits[i] -= (int64_t)((uint64_t)over << 32);
		s->digits[i + 1] += over;
	}
	while (s->count > 1 && s->digits[s->count - 1] == 0)
		s->count--;
	s->pending = 0;
}

static void add_digits(ExactSum *s, unsigned place, uint64_t mantissa, unsigned shift, bool negative)
{
	uint64_t low = (mantissa & UINT32_MAX) << shift, high = (mantissa >> 32) << shift;
	int64_t digits[3] = {low & UINT32_MAX, (low >> 32) + (high & UINT32_MAX), high >> 32};
	if (place < s->low || place + 3 > (unsigned)s->low + s->count || !s->count)
		make_room(s, place, 3);
	int64_t *to = s->digits + (place - s->low);
	for (unsigned i = 0; i < 3; i++)
		to[i] += negative ? -digits[i] : digits[i];
}

void exact_sum_add(ExactSum *s, double value)
{
	uint64_t bits;
	memcpy(&bits, &value, sizeof bits);
	unsigned exponent = bits >> 52 & 0x7ff;
	uint64_t mantissa = bits & 0xfffffffffffffu;
	if (exponent)
		mantissa |= (uint64_t)1 << 52;
	else
		exponent = 1;
	if (mantissa == 0)
		return;
	unsigned units = exponent - 1; /* value = mantissa * 2^(units - 1074) */
	add_digits(s, units / 32, mantissa, units % 32, bits >> 63);
	if (++s->pending >= PENDING)
		carry(s);
}

static void combine(ExactSum *into, const ExactSum *from, int sign)
{
	if (!from->count)
		return;
	if (into->pending + (uint64_t)from->pending + 2 >= PENDING)
		carry(into);
	make_room(into, from->low, from->count);
	for (unsigned i = 0; i < from->count; i++)
		into->digits[from->low - into->low + i] += sign * from->digits[i];
	into->pending += from->pending + 2;
}

void exact_sum_merge(ExactSum *into, const ExactSum *from)
{
	combine(into, from, 1);
}

void exact_sum_subtract(ExactSum *into, const ExactSum *from)
{
	combine(into, from, -1);
}

/* a + b as a double and the rest (Knuth, TAOCP 2, 4.2.2). */
static double two_sum(double a, double b, double *ret_rest)
{
	double sum = a + b, part = sum - a;
	*ret_rest = (a - (sum - part)) + (b - part);
	return sum;
}

double exact_sum_value(const ExactSum *s, double *ret_low)
{
	ExactSum copy = {g_memdup2(s->digits, s->count * sizeof *s->digits), s->low, s->count, s->pending};
	double high = 0, low = 0, sign = 1;
	if (copy.count)
		carry(&copy);
	if (copy.count && copy.digits[copy.count - 1] < 0) {
		sign = -1;
		for (unsigned i = 0; i < copy.count; i++)
			copy.digits[i] = -copy.digits[i];
		carry(&copy);
	}
	for (unsigned i = copy.count; i-- > 0;) {
		double rest;
		high = two_sum(high, ldexp((double)copy.digits[i], 32 * (copy.low + (int)i) - LOWEST), &rest);
		low += rest;
	}
	high = two_sum(high, low, &low);
	if (ret_low)
		*ret_low = sign * low;
	exact_sum_clear(&copy);
	return sign * high;
}

void exact_moments_clear(ExactMoments *m)
{
	exact_sum_clear(&m->sum);
	exact_sum_clear(&m->squares);
	m->count = 0;
}

void exact_moments_add(ExactMoments *m, double value)
{
	double square = value * value;
	m->count++;
	exact_sum_add(&m->sum, value);
	exact_sum_add(&m->squares, square);
	exact_sum_add(&m->squares, fma(value, value, -square));
}

void exact_moments_merge(ExactMoments *into, const ExactMoments *from)
{
	into->count += from->count;
	exact_sum_merge(&into->sum, &from->sum);
	exact_sum_merge(&into->squares, &from->squares);
}

double exact_moments_mean(const ExactMoments *m)
{
	return m->count ? exact_sum_value(&m->sum, NULL) / (double)m->count : NAN;
}

/* (n * squares - sum^2) / n^2 with 106 bits before the difference: its cancellation costs digits, but of these there
 * are enough for values that differ in the last bits only. */
double exact_moments_variance(const ExactMoments *m)
{
	double n = (double)m->count, sum_low, squares_low;
	double sum = exact_sum_value(&m->sum, &sum_low), squares = exact_sum_value(&m->squares, &squares_low);
	if (!m->count)
		return NAN;
	double a = n * squares, a_low = fma(n, squares, -a) + n * squares_low;
	double b = sum * sum, b_low = fma(sum, sum, -b) + 2 * sum * sum_low;
	double rest, difference = two_sum(a, -b, &rest);
	return MAX(difference + (rest + (a_low - b_low)), 0) / n / n;
}
