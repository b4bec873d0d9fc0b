/* mlp_train.h: fitting a network by AdamW (Loshchilov, Hutter 2019, arXiv:1711.05101) on batches of shuffled rows.
 *
 * Loss: -ln p of the class, p by softmax over the outputs; half the squared error for one number.  What is kept is the running
 * mean of the weights over the last steps: it is smoother than any of them and needs no falling learning rate, so that
 * stopping after r rounds is the same as having asked for r. */
#pragma once

#include "model/family.h"
#include "model/scaled_inputs.h"
#include "model/mlp_net.h"

typedef struct MlpPlan {
	double learning_rate, weight_decay, dropout;
	size_t batch;
	unsigned rounds, patience;
} MlpPlan;

/* A round passes this many rows, or all where there are fewer: on large data a full pass would be too long a step. */
#define MLP_ROUND_ROWS 262144

/* y, valid_y: class indices, or standardised numbers.  net: initialised, becomes the result.  Returns the rounds it has. */
typedef struct MlpTask {
	const TrainSet *set;
	const ScaledInputs *inputs;
	const MlpPlan *plan;
	const float *y, *valid_y;
	const MlpNet *from; /* weights to begin with; NULL: drawn */
} MlpTask;

unsigned mlp_fit(const MlpTask *task, MlpNet *net);
