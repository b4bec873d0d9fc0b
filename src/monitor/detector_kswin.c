/* detector_kswin.c: KSWIN: the newest values of a sliding window against a sample of the older ones, by the Kolmogorov-Smirnov test
 * (Raab, Heusinger and Schleif 2020, doi:10.1016/j.neucom.2019.11.111).  The sample is drawn as Python draws it. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "monitor/detector.h"
#include "monitor/python_random.h"
#include "stats/ks.h"

/* The paper and river: a gap of the two distributions below it is no drift, however sure. */
#define SMALLEST_GAP 0.1

typedef struct Kswin {
	double alpha;
	size_t window, newest;
	uint64_t seed;
	PythonRandom random;
	double *values; /* oldest first; `window` of them */
	size_t count;
	uint32_t *drawn;
	double *a, *b; /* `newest` each */
	bool found;
} Kswin;

static const Param PARAMS[] = {
        {"alpha", PARAM_REAL, "chance of a false drift at each value", "0.005", .min = 0, .max = 1},
        {"window_size", PARAM_INT, "values in the window", "100", .min = 2, .max = 1e6},
        {"stat_size", PARAM_INT, "newest values that are compared with as many older ones", "30", .min = 1, .max = 5e5},
        {"seed", PARAM_INT, "of the choice among the older values", "42", .min = 0, .max = 9e15},
        {NULL},
};

static void start(Kswin *d)
{
	d->count = 0;
	d->found = false;
	python_random_seed(&d->random, d->seed);
}

static bool open_kswin(const json_t *params, void **ret, GError **error)
{
	size_t window = (size_t)json_get_int(params, "window_size", 100);
	size_t newest = (size_t)json_get_int(params, "stat_size", 30);
	if (window < 2 * newest)
		return fail(error, FAIL_INVALID,
		        "kswin: window_size (%zu) has to be at least twice stat_size (%zu), or there are too few older "
		        "values",
		        window, newest);
	Kswin *d = g_new0(Kswin, 1);
	d->alpha = json_get_number(params, "alpha", 0.005);
	d->window = window;
	d->newest = newest;
	d->seed = (uint64_t)json_get_int(params, "seed", 42);
	d->values = g_new(double, window);
	d->drawn = g_new(uint32_t, newest);
	d->a = g_new(double, newest);
	d->b = g_new(double, newest);
	start(d);
	*ret = d;
	return true;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static bool differs(Kswin *d)
{
	size_t older = d->window - d->newest;
	python_random_sample(&d->random, (uint32_t)older, (uint32_t)d->newest, d->drawn);
	for (size_t i = 0; i < d->newest; i++)
		d->a[i] = d->values[d->drawn[i]];
	memcpy(d->b, d->values + older, d->newest * sizeof(double));
	qsort(d->a, d->newest, sizeof(double), by_value);
	qsort(d->b, d->newest, sizeof(double), by_value);
	KsGap gap = ks_gap(d->a, d->newest, d->b, d->newest);
	return ks_value(gap) > SMALLEST_GAP && ks_p(gap) <= d->alpha;
}

static unsigned add(void *state, double value)
{
	Kswin *d = state;
	if (d->found)
		start(d);
	if (d->count == d->window)
		memmove(d->values, d->values + 1, --d->count * sizeof(double));
	d->values[d->count++] = value;
	d->found = d->count == d->window && differs(d);
	return d->found ? DETECTOR_DRIFT : 0;
}

static void free_kswin(void *state)
{
	Kswin *d = state;
	g_free(d->values);
	g_free(d->drawn);
	g_free(d->a);
	g_free(d->b);
	g_free(d);
}

const DetectorKind DETECTOR_KSWIN = {
        .name = "kswin",
        .help = "the newest values of a sliding window are distributed differently: sees more than the mean",
        .params = PARAMS,
        .open = open_kswin,
        .add = add,
        .free = free_kswin,
};
