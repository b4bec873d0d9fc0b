/* lightgbm.c: gradient boosted trees by LightGBM, where its library is found; predicted by model/trees.
 *
 * LightGBM grows a tree by the leaf that gains most, so it is sized by leaves, not by depth.  Early stopping is a loop of ours, as for
 * `boosted`.  The library is needed for training only: what it has learnt is flat trees like any other. */
#include "model/families.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/limits.h"
#include "model/labels.h"
#include "model/lightgbm_calls.h"
#include "model/lightgbm_trees.h"
#include "model/portfolio.h"
#include "model/tree_params.h"

#define NUMBER(word, from, least, most, text) \
	.name = word, .type = PARAM_REAL, .preset = from, .min = least, .max = most, .help = text
#define WHOLE(word, from, least, most, text) \
	.name = word, .type = PARAM_INT, .preset = from, .min = least, .max = most, .help = text

static const Param PARAMS[] = {
        {WHOLE("rounds", "400", 1, 100000, "rounds of boosting, at most; early stopping finds how many of them")},
        {WHOLE("patience", "30", 0, 100000,
                "stop when so many rounds in a row have not improved the metric on the validation rows; 0: never")},
        {NUMBER("learning_rate", "0.1", 1e-4, 1, "how much of each tree is added"), .flags = PARAM_TUNABLE | PARAM_LOG,
                .tune_min = 0.03, .tune_max = 0.3},
        {WHOLE("num_leaves", "31", 2, 65536, "leaves of a tree, at most"), .flags = PARAM_TUNABLE | PARAM_LOG,
                .tune_min = 8, .tune_max = 256},
        {WHOLE("min_data_in_leaf", "20", 1, 1e9, "rows in a leaf, at least"), .flags = PARAM_TUNABLE | PARAM_LOG,
                .tune_min = 2, .tune_max = 200},
        {NUMBER("feature_fraction", "1", 0.01, 1, "share of the features that each tree sees"), .flags = PARAM_TUNABLE,
                .tune_min = 0.4, .tune_max = 1},
        {NUMBER("bagging_fraction", "1", 0.01, 1, "share of the rows that each tree sees"), .flags = PARAM_TUNABLE,
                .tune_min = 0.5, .tune_max = 1},
        {NUMBER("lambda_l1", "0", 0, 1e9, "penalty on the sizes of leaves")},
        {NUMBER("lambda_l2", "0", 0, 1e9, "penalty on the squares of leaves"), .flags = PARAM_TUNABLE, .tune_min = 0,
                .tune_max = 10},
        {WHOLE("max_bin", "255", 2, 65535, "bins of a feature")},
        TREE_PARAM_VIEW("\"category\""),
        {NULL},
};

/* As BOOSTED_WIDE. */
static const Param WIDE[] = {
        {.name = "rounds", .type = PARAM_INT, .preset = "5000"},
        {.name = "patience", .type = PARAM_INT, .preset = "50"},
        {.name = "learning_rate",
                .type = PARAM_REAL,
                .flags = PARAM_TUNABLE | PARAM_LOG,
                .tune_min = 0.012,
                .tune_max = 0.3},
        {.name = "num_leaves", .type = PARAM_INT, .flags = PARAM_TUNABLE | PARAM_LOG, .tune_min = 8, .tune_max = 1024},
        {.name = "max_bin", .type = PARAM_INT, .flags = PARAM_TUNABLE | PARAM_LOG, .tune_min = 127, .tune_max = 1023},
        {NULL},
};

/* LightGBM's nearest to the metric asked for. */
static const struct {
	unsigned task;
	const char *ours, *lightgbm;
	bool grows;
} WATCHED[] = {
        {TASK_BINARY, "roc_auc", "auc", true},
        {TASK_BINARY, "gini", "auc", true},
        {TASK_BINARY, "pr_auc", "average_precision", true},
        {TASK_BINARY, NULL, "binary_logloss", false},
        {TASK_MULTICLASS, NULL, "multi_logloss", false},
        {TASK_REGRESSION, "mae", "l1", false},
        {TASK_REGRESSION, NULL, "l2", false},
};

#define USUAL_RATE 0.1

typedef struct Run {
	const TrainSet *set;
	const json_t *params;
	const LightgbmCalls *calls;
	View *view;
	LabelScale scale;
	LgbHandle train, valid, booster;
	bool grows;
} Run;

