/* extra_trees.c: extremely randomised trees (Geurts, Ernst, Wehenkel 2006, doi:10.1007/s10994-006-6226-1).
 *
 * Every tree sees all rows; what makes them differ is that a split is the best of a few features, each with a threshold
 * drawn at random.  Single trees are worse than a forest's, but they err in less similar ways: their mean is smooth, and it
 * is the learner that an ensemble of boosted trees and forests gains most from. */
#include "model/families.h"
#include "model/portfolio.h"

#include <math.h>

#include "base/json.h"
#include "base/limits.h"
#include "model/tree_params.h"
#include "model/trees_mean.h"

/* Leaves of all trees together, a class each: with as many splits they take some 200 MB. */
#define LEAVES_MOST 8388608

#define BLOCK_ROWS 4096 /* with 50 features 800 KB, a core's second cache */
#define SAMPLE_ROWS 1024

static const Param PARAMS[] = {
        TREE_PARAM_TREES,
        {.name = "max_depth",
                .type = PARAM_INT,
                .preset = "40",
                .min = 1,
                .max = 64,
                .help = "depth of a tree, at most"},
        TREE_PARAM_LEAF_ROWS("3", 1, 30),
        {.name = "colsample_bynode",
                .type = PARAM_REAL,
                .preset = "0",
                .min = 0,
                .max = 1,
                .flags = PARAM_TUNABLE,
                .tune_min = 0.1,
                .tune_max = 1,
                .help = "share of the features that each split may choose from, not counting those constant in its "
                        "rows; 0: 6 and the square root of their number"},
        {NULL},
};

typedef struct Job {
	const GrowRows *rows;
	const GrowPlan *plan;
	GrownTree **trees;
	size_t count;
	uint64_t seed;
	gint next;
} Job;

static gpointer grow_some(gpointer data)
{
	Job *job = data;
	for (;;) {
		size_t i = (size_t)g_atomic_int_add(&job->next, 1);
		if (i >= job->count)
			return NULL;
		g_autofree char *stream = g_strdup_printf("tree %zu", i);
		Rng rng = rng_stream(job->seed, stream);
		job->trees[i] = grow_tree(job->rows, job->plan, &rng);
	}
}

/* Each tree has its own stream and its own place, so how they are shared out leaves no trace. */
static void grow_all(Job *job, unsigned threads)
{
	g_autoptr(GPtrArray) others = g_ptr_array_new();
	for (unsigned i = 1; i < threads && i < job->count; i++)
		g_ptr_array_add(others, g_thread_new("trees", grow_some, job));
	grow_some(job);
	for (guint i = 0; i < others->len; i++)
		g_thread_join(others->pdata[i]);
}

static double mean_weight(const GrowRows *rows)
{
	double sum = 0;
	for (size_t i = 0; i < rows->rows; i++)
		sum += (double)rows->weight[i];
	return sum / (double)rows->rows;
}

static GrowPlan plan_of(const GrowRows *rows, const json_t *params)
{
	size_t trees = (size_t)json_get_int(params, "trees", 100);
	double columns = (double)rows->x->columns, tries = json_get_number(params, "colsample_bynode", 0) * columns;
	size_t leaves = MAX(LEAVES_MOST / (trees * rows->sums), 64), min_rows = rows->rows / leaves + 1;
	double min_weight = json_get_number(params, "min_child_weight", 3);
	double leaf = MAX((double)min_rows, min_weight / mean_weight(rows));
	size_t sample = (size_t)CLAMP(8 * leaf, SAMPLE_ROWS, LIMIT_ROWS); /* fewer, and no split would leave enough */
	return (GrowPlan){.max_depth = (unsigned)json_get_int(params, "max_depth", 40),
	        .min_rows = min_rows,
	        .min_weight = min_weight,
	        .block = MAX(sample, BLOCK_ROWS),
	        .sample = sample,
	        .tries = (size_t)MAX(round(tries > 0 ? tries : 6 + sqrt(columns)), 1)};
}

static bool grow(const TreesMean *wanted, Trees **ret, GError **error)
{
	g_autoptr(GrowRows) rows = NULL;
	if (!trees_mean_rows(wanted, &rows, error))
		return false;
	GrowPlan plan = plan_of(rows, wanted->params);
	Job job = {.rows = rows, .plan = &plan, .count = wanted->trees, .seed = wanted->set->seed};
	job.trees = g_new0(GrownTree *, job.count);
	grow_all(&job, wanted->set->threads);
	bool ok = trees_mean_of(wanted, job.trees, job.count, ret, error);
	for (size_t i = 0; i < job.count; i++)
		grown_tree_free(job.trees[i]);
	g_free(job.trees);
	return ok;
}

static bool extra_trees_train(
        const TrainSet *set, const json_t *params, void **ret_model, json_t **ret_params, GError **error)
{
	return trees_mean_train(grow, set, params, ret_model, error);
}

static bool extra_trees_update(const void *model, const UpdateSet *set, void **ret_model, GError **error)
{
	return trees_mean_update(grow, model, set, ret_model, error);
}

const ModelFamily FAMILY_EXTRA_TREES = {
        .name = "extra_trees",
        .help = "extremely randomised trees: the mean of many trees that split at random thresholds",
        .tasks = TASK_ANY,
        .params = PARAMS,
        .search_share = 1,
        .wide_portfolio = PORTFOLIO_NONE,
        .portfolio = PORTFOLIO_EXTRA_TREES,
        .train = extra_trees_train,
        .update = extra_trees_update,
        TREES_FUNCTIONS,
};
