/* refit_time.h: how long the training on all rows will take, judged by how long the trial took. */
#pragma once

#include "model/trials.h"

/* Seconds, from a trial's own: in proportion to rows; of an ensemble the sum over its members.  0 when nothing is known. */
double refit_seconds(const TrialSetup *setup, const Trials *t, const Trial *trial);

/* What to keep free for it while trials run: half as much again as the best one's, and where models will be put together at
 * least a quarter of `limit`; at most half of `limit`.  Nothing while no trial is done. */
double refit_reserve(const TrialSetup *setup, const Trials *t, double limit, bool is_ensemble);

/* Of the trials that are done the one that is trained the soonest; NULL: none is. */
const Trial *refit_soonest(const TrialSetup *setup, const Trials *t, size_t *ret_place);
