/* trees_mean.c: training and updating a mean of trees. */
#include "model/trees_mean.h"

#include "base/error.h"
#include "base/json.h"
#include "model/trees_join.h"

bool trees_mean_train(TreesMeanGrow grow, const TrainSet *set, const json_t *params, void **ret_model, GError **error)
{
	TreesMean wanted = {.set = set,
	        .params = params,
	        .scale = label_scale(set),
	        .trees = (uint32_t)json_get_int(params, "trees", 100)};
	return grow(&wanted, (Trees **)ret_model, error);
}

bool trees_mean_update(TreesMeanGrow grow, const void *model, const UpdateSet *set, void **ret_model, GError **error)
{
	const Trees *old = model;
	uint32_t all = old->count / old->groups;
	TreesMean wanted = {.set = set->fresh,
	        .params = set->params,
	        .scale = {old->shift, old->scale},
	        .trees = MAX((uint32_t)(json_get_number(set->how, "share", 0.2) * all + 0.5), 1u)};
	g_autoptr(Trees) grown = NULL;
	if (!grow(&wanted, &grown, error))
		return false;
	TreesJoin join = {
	        .old = old, .drop = MIN(wanted.trees, all), .fresh = grown, .share = (float)wanted.trees / (float)all};
	return trees_join(&join, (Trees **)ret_model, error);
}

bool trees_mean_rows(const TreesMean *wanted, GrowRows **ret, GError **error)
{
	const TrainSet *set = wanted->set;
	g_autofree float *y = labels_scaled(set->y, set->x->rows, wanted->scale);
	g_autoptr(GrowRows) rows = grow_rows_new(set, y);
	if (rows->rows == 0)
		return fail(error, FAIL_INVALID, "there are no rows to learn from");
	if (set->x->columns == 0)
		return fail(error, FAIL_INVALID, "there are no features to learn from");
	*ret = g_steal_pointer(&rows);
	return true;
}

bool trees_mean_of(const TreesMean *wanted, GrownTree *const *trees, size_t count, Trees **ret, GError **error)
{
	g_autoptr(Trees) t = grown_average(trees, count, wanted->set->x->columns);
	t->link = wanted->set->classes ? LINK_SHARES : LINK_SCALED;
	t->shift = wanted->scale.shift;
	t->scale = wanted->scale.scale;
	if (!trees_finish(t, error))
		return false;
	*ret = g_steal_pointer(&t);
	return true;
}
