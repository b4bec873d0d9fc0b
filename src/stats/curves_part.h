/* curves_part.h: the single curves of curves.h, in the forms given there. */
#pragma once

#include "stats/metric.h"

json_t *curve_roc(const MetricSteps *m);
json_t *curve_pr(const MetricSteps *m);
/* rows: how many rows the weights stand for; the intervals take weights in units of their mean. */
json_t *curve_calibration(const MetricSteps *m, size_t rows);
json_t *curve_gain(const MetricSteps *m);
json_t *curve_scores(const MetricSteps *m);
json_t *curve_actual(const Scored *s);
json_t *curve_residuals(const Scored *s);

json_t *numbers_json(const double *values, size_t count);
