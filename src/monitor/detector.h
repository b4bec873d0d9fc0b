/* detector.h: has a stream of numbers changed?  One value at a time, most often a model's error (0 or 1) in the order in which
 * outcomes arrive.
 *
 * Every kind follows its paper as the Python library river 0.26 implements it, with its names and defaults, so that indices
 * agree value for value.  A detector that found a drift starts again from nothing with the next value. */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "base/param.h"

enum { DETECTOR_DRIFT = 1 << 0, DETECTOR_WARNING = 1 << 1 };

/* The values a detector takes for the present. */
typedef struct DetectorWindow {
	double count, mean, spread; /* spread: sum of squared deviations */
} DetectorWindow;

typedef struct DetectorKind {
	const char *name, *help;
	const Param *params;
	bool is_binary; /* takes only 0 (right) and 1 (an error) */
	/* params: filled by the kind's table.  Settings that contradict each other are FAIL_INVALID. */
	bool (*open)(const json_t *params, void **ret, GError **error);
	/* Takes a finite value; returns which states hold after it.  A warning holds until the stream calms down. */
	unsigned (*add)(void *d, double value);
	DetectorWindow (*window)(const void *d); /* NULL: keeps none */
	/* What it knows, as an array of finite numbers, and back into one just opened with the same params; false: these are no
	 * such numbers.  NULL: it cannot be put away. */
	json_t *(*save)(const void *d);
	bool (*load)(void *d, const json_t *saved);
	void (*free)(void *d);
} DetectorKind;

extern const DetectorKind *const DETECTORS[];        /* NULL-ended */
const DetectorKind *detector_kind(const char *name); /* NULL if there is none of that name */

/* A running detector of any kind.  settings: the user's, checked here; may be NULL. */
typedef struct Detector Detector;
bool detector_open(const DetectorKind *kind, const json_t *settings, Detector **ret, GError **error);
unsigned detector_add(Detector *d, double value);
DetectorWindow detector_window(const Detector *d); /* zeros when the kind keeps none */
/* Puts one away, and takes it up again where it was, with the settings it was opened with.  NULL: its kind cannot be put away.
 * What was not saved by such a detector is FAIL_BROKEN. */
json_t *detector_save(const Detector *d);
bool detector_load(
        const DetectorKind *kind, const json_t *settings, const json_t *saved, Detector **ret, GError **error);
void detector_free(Detector *d);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Detector, detector_free)

extern const DetectorKind DETECTOR_ADWIN, DETECTOR_DDM, DETECTOR_EDDM, DETECTOR_HDDM_A, DETECTOR_HDDM_W, DETECTOR_KSWIN,
        DETECTOR_PAGE_HINKLEY;
