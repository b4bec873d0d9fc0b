/* xgboost_train.c: the training loop over XGBoost's C library.
 *
 * The rows are read by xgboost_rows.c, or were when the process that forked this one did (prepared.h).  Early stopping is a loop of ours:
 * after each round the watched metric of the valid rows is read from the evaluation's text. */
#include "model/xgboost_train.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/limits.h"
#include "model/xgboost_rows.h"

#define USUAL_ETA 0.1

typedef struct Run {
	const XgboostJob *job;
	const XgboostCalls *calls;
	XgboostRows *own;
	XgbHandle train, valid,
	        booster; /* the rows are own's, or shared with other processes; valid NULL: none are watched */
	int bins;
	float *gradients; /* of a loss of our own: first derivatives, then second */
} Run;

static void run_clear(Run *r)
{
	if (r->booster)
		r->calls->booster_free(r->booster);
	xgboost_rows_free(r->own);
	g_free(r->gradients);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Run, run_clear)

static double most_nodes(const XgboostJob *job)
{
	double depth = json_get_number(job->settings, "max_depth", 6),
	       leaves = json_get_number(job->settings, "max_leaves", 0);
	double nodes = MIN(depth > 0 ? exp2(depth + 1) : INFINITY, 2 * (double)job->set->x->rows);
	return leaves > 0 ? MIN(nodes, 2 * leaves) : nodes;
}

/* XGBoost 1.7 keeps a histogram (16 bytes a bin) of every node until a tree is done: with 4,000 features of 256 bins and
 * depth 6 that is 2 GB.  Wide tables get coarser bins, so that it stays within half a GiB. */
static int affordable_bins(const XgboostJob *job)
{
	int bins = job->max_bin;
	while (bins > 16 && (double)job->set->x->columns * bins * 16 * most_nodes(job) > 0x1p29)
		bins /= 2;
	return bins;
}

static bool set_targets(const Run *r, GError **error)
{
	const XgboostJob *job = r->job;
	size_t rows = job->set->x->rows;
	bool ok = xgboost_set(r->calls, r->train, "label", xgboost_array(job->labels, rows, job->label_columns)) &&
	          (!job->margins || xgboost_set(r->calls, r->train, "base_margin",
	                                    xgboost_array(job->margins, rows, job->groups)));
	if (ok && r->valid)
		ok = xgboost_set(r->calls, r->valid, "label",
		        xgboost_array(job->valid_labels, job->set->valid->rows, job->label_columns));
	return ok || xgboost_failed(r->calls, "take the targets", error);
}

static XgboostRowsWanted rows_of(const XgboostJob *job)
{
	return (XgboostRowsWanted){.set = job->set, .view = job->view, .bins = affordable_bins(job)};
}

static bool read_rows(Run *r, GError **error)
{
	XgboostRowsWanted wanted = rows_of(r->job);
	const XgboostRows *rows = xgboost_rows_prepared(&wanted);
	if (!rows && !xgboost_rows_read(&wanted, &r->own, error))
		return false;
	rows = rows ? rows : r->own;
	r->calls = rows->calls;
	r->train = rows->train;
	r->valid = r->job->set->valid ? rows->valid : NULL;
	r->bins = wanted.bins;
	return set_targets(r, error);
}

static bool set_param(const Run *r, const char *name, const char *value, GError **error)
{
	g_autofree char *what = g_strdup_printf("set %s to %s", name, value);
	return r->calls->set_param(r->booster, name, value) == 0 || xgboost_failed(r->calls, what, error);
}

static char *setting_text(const json_t *value)
{
	if (json_is_string(value))
		return g_strdup(json_string_value(value));
	if (json_is_integer(value))
		return g_strdup_printf("%" JSON_INTEGER_FORMAT, json_integer_value(value));
	char *text = g_malloc(G_ASCII_DTOSTR_BUF_SIZE);
	return g_ascii_dtostr(text, G_ASCII_DTOSTR_BUF_SIZE, json_number_value(value));
}

static bool set_params(const Run *r, GError **error)
{
	const XgboostJob *job = r->job;
	bool is_softmax = g_str_equal(job->objective, "multi:softprob");
	json_auto_t *all = json_pack("{s:s,s:s,s:i,s:i,s:i,s:I,s:s,s:i}", "tree_method", "hist", "objective",
	        job->objective, "nthread", (int)MAX(job->set->threads, 1u), "max_bin", r->bins, "num_parallel_tree",
	        (int)job->parallel, "seed", (json_int_t)(job->set->seed & 0x7fffffff), "eval_metric",
	        job->watched ? job->watched : "rmse", "disable_default_eval_metric", 1);
	json_object_set_new(all, "base_score", json_real(job->base_score));
	if (job->drops_trees)
		json_object_set_new(all, "booster", json_string("dart"));
	if (job->view && job->view->splits_single)
		json_object_set_new(all, "max_cat_to_onehot", json_integer(LIMIT_CATEGORIES + 1));
	if (is_softmax)
		json_object_set_new(all, "num_class", json_integer(job->groups));
	json_object_update_missing(all, (json_t *)job->settings);
	const char *name;
	json_t *value;
	json_object_foreach (all, name, value) {
		g_autofree char *text = setting_text(value);
		if (!set_param(r, name, text, error))
			return false;
	}
	return true;
}

