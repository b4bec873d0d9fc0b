/* calibration_kinds.h: the calibrations there are; calibration.c lists them. */
#pragma once

#include "stats/calibration.h"

extern const CalibrationKind CALIBRATION_PLATT;
extern const CalibrationKind CALIBRATION_BETA;
extern const CalibrationKind CALIBRATION_TEMPERATURE;
extern const CalibrationKind CALIBRATION_ISOTONIC;
