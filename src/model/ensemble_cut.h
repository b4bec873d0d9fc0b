/* ensemble_cut.h: an ensemble of which some members could not be trained. */
#pragma once

#include "model/trials.h"

/* The ensemble at `place`, which has no layer, becomes one of those members that kept.members has: what it says of validation rows, and so its
 * metrics and threshold, are told anew.  kept: as the family's params; FAIL_BROKEN when a member is of no trial. */
bool ensemble_cut(const TrialSetup *setup, Trials *t, size_t place, const json_t *kept, GError **error);
