/* boosted_objective.c: the losses that boosted trees can minimise. */
#include "model/boosted_objective.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"

typedef struct Objective {
	const char *name;
	unsigned tasks;
	const char *xgboost;
	const char *watched; /* XGBoost's name, where the metric asked for is none of WATCHED */
	TreesLink link;
	double base_score;
	double quantile;          /* where the labels begin; NAN: at the mean; below 0: at params.quantile */
	bool above_zero, at_zero; /* the targets must be above 0, or at least 0 */
} Objective;

static const Objective OBJECTIVES[] = {
        {"auto", TASK_BINARY, "binary:logistic", "logloss", LINK_LOGISTIC, 0.5, NAN, false, false},
        {"auto", TASK_MULTICLASS, "multi:softprob", "mlogloss", LINK_SOFTMAX, 0, NAN, false, false},
        {"auto", TASK_REGRESSION, "reg:squarederror", "rmse", LINK_SCALED, 0, NAN, false, false},
        {"squared", TASK_REGRESSION, "reg:squarederror", "rmse", LINK_SCALED, 0, NAN, false, false},
        {"absolute", TASK_REGRESSION, "reg:absoluteerror", "mae", LINK_SCALED, 0, 0.5, false, false},
        {"quantile", TASK_REGRESSION, "reg:squarederror", "rmse", LINK_SCALED, 0, -1, false, false},
        {"poisson", TASK_REGRESSION, "count:poisson", "poisson-nloglik", LINK_EXPONENTIAL, 1, NAN, false, true},
        {"gamma", TASK_REGRESSION, "reg:gamma", "gamma-nloglik", LINK_EXPONENTIAL, 1, NAN, true, false},
        {"tweedie", TASK_REGRESSION, "reg:tweedie", "tweedie-nloglik", LINK_EXPONENTIAL, 1, NAN, false, true},
};

const char *const BOOSTED_OBJECTIVES[] = {
        "auto", "squared", "absolute", "quantile", "poisson", "gamma", "tweedie", NULL};

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
        {TASK_REGRESSION, "mae", "mae", false},
        {TASK_REGRESSION, "median_ae", "mae", false},
        {TASK_REGRESSION, "mape", "mae", false},
};

static double pinball(double alpha, double margin, double label)
{
	return margin < label ? alpha * (label - margin) : (1 - alpha) * (margin - label);
}

/* The pinball loss is not curved; with 1 in place of the second derivative a leaf steps by the mean of the first. */
static void pinball_slopes(double alpha, double margin, double label, float *ret_first, float *ret_second)
{
	*ret_first = (float)(margin < label ? -alpha : 1 - alpha);
	*ret_second = 1;
}

static const Objective *find(const char *name, unsigned task)
{
	for (size_t i = 0; i < G_N_ELEMENTS(OBJECTIVES); i++)
		if (OBJECTIVES[i].tasks & task && strcmp(OBJECTIVES[i].name, name) == 0)
			return &OBJECTIVES[i];
	return NULL;
}

static bool check_targets(const TrainSet *set, const Objective *o, GError **error)
{
	bool any = false;
	for (size_t i = 0; (o->above_zero || o->at_zero) && i < set->x->rows; i++) {
		if (set->y[i] < 0 || (o->above_zero && set->y[i] == 0))
			return fail(error, FAIL_INVALID, "objective %s needs targets %s 0, and there is one of %g",
			        o->name, o->above_zero ? "above" : "of at least", set->y[i]);
		any = any || set->y[i] > 0;
	}
	return !o->at_zero || any || fail(error, FAIL_INVALID, "objective %s: all targets are 0", o->name);
}

typedef struct Weighed {
	double value, weight;
} Weighed;

static int by_value(const void *a, const void *b)
{
	double x = ((const Weighed *)a)->value, y = ((const Weighed *)b)->value;
	return (x > y) - (x < y);
}

/* The least value with so much of the weight at or below it. */
static double quantile_of(const TrainSet *set, double share)
{
	size_t rows = set->x->rows, i = 0;
	g_autofree Weighed *sorted = g_new(Weighed, MAX(rows, (size_t)1));
	double total = 0, below = 0;
	for (i = 0; i < rows; i++) {
		sorted[i] = (Weighed){set->y[i], set->weight ? set->weight[i] : 1};
		total += sorted[i].weight;
	}
	qsort(sorted, rows, sizeof *sorted, by_value);
	for (i = 0; i + 1 < rows; i++) {
		below += sorted[i].weight;
		if (below >= share * total)
			break;
	}
	return rows ? sorted[i].value : 0;
}

static LabelScale scale_of(const TrainSet *set, const Objective *o, double alpha)
{
	LabelScale scale = label_scale(set);
	if (o->link == LINK_EXPONENTIAL)
		return (LabelScale){0, scale.shift > 0 ? scale.shift : 1};
	if (!isnan(o->quantile))
		scale.shift = quantile_of(set, o->quantile < 0 ? alpha : o->quantile);
	return scale;
}

static void choose_watched(const TrainSet *set, const Objective *o, XgboostJob *job)
{
	job->watched = o->watched;
	job->watched_grows = false;
	for (size_t i = 0; i < G_N_ELEMENTS(WATCHED); i++) {
		if (WATCHED[i].task != set->task || g_strcmp0(WATCHED[i].ours, set->metric) != 0)
			continue;
		job->watched = WATCHED[i].xgboost;
		job->watched_grows = WATCHED[i].grows;
	}
}

bool boosted_objective(
        const TrainSet *set, const json_t *params, XgboostJob *job, LabelScale *ret_scale, GError **error)
{
	const char *name = json_get_text(params, "objective", "auto");
	double alpha = json_get_number(params, "quantile", 0.5);
	const Objective *o = find(name, set->task);
	if (!o)
		return fail(error, FAIL_INVALID,
		        "objective %s is for numbers; classes are learnt by their likelihood: auto", name);
	if (!check_targets(set, o, error))
		return false;
	*ret_scale = scale_of(set, o, alpha);
	choose_watched(set, o, job);
	job->objective = o->xgboost;
	job->base_score = o->base_score;
	job->link = o->link;
	job->shift = ret_scale->shift;
	job->scale = ret_scale->scale;
	if (strcmp(o->name, "tweedie") == 0 && strcmp(job->watched, o->watched) == 0)
		job->watched = "tweedie-nloglik@1.5";
	if (o->quantile < 0) {
		XgboostLoss *loss = g_new0(XgboostLoss, 1);
		*loss = (XgboostLoss){alpha, pinball, pinball_slopes};
		job->loss = loss;
	}
	return true;
}

void boosted_objective_clear(XgboostJob *job)
{
	g_free((XgboostLoss *)job->loss);
	job->loss = NULL;
}
