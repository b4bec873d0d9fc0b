/* goal.h: the question, the targets, and what is good enough.
 *
 * The goal is the `goal:` block of gyre.yaml, checked against GOAL_PARAMS.  success: a list of
 * {"metric": name | "kpi": name | "fairness": measure, "of": column, "at_least": x | "at_most": x}. */
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

#include "base/param.h"

extern const Param GOAL_PARAMS[];
extern const Param CRITERION_PARAMS[];

/* Is it SMART?  [{"letter": "S", "name": "specific", "ok": bool, "finding": sentence}...], five of them. */
json_t *goal_smart(const json_t *goal, const json_t *kpi);

/* Problems of the goal that a table of types cannot see (a criterion with neither bound, a metric that does not exist or
 * does not fit the task, a number the metric cannot reach, an impossible date), by path, as param_check reports. */
void goal_check(const json_t *goal, const json_t *kpi, ParamReport *report, void *context);

/* The metric a search optimises and a threshold is chosen by when nothing is said: the first criterion's metric where it
 * is one, else roc_auc (binary), log_loss (multiclass), rmse (regression).  Borrowed. */
const char *goal_metric(const json_t *goal, size_t classes);

/* The metric the goal names, in `metric` or its first criterion with one; NULL when it names none.  Borrowed. */
const char *goal_metric_named(const json_t *goal);

/* The business figure a threshold may be chosen by: {"sql", "grows": more of it is better}, of the first criterion on a kpi,
 * where the goal has neither costs nor a metric of its own; else null.  New reference. */
json_t *goal_figure(const json_t *goal, const json_t *kpi);

/* Judges an evaluation (eval/evaluate.h form) against the goal and the gate block:
 * {"pass": bool, "reasons": [sentence, ...] why not (empty when it passes), "criteria": [{"criterion", "wanted", "found",
 *  "interval": [lo, hi]|null, "pass": bool, "sentence"}...]}.  A criterion whose number is not in the evaluation fails. */
bool goal_judge(const json_t *goal, const json_t *gate, const json_t *evaluation, json_t **ret, GError **error);
