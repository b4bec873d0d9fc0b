/* strategy_blue_green.c: loaded and warm beside the stable version, which stays so for the way back. */
#include "serve/strategy.h"

static Shares shares(double percent)
{
	(void)percent;
	return (Shares){0};
}

const StrategyKind STRATEGY_BLUE_GREEN = {
        .name = "blue_green",
        .help = "it stands loaded and warm beside the stable version; promoting and going back are one switch",
        .needs_stable = true,
        .waits = true,
        .keeps_stable = true,
        .percent = 0,
        .shares = shares,
};
