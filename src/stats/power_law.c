/* power_law.c: for a given rate the law is linear in floor and scale, so only the rate is searched. */
#include "stats/power_law.h"

#include <math.h>

typedef struct Line {
	double floor, scale, squares; /* weighted sum of squared misses */
} Line;

static double misses(const CurvePoint *points, size_t count, double rate, double floor, double scale)
{
	double sum = 0;
	for (size_t i = 0; i < count; i++) {
		double off = (points[i].error - floor - scale * pow(points[i].rows, -rate)) / points[i].spread;
		sum += off * off;
	}
	return sum;
}

/* The best of: both free, no floor, no scale; the free one only where neither is negative. */
static Line line_at(const CurvePoint *points, size_t count, double rate)
{
	double w = 0, wx = 0, wxx = 0, wy = 0, wxy = 0;
	for (size_t i = 0; i < count; i++) {
		double weight = 1 / (points[i].spread * points[i].spread), x = pow(points[i].rows, -rate);
		w += weight;
		wx += weight * x;
		wxx += weight * x * x;
		wy += weight * points[i].error;
		wxy += weight * x * points[i].error;
	}
	double spread = w * wxx - wx * wx;
	double scale = spread > 0 ? (w * wxy - wx * wy) / spread : 0, floor = (wy - scale * wx) / w;
	if (scale < 0) {
		scale = 0;
		floor = wy / w;
	}
	if (floor < 0) {
		floor = 0;
		scale = wxy / wxx;
	}
	return (Line){floor, scale, misses(points, count, rate, floor, scale)};
}

static bool has_three(const CurvePoint *points, size_t count)
{
	size_t different = 0;
	for (size_t i = 0; i < count; i++) {
		bool seen = false;
		for (size_t k = 0; k < i; k++)
			seen = seen || points[k].rows == points[i].rows;
		different += !seen;
	}
	return different >= 3;
}

bool power_law_fit(const CurvePoint *points, size_t count, PowerLaw *ret)
{
	enum { STEPS = 40 };
	double best = INFINITY;
	if (!has_three(points, count))
		return false;
	for (unsigned step = 1; step <= STEPS; step++) {
		double rate = 0.05 * step;
		Line line = line_at(points, count, rate);
		if (!(line.squares < best))
			continue;
		best = line.squares;
		*ret = (PowerLaw){line.floor, line.scale, rate};
	}
	return isfinite(best);
}

double power_law_at(PowerLaw p, double rows)
{
	return p.floor + p.scale * pow(rows, -p.rate);
}

double power_law_rows(PowerLaw p, double error)
{
	return error > p.floor ? pow(p.scale / (error - p.floor), 1 / p.rate) : INFINITY;
}
