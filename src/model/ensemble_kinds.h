/* ensemble_kinds.h: how the models a search has tried are put together (models.ensemble).
 *
 * Every trial leaves what its models said of rows they never saw: the validation rows of each fold.  The kinds look at these
 * scores only, so putting models together costs no training.  What they give is a Mix: a weight for each candidate, and
 * perhaps the intercepts of a layer (model/ensemble.h); of it the params of the family `ensemble` are made, which is then
 * trained on all rows as any winner is.
 *
 * One process, no threads: the order of work does not matter, ties go to the earlier trial. */
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

#include "model/ensemble_pool.h"

/* The block `ensemble` of gyre.yaml. */
extern const Param ENSEMBLE_PARAMS[];

#define ENSEMBLE_SURE 1.5 /* standard errors that its lead must have over the best single model */
#define ENSEMBLE_SURE_IN_TIME \
	0.5 /* ... of a search with a time, which kept free what the ensemble needs: a single model would waste it */
#define ENSEMBLE_MEMBER_MS 0.1 /* of the goal's latency_p99_ms that each member is counted with */

typedef struct EnsembleKind {
	const char *name, *help;
	bool must_win;  /* taken only when it is better than the best single model, by ENSEMBLE_SURE */
	bool keeps_bag; /* with keep: auto, the models of the folds are kept */
	/* NULL: no ensemble.  most: members there may be; weights are zeroed. */
	bool (*mix)(const Pool *p, const json_t *settings, size_t most, Mix *ret, GError **error);
} EnsembleKind;

extern const EnsembleKind *const ENSEMBLES[]; /* NULL-ended */
const EnsembleKind *ensemble_find(const char *name);

bool ensemble_select(const Pool *p, const json_t *settings, size_t most, Mix *ret, GError **error);
bool ensemble_stack(const Pool *p, const json_t *settings, size_t most, Mix *ret, GError **error);
/* Models as layers over the models `selected` has and the features: the best that wins over it on unseen rows, by more than `lead`, in
 * ret->layer and ret->scores. */
bool ensemble_unseen(const Pool *p, const Mix *selected, double lead, Mix *ret, GError **error);

typedef struct EnsembleWanted {
	const json_t *settings; /* ENSEMBLE_PARAMS, filled */
	double latency_ms;      /* what the goal allows an answer; 0: anything */
	bool is_limited;
	double seconds; /* if so: for the members to be trained in */
} EnsembleWanted;

/* Puts the trials together and, where that is what is wanted, makes the ensemble one of them and the best.  ret_told: {"method", "candidates", "members",
 * "bag": parts each|0, "layer": "weights"|family|null, "lead": over the best single model, in the metric|null, "error": of the lead|null, "taken": bool, "why": sentence}; new reference. */
bool ensemble_assemble(const TrialSetup *setup, Trials *t, const EnsembleWanted *wanted, size_t *best,
        json_t **ret_told, GError **error);
