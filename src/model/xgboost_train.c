/* xgboost_train.c: the training loop over XGBoost's C library.
 *
 * Training rows go in as a quantile matrix: binned while they are read, so XGBoost holds a byte a value beside our four
 * (an ordinary matrix of its own would hold eight).  Early stopping is a loop of ours: after each round the watched metric
 * of the valid rows is read from the evaluation's text. */
#include "model/xgboost_train.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/limits.h"
#include "model/xgboost_calls.h"

typedef struct Run {
	const XgboostJob *job;
	const XgboostCalls *calls;
	XgbHandle proxy, train, valid, booster;
	int bins;
	bool is_read;
	bool has_failed; /* inside the callback */
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
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Run, run_clear)

char *xgboost_array(const float *values, size_t rows, size_t columns)
{
	return g_strdup_printf("{\"data\":[%" G_GUINTPTR_FORMAT
	                       ",true],\"shape\":[%zu,%zu],\"typestr\":\"<f4\",\"version\":3}",
	        (guintptr)values, rows, columns);
}

static bool set_info(const Run *r, XgbHandle matrix, const char *field, const float *values, size_t columns)
{
	size_t rows = matrix == r->valid ? r->job->set->valid->rows : r->job->set->x->rows;
	g_autofree char *array = xgboost_array(values, rows, columns);
	return r->calls->set_info(matrix, field, array) == 0;
}

static float *narrow(const double *values, size_t count)
{
	float *ret = g_new(float, MAX(count, 1));
	for (size_t i = 0; i < count; i++)
		ret[i] = (float)values[i];
	return ret;
}

/* XGBoost 1.7 keeps a histogram (16 bytes a bin) of every node until a tree is done: with 4,000 features of 256 bins and
 * depth 6 that is 2 GB.  Wide tables get coarser bins, so that it stays within half a GiB. */
static int affordable_bins(const XgboostJob *job)
{
	const Matrix *x = job->set->x;
	double depth = json_get_number(job->settings, "max_depth", 6);
	double nodes = MIN(exp2(depth + 1), 2 * (double)x->rows);
	int bins = job->max_bin;
	while (bins > 16 && (double)x->columns * bins * 16 * nodes > 0x1p29)
		bins /= 2;
	return bins;
}

static void source_reset(void *source)
{
	((Run *)source)->is_read = false;
}

/* XGBoost asks for the next part of the rows: there is one, all of them. */
static int source_next(void *source)
{
	Run *r = source;
	const TrainSet *set = r->job->set;
	if (r->is_read || r->has_failed)
		return 0;
	r->is_read = true;
	g_autofree char *rows = xgboost_array(set->x->values, set->x->rows, set->x->columns);
	g_autofree float *weight = set->weight ? narrow(set->weight, set->x->rows) : NULL;
	bool ok = r->calls->proxy_set_dense(r->proxy, rows) == 0 &&
	          set_info(r, r->proxy, "label", r->job->labels, r->job->label_columns) &&
	          (!weight || set_info(r, r->proxy, "weight", weight, 1));
	r->has_failed = !ok;
	return ok;
}

static bool read_rows(Run *r, GError **error)
{
	const TrainSet *set = r->job->set;
	g_autofree char *config =
	        g_strdup_printf("{\"missing\":NaN,\"nthread\":%u,\"max_bin\":%d}", MAX(set->threads, 1u), r->bins);
	if (r->calls->proxy_new(&r->proxy) != 0 ||
	        r->calls->quantile_new(r, r->proxy, NULL, source_reset, source_next, config, &r->train) != 0 ||
	        r->has_failed)
		return xgboost_failed(r->calls, "read the training rows", error);
	if (!set->valid)
		return true;
	g_autofree char *rows = xgboost_array(set->valid->values, set->valid->rows, set->valid->columns);
	if (r->calls->dense_new(rows, config, &r->valid) != 0 ||
	        !set_info(r, r->valid, "label", r->job->valid_labels, r->job->label_columns))
		return xgboost_failed(r->calls, "read the validation rows", error);
	return true;
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
	json_object_set_new(all, "base_score", json_real(g_str_equal(job->objective, "binary:logistic") ? 0.5 : 0));
	if (is_softmax)
		json_object_set_new(all, "num_class", json_integer(job->groups));
	json_object_update(all, (json_t *)job->settings);
	const char *name;
	json_t *value;
	json_object_foreach (all, name, value) {
		g_autofree char *text = setting_text(value);
		if (!set_param(r, name, text, error))
			return false;
	}
	return true;
}

/* "[12]\tvalid-auc:0.91" */
static bool evaluate(Run *r, unsigned round, double *ret, GError **error)
{
	const char *name = "valid", *text = NULL;
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
	bool watches = r->valid && job->patience > 0 && job->watched;
	double best = NAN;
	unsigned best_rounds = 0, done = 0;
	for (; done < job->rounds; done++) {
		double value = NAN;
		if (r->calls->update(r->booster, (int)done, r->train) != 0)
			return xgboost_failed(r->calls, "train", error);
		if (watches && !evaluate(r, done, &value, error))
			return false;
		bool improves = isnan(best) || (job->watched_grows ? value > best : value < best);
		if (!isnan(value) && improves) {
			best = value;
			best_rounds = done + 1;
		}
		if (best_rounds && done + 1 - best_rounds >= job->patience)
			break;
	}
	*ret_best = best_rounds ? best_rounds : job->rounds;
	return true;
}

static bool check_job(const XgboostJob *job, GError **error)
{
	const Matrix *x = job->set->x;
	if (x->columns < 1)
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
