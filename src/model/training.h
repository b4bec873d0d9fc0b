/* training.h: what the step `train` knows while it runs, for its parts: finding a model, training it on all rows, and packing it. */
#pragma once

#include "model/search.h"
#include "model/trials.h"
#include "pipeline/step.h"

#define TRAINING_FAMILIES_MOST 64

typedef struct Training {
	StepRun *s;
	const json_t *params;
	json_t *search, *ensemble, *recipes;
	json_t *assembled;                        /* what ensemble_assemble tells */
	json_t *calibration, *calibrated, *final; /* of the winner: NULL or it; what is told; its result after it */
	DecisionCosts costs;
	const ModelFamily *families[TRAINING_FAMILIES_MOST];
	SearchSpace space;
	json_t *about, *transferred; /* the table at hand; what is tried of earlier studies (model/transfer.h) */
	TrainData *data;
	TrialSetup setup;
	Trials *trials;
	size_t best;
	GBytes *model;
	gint64 since;   /* when the step began, monotonic */
	double reading; /* seconds until the rows were there; about as long takes what is written at the end */
	char *code;     /* folder of the family command's files */
} Training;

const Trial *training_winner(const Training *t);
/* Its metrics and threshold as they are in the end, after calibration. */
const json_t *training_result(const Training *t);

/* Tries models, puts them together and finds the winner, within the time there is; tells a run of each. */
bool training_search(Training *t, GError **error);
/* Trains the winner on all rows.  When the time is over before it is trained, another takes its place. */
bool training_refit(Training *t, GError **error);

/* The artifacts (model/step_train.h). */
bool training_write_trials(const Training *t, GError **error);
bool training_write_bundle(const Training *t, GError **error);
bool training_write_out_of_fold(const Training *t, GError **error); /* model/out_of_fold.h */

/* "errors" of the bundle's reference (model/error_model.h); scores: validation rows x outputs, as they are answered.  NULL in *ret:
 * too few rows to say. */
bool training_errors(const Training *t, const double *scores, json_t **ret, GError **error);
