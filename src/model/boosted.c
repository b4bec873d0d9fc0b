/* boosted.c: gradient boosted trees, trained by XGBoost (histograms), predicted by model/trees.
 *
 * How many rounds is found by early stopping, not drawn; the rest of the space is in boosted_params.c. */
#include "model/families.h"
#include "model/portfolio.h"

#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/limits.h"
#include "model/boosted_objective.h"
#include "model/boosted_refresh.h"
#include "model/constraints.h"
#include "model/tree_params.h"
#include "model/trees_join.h"
#include "model/xgboost_calls.h"

static const char *const SETTINGS[] = {"eta", "max_depth", "min_child_weight", "subsample", "colsample_bytree",
        "lambda", "alpha", "gamma", "max_delta_step", "max_cat_to_onehot", "max_cat_threshold", NULL};
static const char *const LEAF_SETTINGS[] = {"grow_policy", "max_leaves", NULL};
static const char *const DART_SETTINGS[] = {"rate_drop", "skip_drop", NULL};

static void pick(const json_t *params, const char *const *names, json_t *into)
{
	for (; *names; names++)
		if (json_object_get(params, *names))
			json_object_set(into, *names, json_object_get(params, *names));
}

static bool boosted_fits(const Matrix *x, const json_t *params, GError **error)
{
	return constraints_check(
	        x, json_object_get(params, "monotone"), json_object_get(params, "interactions"), error);
}

static bool check_params(const TrainSet *set, const json_t *params, GError **error)
{
	bool by_leaf = g_str_equal(json_get_text(params, "grow_policy", "depthwise"), "lossguide");
	int64_t depth = json_get_int(params, "max_depth", 6), leaves = json_get_int(params, "max_leaves", 0);
	if (depth == 0 && !(by_leaf && leaves > 0))
		return fail(error, FAIL_INVALID, "max_depth 0 needs grow_policy: lossguide and max_leaves above 0");
	if (g_str_equal(json_get_text(params, "booster", "gbtree"), "dart") && set->x->rows > LIMIT_DART_ROWS)
		return fail(error, FAIL_LIMIT,
		        "booster dart takes time by the square of the rounds: at most %d rows may be learnt from, and "
		        "here "
		        "are %zu",
		        LIMIT_DART_ROWS, set->x->rows);
	if (json_get_number(params, "scale_pos_weight", 1) != 1 && set->task != TASK_BINARY)
		return fail(error, FAIL_INVALID, "scale_pos_weight is for targets of two classes");
	return true;
}

/* XGBoost's own parameters, under its names. */
static bool settings_of(const XgboostJob *job, const json_t *params, json_t **ret, GError **error)
{
	json_auto_t *settings = json_object();
	g_autofree char *monotone = NULL;
	g_autofree char *interactions = NULL;
	if (!constraints_monotone(job->view, job->set->x, json_object_get(params, "monotone"), &monotone, error) ||
	        !constraints_interactions(
	                job->view, job->set->x, json_object_get(params, "interactions"), &interactions, error))
		return false;
	pick(params, SETTINGS, settings);
	if (g_str_equal(json_get_text(params, "grow_policy", "depthwise"), "lossguide"))
		pick(params, LEAF_SETTINGS, settings);
	if (job->drops_trees)
		pick(params, DART_SETTINGS, settings);
	if (job->set->task == TASK_BINARY)
		json_object_set(settings, "scale_pos_weight", json_object_get(params, "scale_pos_weight"));
	if (monotone)
		json_object_set_new(settings, "monotone_constraints", json_text(monotone));
	if (interactions)
		json_object_set_new(settings, "interaction_constraints", json_text(interactions));
	if (g_strcmp0(job->objective, "reg:tweedie") == 0)
		json_object_set(settings, "tweedie_variance_power", json_object_get(params, "tweedie_power"));
	*ret = g_steal_pointer(&settings);
	return true;
}

static bool train_job(
        XgboostJob *job, LabelScale scale, const json_t *params, Trees **ret, unsigned *ret_rounds, GError **error)
{
	const TrainSet *set = job->set;
	g_autofree float *labels = labels_scaled(set->y, set->x->rows, scale);
	g_autofree float *valid_labels = set->valid ? labels_scaled(set->valid_y, set->valid->rows, scale) : NULL;
	json_auto_t *settings = NULL;
	if (!settings_of(job, params, &settings, error))
		return false;
	job->settings = settings;
	job->labels = labels;
	job->valid_labels = valid_labels;
	return xgboost_train(job, ret, ret_rounds, error);
}

/* A tree for each class clears a histogram for each of its nodes, which takes longer than going through its rows where these are few: with
 * 64 bins, 4,000 rows of 200 classes and 100 features take a third of the processor time they take with 256 (log loss the same). */
