/* judged.c: small models on the sample's folds. */
#include "feasible/judged.h"

#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/rng.h"
#include "data/engine.h"
#include "stats/threshold.h"

/* Intervals of a first look: 95 %, from 100 draws of at most so many rows. */
enum { DRAWS = 100, DRAWN_ROWS = 20000 };

void judged_free(Judged *j)
{
	if (!j)
		return;
	train_data_free(j->d);
	frame_free(j->rows);
	g_free(j->at);
	g_free(j->y);
	g_free(j->weight);
	g_free(j);
}

static bool read_rows(Judged *j, const JudgedWanted *wanted, GError **error)
{
	EngineLimits limits = {wanted->threads, wanted->memory_mb, wanted->scratch};
	g_autoptr(Engine) e = NULL;
	g_autofree char *table = sql_parquet(wanted->table);
	g_autofree char *sql = g_strdup_printf("SELECT * FROM %s", table);
	if (!engine_open(&limits, &e, error) || !engine_frame(e, sql, &j->rows, error))
		return false;
	j->fold = frame_find(j->rows, "_gyre_fold")->ints;
	return true;
}

static bool read_features(Judged *j, const JudgedWanted *wanted, GError **error)
{
	json_auto_t *recipes = NULL;
	if (!recipes_read(wanted->recipes, &recipes, error))
		return false;
	TrainDataWanted data = {.table = wanted->table,
	        .recipes = recipes,
	        .rows = LIMIT_ROWS,
	        .seed = wanted->seed,
	        .threads = wanted->threads,
	        .memory_mb = wanted->memory_mb,
	        .scratch = wanted->scratch,
	        .limit_bytes = wanted->memory_mb << 20};
	if (!train_data_read(&data, &j->d, error))
		return false;
	/* Rows of the sample and of the features are paired one by one. */
	return j->d->left_out == 0 ||
	       fail(error, FAIL_BROKEN, "%zu rows of the sample have no usable target", j->d->left_out);
}

/* Which row each judged row is. */
static bool place_rows(Judged *j, GError **error)
{
	const TrainData *d = j->d;
	const int64_t *numbers = frame_find(j->rows, "_gyre_row")->ints;
	g_autoptr(GHashTable) places = g_hash_table_new(g_int64_hash, g_int64_equal);
	for (size_t i = 0; i < j->rows->rows; i++)
		g_hash_table_insert(places, (gpointer)&numbers[i], GSIZE_TO_POINTER(i + 1));
	j->count = d->valid_rows;
	j->at = g_new(uint32_t, j->count);
	j->y = g_new(double, j->count);
	j->weight = d->all.weight ? g_new(double, j->count) : NULL;
	for (size_t k = 0, to = 0; k < d->fold_count; k++) {
		const Part *valid = &d->folds[k].valid;
		for (size_t i = 0; i < valid->x.rows; i++, to++) {
			size_t place = GPOINTER_TO_SIZE(g_hash_table_lookup(places, &valid->row[i]));
			if (!place)
				return fail(error, FAIL_BROKEN, "a judged row is not in the sample");
			j->at[to] = (uint32_t)(place - 1);
			j->y[to] = valid->y[i];
			if (j->weight)
				j->weight[to] = valid->weight[i];
		}
	}
	return true;
}

bool judged_read(const JudgedWanted *wanted, Judged **ret, GError **error)
{
	g_autoptr(Judged) j = g_new0(Judged, 1);
	j->seed = wanted->seed;
	if (!read_rows(j, wanted, error) || !read_features(j, wanted, error) || !place_rows(j, error))
		return false;
	*ret = g_steal_pointer(&j);
	return true;
}

