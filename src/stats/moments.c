/* moments.c: one pass, mergeable. */
#include "stats/moments.h"

#include <math.h>

#include "base/error.h"
#include "base/json.h"

void moments_add(Moments *m, double value)
{
	if (!isfinite(value)) {
		m->missing += isnan(value) != 0;
		m->infinite += !isnan(value);
		return;
	}
	double n = (double)++m->count, deviation = value - m->mean, step = deviation / n;
	double change = deviation * step * (n - 1);
	m->mean += step;
	m->m3 += change * step * (n - 2) - 3 * step * m->m2;
	m->m2 += change;
	m->zeros += value == 0;
	m->negative += value < 0;
	m->min = fmin(m->min, value);
	m->max = fmax(m->max, value);
}

void moments_add_missing(Moments *m, int64_t count)
{
	m->missing += count;
}

static void merge_sums(Moments *into, const Moments *from)
{
	double a = (double)into->count, b = (double)from->count, n = a + b, gap = from->mean - into->mean;
	double part = gap / n;
	into->m3 += from->m3 + gap * a * b * (a - b) * part * part + 3 * part * (a * from->m2 - b * into->m2);
	into->m2 += from->m2 + gap * part * a * b;
	into->mean += part * b;
	into->count += from->count;
}

void moments_merge(Moments *into, const Moments *from)
{
	if (from->count)
		merge_sums(into, from);
	into->missing += from->missing;
	into->infinite += from->infinite;
	into->zeros += from->zeros;
	into->negative += from->negative;
	into->min = fmin(into->min, from->min);
	into->max = fmax(into->max, from->max);
}

double moments_variance(const Moments *m)
{
	return m->count > 1 ? m->m2 / (double)(m->count - 1) : NAN;
}

double moments_deviation(const Moments *m)
{
	return sqrt(moments_variance(m));
}

double moments_skewness(const Moments *m)
{
	return m->m2 > 0 ? sqrt((double)m->count) * m->m3 / pow(m->m2, 1.5) : NAN;
}

json_t *moments_save(const Moments *m)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:o, s:o, s:o, s:o, s:o}", "count", (json_int_t)m->count, "missing",
	        (json_int_t)m->missing, "infinite", (json_int_t)m->infinite, "zeros", (json_int_t)m->zeros, "negative",
	        (json_int_t)m->negative, "mean", json_number(m->mean), "m2", json_number(m->m2), "m3",
	        json_number(m->m3), "min", json_number(m->min), "max", json_number(m->max));
}

bool moments_load(const json_t *saved, Moments *ret, GError **error)
{
	Moments m = {
	        .count = json_get_int(saved, "count", -1),
	        .missing = json_get_int(saved, "missing", -1),
	        .infinite = json_get_int(saved, "infinite", -1),
	        .zeros = json_get_int(saved, "zeros", -1),
	        .negative = json_get_int(saved, "negative", -1),
	        .mean = json_get_number(saved, "mean", NAN),
	        .m2 = json_get_number(saved, "m2", NAN),
	        .m3 = json_get_number(saved, "m3", NAN),
	        .min = json_get_number(saved, "min", NAN),
	        .max = json_get_number(saved, "max", NAN),
	};
	bool counts = m.count >= 0 && m.missing >= 0 && m.infinite >= 0 && m.zeros >= 0 && m.negative >= 0;
	bool numbers = !isnan(m.mean) && m.m2 >= 0 && !isnan(m.m3) && (m.count == 0 || m.min <= m.max);
	if (!counts || !numbers)
		return fail(error, FAIL_BROKEN, "stored moments are not those of any numbers");
	if (m.count == 0) {
		m.min = MOMENTS_NONE.min;
		m.max = MOMENTS_NONE.max;
	}
	*ret = m;
	return true;
}
