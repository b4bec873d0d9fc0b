/* strategy_canary.c: a share of the requests first, and what they show decides. */
#include "serve/strategy.h"

static Shares shares(double percent)
{
	return (Shares){.canary = percent / 100};
}

const StrategyKind STRATEGY_CANARY = {
        .name = "canary",
        .help = "it answers a share of the requests until it is promoted or rolled back",
        .needs_stable = true,
        .waits = true,
        .is_judged = true,
        .percent = 10,
        .shares = shares,
};
