/* portfolio_trees.c: forests and extra trees: as in the random-forest part of AutoGluon's portfolio, it is the share of features a
 * split may choose from and the size of leaves that matter. */
#include "model/portfolio.h"

const char *const PORTFOLIO_FOREST[] = {"{\"colsample_bynode\":0.75,\"min_child_weight\":1,\"max_depth\":14}",
        "{\"colsample_bynode\":0.25,\"min_child_weight\":4,\"max_depth\":14}", NULL};

const char *const PORTFOLIO_EXTRA_TREES[] = {"{\"colsample_bynode\":0.75,\"min_child_weight\":1}",
        "{\"colsample_bynode\":0.5,\"min_child_weight\":5}", NULL};

const char *const PORTFOLIO_NONE[] = {NULL};