static int bins_of(const TrainSet *set, const json_t *params)
{
	enum { MANY_CLASSES = 10, BINS = 64, ROWS_A_BIN = 32 };
	size_t bins = (size_t)json_get_int(params, "max_bin", 256);
	while (set->classes > MANY_CLASSES && bins > BINS && set->x->rows < ROWS_A_BIN * bins)
		bins /= 2;
	return (int)bins;
}

static XgboostJob job_of(const TrainSet *set, const View *view, const json_t *params)
{
	bool dart = g_str_equal(json_get_text(params, "booster", "gbtree"), "dart");
	return (XgboostJob){
	        .set = set,
	        .view = view,
	        .drops_trees = dart,
	        .groups = set->task == TASK_MULTICLASS ? (uint32_t)set->classes : 1,
	        .parallel = 1,
	        .rounds = (unsigned)json_get_int(params, "rounds", 400),
	        /* later rounds of DART change the trees of earlier ones: these cannot be had back */
	        .patience = dart ? 0 : (unsigned)json_get_int(params, "patience", 30),
	        .label_columns = 1,
	        .max_bin = bins_of(set, params),
	};
}

static bool boosted_train(
        const TrainSet *set, const json_t *params, void **ret_model, json_t **ret_params, GError **error)
{
	LabelScale scale;
	g_autoptr(View) view = view_new(set->x, json_get_text(params, "view", "encoded"));
	XgboostJob job = job_of(set, view, params);
	Trees *trees = NULL;
	unsigned rounds = 0;
	if (!check_params(set, params, error) || !boosted_objective(set, params, &job, &scale, error))
		return false;
	bool ok = train_job(&job, scale, params, &trees, &rounds, error);
	boosted_objective_clear(&job);
	if (!ok)
		return false;
	*ret_model = trees;
	if (ret_params)
		*ret_params = train_rounds_params(params, rounds);
	return true;
}

static bool boosted_prepare(const TrainSet *set, const json_t *params, bool make, Prepared *ret, GError **error)
{
	g_autoptr(View) view = view_new(set->x, json_get_text(params, "view", "encoded"));
	XgboostJob job = job_of(set, view, params);
	json_auto_t *settings = NULL;
	if (!settings_of(&job, params, &settings, error))
		return false;
	job.settings = settings;
	return xgboost_prepare(&job, make, ret, error);
}

/* More trees that begin at what the old ones say of the fresh rows: what XGBoost does when it continues a training. */
static bool grow_on(const Trees *old, const UpdateSet *set, Trees **ret, GError **error)
{
	const TrainSet *fresh = set->fresh;
	LabelScale scale;
	g_autoptr(View) view = view_new(fresh->x, json_get_text(set->params, "view", "encoded"));
	XgboostJob job = job_of(fresh, view, set->params);
	g_autofree float *margins = g_new(float, MAX(fresh->x->rows * old->groups, (size_t)1));
	g_autoptr(Trees) grown = NULL;
	unsigned rounds = 0;
	if (!check_params(fresh, set->params, error) || !boosted_objective(fresh, set->params, &job, &scale, error))
		return false;
	bool fits = job.link == old->link && job.groups == old->groups;
	job.shift = scale.shift = old->shift;
	job.scale = scale.scale = old->scale;
	job.rounds = MAX((unsigned)(json_get_number(set->how, "share", 0.2) * job.rounds + 0.5), 1u);
	job.margins = margins;
	trees_margins(old, fresh->x->values, fresh->x->rows, margins);
	bool ok = fits ? train_job(&job, scale, set->params, &grown, &rounds, error)
	               : fail(error, FAIL_INVALID, "these rows have another kind of target than the model");
	boosted_objective_clear(&job);
	TreesJoin join = {.old = old, .fresh = grown, .share = 1};
	return ok && trees_join(&join, ret, error);
}

static bool boosted_update(const void *model, const UpdateSet *set, void **ret_model, GError **error)
{
	const char *how = json_get_text(set->how, "trees", "grow");
	g_autoptr(Trees) refreshed = NULL;
	if (!g_str_equal(how, "grow") && !boosted_refresh(model, set, &refreshed, error))
		return false;
	if (g_str_equal(how, "refresh")) {
		*ret_model = g_steal_pointer(&refreshed);
		return true;
	}
	return grow_on(refreshed ? refreshed : model, set, (Trees **)ret_model, error);
}

const ModelFamily FAMILY_BOOSTED = {
        .name = "boosted",
        .help = "gradient boosted trees, each correcting what those before got wrong",
        .tasks = TASK_ANY,
        .params = BOOSTED_PARAMS,
        .wide = BOOSTED_WIDE,
        .wide_portfolio = PORTFOLIO_BOOSTED_WIDE,
        .takes_categories = true,
        .search_share = 4,
        .portfolio = PORTFOLIO_BOOSTED,
        .ready = xgboost_ready,
        .fits = boosted_fits,
        .prepare = boosted_prepare,
        .train = boosted_train,
        .update = boosted_update,
        TREES_FUNCTIONS,
};
