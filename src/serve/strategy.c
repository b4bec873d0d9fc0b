/* strategy.c: the table of strategies, and the settings of a deployment. */
#include "serve/strategy.h"

#include <string.h>

const StrategyKind *const STRATEGIES[] = {
        &STRATEGY_ALL_AT_ONCE,
        &STRATEGY_CANARY,
        &STRATEGY_SHADOW,
        &STRATEGY_BLUE_GREEN,
        NULL,
};

const StrategyKind *strategy_find(const char *name)
{
	for (const StrategyKind *const *k = STRATEGIES; *k; k++)
		if (strcmp((*k)->name, name) == 0)
			return *k;
	return NULL;
}

static const char *const NAMES[] = {"all_at_once", "canary", "shadow", "blue_green", NULL};
static const char *const DECIDERS[] = {"auto", "by_hand", NULL};

const Param DEPLOY_PARAMS[] = {
        {"strategy", PARAM_TEXT, "how a version goes into use", "\"all_at_once\"", .choices = NAMES},
        {"percent", PARAM_REAL,
                "share of the requests that a canary answers (10 when absent), or a shadow is given (100)", .min = 0,
                .max = 100, .unit = "%"},
        {"sticky", PARAM_TEXT,
                "header whose value decides which version answers, so that a caller stays with one; absent: each "
                "request by its id"},
        {"errors", PARAM_REAL, "most that the share of failed requests may lie above the stable version's", "0.01",
                .min = 0, .max = 1},
        {"latency", PARAM_REAL,
                "most that the 95th percentile of latency may be, in times of the stable version's (or of 1 ms)", "1.5",
                .min = 1, .max = 1000},
        {"score_shift", PARAM_REAL,
                "most that scores may differ from what they were on validation rows, beside how the stable version's "
                "do (PSI)",
                "0.5", .min = 0, .max = 100},
        {"min_requests", PARAM_INT, "requests of each version before anything is judged", "200", .min = 20, .max = 1e9},
        {"soak", PARAM_INT, "time within the bounds before it is promoted by itself", "3600", .min = 0, .max = 31e6,
                .unit = "s"},
        {"promote", PARAM_TEXT, "auto: when it has kept the bounds for the soak time; by_hand: when told to",
                "\"by_hand\"", .choices = DECIDERS},
        {"rollback", PARAM_TEXT, "auto: when it has left a bound; by_hand: the bound is told, and nothing done",
                "\"auto\"", .choices = DECIDERS},
        {NULL},
};
