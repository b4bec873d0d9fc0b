/* strategy_all_at_once.c: checked, then every request is its own. */
#include "serve/strategy.h"

static Shares shares(double percent)
{
	(void)percent;
	return (Shares){0};
}

const StrategyKind STRATEGY_ALL_AT_ONCE = {
        .name = "all_at_once",
        .help = "it is checked, and then answers every request",
        .shares = shares,
};
