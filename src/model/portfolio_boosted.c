/* portfolio_boosted.c: boosted trees, after the XGBoost entries of AutoGluon 1.x's zero-shot portfolio (eta, max_depth,
 * colsample_bytree, min_child_weight; subsample 1), cheap ones before those of low learning rates, which get the rounds they need.
 * First, and not of that list, a deep one that takes categories as categories: on the flights the ROC AUC of June goes from 0.712
 * to 0.775.
 * Its two slowest (eta 0.01 and below) are left out: thousands of rounds for little. */
#include "model/portfolio.h"

const char *const PORTFOLIO_BOOSTED[] = {"{\"eta\":0.12,\"max_depth\":9,\"colsample_bytree\":0.8,\"min_child_weight\":"
                                         "10,\"subsample\":0.8,\"rounds\":600,\"view\":\"both\"}",
        "{\"eta\":0.093,\"max_depth\":7,\"colsample_bytree\":0.91,\"min_child_"
        "weight\":0.8,\"subsample\":1,\"rounds\":600,\"view\":\"both\"}",
        "{\"eta\":0.066,\"max_depth\":5,\"colsample_bytree\":0.98,\"min_child_weight\":1.41,\"subsample\":1,\"rounds\":"
        "800}",
        "{\"eta\":0.038,\"max_depth\":7,\"colsample_bytree\":0.75,\"min_child_weight\":0.56,\"subsample\":1,\"rounds\":"
        "1200}",
        "{\"eta\":0.088,\"max_depth\":5,\"colsample_bytree\":0.66,\"min_child_weight\":0.63,\"subsample\":1,\"rounds\":"
        "600}",
        "{\"eta\":0.029,\"max_depth\":10,\"colsample_bytree\":0.55,\"min_child_weight\":1.15,\"subsample\":1,"
        "\"rounds\":1500}",
        "{\"eta\":0.078,\"max_depth\":6,\"colsample_bytree\":0.63,\"min_child_weight\":1.08,\"subsample\":1,\"rounds\":"
        "700}",
        "{\"eta\":0.018,\"max_depth\":10,\"colsample_bytree\":0.69,\"min_child_weight\":0.6,\"subsample\":1,\"rounds\":"
        "2500}",
        NULL};

/* Where time is limited: quick ones first, and the finer bins and deeper trees of the wide space among them. */
const char *const PORTFOLIO_BOOSTED_WIDE[] = {
        "{\"eta\":0.078,\"max_depth\":6,\"colsample_bytree\":0.63,\"min_child_weight\":1.08,\"subsample\":1}",
        "{\"eta\":0.08,\"max_depth\":10,\"colsample_bytree\":0.9,\"min_child_weight\":1,\"subsample\":0.8,\"max_bin\":"
        "1024}",
        "{\"eta\":0.12,\"max_depth\":9,\"colsample_bytree\":0.8,\"min_child_weight\":10,\"subsample\":0.8,\"view\":"
        "\"both\"}",
        "{\"eta\":0.088,\"max_depth\":5,\"colsample_bytree\":0.66,\"min_child_weight\":0.63,\"subsample\":1}",
        "{\"eta\":0.038,\"max_depth\":7,\"colsample_bytree\":0.75,\"min_child_weight\":0.56,\"subsample\":1}",
        "{\"eta\":0.05,\"max_depth\":9,\"colsample_bytree\":0.5,\"min_child_weight\":3,\"subsample\":0.8}",
        "{\"eta\":0.04,\"max_depth\":5,\"colsample_bytree\":0.5,\"min_child_weight\":1,\"subsample\":0.8}",
        "{\"eta\":0.093,\"max_depth\":7,\"colsample_bytree\":0.91,\"min_child_weight\":0.8,\"subsample\":1,\"view\":"
        "\"both\"}",
        NULL};
