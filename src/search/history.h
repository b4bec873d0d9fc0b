/* history.h: the trials of a study so far, as samplers and pruners see them.
 *
 * Values are turned so that smaller is better, whatever the study's direction.  A study with several objectives is seen by
 * a sampler through one number per trial (study.h). */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "search/space.h"

typedef enum TriedState {
	TRIED_RUNNING, /* asked for, nothing told yet */
	TRIED_DONE,
	TRIED_PRUNED, /* given up early */
	TRIED_FAILED,
} TriedState;

typedef struct TriedStep {
	int64_t step;
	double value;
} TriedStep;

typedef struct Tried {
	unsigned number;
	TriedState state;
	double *point; /* space.h */
	double value;  /* of a done one: finite; else NAN */
	GArray *steps; /* of TriedStep, by rising step; what it told on its way; NULL: nothing */
} Tried;

typedef struct History {
	const Space *space;
	const Tried *const *trials; /* by rising number */
	size_t count;
	uint64_t seed;
} History;
