/* detector_ddm.c: DDM: the error rate has risen well above the lowest it ever was (Gama et al. 2004,
 * doi:10.1007/978-3-540-28645-5_29). */
#include <math.h>

#include "base/json.h"
#include "monitor/detector.h"

typedef struct Ddm {
	int64_t warm_start;
	double warning, drift;
	int64_t count;
	double rate, best_rate, best_error;
	unsigned state;
} Ddm;

static const Param PARAMS[] = {
        {"warm_start", PARAM_INT, "values before the first verdict", "30", .min = 1, .max = 1e9},
        {"warning_threshold", PARAM_REAL, "standard deviations above the lowest rate that warn", "2.0", .min = 0,
                .max = 1e3},
        {"drift_threshold", PARAM_REAL, "standard deviations above the lowest rate that are a drift", "3.0", .min = 0,
                .max = 1e3},
        {NULL},
};

static void start(Ddm *d)
{
	d->count = 0;
	d->rate = 0;
	d->best_rate = d->best_error = INFINITY;
	d->state = 0;
}

static bool open_ddm(const json_t *params, void **ret, GError **error)
{
	Ddm *d = g_new0(Ddm, 1);
	d->warm_start = json_get_int(params, "warm_start", 30);
	d->warning = json_get_number(params, "warning_threshold", 2);
	d->drift = json_get_number(params, "drift_threshold", 3);
	start(d);
	*ret = d;
	return true;
}

static unsigned add(void *state, double value)
{
	Ddm *d = state;
	if (d->state & DETECTOR_DRIFT)
		start(d);
	d->rate += (value - d->rate) / (double)++d->count;
	if (d->count <= d->warm_start)
		return d->state;
	double spread = sqrt(d->rate * (1 - d->rate) / (double)d->count), level = d->rate + spread;
	if (level <= d->best_rate + d->best_error) {
		d->best_rate = d->rate;
		d->best_error = spread;
	}
	d->state = level > d->best_rate + d->warning * d->best_error ? DETECTOR_WARNING : 0;
	if (level > d->best_rate + d->drift * d->best_error)
		d->state = DETECTOR_DRIFT;
	return d->state;
}

const DetectorKind DETECTOR_DDM = {
        .name = "ddm",
        .help = "the error rate is well above its lowest: for sudden changes",
        .params = PARAMS,
        .is_binary = true,
        .open = open_ddm,
        .add = add,
        .free = g_free,
};
