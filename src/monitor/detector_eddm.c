/* detector_eddm.c: EDDM: errors follow each other more closely than they ever did (Baena-Garcia et al. 2006, "Early drift
 * detection method").  With its defaults it raises about twenty false alarms in 10,000 steady values: see docs/monitoring.md. */
#include <math.h>

#include "base/error.h"
#include "base/json.h"
#include "monitor/detector.h"

typedef struct Eddm {
	int64_t warm_start;
	double alpha, beta;
	int64_t count, last_error, errors;
	double mean, m2; /* of the distances between errors */
	double largest;
	unsigned state;
} Eddm;

static const Param PARAMS[] = {
        {"warm_start", PARAM_INT, "values, and errors, before the first verdict", "30", .min = 1, .max = 1e9},
        {"alpha", PARAM_REAL, "a level below it warns", "0.95", .min = 0, .max = 1},
        {"beta", PARAM_REAL, "a level below it is a drift", "0.9", .min = 0, .max = 1},
        {NULL},
};

static void start(Eddm *d)
{
	d->count = d->last_error = d->errors = 0;
	d->mean = d->m2 = 0;
	d->largest = -1;
	d->state = 0;
}

static bool open_eddm(const json_t *params, void **ret, GError **error)
{
	double alpha = json_get_number(params, "alpha", 0.95), beta = json_get_number(params, "beta", 0.9);
	if (alpha < beta)
		return fail(
		        error, FAIL_INVALID, "eddm: alpha (%g) warns, so it cannot be below beta (%g)", alpha, beta);
	Eddm *d = g_new0(Eddm, 1);
	d->warm_start = json_get_int(params, "warm_start", 30);
	d->alpha = alpha;
	d->beta = beta;
	start(d);
	*ret = d;
	return true;
}

static void take_distance(Eddm *d, double distance)
{
	double before = distance - d->mean;
	d->mean += before / (double)++d->errors;
	d->m2 += before * (distance - d->mean);
}

static unsigned add(void *state, double value)
{
	Eddm *d = state;
	if (d->state & DETECTOR_DRIFT)
		start(d);
	d->count++;
	if (value != 1)
		return d->state;
	take_distance(d, (double)(d->count - d->last_error));
	d->last_error = d->count;
	if (d->count <= d->warm_start)
		return d->state;
	double spread = d->errors > 1 ? sqrt(d->m2 / (double)(d->errors - 1)) : 0, reach = d->mean + 2 * spread;
	if (reach > d->largest) {
		d->largest = reach;
	} else if (d->errors > d->warm_start) {
		double level = reach / d->largest;
		if (level < d->beta)
			d->state |= DETECTOR_DRIFT;
		else
			d->state = level < d->alpha ? DETECTOR_WARNING : 0;
	}
	return d->state;
}

const DetectorKind DETECTOR_EDDM = {
        .name = "eddm",
        .help = "errors come closer together than they ever did: for slow changes, at the price of many false alarms",
        .params = PARAMS,
        .is_binary = true,
        .open = open_eddm,
        .add = add,
        .free = g_free,
};
