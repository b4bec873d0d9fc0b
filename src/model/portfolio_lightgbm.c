/* portfolio_lightgbm.c: LightGBM, after the kinds of entries in AutoGluon 1.x's portfolio: its "large" setting, one of many leaves and
 * fine bins for tables where a small step of a number matters (on Elec2 a thousand bins are worth 0.005 of ROC AUC), one of small
 * trees that see few features each. */
#include "model/portfolio.h"

const char *const PORTFOLIO_LIGHTGBM[] = {
        "{\"learning_rate\":0.03,\"num_leaves\":128,\"feature_fraction\":0.9,\"min_data_in_leaf\":3,"
        "\"rounds\":1000}",
        "{\"learning_rate\":0.06,\"num_leaves\":16,\"feature_fraction\":0.6,\"min_data_in_leaf\":10,\"bagging_"
        "fraction\":0.8,"
        "\"rounds\":1000}",
        "{\"learning_rate\":0.05,\"num_leaves\":255,\"feature_fraction\":0.8,\"min_data_in_leaf\":5,\"max_bin\":1023,"
        "\"rounds\":800}",
        NULL};