static void run_clear(Run *r)
{
	if (r->booster)
		r->calls->booster_free(r->booster);
	if (r->valid)
		r->calls->dataset_free(r->valid);
	if (r->train)
		r->calls->dataset_free(r->train);
	view_free(r->view);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Run, run_clear)

/* What all calls are told: "num_threads=2 seed=1 ...". */
static char *settings_of(Run *r)
{
	static const char *const NAMES[] = {"learning_rate", "num_leaves", "min_data_in_leaf", "feature_fraction",
	        "bagging_fraction", "lambda_l1", "lambda_l2", "max_bin"};
	const TrainSet *set = r->set;
	GString *text = g_string_new(
	        "verbosity=-1 deterministic=true force_row_wise=true boost_from_average=true bagging_freq=1");
	g_string_append_printf(text, " num_threads=%u seed=%u objective=%s", MAX(set->threads, 1u),
	        (unsigned)(set->seed & 0x7fffffff),
	        set->task == TASK_BINARY       ? "binary"
	        : set->task == TASK_MULTICLASS ? "multiclass"
	                                       : "regression");
	if (set->task == TASK_MULTICLASS)
		g_string_append_printf(text, " num_class=%zu", set->classes);
	for (size_t i = 0; i < G_N_ELEMENTS(NAMES); i++) {
		char number[G_ASCII_DTOSTR_BUF_SIZE];
		g_ascii_dtostr(number, sizeof number, json_get_number(r->params, NAMES[i], 0));
		g_string_append_printf(text, " %s=%s", NAMES[i], number);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(WATCHED); i++) {
		if (!(WATCHED[i].task & set->task) || (WATCHED[i].ours && g_strcmp0(WATCHED[i].ours, set->metric) != 0))
			continue;
		g_string_append_printf(text, " metric=%s", WATCHED[i].lightgbm);
		r->grows = WATCHED[i].grows;
		break;
	}
	const char *before = " categorical_feature=";
	for (size_t j = 0; j < r->view->columns; j++)
		if (r->view->categories[j]) {
			g_string_append_printf(text, "%s%zu", before, j);
			before = ",";
		}
	return g_string_free(text, FALSE);
}

static bool read_rows(
        const Run *r, const Matrix *x, const double *y, const char *settings, LgbHandle *ret, GError **error)
{
	g_autofree float *copy = NULL;
	g_autofree float *labels = labels_scaled(y, x->rows, r->scale);
	if (!r->view->is_whole) {
		copy = g_new(float, MAX(x->rows * r->view->columns, (size_t)1));
		view_rows(r->view, x, 0, x->rows, copy);
	}
	if (r->calls->dataset_new(copy ? copy : x->values, LGB_FLOAT32, (int32_t)x->rows, (int32_t)r->view->columns, 1,
	            settings, r->train, ret) != 0 ||
	        r->calls->dataset_set(*ret, "label", labels, (int)x->rows, LGB_FLOAT32) != 0)
		return lightgbm_failed(r->calls, "read the rows", error);
	return true;
}

static bool set_weights(const Run *r, LgbHandle rows, const double *weights, size_t count, GError **error)
{
	g_autofree float *weight = g_new(float, count + 1);
	for (size_t i = 0; weights && i < count; i++)
		weight[i] = (float)weights[i];
	return !weights || r->calls->dataset_set(rows, "weight", weight, (int)count, LGB_FLOAT32) == 0 ||
	       lightgbm_failed(r->calls, "take the weights", error);
}

static bool begin(Run *r, GError **error)
{
	const TrainSet *set = r->set;
	g_autofree char *settings = settings_of(r);
	if (!read_rows(r, set->x, set->y, settings, &r->train, error) ||
	        !set_weights(r, r->train, set->weight, set->x->rows, error) ||
	        (set->valid && (!read_rows(r, set->valid, set->valid_y, settings, &r->valid, error) ||
	                               !set_weights(r, r->valid, set->valid_weight, set->valid->rows, error))))
		return false;
	if (r->calls->booster_new(r->train, settings, &r->booster) != 0 ||
	        (r->valid && r->calls->booster_valid(r->booster, r->valid) != 0))
		return lightgbm_failed(r->calls, "begin", error);
	return true;
}

