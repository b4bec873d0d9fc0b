/* boosted_objective.h: the losses that boosted trees can minimise, each with the scale its labels are learnt on.
 *
 *   auto       classes: the likelihood; numbers: squared
 *   squared    the mean                                    labels (y - mean) / sd
 *   absolute   the median                                  (y - median) / sd
 *   quantile   the quantile alpha, by the pinball loss     (y - quantile) / sd
 *   poisson, gamma, tweedie                                y / mean; the score is mean * e^margin, above 0
 *
 * Beginning where the best constant is, trees need not spend rounds on getting there; dividing makes penalties mean the same for
 * metres and for dollars, and float32 enough. */
#pragma once

#include "model/labels.h"
#include "model/trees.h"
#include "model/xgboost_train.h"

extern const Param BOOSTED_PARAMS[], BOOSTED_WIDE[];
extern const char *const BOOSTED_OBJECTIVES[]; /* for Param.choices */

/* Fills what the job takes from the objective: its name in XGBoost, what is watched, link, base score, loss and label scale.
 * The labels are left to the caller: (y - shift) / scale, kept in *ret_scale.  The targets are checked. */
bool boosted_objective(
        const TrainSet *set, const json_t *params, XgboostJob *job, LabelScale *ret_scale, GError **error);
void boosted_objective_clear(XgboostJob *job); /* frees what it made */
