/* strategy.h: how a version goes into use: kinds.
 *
 * A strategy says which share of the requests the candidate answers while it is deployed, which share it answers unseen, and whether it
 * waits for a word before it becomes the stable version.  Checks, counting, the judge and the way back are the same for all. */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "base/param.h"

typedef struct Shares {
	double canary; /* of requests that the candidate answers, 0 .. 1 */
	double shadow; /* of requests that the stable version answers and the candidate is given too, 0 .. 1 */
} Shares;

typedef struct StrategyKind {
	const char *name, *help;
	bool needs_stable; /* there must be another version in use */
	bool waits;        /* for a promotion, after it was checked; else it is promoted then and there */
	bool is_judged;    /* requests show how it does: it can be rolled back and promoted by that */
	bool keeps_stable; /* the version before stays loaded for the soak time after the promotion */
	double percent;    /* what params.percent is when it is not given */
	Shares (*shares)(double percent);
} StrategyKind;

extern const StrategyKind STRATEGY_ALL_AT_ONCE, STRATEGY_CANARY, STRATEGY_SHADOW, STRATEGY_BLUE_GREEN;
extern const StrategyKind *const STRATEGIES[];       /* NULL-ended */
const StrategyKind *strategy_find(const char *name); /* NULL if there is none */

/* The block `deploy` of gyre.yaml, and what a deployment keeps. */
extern const Param DEPLOY_PARAMS[];
