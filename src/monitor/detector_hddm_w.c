/* detector_hddm_w.c: HDDM_W: moving means that forget the past, compared by McDiarmid's bound (Frias-Blanco et al. 2015,
 * doi:10.1109/TKDE.2014.2345382). */
#include <float.h>
#include <math.h>

#include "base/json.h"
#include "monitor/detector.h"

typedef struct Moving {
	bool any;
	double mean;
	double squares; /* sum of the squared weights: the bound's measure of how much it has seen */
} Moving;

typedef struct Hddm {
	double drift, warning, lambda;
	bool two_sided;
	Moving all;
	Moving before_rise, after_rise, before_fall, after_fall;
	double lowest, highest; /* bound of `all` when the parts before and after were last divided */
	unsigned state;
} Hddm;

static const Param PARAMS[] = {
        {"drift_confidence", PARAM_REAL, "chance of a false drift", "0.001", .min = 1e-12, .max = 1},
        {"warning_confidence", PARAM_REAL, "chance of a false warning", "0.005", .min = 1e-12, .max = 1},
        {"lambda_val", PARAM_REAL, "weight of the newest value", "0.05", .min = 0, .max = 1},
        {"two_sided_test", PARAM_BOOL, "look for a mean that falls too", "false"},
        {NULL},
};

static const Moving NOTHING = {.squares = 1};

static void start(Hddm *d)
{
	d->all = d->before_rise = d->after_rise = d->before_fall = d->after_fall = NOTHING;
	d->lowest = INFINITY;
	d->highest = -INFINITY;
}

static bool open_hddm(const json_t *params, void **ret, GError **error)
{
	Hddm *d = g_new0(Hddm, 1);
	d->drift = json_get_number(params, "drift_confidence", 0.001);
	d->warning = json_get_number(params, "warning_confidence", 0.005);
	d->lambda = json_get_number(params, "lambda_val", 0.05);
	d->two_sided = json_get_bool(params, "two_sided_test", false);
	start(d);
	*ret = d;
	return true;
}

static void take(Moving *m, double lambda, double value)
{
	m->mean = m->any ? lambda * value + (1 - lambda) * m->mean : value;
	m->any = true;
	m->squares = lambda * lambda + (1 - lambda) * (1 - lambda) * m->squares;
}

static double bound(double squares, double confidence)
{
	return sqrt(squares * log(1 / confidence) / 2);
}

static bool above(const Moving *high, const Moving *low, double confidence)
{
	return high->any && low->any && high->mean - low->mean > bound(high->squares + low->squares, confidence);
}

static void divide(Hddm *d, double value)
{
	double reach = bound(d->all.squares, d->drift);
	if (d->all.mean + reach < d->lowest) {
		d->lowest = d->all.mean + reach;
		d->before_rise = d->all;
		d->after_rise = NOTHING;
	} else {
		take(&d->after_rise, d->lambda, value);
	}
	if (d->all.mean - reach > d->highest) {
		d->highest = d->all.mean - reach;
		d->before_fall = d->all;
		d->after_fall = NOTHING;
	} else {
		take(&d->after_fall, d->lambda, value);
	}
}

static unsigned add(void *state, double value)
{
	Hddm *d = state;
	if (d->state & DETECTOR_DRIFT)
		start(d);
	take(&d->all, d->lambda, value);
	divide(d, value);
	d->state = above(&d->after_rise, &d->before_rise, d->drift)     ? DETECTOR_DRIFT
	           : above(&d->after_rise, &d->before_rise, d->warning) ? DETECTOR_WARNING
	                                                                : 0;
	if (d->two_sided && above(&d->before_fall, &d->after_fall, d->drift))
		d->state |= DETECTOR_DRIFT;
	else if (d->two_sided && above(&d->before_fall, &d->after_fall, d->warning))
		d->state |= DETECTOR_WARNING;
	return d->state;
}

/* A bound that was never set is infinite; JSON's largest number stands for it: no mean of values reaches either. */
static json_t *save(const void *state)
{
	const Hddm *d = state;
	const Moving *parts[] = {&d->all, &d->before_rise, &d->after_rise, &d->before_fall, &d->after_fall};
	json_t *kept = json_pack("[f,f,I]", MIN(d->lowest, DBL_MAX), MAX(d->highest, -DBL_MAX), (json_int_t)d->state);
	for (size_t i = 0; i < G_N_ELEMENTS(parts); i++) {
		json_array_append_new(kept, json_boolean(parts[i]->any));
		json_array_append_new(kept, json_real(parts[i]->mean));
		json_array_append_new(kept, json_real(parts[i]->squares));
	}
	return kept;
}

static bool load(void *state, const json_t *saved)
{
	Hddm *d = state;
	Moving *parts[] = {&d->all, &d->before_rise, &d->after_rise, &d->before_fall, &d->after_fall};
	d->lowest = json_number_value(json_array_get(saved, 0));
	d->highest = json_number_value(json_array_get(saved, 1));
	d->state = (unsigned)json_integer_value(json_array_get(saved, 2));
	for (size_t i = 0; i < G_N_ELEMENTS(parts); i++)
		*parts[i] = (Moving){json_is_true(json_array_get(saved, 3 * i + 3)),
		        json_number_value(json_array_get(saved, 3 * i + 4)),
		        json_number_value(json_array_get(saved, 3 * i + 5))};
	return json_array_size(saved) == 3 + 3 * G_N_ELEMENTS(parts);
}

const DetectorKind DETECTOR_HDDM_W = {
        .name = "hddm_w",
        .help = "a moving mean of the newest values is above the one before, by McDiarmid's bound: the quickest",
        .params = PARAMS,
        .is_binary = true,
        .open = open_hddm,
        .add = add,
        .save = save,
        .load = load,
        .free = g_free,
};
