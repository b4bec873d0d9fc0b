/* calibration_isotonic.c: the non-decreasing curve of least squares, by pooling adjacent violators (Ayer and others 1955). */
#include "stats/calibration_kinds.h"

#include <math.h>
#include <stdlib.h>

typedef struct Step {
	double from, to, weight, mean; /* over scores from .. to */
} Step;

static int by_score(const void *a, const void *b)
{
	double x = ((const Step *)a)->from, y = ((const Step *)b)->from;
	return (x > y) - (x < y);
}

static Step merged(Step a, Step b)
{
	double weight = a.weight + b.weight;
	return (Step){a.from, b.to, weight, (a.mean * a.weight + b.mean * b.weight) / weight};
}

/* Rows with the same score are one point. */
static size_t collect(const Scored *s, size_t class, Step *steps)
{
	size_t count = 0, kept = 0;
	for (size_t i = 0; i < s->rows; i++) {
		double p = s->scores[i * s->classes + class], w = calibration_weight(s, i);
		if (w > 0)
			steps[count++] = (Step){p, p, w, (size_t)s->y[i] == class};
	}
	qsort(steps, count, sizeof *steps, by_score);
	for (size_t i = 0; i < count; i++) {
		if (kept && steps[kept - 1].from == steps[i].from)
			steps[kept - 1] = merged(steps[kept - 1], steps[i]);
		else
			steps[kept++] = steps[i];
	}
	return kept;
}

static size_t pool(Step *steps, size_t count)
{
	size_t kept = 0;
	for (size_t i = 0; i < count; i++) {
		steps[kept++] = steps[i];
		for (; kept > 1 && steps[kept - 2].mean >= steps[kept - 1].mean; kept--)
			steps[kept - 2] = merged(steps[kept - 2], steps[kept - 1]);
	}
	return kept;
}

static bool fit(const Scored *s, size_t class, GArray *curve)
{
	g_autofree Step *steps = g_new(Step, MAX(s->rows, 1));
	size_t count = pool(steps, collect(s, class, steps));
	for (size_t i = 0; i < count; i++) {
		double points[] = {steps[i].from, steps[i].mean, steps[i].to, steps[i].mean};
		g_array_append_vals(curve, points, steps[i].from < steps[i].to ? 4 : 2);
	}
	return count > 0;
}

static bool check(const double *curve, size_t count)
{
	for (size_t i = 0; i < count; i += 2)
		if (curve[i + 1] < 0 || curve[i + 1] > 1 ||
		        (i > 0 && (curve[i] <= curve[i - 2] || curve[i + 1] < curve[i - 1])))
			return false;
	return true;
}

static double apply(const double *curve, size_t count, double p)
{
	size_t low = 0, high = count / 2;
	while (low < high) { /* first point at p or behind */
		size_t middle = (low + high) / 2;
		if (curve[2 * middle] < p)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == count / 2)
		return curve[count - 1];
	if (low == 0 || curve[2 * low] == p)
		return curve[2 * low + 1];
	const double *a = curve + 2 * (low - 1), *b = curve + 2 * low;
	return a[1] + (b[1] - a[1]) * (p - a[0]) / (b[0] - a[0]);
}

const CalibrationKind CALIBRATION_ISOTONIC = {.name = "isotonic",
        .help = "the best curve that never falls; needs about a thousand rows, and makes ties",
        .least = 2,
        .multiple = 2,
        .fit = fit,
        .check = check,
        .apply = apply};
