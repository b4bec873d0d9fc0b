/* forest.c: random forests, trained by XGBoost in one round of many trees, predicted by model/trees.
 *
 * The trees are fitted to the squared error, for classes too: of 0 and 1 for two, of each class against the rest for more.  A
 * leaf then holds the share of its class, as in Breiman's forests, and the mean over the trees is a probability.  (One round
 * of the logistic loss, XGBoost's own recipe, makes the same splits, but its single Newton step from 0.5 cannot leave
 * 0.12..0.88.) */
#include "model/families.h"
#include "model/portfolio.h"

#include "base/json.h"
#include "model/tree_params.h"
#include "model/trees_mean.h"
#include "model/xgboost_calls.h"
#include "model/xgboost_train.h"

static const Param PARAMS[] = {
        TREE_PARAM_TREES,
        {.name = "max_depth",
                .type = PARAM_INT,
                .preset = "12",
                .min = 1,
                .max = 20,
                .flags = PARAM_TUNABLE,
                .tune_min = 6,
                .tune_max = 14,
                .help = "depth of a tree, at most"},
        TREE_PARAM_LEAF_ROWS("2", 1, 50),
        {.name = "subsample",
                .type = PARAM_REAL,
                .preset = "0.63",
                .min = 0.01,
                .max = 1,
                .flags = PARAM_TUNABLE,
                .tune_min = 0.3,
                .tune_max = 0.9,
                .help = "share of the rows that each tree sees"},
        {.name = "colsample_bynode",
                .type = PARAM_REAL,
                .preset = "0.5",
                .min = 0.01,
                .max = 1,
                .flags = PARAM_TUNABLE,
                .tune_min = 0.15,
                .tune_max = 0.9,
                .help = "share of the features that each split may choose from"},
        TREE_PARAM_BINS("128"),
        TREE_PARAM_VIEW("\"encoded\""),
        {NULL},
};

static json_t *settings_of(const json_t *params)
{
	json_t *settings = json_pack("{s:f,s:f}", "eta", 1.0, "lambda", 1e-5);
	static const char *const NAMES[] = {"max_depth", "min_child_weight", "subsample", "colsample_bynode", NULL};
	for (const char *const *name = NAMES; *name; name++)
		if (json_object_get(params, *name))
			json_object_set(settings, *name, json_object_get(params, *name));
	return settings;
}

static bool grow(const TreesMean *wanted, Trees **ret, GError **error)
{
	const TrainSet *set = wanted->set;
	const json_t *params = wanted->params;
	bool spread = set->task == TASK_MULTICLASS;
	g_autofree float *labels = spread ? labels_spread(set->y, set->x->rows, set->classes)
	                                  : labels_scaled(set->y, set->x->rows, wanted->scale);
	json_auto_t *settings = settings_of(params);
	g_autoptr(View) view = view_new(set->x, json_get_text(params, "view", "encoded"));
	TrainSet rows = *set;
	rows.valid = NULL; /* one round: nothing to stop early */
	XgboostJob job = {
	        .set = &rows,
	        .view = view,
	        .settings = settings,
	        .objective = "reg:squarederror",
	        .groups = spread ? (uint32_t)set->classes : 1,
	        .parallel = wanted->trees,
	        .rounds = 1,
	        .labels = labels,
	        .label_columns = spread ? (uint32_t)set->classes : 1,
	        .max_bin = (int)json_get_int(params, "max_bin", 128),
	        .link = set->task == TASK_REGRESSION ? LINK_SCALED : LINK_SHARES,
	        .shift = wanted->scale.shift,
	        .scale = wanted->scale.scale,
	};
	unsigned rounds = 0;
	return xgboost_train(&job, ret, &rounds, error);
}

static bool forest_train(
        const TrainSet *set, const json_t *params, void **ret_model, json_t **ret_params, GError **error)
{
	return trees_mean_train(grow, set, params, ret_model, error);
}

static bool forest_prepare(const TrainSet *set, const json_t *params, bool make, Prepared *ret, GError **error)
{
	g_autoptr(View) view = view_new(set->x, json_get_text(params, "view", "encoded"));
	json_auto_t *settings = settings_of(params);
	XgboostJob job = {
	        .set = set, .view = view, .settings = settings, .max_bin = (int)json_get_int(params, "max_bin", 128)};
	return xgboost_prepare(&job, make, ret, error);
}

static bool forest_update(const void *model, const UpdateSet *set, void **ret_model, GError **error)
{
	return trees_mean_update(grow, model, set, ret_model, error);
}

const ModelFamily FAMILY_FOREST = {
        .name = "forest",
        .help = "random forest: the mean of many trees, each on a part of the rows and features",
        .tasks = TASK_ANY,
        .params = PARAMS,
        .takes_categories = true,
        .search_share = 1,
        .wide_portfolio = PORTFOLIO_NONE,
        .portfolio = PORTFOLIO_FOREST,
        .ready = xgboost_ready,
        .prepare = forest_prepare,
        .train = forest_train,
        .update = forest_update,
        TREES_FUNCTIONS,
};
