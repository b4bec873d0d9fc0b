/* trials.h: the list of a search's trials, done in children, and which is best. */
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

#include "model/search.h"
#include "model/trial.h"

typedef struct Trial {
	char *name; /* "0", "1", ..., or "baseline": the yardstick when baseline is not tried itself */
	const ModelFamily *family;
	json_t *params;
	json_t *result;                       /* as trial.h; NULL: failed, or never begun */
	json_t *pruned;                       /* what it told (trial.h); NULL: it was not given up */
	char *failure;                        /* why; NULL: done, given up, or never begun */
	int asked;                            /* its number in the study; -1: the study does not know it */
	double seconds, cpu_seconds, peak_mb; /* of a failed one */
} Trial;

typedef struct Trials {
	GPtrArray *list; /* of Trial *; the yardstick, if there is one, last */
	bool has_yardstick;
	bool is_cut;  /* the time was over before all were tried */
	Study *study; /* what is known, and what is tried next; NULL: nothing can be tuned */
	const SearchSpace *space;
	unsigned count; /* to try, at most, the yardstick not counted */
	bool learns;    /* the study chooses what comes behind those in the list */
} Trials;

typedef struct TrialsBudget {
	unsigned at_once;
	double trial_time;
	size_t memory_mb;       /* for all children together; when it is little, fewer run at once */
	size_t trial_memory_mb; /* for one; 0: an equal part */
	/* Seconds left, as things stand; NULL: no limit. */
	double (*left)(void *context);
	void *context;
} TrialsBudget;

/* What will be tried, as far as that is known beforehand.  The space is borrowed. */
typedef struct TrialsWanted {
	const SearchKind *kind;
	const SearchSpace *space;
	const json_t *settings; /* SEARCH_PARAMS, filled */
	bool larger_is_better;
} TrialsWanted;
bool trials_plan(const TrialsWanted *wanted, Trials **ret, GError **error);
void trials_free(Trials *t);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Trials, trials_free)

/* Tries them, but for those whose result lies in the folder already.  A trial begins when those have ended that it is to know
 * (search.lag), so which ones those are does not depend on how many run at once. */
bool trials_run(Trials *t, const TrialSetup *setup, const TrialsBudget *budget, GError **error);

/* The best by the metric, the first of equals; FAIL_ when there is none. */
bool trials_best(const Trials *t, const TrialSetup *setup, size_t *ret, GError **error);

/* How many there are to choose from: all but the yardstick. */
size_t trials_candidates(const Trials *t);

/* Adds one that is done already, behind the others; returns its place.  params and result: new references, taken. */
size_t trials_add(Trials *t, const char *name, const ModelFamily *family, json_t *params, json_t *result);

/* The result of the yardstick, or of the first baseline that was tried; NULL if it failed. */
const json_t *trials_baseline(const Trials *t);
