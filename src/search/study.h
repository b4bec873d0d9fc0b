/* study.h: a search as it goes: trials are asked for and told about, in memory.
 *
 * A trial's number and what was told decide everything: asking for trial n with the same trials told gives the same parameters.
 * With `parallel` p, trial n is shown results of trials 0 .. n - p only and may be asked for as soon as those have ended; so a
 * study in which p trials run at once is the same whichever of them ends first.  With 0 there is no waiting and nothing hidden.
 *
 * A message about a trial, as JSON:
 *   {"trial": 3, "value": 1.2}                 it is done (null: it failed)
 *   {"trial": 3, "values": [1.2, 0.4]}         the same with several objectives (one of them null: it failed)
 *   {"trial": 3, "step": 10, "value": 1.5}     on its way: after step 10
 *   {"trial": 3, "pruned": true}               it was given up
 *   {"trial": 3, "failed": true}               it came to nothing
 *
 * Several objectives are judged by one number per trial, drawn anew for each trial asked for: the augmented Chebyshev distance
 * with random weights, each objective scaled by its range (ParEGO: Knowles 2006, doi:10.1109/TEVC.2005.851274). */
#pragma once

#include "base/limits.h"
#include "search/pruner.h"
#include "search/sampler.h"

extern const char *const STUDY_METHODS[], *const STUDY_PRUNERS[],
                                                  *const STUDY_DIRECTIONS[]; /* as the kinds are called */

/* The settings of a study, as rows of a Param table; parallel_preset: JSON text. */
#define STUDY_PARAM_ROWS(parallel_preset)                                                                            \
	{"method", PARAM_TEXT, "how the next trial is chosen", "\"tpe\"", .choices = STUDY_METHODS},                 \
	        {"seed", PARAM_INT, "same seed and same answers, same trials", "0", .min = 0,                        \
	                .max = 9007199254740991},                                                                    \
	        {"direction", PARAM_TEXTS,                                                                           \
	                "what is better, smaller or larger values: one word for each objective, or one for all",     \
	                "[\"min\"]", .choices = STUDY_DIRECTIONS},                                                   \
	        {"pruner", PARAM_TEXT, "what says that a trial is to be given up, by what it tells on its way",      \
	                "\"none\"", .choices = STUDY_PRUNERS},                                                       \
	        {"trials", PARAM_INT, "how many there are, at most; 0: no end", "0", .min = 0, .max = LIMIT_TRIALS}, \
	        {"parallel", PARAM_INT,                                                                              \
	                "trials under way at once, at most: trial n is chosen knowing those up to n - parallel; 0: " \
	                "as many "                                                                                   \
	                "as are asked for, each chosen by all that is known",                                        \
	                parallel_preset, .min = 0, .max = 1000},                                                     \
	{                                                                                                            \
		"first", PARAM_JSON, "a list of parameters to try before any others", "[]"                           \
	}
extern const Param STUDY_PARAMS[]; /* with parallel 1 */

typedef struct StudyTrial {
	Tried tried;
	json_t *params;
	GArray *values; /* of double, as told; NULL: not done */
} StudyTrial;

typedef struct Study {
	Space *space;
	const SamplerKind *sampler;
	const PrunerKind *pruner;
	json_t *settings;  /* STUDY_PARAMS, filled */
	GPtrArray *trials; /* of StudyTrial *, by number, without gaps */
	unsigned given;    /* trials at the beginning that the sampler did not choose, beside settings.first */
} Study;

/* space: as space.h; settings: STUDY_PARAMS. */
bool study_new(const json_t *space, const json_t *settings, Study **ret, GError **error);
void study_free(Study *s);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Study, study_free)

/* The next trial.  NULL in *ret when there is none: all trials are asked for, nothing is left to try, or (is_waiting) it must
 * first be told how earlier ones ended. */
bool study_ask(Study *s, const StudyTrial **ret, bool *ret_is_waiting, GError **error);
/* A trial that was asked for earlier, as it was recorded: the next number. */
bool study_recall(Study *s, const json_t *params, GError **error);
/* A trial that somebody chose, before the first is asked for. */
bool study_give(Study *s, const json_t *params, GError **error);
/* How many trials, from the first, one of this number may know the end of. */
size_t study_known(const Study *s, unsigned number);
/* Have they ended? */
bool study_is_ready(const Study *s, unsigned number);

/* What was said; *ret_answer: {"trial", "prune": bool} to a step where there is a pruner, else NULL. */
bool study_hear(Study *s, const json_t *message, json_t **ret_answer, GError **error);

/* Is value a better than b, for the first objective's direction? */
bool study_larger_is_better(const Study *s, size_t objective);
/* The best finished trial by the first objective, the first of equals; NULL: none. */
const StudyTrial *study_best(const Study *s);
/* Brings back a trial from that JSON: the next number. */
bool study_restore(Study *s, const json_t *trial, GError **error);
/* {"trial", "state": "running"|"done"|"pruned"|"failed", "params", "value"|"values", "steps": [[step, value]...]}.  New reference. */
json_t *study_trial_json(const Study *s, const StudyTrial *t);
