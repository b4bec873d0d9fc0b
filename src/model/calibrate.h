/* calibrate.h: the winner's probabilities put right, by what its models said of rows they had not seen. */
#pragma once

#include "model/trials.h"

#define CALIBRATED_NAME "calibrated" /* of the trial with the calibrated scores */

/* "none", "auto", or a kind of stats/calibration.h. */
bool calibrate_known(const char *method);

/* ret_calibration: for the bundle, NULL: none.  ret_told: as calibration_fit, null for numbers.  ret_result: the trial's result with
 * metrics and threshold of the calibrated scores; NULL: it stays as it is. */
bool calibrate_trial(const TrialSetup *setup, const Trial *winner, const char *method, json_t **ret_calibration,
        json_t **ret_told, json_t **ret_result, GError **error);
