/* xgboost_train.c: the training loop over XGBoost's C library.
 *
 * Training rows go in as a quantile matrix: binned while they are read, so XGBoost holds a byte a value beside our four
 * (an ordinary matrix of its own would hold eight).  A view that leaves columns out is handed over in blocks, so the rows are
 * never copied as a whole.  Early stopping is a loop of ours: after each round the watched metric
 * of the valid rows is read from the evaluation's text. */
#include "model/xgboost_train.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/limits.h"
#include "model/xgboost_calls.h"

#define USUAL_ETA 0.1
#define BLOCK 65536u /* rows handed over at once when they have to be copied */

typedef struct Run {
	const XgboostJob *job;
	const XgboostCalls *calls;
	XgbHandle proxy, train, valid, booster;
	int bins;
	size_t read;      /* rows handed over */
	bool has_failed;  /* inside the callback */
	float *block;     /* those of a narrower view */
	float *gradients; /* of a loss of our own: first derivatives, then second */
} Run;

static void run_clear(Run *r)
{
	if (r->booster)
		r->calls->booster_free(r->booster);
	for (unsigned i = 0; i < 3; i++) {
		XgbHandle matrix = i == 0 ? r->valid : i == 1 ? r->train : r->proxy;
		if (matrix)
			r->calls->matrix_free(matrix);
	}
	g_free(r->block);
	g_free(r->gradients);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Run, run_clear)

char *xgboost_array(const float *values, size_t rows, size_t columns)
{
	return g_strdup_printf("{\"data\":[%" G_GUINTPTR_FORMAT
	                       ",true],\"shape\":[%zu,%zu],\"typestr\":\"<f4\",\"version\":3}",
	        (guintptr)values, rows, columns);
}

static bool set_info(
        const Run *r, XgbHandle matrix, const char *field, const float *values, size_t rows, size_t columns)
{
	g_autofree char *array = xgboost_array(values, rows, columns);
	return r->calls->set_info(matrix, field, array) == 0;
}

static bool is_copied(const Run *r)
{
	return r->job->view && !r->job->view->is_whole;
}

static size_t columns_of(const Run *r)
{
	return r->job->view ? r->job->view->columns : r->job->set->x->columns;
}

static bool set_types(const Run *r, XgbHandle matrix)
{
	const View *view = r->job->view;
	bool any = false;
	if (!view)
		return true;
	g_autofree const char **types = g_new(const char *, MAX(view->columns, (size_t)1));
	for (size_t j = 0; j < view->columns; j++) {
		types[j] = view->categories[j] ? "c" : "q";
		any = any || view->categories[j];
	}
	return !any || r->calls->set_texts(matrix, "feature_type", types, view->columns) == 0;
}

static float *narrow(const double *values, size_t count)
{
	float *ret = g_new(float, MAX(count, 1));
	for (size_t i = 0; i < count; i++)
		ret[i] = (float)values[i];
	return ret;
}

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

static void source_reset(void *source)
{
	((Run *)source)->read = 0;
}

/* XGBoost asks for the next part of the rows: all of them at once where they can stay where they are. */
static int source_next(void *source)
{
	Run *r = source;
	const TrainSet *set = r->job->set;
	size_t from = r->read, columns = columns_of(r);
	if (from >= set->x->rows || r->has_failed)
		return 0;
	size_t rows = is_copied(r) ? MIN(set->x->rows - from, BLOCK) : set->x->rows;
	r->read += rows;
	if (is_copied(r))
		view_rows(r->job->view, set->x, from, rows, r->block);
	g_autofree char *array = xgboost_array(is_copied(r) ? r->block : set->x->values, rows, columns);
	g_autofree float *weight = set->weight ? narrow(set->weight + from, rows) : NULL;
	const float *labels = r->job->labels + from * r->job->label_columns;
	const float *margins = r->job->margins ? r->job->margins + from * r->job->groups : NULL;
	bool ok = r->calls->proxy_set_dense(r->proxy, array) == 0 && set_types(r, r->proxy) &&
	          set_info(r, r->proxy, "label", labels, rows, r->job->label_columns) &&
	          (!weight || set_info(r, r->proxy, "weight", weight, rows, 1)) &&
	          (!margins || set_info(r, r->proxy, "base_margin", margins, rows, r->job->groups));
	r->has_failed = !ok;
	return ok;
}

static bool read_valid(Run *r, const char *config)
{
	const Matrix *valid = r->job->set->valid;
	g_autofree float *copy = NULL;
	if (is_copied(r)) {
		copy = g_new(float, MAX(valid->rows * columns_of(r), (size_t)1));
		view_rows(r->job->view, valid, 0, valid->rows, copy);
	}
	g_autofree char *rows = xgboost_array(copy ? copy : valid->values, valid->rows, columns_of(r));
	return r->calls->dense_new(rows, config, &r->valid) == 0 && set_types(r, r->valid) &&
	       set_info(r, r->valid, "label", r->job->valid_labels, valid->rows, r->job->label_columns);
}

static bool read_rows(Run *r, GError **error)
{
	const TrainSet *set = r->job->set;
	g_autofree char *config =
	        g_strdup_printf("{\"missing\":NaN,\"nthread\":%u,\"max_bin\":%d}", MAX(set->threads, 1u), r->bins);
	if (is_copied(r))
		r->block = g_new(float, MIN(set->x->rows, BLOCK) * columns_of(r));
	if (r->calls->proxy_new(&r->proxy) != 0 ||
	        r->calls->quantile_new(r, r->proxy, NULL, source_reset, source_next, config, &r->train) != 0 ||
	        r->has_failed)
		return xgboost_failed(r->calls, "read the training rows", error);
	return !set->valid || read_valid(r, config) || xgboost_failed(r->calls, "read the validation rows", error);
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
	for (size_t i = 0; i < r->job->set->valid->rows; i++)
		sum += loss->value(loss->parameter, (double)margins[i], (double)r->job->valid_labels[i]);
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
	bool watches = r->valid && job->patience > 0 && (job->watched || job->loss);
	double best = NAN, pace = json_get_number(job->settings, "eta", USUAL_ETA) / USUAL_ETA;
	unsigned best_rounds = 0, done = 0;
	for (; done < job->rounds; done++) {
		double value = NAN;
		if (!update(r, done, error))
			return false;
		if (watches && !evaluate(r, done, &value, error))
			return false;
		bool improves = isnan(best) || (job->watched_grows ? value > best : value < best);
		if (!isnan(value) && improves) {
			best = value;
			best_rounds = done + 1;
		}
		if (best_rounds && done + 1 - best_rounds >= job->patience)
			break;
		TrainRound round = {done + 1, pace, best, job->watched_grows};
		if (family_round(job->set, &round))
			break;
	}
	*ret_best = best_rounds ? best_rounds : job->rounds;
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
	g_auto(Run) r = {.job = job, .bins = affordable_bins(job)};
	if (!check_job(job, error) || !xgboost_calls(&r.calls, error) || !read_rows(&r, error))
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
