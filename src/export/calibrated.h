/* calibrated.h: a bundle's calibration (stats/calibration.h) in the languages of exports.  calibration: the header's member, checked when
 * the bundle was loaded.  A method that is not known here is FAIL_INVALID. */
#pragma once

#include <jansson.h>

#include "export/onnx.h"
#include "model/bundle.h"

/* A function "static void calibrate(double *s)" of C. */
bool calibrated_c(GString *to, const Bundle *b, const json_t *calibration, GError **error);
/* Of scores rows x classes; gives those put right. */
bool calibrated_onnx(Onnx *o, const Bundle *b, const json_t *calibration, const char **scores, GError **error);