/* A part of the rows, copied: the first ones of an order that the seed gives. */
static void part_of(const Judged *j, const Part *all, double part, Part *ret)
{
	size_t rows = MAX((size_t)((double)all->x.rows * part), 1), columns = all->x.columns;
	g_autofree uint32_t *order = g_new(uint32_t, all->x.rows);
	for (size_t i = 0; i < all->x.rows; i++)
		order[i] = (uint32_t)i;
	Rng rng = rng_stream(j->seed, "learning curve");
	rng_shuffle(&rng, order, all->x.rows);
	*ret = (Part){.x = {.rows = rows, .columns = columns, .kinds = all->x.kinds}}; /* kinds are borrowed */
	ret->x.values = g_new(float, rows *MAX(columns, 1));
	ret->y = g_new(double, rows);
	ret->weight = all->weight ? g_new(double, rows) : NULL;
	for (size_t i = 0; i < rows; i++) {
		memcpy(ret->x.values + i * columns, all->x.values + order[i] * columns, columns * sizeof(float));
		ret->y[i] = all->y[order[i]];
		if (ret->weight)
			ret->weight[i] = all->weight[order[i]];
	}
}

static bool score_fold(const Judged *j, const ModelFamily *family, const json_t *params, size_t k, const Part *rows,
        double *ret, GError **error)
{
	const TrainData *d = j->d;
	TrainSet set = {.task = d->task,
	        .classes = d->classes,
	        .x = &rows->x,
	        .y = rows->y,
	        .weight = rows->weight,
	        .metric = d->classes ? "log_loss" : "rmse",
	        .seed = j->seed,
	        .threads = 2}; /* whatever the machine: sums depend on how they are divided */
	void *model = NULL;
	if (!family_train(family, &set, params, &model, NULL, error))
		return false;
	bool ok = family_predict(family, model, &d->folds[k].valid.x, ret, error);
	family->free(model);
	return ok;
}

static bool score_part(const Judged *j, const JudgedModel *model, const ModelFamily *family, const json_t *params,
        size_t k, double *ret, GError **error)
{
	const Part *all = &j->d->folds[k].train;
	if (model->part >= 1)
		return score_fold(j, family, params, k, all, ret, error);
	Part some;
	part_of(j, all, model->part, &some);
	bool ok = score_fold(j, family, params, k, &some, ret, error);
	g_free(some.x.values);
	g_free(some.y);
	g_free(some.weight);
	return ok;
}

bool judged_scores(const Judged *j, const JudgedModel *model, double *ret, GError **error)
{
	const ModelFamily *family = family_find(model->family);
	const TrainData *d = j->d;
	json_auto_t *params = NULL;
	if (!param_fill(family->params, model->family, model->params, &params, error))
		return false;
	size_t folds = model->folds ? MIN(model->folds, d->fold_count) : d->fold_count;
	for (size_t k = 0, from = 0; k < folds; from += d->folds[k++].valid.x.rows)
		if (d->folds[k].valid.x.rows &&
		        !score_part(j, model, family, params, k, ret + from * d->outputs, error))
			return false;
	return true;
}

Scored judged_part(const Judged *j, const double *scores, size_t from, size_t count)
{
	return (Scored){.rows = count,
	        .classes = j->d->classes,
	        .y = j->y + from,
	        .scores = scores + from * j->d->outputs,
	        .weight = j->weight ? j->weight + from : NULL,
	        .positive = j->d->positive};
}

uint32_t *judged_decide(const Scored *s, const MetricKind *metric)
{
	if (s->classes != 2)
		return NULL;
	uint32_t *ret = g_new(uint32_t, s->rows);
	threshold_decide(s, threshold_choose(s, metric).threshold, ret);
	return ret;
}

json_t *judged_metrics(const Judged *j, const double *scores, const MetricKind *metric, const json_t *keep)
{
	Scored s = judged_part(j, scores, 0, j->count);
	g_autofree uint32_t *decided = judged_decide(&s, metric);
	s.decided = decided;
	json_t *all = metrics_with_intervals(&s, DRAWS, 0.95, j->seed, DRAWN_ROWS), *figure;
	const char *name;
	void *next;
	json_object_foreach_safe (all, next, name, figure)
		if (!json_object_get(keep, name))
			json_object_del(all, name);
	return all;
}
