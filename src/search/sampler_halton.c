/* sampler_halton.c: a scrambled Halton sequence: points that fill the space more evenly than random ones.
 *
 * Dimension i counts in the i-th prime and mirrors the digits at the point; the digits of each place are permuted by the seed,
 * which takes away the sequence's stripes in higher dimensions (Owen 2017, arXiv:1706.02808). */
#include "search/samplers.h"

static bool is_prime(unsigned n)
{
	for (unsigned k = 2; k * k <= n; k++)
		if (n % k == 0)
			return false;
	return true;
}

static unsigned next_prime(unsigned after)
{
	for (after++; !is_prime(after);)
		after++;
	return after;
}

static double mirrored(uint64_t seed, unsigned base, unsigned index)
{
	g_autofree uint32_t *digits = g_new(uint32_t, base);
	double value = 0, scale = 1;
	for (unsigned place = 0; scale > 1e-12; place++, index /= base) {
		g_autofree char *stream = g_strdup_printf("halton %u %u", base, place);
		Rng rng = rng_stream(seed, stream);
		for (uint32_t i = 0; i < base; i++)
			digits[i] = i;
		rng_shuffle(&rng, digits, base);
		scale /= base;
		value += scale * digits[index % base];
	}
	return MIN(value, 1 - 1e-12);
}

static bool next(const History *h, unsigned number, double *ret_point)
{
	g_autofree double *units = g_new(double, h->space->count);
	unsigned prime = 1;
	for (size_t i = 0; i < h->space->count; i++) {
		prime = next_prime(prime);
		units[i] = mirrored(h->seed, prime, number);
	}
	space_place(h->space, units, ret_point);
	return true;
}

const SamplerKind SAMPLER_HALTON = {
        .name = "halton", .help = "points that fill the space evenly: a scrambled Halton sequence", .next = next};
