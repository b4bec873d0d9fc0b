/* strategy_shadow.c: given the same requests after they were answered; nobody sees what it says. */
#include "serve/strategy.h"

static Shares shares(double percent)
{
	return (Shares){.shadow = percent / 100};
}

const StrategyKind STRATEGY_SHADOW = {
        .name = "shadow",
        .help = "it is given requests that were answered, its own answers are compared and thrown away",
        .needs_stable = true,
        .waits = true,
        .is_judged = true,
        .percent = 100,
        .shares = shares,
};