static bool margins_of(const Run *r, XgbHandle rows, bool training, const float **ret, GError **error)
{
	const uint64_t *shape;
	uint64_t dimensions;
	const char *config = training ? "{\"type\":1,\"training\":true,\"iteration_begin\":0,\"iteration_end\":0,"
	                                "\"strict_shape\":true}"
	                              : "{\"type\":1,\"training\":false,\"iteration_begin\":0,\"iteration_end\":0,"
	                                "\"strict_shape\":true}";
	return r->calls->predict(r->booster, rows, config, &shape, &dimensions, ret) == 0 ||
	       xgboost_failed(r->calls, "predict while training", error);
}

static bool update_by_loss(Run *r, GError **error)
{
	const TrainSet *set = r->job->set;
	const XgboostLoss *loss = r->job->loss;
	size_t rows = set->x->rows;
	const float *margins;
	if (!margins_of(r, r->train, true, &margins, error))
		return false;
	if (!r->gradients)
		r->gradients = g_new(float, 2 * rows);
	float *first = r->gradients, *second = first + rows;
	for (size_t i = 0; i < rows; i++) {
		float weight = set->weight ? (float)set->weight[i] : 1;
		loss->slopes(loss->parameter, (double)margins[i], (double)r->job->labels[i], &first[i], &second[i]);
		first[i] *= weight;
		second[i] *= weight;
	}
	return r->calls->boost(r->booster, r->train, first, second, rows) == 0 ||
	       xgboost_failed(r->calls, "train", error);
}

static bool update(Run *r, unsigned round, GError **error)
{
	if (r->job->loss)
		return update_by_loss(r, error);
	return r->calls->update(r->booster, (int)round, r->train) == 0 || xgboost_failed(r->calls, "train", error);
}

static bool evaluate_loss(Run *r, double *ret, GError **error)
{
	const XgboostLoss *loss = r->job->loss;
	const float *margins;
	double sum = 0;
	if (!margins_of(r, r->valid, false, &margins, error))
		return false;
	const double *weight = r->job->set->valid_weight;
	for (size_t i = 0; i < r->job->set->valid->rows; i++)
		sum += (weight ? weight[i] : 1) *
		       loss->value(loss->parameter, (double)margins[i], (double)r->job->valid_labels[i]);
	*ret = sum;
	return true;
}

/* "[12]\tvalid-auc:0.91" */
static bool evaluate(Run *r, unsigned round, double *ret, GError **error)
{
	const char *name = "valid", *text = NULL;
	if (r->job->loss)
		return evaluate_loss(r, ret, error);
	if (r->calls->evaluate(r->booster, (int)round, &r->valid, &name, 1, &text) != 0)
		return xgboost_failed(r->calls, "evaluate the validation rows", error);
	const char *colon = strrchr(text, ':');
	*ret = colon ? g_ascii_strtod(colon + 1, NULL) : NAN;
	return true;
}

/* All rounds, or until the watched metric has not improved for `patience` of them.  A metric that is not defined (AUC of
 * rows of one class) never improves: then nothing is stopped and all rounds count. */
static bool boost(Run *r, unsigned *ret_best, GError **error)
{
	const XgboostJob *job = r->job;
	bool watches = r->valid && job->patience > 0 && (job->watched || job->loss), goes_on = true;
	TrainRounds rounds = {.set = job->set,
	        .patience = job->patience,
	        .pace = json_get_number(job->settings, "eta", USUAL_ETA) / USUAL_ETA,
	        .larger_is_better = job->watched_grows};
	while (goes_on && rounds.done < job->rounds) {
		double value = NAN;
		if (!update(r, rounds.done, error) || (watches && !evaluate(r, rounds.done, &value, error)))
			return false;
		goes_on = train_round(&rounds, value);
	}
	*ret_best = rounds.best ? rounds.best : job->rounds;
	return true;
}

static bool check_job(const XgboostJob *job, GError **error)
{
	const Matrix *x = job->set->x;
	if (x->columns < 1 || (job->view && job->view->columns < 1))
		return fail(error, FAIL_INVALID, "there are no features to learn from");
	if (x->columns > LIMIT_FEATURES)
		return fail(error, FAIL_LIMIT, "%zu features are more than the %d that a model may have", x->columns,
		        LIMIT_FEATURES);
	return x->rows > 0 || fail(error, FAIL_INVALID, "there are no rows to learn from");
}

bool xgboost_train(const XgboostJob *job, Trees **ret, unsigned *ret_rounds, GError **error)
{
	g_auto(Run) r = {.job = job};
	if (!check_job(job, error) || !read_rows(&r, error))
		return false;
	XgbHandle matrices[] = {r.train, r.valid};
	if (r.calls->booster_new(matrices, r.valid ? 2 : 1, &r.booster) != 0)
		return xgboost_failed(r.calls, "begin", error);
	unsigned rounds = 0;
	if (!set_params(&r, error) || !boost(&r, &rounds, error))
		return false;
	uint64_t size;
	const char *bytes;
	if (r.calls->save(r.booster, "{\"format\":\"ubj\"}", &size, &bytes) != 0)
		return xgboost_failed(r.calls, "give out the model", error);
	if (!trees_from_ubj(bytes, size, job, rounds * job->groups * job->parallel, ret, error))
		return false;
	*ret_rounds = rounds;
	return true;
}

bool xgboost_prepare(const XgboostJob *job, bool make, Prepared *ret, GError **error)
{
	XgboostRowsWanted wanted = rows_of(job);
	return check_job(job, error) && xgboost_rows_prepare(&wanted, make, ret, error);
}
