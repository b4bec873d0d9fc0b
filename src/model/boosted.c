/* boosted.c: gradient boosted trees, trained by XGBoost (histograms), predicted by model/trees.
 *
 * The space a search draws from is learning practice's: learning rate 0.03-0.3 (lower ones need more rounds than the default), depth 3-10, and the regularisers over the
 * decades in which they matter.  How many rounds is found by early stopping, not drawn. */
#include "model/families.h"

#include <string.h>

#include "base/json.h"
#include "model/labels.h"
#include "model/xgboost_train.h"

static const Param PARAMS[] = {
        {.name = "rounds",
                .type = PARAM_INT,
                .preset = "400",
                .min = 1,
                .max = 100000,
                .help = "rounds of boosting, at most; early stopping finds how many of them"},
        {.name = "patience",
                .type = PARAM_INT,
                .preset = "30",
                .min = 0,
                .max = 100000,
                .help = "stop when so many rounds in a row have not improved the metric on the validation rows; 0: "
                        "never"},
        {.name = "eta",
                .type = PARAM_REAL,
                .preset = "0.1",
                .min = 1e-4,
                .max = 1,
                .flags = PARAM_TUNABLE | PARAM_LOG,
                .tune_min = 0.03,
                .tune_max = 0.3,
                .help = "learning rate: how much of each tree is added"},
        {.name = "max_depth",
                .type = PARAM_INT,
                .preset = "6",
                .min = 1,
                .max = 16,
                .flags = PARAM_TUNABLE,
                .tune_min = 3,
                .tune_max = 10,
                .help = "depth of a tree, at most"},
        {.name = "min_child_weight",
                .type = PARAM_REAL,
                .preset = "1",
                .min = 0,
                .max = 1e9,
                .flags = PARAM_TUNABLE | PARAM_LOG,
                .tune_min = 0.1,
                .tune_max = 30,
                .help = "least sum of second derivatives in a leaf (regression: rows)"},
        {.name = "subsample",
                .type = PARAM_REAL,
                .preset = "0.8",
                .min = 0.01,
                .max = 1,
                .flags = PARAM_TUNABLE,
                .tune_min = 0.5,
                .tune_max = 1,
                .help = "share of the rows that each tree sees"},
        {.name = "colsample_bytree",
                .type = PARAM_REAL,
                .preset = "0.8",
                .min = 0.01,
                .max = 1,
                .flags = PARAM_TUNABLE,
                .tune_min = 0.4,
                .tune_max = 1,
                .help = "share of the features that each tree sees"},
        {.name = "lambda",
                .type = PARAM_REAL,
                .preset = "1",
                .min = 0,
                .max = 1e9,
                .flags = PARAM_TUNABLE | PARAM_LOG,
                .tune_min = 1e-3,
                .tune_max = 10,
                .help = "penalty on the squares of leaf values"},
        {.name = "alpha",
                .type = PARAM_REAL,
                .preset = "0",
                .min = 0,
                .max = 1e9,
                .flags = PARAM_TUNABLE | PARAM_LOG,
                .tune_min = 1e-4,
                .tune_max = 10,
                .help = "penalty on the sizes of leaf values"},
        {.name = "gamma",
                .type = PARAM_REAL,
                .preset = "0",
                .min = 0,
                .max = 1e9,
                .flags = PARAM_TUNABLE | PARAM_LOG,
                .tune_min = 1e-4,
                .tune_max = 5,
                .help = "least gain of a split"},
        {.name = "max_bin",
                .type = PARAM_INT,
                .preset = "256",
                .min = 2,
                .max = 65535,
                .help = "steps into which each feature's values are sorted"},
        {NULL},
};

static const char *const SETTINGS[] = {
        "eta", "max_depth", "min_child_weight", "subsample", "colsample_bytree", "lambda", "alpha", "gamma", NULL};

