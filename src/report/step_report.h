/* step_report.h: the step `report`: one HTML file that needs nothing else: no network, charts as inline SVG, styles inside. */
#pragma once

#include "pipeline/step.h"

extern const StepKind STEP_REPORT;
