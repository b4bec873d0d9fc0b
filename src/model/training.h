/* training.h: what the step `train` knows while it runs, for its two halves: finding a model, and packing it. */
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
	TrainData *data;
	TrialSetup setup;
	Trials *trials;
	size_t best;
	GBytes *model;
	char *code; /* folder of the family command's files */
} Training;

const Trial *training_winner(const Training *t);
/* Its metrics and threshold as they are in the end, after calibration. */
const json_t *training_result(const Training *t);

/* The artifacts (model/step_train.h). */
bool training_write_trials(const Training *t, GError **error);
bool training_write_bundle(const Training *t, GError **error);
