/* pruner_rules.h: the pruners there are, one file each, and what they share. */
#pragma once

#include "search/pruner.h"

extern const PrunerKind PRUNER_NONE;      /* every trial to its end */
extern const PrunerKind PRUNER_MEDIAN;    /* worse than the median of those that finished */
extern const PrunerKind PRUNER_HALVING;   /* a quarter goes on at each rung */
extern const PrunerKind PRUNER_HYPERBAND; /* halving that begins early in some trials and late in others */
extern const PrunerKind PRUNER_WILCOXON;  /* significantly worse than the best on the same folds */

static inline const TriedStep *tried_steps(const Tried *t, size_t *ret_count)
{
	*ret_count = t->steps ? t->steps->len : 0;
	return t->steps ? &g_array_index(t->steps, TriedStep, 0) : NULL;
}

/* Its value at that step; NAN: it told none. */
double tried_at(const Tried *t, int64_t step);
/* The largest step of all finished trials; 0: none finished, or they told nothing. */
int64_t largest_step(const History *h);

/* Asynchronous successive halving (Li et al. 2020, arXiv:1810.05934): at steps first, first * factor, first * factor^2, ... a trial
 * goes on if it is in the best 1/factor of all that came so far. */
bool halving_stops(const History *h, const Tried *t, double first, double factor);