/* Until the rounds are done, no split gains, or the metric has not improved for `patience` rounds. */
static bool boost(const Run *r, unsigned *ret_best, GError **error)
{
	unsigned most = (unsigned)json_get_int(r->params, "rounds", 400);
	TrainRounds rounds = {.set = r->set,
	        .patience = (unsigned)json_get_int(r->params, "patience", 30),
	        .pace = json_get_number(r->params, "learning_rate", USUAL_RATE) / USUAL_RATE,
	        .larger_is_better = r->grows};
	bool watches = r->valid && rounds.patience > 0, goes_on = true;
	for (int finished = 0; goes_on && !finished && rounds.done < most;) {
		double values[8] = {NAN};
		int count = 0;
		if (r->calls->booster_update(r->booster, &finished) != 0)
			return lightgbm_failed(r->calls, "train", error);
		if (watches && r->calls->booster_eval(r->booster, 1, &count, values) != 0)
			return lightgbm_failed(r->calls, "evaluate the validation rows", error);
		goes_on = train_round(&rounds, values[0]);
	}
	*ret_best = rounds.best ? rounds.best : MAX(rounds.done, 1u);
	return true;
}

static bool take_trees(const Run *r, unsigned rounds, Trees **ret, GError **error)
{
	int64_t size = 0;
	if (r->calls->booster_text(r->booster, 0, (int)rounds, 0, 0, &size, NULL) != 0)
		return lightgbm_failed(r->calls, "give out the model", error);
	g_autofree char *text = g_malloc((size_t)size + 1);
	if (r->calls->booster_text(r->booster, 0, (int)rounds, 0, size, &size, text) != 0)
		return lightgbm_failed(r->calls, "give out the model", error);
	LightgbmForm form = {.view = r->view,
	        .columns = (uint32_t)r->set->x->columns,
	        .groups = r->set->task == TASK_MULTICLASS ? (uint32_t)r->set->classes : 1,
	        .link = r->set->task == TASK_BINARY       ? LINK_LOGISTIC
	                : r->set->task == TASK_MULTICLASS ? LINK_SOFTMAX
	                                                  : LINK_SCALED,
	        .shift = r->scale.shift,
	        .scale = r->scale.scale};
	return trees_from_lightgbm(text, &form, ret, error);
}

static bool check_set(const TrainSet *set, GError **error)
{
	if (set->x->rows == 0 || set->x->columns == 0)
		return fail(error, FAIL_INVALID, "there are no %s to learn from", set->x->rows ? "features" : "rows");
	if (set->x->columns > LIMIT_FEATURES)
		return fail(error, FAIL_LIMIT, "%zu features are more than the %d that a model may have",
		        set->x->columns, LIMIT_FEATURES);
	return set->x->rows <= INT32_MAX || fail(error, FAIL_LIMIT, "LightGBM takes at most %d rows", INT32_MAX);
}

static bool lightgbm_train(
        const TrainSet *set, const json_t *params, void **ret_model, json_t **ret_params, GError **error)
{
	g_auto(Run) r = {.set = set, .params = params, .scale = label_scale(set)};
	Trees *trees = NULL;
	unsigned rounds = 0;
	if (!check_set(set, error) || !lightgbm_calls(&r.calls, error))
		return false;
	r.view = view_new(set->x, json_get_text(params, "view", "category"));
	if (!begin(&r, error) || !boost(&r, &rounds, error) || !take_trees(&r, rounds, &trees, error))
		return false;
	*ret_model = trees;
	if (ret_params)
		*ret_params = train_rounds_params(params, rounds);
	return true;
}

static bool lightgbm_ready(const char *code, const json_t *params, GError **error)
{
	const LightgbmCalls *calls;
	return lightgbm_calls(&calls, error);
}

const ModelFamily FAMILY_LIGHTGBM = {
        .name = "lightgbm",
        .help = "gradient boosted trees by LightGBM, grown by leaf; where its library is found",
        .tasks = TASK_ANY,
        .params = PARAMS,
        .wide = WIDE,
        .portfolio = PORTFOLIO_LIGHTGBM,
        .takes_categories = true,
        .search_share = 4,
        .ready = lightgbm_ready,
        .train = lightgbm_train,
        TREES_FUNCTIONS,
};
