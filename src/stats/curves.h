/* curves.h: what a report draws of predictions beside the metrics.
 *
 * Numbers only, with class indices instead of labels; every list is short whatever the number of rows.  "weight" is the
 * number of rows where rows have no weights. */
#pragma once

#include "stats/metric.h"

/* Everything that fits the task:
 * binary      {"confusion", "classes", "roc", "pr", "calibration", "gain", "scores"}
 * multiclass  {"confusion", "classes", "calibration"}
 * regression  {"actual", "residuals"}
 *
 * confusion   {"cells": [[weight, ...], ...] | null above 50 classes: row = true class, column = decided,
 *              "mistakes": [{"truth", "decided", "weight", "part": of the true class's weight}], at most 20, largest first}
 * classes     [{"truth": weight, "decided": weight, "precision", "recall", "f1"}], one a class
 * roc         {"auc", "points": [[false positive rate, true positive rate, threshold], ...]} from [0, 0, null] to [1, 1, x],
 *             at most 200 points
 * pr          {"average_precision", "base": rate of positives, "points": [[recall, precision, threshold], ...]}, at most 200
 * calibration {"error", "bins": [{"from", "to", "predicted": mean, "observed": rate, "low", "high": Wilson's 95 % interval,
 *              "weight"}]} in ten quantile bins of the positive class's probability (equal scores stay in one bin; bins
 *              without rows are left out); multiclass: of the probability of the class decided on, observed = it was right
 * gain        [{"part": 0.1, 0.2 .. 1, "threshold", "gain": part of all positives among the highest `part` of rows, "lift":
 *              gain / part, "rate": of positives within this tenth}]; equal scores count in proportion
 * scores      {"edges": [0, 0.05 .. 1], "positive": [part, ...], "negative": [part, ...]} histograms of the probability
 * actual      [{"predicted": mean, "actual": mean, "low", "high": 10 % and 90 % quantiles of actual, "weight"}] in twenty
 *             quantile bins of the prediction
 * residuals   {"quantiles": [[q, value], ...], "edges": [..41], "weights": [..40], "below", "above"}: predicted - true; the
 *             histogram spans the 0.5 % to 99.5 % quantiles, what lies outside is in below and above
 * Rates that are not defined are null. */
json_t *curves_of(const Scored *s);
