/* detector_page_hinkley.c: Page-Hinkley: the sum of deviations from the running mean has moved away from its extreme (Page
 * 1954, doi:10.2307/2333009). */
#include <math.h>

#include "base/json.h"
#include "monitor/detector.h"

typedef struct PageHinkley {
	int64_t min_instances;
	double delta, threshold, alpha;
	bool up, down; /* which way a change counts */
	int64_t count;
	double mean, rise, fall, lowest, highest;
	unsigned state;
} PageHinkley;

static const char *const MODES[] = {"up", "down", "both", NULL};

static const Param PARAMS[] = {
        {"min_instances", PARAM_INT, "values before the first verdict", "30", .min = 1, .max = 1e9},
        {"delta", PARAM_REAL, "deviations from the mean that are allowed for", "0.005", .min = 0, .max = 1e300},
        {"threshold", PARAM_REAL, "how far the sum may move", "50.0", .min = 0, .max = 1e300},
        {"alpha", PARAM_REAL, "how much of the sum is kept from value to value", "0.9999", .min = 0, .max = 1},
        {"mode", PARAM_TEXT, "the direction of a change that counts", "\"both\"", .choices = MODES},
        {NULL},
};

static void start(PageHinkley *d)
{
	d->count = 0;
	d->mean = d->rise = d->fall = 0;
	d->lowest = INFINITY;
	d->highest = -1;
	d->state = 0;
}

static bool open_page_hinkley(const json_t *params, void **ret, GError **error)
{
	PageHinkley *d = g_new0(PageHinkley, 1);
	const char *mode = json_get_text(params, "mode", "both");
	d->min_instances = json_get_int(params, "min_instances", 30);
	d->delta = json_get_number(params, "delta", 0.005);
	d->threshold = json_get_number(params, "threshold", 50);
	d->alpha = json_get_number(params, "alpha", 0.9999);
	d->up = g_strcmp0(mode, "down") != 0;
	d->down = g_strcmp0(mode, "up") != 0;
	start(d);
	*ret = d;
	return true;
}

static unsigned add(void *state, double value)
{
	PageHinkley *d = state;
	if (d->state & DETECTOR_DRIFT)
		start(d);
	d->mean += (value - d->mean) / (double)++d->count;
	double deviation = value - d->mean;
	d->rise = d->alpha * d->rise + deviation - d->delta;
	d->fall = d->alpha * d->fall + deviation + d->delta;
	d->lowest = fmin(d->lowest, d->rise);
	d->highest = fmax(d->highest, d->fall);
	if (d->count >= d->min_instances &&
	        ((d->up && d->rise - d->lowest > d->threshold) || (d->down && d->highest - d->fall > d->threshold)))
		d->state = DETECTOR_DRIFT;
	return d->state;
}

const DetectorKind DETECTOR_PAGE_HINKLEY = {
        .name = "page_hinkley",
        .help = "the sum of deviations from the running mean has moved away from its extreme: for any number",
        .params = PARAMS,
        .open = open_page_hinkley,
        .add = add,
        .free = g_free,
};
