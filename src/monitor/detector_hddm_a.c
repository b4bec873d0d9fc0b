/* detector_hddm_a.c: HDDM_A: the mean of all values against the best mean of a first part, by Hoeffding's bound (Frias-Blanco et
 * al. 2015, doi:10.1109/TKDE.2014.2345382). */
#include <math.h>

#include "base/json.h"
#include "monitor/detector.h"

typedef struct Part {
	double count, mean;
} Part;

typedef struct Hddm {
	double drift, warning;
	bool two_sided;
	Part all, lowest, highest; /* the first values of `all` whose bound was lowest, and highest */
	unsigned state;
} Hddm;

static const Param PARAMS[] = {
        {"drift_confidence", PARAM_REAL, "chance of a false drift", "0.001", .min = 1e-12, .max = 1},
        {"warning_confidence", PARAM_REAL, "chance of a false warning", "0.005", .min = 1e-12, .max = 1},
        {"two_sided_test", PARAM_BOOL, "look for a mean that falls too", "false"},
        {NULL},
};

static bool open_hddm(const json_t *params, void **ret, GError **error)
{
	Hddm *d = g_new0(Hddm, 1);
	d->drift = json_get_number(params, "drift_confidence", 0.001);
	d->warning = json_get_number(params, "warning_confidence", 0.005);
	d->two_sided = json_get_bool(params, "two_sided_test", false);
	*ret = d;
	return true;
}

static double bound(const Hddm *d, double count)
{
	return sqrt(log(1 / d->drift) / (2 * count));
}

/* Do the mean of all and of a first part differ by `gap`, beyond chance? */
static bool differ(const Hddm *d, const Part *first, double gap, double confidence)
{
	if (first->count == d->all.count)
		return false;
	double m = (d->all.count - first->count) / first->count * (1 / d->all.count);
	return gap >= sqrt(m / 2 * log(2 / confidence));
}

static unsigned judge(const Hddm *d)
{
	double rise = d->all.mean - d->lowest.mean, fall = d->highest.mean - d->all.mean;
	unsigned state = 0;
	if (differ(d, &d->lowest, rise, d->drift))
		state = DETECTOR_DRIFT;
	else if (differ(d, &d->lowest, rise, d->warning))
		state = DETECTOR_WARNING;
	if (!d->two_sided)
		return state;
	if (differ(d, &d->highest, fall, d->drift))
		state |= DETECTOR_DRIFT;
	else if (differ(d, &d->highest, fall, d->warning))
		state |= DETECTOR_WARNING;
	return state;
}

static unsigned add(void *state, double value)
{
	Hddm *d = state;
	if (d->state & DETECTOR_DRIFT)
		d->all = d->lowest = d->highest = (Part){0};
	d->all.count++;
	d->all.mean += (value - d->all.mean) / d->all.count;
	if (d->lowest.count == 0)
		d->lowest = d->highest = d->all;
	double now = bound(d, d->all.count);
	if (d->lowest.mean + bound(d, d->lowest.count) >= d->all.mean + now)
		d->lowest = d->all;
	if (d->highest.mean - bound(d, d->highest.count) <= d->all.mean - now)
		d->highest = d->all;
	return d->state = judge(d);
}

const DetectorKind DETECTOR_HDDM_A = {
        .name = "hddm_a",
        .help = "the mean of all values is above the best mean of a first part, by Hoeffding's bound",
        .params = PARAMS,
        .is_binary = true,
        .open = open_hddm,
        .add = add,
        .free = g_free,
};
