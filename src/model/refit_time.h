/* refit_time.h: how long the training on all rows will take, judged by how long the trial took. */
#pragma once

#include "model/trials.h"

/* Seconds, from a trial's own: in proportion to rows; of an ensemble the sum over its members.  0 when nothing is known. */
double refit_seconds(const TrialSetup *setup, const Trials *t, const Trial *trial);

/* The trial with which a member of an ensemble (one of its params.members) was found: by its family and what it is trained with; NULL: none. */
const Trial *refit_trial_of(const Trials *t, const json_t *member);

/* What to keep free for it, and for all that comes behind it, while trials run: enough for the best trial, and where models will be put
 * together for the six best; at most half of `limit`, and with an ensemble a third, unless the best alone takes more.  Nothing while no trial is
 * done. */
double refit_reserve(const TrialSetup *setup, const Trials *t, double limit, bool is_ensemble);

/* With so many seconds left of `limit`, how long trainings may take by their estimates: these may be wrong by a quarter, and
 * what they give has to be written down. */
double refit_affordable(double left, double limit);

/* Another model than `late` (NULL: than none) for when that cannot be trained in time: the best one for which `seconds` are enough by its
 * estimate; if they are for none the one that is trained the soonest, and guessing (baseline) after all others.  NULL: there is no other. */
const Trial *refit_spare(
        const TrialSetup *setup, const Trials *t, const Trial *late, double seconds, size_t *ret_place);
/* Seconds that are kept free for it. */
double refit_spare_seconds(const TrialSetup *setup, const Trials *t, const Trial *spare);
