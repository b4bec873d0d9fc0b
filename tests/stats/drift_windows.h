/* drift_windows.h: windows of ten columns drawn by formula, with nothing changed or with one column changed: how often does a
 * comparison raise an alarm?  Used by the test (small) and by bench/60-false-alarms (the whole table). */
#pragma once

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "stats/drift.h"

enum { WINDOW_COLUMNS = 10 };

/* What happens to the first column of the newer rows. */
typedef struct WindowChange {
	const char *name;
	double shift, scale; /* of a normal column */
	double outlier;      /* one value put in; 0: none */
} WindowChange;

static int windows_by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

typedef struct WindowSource {
	const double *values;
	size_t at, count;
} WindowSource;

static bool windows_next(void *source, double *ret)
{
	WindowSource *s = source;
	if (s->at == s->count)
		return false;
	*ret = s->values[s->at++];
	return true;
}

/* Column 0..4 normal, 5 long-tailed, 6 counts with many ties. */
static double windows_number(Rng *r, int column)
{
	double z = rng_normal(r);
	return column < 5 ? z : column == 5 ? exp(2 * z) : floor(fabs(z) * 3);
}

static void windows_draw(Rng *r, int column, const WindowChange *change, double *values, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		values[i] = windows_number(r, column);
		if (change && column == 0)
			values[i] = values[i] * change->scale + change->shift;
	}
	if (change && column == 0 && change->outlier != 0)
		values[0] = change->outlier;
	qsort(values, count, sizeof(double), windows_by_value);
}

static DriftReport windows_numbers(const double *a, size_t count_a, const double *b, size_t count_b)
{
	DriftReport report;
	WindowSource first = {a, 0, count_a}, second = {b, 0, count_b};
	drift_numbers((DriftStream){windows_next, &first, (int64_t)count_a},
	        (DriftStream){windows_next, &second, (int64_t)count_b}, &report);
	return report;
}

/* Column 7: 50 equal categories, 8: 3 unequal ones, 9: 1,000 rare ones. */
static int windows_category(Rng *r, int column)
{
	if (column == 8)
		return (int)(3 * rng_unit(r) * rng_unit(r));
	return (int)rng_below(r, column == 7 ? 50 : 1000);
}

static DriftReport windows_categories(Rng *r, int column, size_t count_a, size_t count_b)
{
	static int64_t counts[2][1000];
	DriftReport report;
	DriftCategories c;
	memset(counts, 0, sizeof counts);
	for (size_t i = 0; i < count_a + count_b; i++)
		counts[i >= count_a][windows_category(r, column)]++;
	drift_categories_begin(&c, (int64_t)count_a, (int64_t)count_b, &report);
	for (int i = 0; i < 1000; i++)
		if (counts[0][i] || counts[1][i])
			drift_categories_add(&c, counts[0][i], counts[1][i]);
	drift_categories_end(&c);
	return report;
}

/* Of `windows` comparisons, those in which a column drifted; with a change: in which the first column did. */
static inline size_t windows_alarms(
        size_t count_a, size_t count_b, size_t windows, const WindowChange *change, double effect)
{
	Rng r = rng_stream(count_a * 1000003 + count_b, change ? change->name : "nothing");
	double *a = malloc(count_a * sizeof *a), *b = malloc(count_b * sizeof *b);
	size_t alarms = 0;
	for (size_t w = 0; w < windows; w++) {
		DriftQuestion questions[WINDOW_COLUMNS];
		bool any = false;
		for (int c = 0; c < WINDOW_COLUMNS; c++) {
			DriftReport report;
			if (c < 7) {
				windows_draw(&r, c, NULL, a, count_a);
				windows_draw(&r, c, change, b, count_b);
				report = windows_numbers(a, count_a, b, count_b);
			} else {
				report = windows_categories(&r, c, count_a, count_b);
			}
			questions[c] = (DriftQuestion){report.effect, report.p};
		}
		drift_judge(questions, WINDOW_COLUMNS, 0.03, effect);
		for (int c = 0; c < WINDOW_COLUMNS; c++)
			any |= questions[c].drifted && (!change || c == 0);
		alarms += any;
	}
	free(a);
	free(b);
	return alarms;
}
