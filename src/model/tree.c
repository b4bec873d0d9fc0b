/* tree.c: one decision tree that a person can read: few splits, each the best there is (Breiman's CART).
 *
 * It is grown deep, and then the splits that explain least are taken back until no more leaves are left than asked for: so it
 * is not misled by a first split that pays only together with a second. */
#include "model/families.h"

#include "base/error.h"
#include "base/json.h"
#include "base/limits.h"
#include "model/tree_params.h"
#include "model/trees_join.h"
#include "model/trees_mean.h"

static const Param PARAMS[] = {
        {.name = "max_leaves",
                .type = PARAM_INT,
                .preset = "16",
                .min = 1,
                .max = 10000,
                .flags = PARAM_TUNABLE | PARAM_LOG,
                .tune_min = 4,
                .tune_max = 64,
                .help = "leaves, at most: as many rules"},
        {.name = "max_depth",
                .type = PARAM_INT,
                .preset = "6",
                .min = 1,
                .max = 32,
                .flags = PARAM_TUNABLE,
                .tune_min = 3,
                .tune_max = 10,
                .help = "questions on the way to a leaf, at most"},
        TREE_PARAM_LEAF_ROWS("10", 2, 200),
        {NULL},
};

static bool tree_train(const TrainSet *set, const json_t *params, void **ret_model, json_t **ret_params, GError **error)
{
	TreesMean wanted = {.set = set, .params = params, .scale = label_scale(set), .trees = 1};
	g_autoptr(GrowRows) rows = NULL;
	if (!trees_mean_rows(&wanted, &rows, error))
		return false;
	GrowPlan plan = {.max_depth = (unsigned)json_get_int(params, "max_depth", 6),
	        .min_rows = 1,
	        .min_weight = json_get_number(params, "min_child_weight", 10),
	        .tries = LIMIT_FEATURES, /* all */
	        .block = rows->rows,
	        .sample = rows->rows,
	        .best = true};
	Rng rng = rng_stream(
	        set->seed, "tree"); /* the order in which features are looked at: of equal splits the first */
	g_autoptr(GrownTree) grown = grow_tree(rows, &plan, &rng);
	grown_tree_prune(grown, (size_t)json_get_int(params, "max_leaves", 16));
	return trees_mean_of(&wanted, &grown, 1, (Trees **)ret_model, error);
}

/* Where a row ends in a tree; its weight counts at every node on the way. */
static uint32_t pass(Trees *t, uint32_t tree, const float *row, float weight)
{
	for (uint32_t at = t->start[tree];;) {
		const TreeNode *n = &t->nodes[at];
		t->cover[at] += weight;
		if (!n->is_split && !n->by_set)
			return at;
		at = n->left + trees_goes_right(t, n, row[n->feature]);
	}
}

/* The splits stay as they are, so it reads as it did; each leaf's answer becomes the mean of the rows it has seen, those before counting
 * by keep. */
static bool tree_update(const void *model, const UpdateSet *set, void **ret_model, GError **error)
{
	const Trees *old = model;
	const TrainSet *fresh = set->fresh;
	double keep = json_get_number(set->how, "keep", 1);
	if (!old->cover)
		return fail(error, FAIL_INVALID,
		        "the tree was made by an older version, which did not keep how many rows a leaf has seen: "
		        "train it anew");
	g_autoptr(Trees) t = trees_copy(old);
	uint32_t nodes = t->start[t->count];
	g_autofree double *sum = g_new0(double, nodes + 1), *weight = g_new0(double, nodes + 1);
	g_autofree float *y = labels_scaled(fresh->y, fresh->x->rows, (LabelScale){old->shift, old->scale});
	for (uint32_t i = 0; i < nodes; i++)
		t->cover[i] *= (float)keep;
	for (uint32_t tree = 0; tree < t->count; tree++)
		for (size_t r = 0; r < fresh->x->rows; r++) {
			const float *row = fresh->x->values + r * fresh->x->columns;
			double w = fresh->weight ? fresh->weight[r] : 1;
			uint32_t leaf = pass(t, tree, row, (float)w), group = t->group[tree];
			double truth = !fresh->classes  ? (double)y[r]
			               : t->groups == 1 ? fresh->y[r]
			                                : fresh->y[r] == (double)group;
			sum[leaf] += w * truth;
			weight[leaf] += w;
		}
	for (uint32_t i = 0; i < nodes; i++)
		if (weight[i] > 0) {
			double before = keep * (double)old->cover[i];
			t->nodes[i].value =
			        (float)((before * (double)t->nodes[i].value + sum[i]) / (before + weight[i]));
		}
	if (!trees_finish(t, error))
		return false;
	*ret_model = g_steal_pointer(&t);
	return true;
}

const ModelFamily FAMILY_TREE = {
        .name = "tree",
        .help = "one decision tree that can be read: gyre model rules prints it",
        .tasks = TASK_ANY,
        .params = PARAMS,
        .search_share = 1,
        .train = tree_train,
        .update = tree_update,
        .rules = trees_model_rules,
        TREES_FUNCTIONS,
};
