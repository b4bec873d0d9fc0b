/* trial.h: one model tried: trained on each fold's training rows, judged on its validation rows.
 *
 * Runs in a child and leaves two files in the folder: trial-7.json, and before it trial-7.scores (doubles, validation rows of
 * all folds in turn x outputs).  The JSON is there only when the trial is done, so a search that was cut off goes on.
 *
 * {"family", "params", "metric": the search's, "metrics": {name: mean over folds|null}, "sd": of the search's metric over folds|null, "threshold":
 *  number|null, "rounds": number|null, "steps": [[folds, what was told]...] and
 *  "curve": [[rung, best so far (smaller is better)]...] of the first fold if it was watched, "refit": params for other rows, "seconds", "cpu_seconds", "peak_mb", "start", "end" (us)}
 * Of one that was given up: {"family", "params", "pruned": true, "steps", "curve", "seconds", ...}, and no scores. */
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

#include "model/train_data.h"
#include "stats/metric.h"
#include "stats/threshold.h"

/* Someone who asks how a trial goes, and may say that it is to be given up. */
typedef struct TrialWatch {
	/* After some rounds of the first fold, in families that train in rounds.  value: as TrainWatch's.  NULL: does not ask. */
	bool (*stop_round)(void *context, unsigned rounds, double value);
	/* After a fold.  folds: done so far, from 1; value: of the last of them alone.  ret_told: what is kept of it.  True: stop. */
	bool (*stop)(void *context, size_t folds, double value, double *ret_told);
	void *context;
} TrialWatch;

typedef struct TrialSetup {
	const TrainData *data;
	const MetricKind *metric;       /* what trials are compared by */
	const MetricKind *threshold_by; /* binary: what the threshold is chosen by */
	const DecisionCosts *costs;     /* binary: what the threshold is chosen by instead; NULL: the metric */
	uint64_t seed;
	const char *folder;
	const char *code;         /* TrainSet.code */
	const TrialWatch *watch;  /* of the trial that runs; NULL: none */
	const Prepared *prepared; /* for each fold, what that trial's family prepared of its rows; NULL: nothing */
	gint64 refit_until; /* monotonic: an ensemble leaves out the members it has not trained by then; 0: none */
	double seconds; /* after which a trial that learns in rounds ends with the best it has; 0: it ends by itself */
	const double *refit_expected; /* seconds of each of its members; NULL: not known */
} TrialSetup;

/* The rows of a fold as a trial learns from them, with one thread. */
TrainSet trial_train_set(const TrialSetup *setup, const Fold *fold);

/* name: "7", or "baseline".  In the child. */
bool trial_run(
        const TrialSetup *setup, const char *name, const ModelFamily *family, const json_t *params, GError **error);

/* The same from scores made of other trials' scores, without training: params are what a refit will use. */
bool trial_combine(const TrialSetup *setup, const char *name, const ModelFamily *family, const json_t *params,
        const double *scores, GError **error);

/* What trial_run left, if it is of this family with these params; NULL in *ret otherwise. */
bool trial_read(const TrialSetup *setup, const char *name, const ModelFamily *family, const json_t *params,
        json_t **ret, GError **error);
/* Targets and weights (NULL: all 1) of the rows trial_scores is about. */
void trial_rows(const TrainData *d, double **ret_y, double **ret_weight);
bool trial_scores(const TrialSetup *setup, const char *name, double **ret, GError **error);

/* The winner on all rows, in a child: model.bin, and after it model.json {"family", "params", "used": params of what was trained of it, if
 * setup->refit_until is set, "seconds", "cpu_seconds", "peak_mb", "start", "end"}. */
bool refit_run(
        const TrialSetup *setup, const ModelFamily *family, const json_t *params, unsigned threads, GError **error);
/* What it left, if it is of this family with these params; NULL in *ret_used otherwise. */
bool refit_read(const TrialSetup *setup, const ModelFamily *family, const json_t *params, GBytes **ret_model,
        json_t **ret_used, GError **error);
