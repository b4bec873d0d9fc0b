/* pruner.h: kinds of giving up early: is a trial, by what it has told so far, worth going on?
 *
 * A pruner is a pure function of the trials it is shown.  Steps are whatever the trial counts: rounds, epochs, folds. */
#pragma once

#include "search/history.h"

typedef struct PrunerKind {
	const char *name, *help;
	/* Values are compared step by step and each is a measurement of its own (a fold); if not, a step's value replaces the
	 * one before it (a trial that goes on training, or the mean of the folds so far). */
	bool is_paired;
	/* Should it stop?  t: at least one step; it need not be one of h, and is not compared with itself. */
	bool (*stop)(const History *h, const Tried *t);
} PrunerKind;

extern const PrunerKind *const PRUNERS[]; /* NULL-ended */
const PrunerKind *pruner_find(const char *name);