/* Ours beside XGBoost's nearest: metrics of decisions follow the likelihood, which is smoother than they are. */
static const struct {
	unsigned task;
	const char *ours, *xgboost;
	bool grows;
} WATCHED[] = {
        {TASK_BINARY, "roc_auc", "auc", true},
        {TASK_BINARY, "gini", "auc", true},
        {TASK_BINARY, "ks", "auc", true},
        {TASK_BINARY, "pr_auc", "aucpr", true},
        {TASK_BINARY, NULL, "logloss", false},
        {TASK_MULTICLASS, NULL, "mlogloss", false},
        {TASK_REGRESSION, "mae", "mae", false},
        {TASK_REGRESSION, "median_ae", "mae", false},
        {TASK_REGRESSION, "mape", "mape", false},
        {TASK_REGRESSION, NULL, "rmse", false},
};

static void choose_watched(XgboostJob *job)
{
	const TrainSet *set = job->set;
	for (size_t i = 0; i < G_N_ELEMENTS(WATCHED); i++) {
		if (WATCHED[i].task != set->task || (WATCHED[i].ours && g_strcmp0(WATCHED[i].ours, set->metric) != 0))
			continue;
		job->watched = WATCHED[i].xgboost;
		job->watched_grows = WATCHED[i].grows;
		return;
	}
}

static const char *objective_of(unsigned task)
{
	switch (task) {
	case TASK_BINARY:
		return "binary:logistic";
	case TASK_MULTICLASS:
		return "multi:softprob";
	default:
		return "reg:squarederror";
	}
}

static TreesLink link_of(unsigned task)
{
	switch (task) {
	case TASK_BINARY:
		return LINK_LOGISTIC;
	case TASK_MULTICLASS:
		return LINK_SOFTMAX;
	default:
		return LINK_SCALED;
	}
}

static json_t *pick(const json_t *params, const char *const *names)
{
	json_t *picked = json_object();
	for (; *names; names++)
		if (json_object_get(params, *names))
			json_object_set(picked, *names, json_object_get(params, *names));
	return picked;
}

/* For other rows: exactly the rounds that were best here. */
static json_t *refit_params(const json_t *params, unsigned rounds)
{
	json_t *refit = json_deep_copy(params);
	json_object_set_new(refit, "rounds", json_integer(rounds));
	json_object_set_new(refit, "patience", json_integer(0));
	return refit;
}

static bool boosted_train(
        const TrainSet *set, const json_t *params, void **ret_model, json_t **ret_params, GError **error)
{
	LabelScale scale = label_scale(set);
	g_autofree float *labels = labels_scaled(set->y, set->x->rows, scale);
	g_autofree float *valid_labels = set->valid ? labels_scaled(set->valid_y, set->valid->rows, scale) : NULL;
	json_auto_t *settings = pick(params, SETTINGS);
	XgboostJob job = {
	        .set = set,
	        .settings = settings,
	        .objective = objective_of(set->task),
	        .groups = set->task == TASK_MULTICLASS ? (uint32_t)set->classes : 1,
	        .parallel = 1,
	        .rounds = (unsigned)json_get_int(params, "rounds", 400),
	        .patience = (unsigned)json_get_int(params, "patience", 30),
	        .labels = labels,
	        .valid_labels = valid_labels,
	        .label_columns = 1,
	        .max_bin = (int)json_get_int(params, "max_bin", 256),
	        .link = link_of(set->task),
	        .shift = scale.shift,
	        .scale = scale.scale,
	};
	choose_watched(&job);
	Trees *trees = NULL;
	unsigned rounds = 0;
	if (!xgboost_train(&job, &trees, &rounds, error))
		return false;
	*ret_model = trees;
	if (ret_params)
		*ret_params = refit_params(params, rounds);
	return true;
}

const ModelFamily FAMILY_BOOSTED = {
        .name = "boosted",
        .help = "gradient boosted trees, each correcting what those before got wrong",
        .tasks = TASK_ANY,
        .params = PARAMS,
        .search_share = 4,
        .train = boosted_train,
        .predict = trees_model_predict,
        .save = trees_model_save,
        .load = trees_model_load,
        .importance = trees_model_importance,
        .shape = trees_model_shape,
        .free = trees_model_free,
};
