/* bundle_update.h: a bundle that has learnt on from fresh rows: another bundle, with the same recipe.
 *
 * The newest part of the fresh rows (by time, or as they stand in the table) is held out first: a model that learnt on from the others answers
 * it beside the old one, and calibration and threshold are judged on it anew.  Then the old model learns on from all fresh
 * rows, and that is what is packed.  With a part held out of 0 nothing is judged: calibration and threshold stay.
 *
 * Whether the recipe still fits is looked at before: FAIL_INVALID where more than one row in a hundred has a label that the model
 * does not know, or a column it reads has no value any more; a column with more missing or unknown values than before is a warning.
 *
 * about: {"parent": digest, "family", "how", "rows": {"fresh", "judged", "left_out" (no usable target or weight)},
 *  "metric", "old": {name: number|null}|null (metrics of the held-out rows), "new": {...}|null,
 *  "threshold": {"before": number|null, "after"}, "calibration": "none" | "kept" | name of a new one,
 *  "warnings": [sentences]} */
#pragma once

#include "model/bundle.h"
#include "stats/threshold.h"

typedef struct BundleUpdate {
	const char *bundle, *digest;    /* path and digest of the old one */
	const char *rows, *rows_digest; /* Parquet: fresh rows with the target */
	const json_t *how;              /* UPDATE_PARAMS, filled */
	double held_out;                /* share of the fresh rows */
	const MetricKind *metric;       /* NULL: roc_auc, log_loss or rmse */
	const MetricKind *threshold_by; /* NULL: as the metric says */
	const DecisionCosts *costs;     /* the threshold goes by them instead; NULL: none */
	const char *calibration; /* "none", "auto" (the old one where it still helps), or one of the calibrations */
	uint64_t seed;
	unsigned threads;
	const char *scratch; /* of the engine */
	size_t memory_mb;
} BundleUpdate;

/* Writes the new bundle to `path`; the same inputs, the same bytes. */
bool bundle_update(const BundleUpdate *u, const char *path, json_t **ret_about, GError **error);
