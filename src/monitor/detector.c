/* detector.c: the table of detectors, and one of them at work. */
#include "monitor/detector.h"

#include <string.h>

#include "base/error.h"

const DetectorKind *const DETECTORS[] = {
        &DETECTOR_ADWIN,
        &DETECTOR_DDM,
        &DETECTOR_EDDM,
        &DETECTOR_HDDM_A,
        &DETECTOR_HDDM_W,
        &DETECTOR_KSWIN,
        &DETECTOR_PAGE_HINKLEY,
        NULL,
};

const DetectorKind *detector_kind(const char *name)
{
	for (const DetectorKind *const *k = DETECTORS; *k; k++)
		if (strcmp((*k)->name, name) == 0)
			return *k;
	return NULL;
}

struct Detector {
	const DetectorKind *kind;
	void *state;
};

bool detector_open(const DetectorKind *kind, const json_t *settings, Detector **ret, GError **error)
{
	json_auto_t *params = NULL;
	void *state;
	if (!param_fill(kind->params, kind->name, settings, &params, error) || !kind->open(params, &state, error))
		return false;
	*ret = g_new(Detector, 1);
	**ret = (Detector){kind, state};
	return true;
}

unsigned detector_add(Detector *d, double value)
{
	return d->kind->add(d->state, value);
}

DetectorWindow detector_window(const Detector *d)
{
	return d->kind->window ? d->kind->window(d->state) : (DetectorWindow){0};
}

json_t *detector_save(const Detector *d)
{
	return d->kind->save ? d->kind->save(d->state) : NULL;
}

bool detector_load(
        const DetectorKind *kind, const json_t *settings, const json_t *saved, Detector **ret, GError **error)
{
	g_autoptr(Detector) d = NULL;
	if (!detector_open(kind, settings, &d, error))
		return false;
	if (!kind->load || !json_is_array(saved) || !kind->load(d->state, saved))
		return fail(error, FAIL_BROKEN, "what was kept of the detector %s is not whole", kind->name);
	*ret = g_steal_pointer(&d);
	return true;
}

void detector_free(Detector *d)
{
	if (!d)
		return;
	d->kind->free(d->state);
	g_free(d);
}
