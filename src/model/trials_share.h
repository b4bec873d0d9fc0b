/* trials_share.h: what trials of a search have in common (ModelFamily.prepare), made once by the process that forks them.
 *
 * It is made for all folds when two trials want it, before the first of them begins if the list has both by then: one alone gains
 * nothing.  What there is the memory for stays until the search is over (children hold it, so taking it back would give nothing); trials that want something else make it
 * for themselves.  Shared or not, a trial gives the same bytes. */
#pragma once

#include "model/trials.h"

typedef struct TrialsShare TrialsShare;

typedef struct TrialsShareLimits {
	double bytes;      /* that may be kept */
	double most_bytes; /* that may be taken beside them for a moment */
	double trial_time; /* seconds that a trial may take; 0: no limit.  Nothing is made that would take a twentieth of them */
	double (*left)(void *context); /* the same of the search, as things stand; NULL: no limit */
	void *context;
} TrialsShareLimits;

/* Bytes that it would be worth keeping for these trials and more of the kind. */
double trials_share_wanted(const TrialSetup *setup, const Trials *t);

/* t: the trials as far as they are known; borrowed, and may grow. */
TrialsShare *trials_share_new(const TrialSetup *setup, const Trials *t, const TrialsShareLimits *limits);
void trials_share_free(TrialsShare *s);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TrialsShare, trials_share_free)

/* Before the trial begins: a part of the work, a fold's; true: there is more, ask again. */
bool trials_share_make(TrialsShare *s, const Trial *t);

/* TrialSetup.prepared for a trial; NULL: nothing. */
const Prepared *trials_share_of(const TrialsShare *s, const Trial *t);
