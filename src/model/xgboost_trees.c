/* xgboost_trees.c: XGBoost's saved model turned into flat trees.
 *
 * learner.gradient_booster.model.trees[i] holds parallel arrays by node: left_children (-1: a leaf), right_children,
 * split_indices, split_conditions (threshold, or the leaf's value), default_left, loss_changes (what the split gained).
 * Trees stand by round, then by group, then in parallel. */
#include "model/xgboost_train.h"

#include <string.h>

#include "base/error.h"
#include "base/limits.h"
#include "model/ubj.h"

typedef struct SavedTree {
	UbjArray left, right, feature, value, default_left, gain;
} SavedTree;

static bool read_tree(Ubj at, SavedTree *ret)
{
	*ret = (SavedTree){
	        .left = ubj_array(ubj_member(at, "left_children")),
	        .right = ubj_array(ubj_member(at, "right_children")),
	        .feature = ubj_array(ubj_member(at, "split_indices")),
	        .value = ubj_array(ubj_member(at, "split_conditions")),
	        .default_left = ubj_array(ubj_member(at, "default_left")),
	        .gain = ubj_array(ubj_member(at, "loss_changes")),
	};
	size_t count = ret->left.count;
	return count > 0 && ret->right.count == count && ret->feature.count == count && ret->value.count == count &&
	       ret->default_left.count == count && ret->gain.count == count;
}

/* Breadth first, so that siblings are neighbours; queue[k] is the saved number of the k-th node laid down. */
static bool lay_tree(const SavedTree *from, uint32_t columns, GArray *nodes, double *gain)
{
	g_autoptr(GArray) queue = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	uint32_t root = 0, first = nodes->len;
	g_array_append_val(queue, root);
	for (guint k = 0; k < queue->len; k++) {
		uint32_t saved = g_array_index(queue, uint32_t, k);
		double left = ubj_number(&from->left, saved), feature = ubj_number(&from->feature, saved);
		TreeNode n = {.value = (float)ubj_number(&from->value, saved), .left = first + k};
		if (left >= 0) {
			uint32_t pair[2] = {(uint32_t)left, (uint32_t)ubj_number(&from->right, saved)};
			if (!(feature < columns) || queue->len + 2 > from->left.count)
				return false;
			n.left = first + queue->len;
			n.feature = (uint16_t)feature;
			n.is_split = 1;
			n.missing_right = ubj_number(&from->default_left, saved) == 0;
			gain[n.feature] += ubj_number(&from->gain, saved);
			g_array_append_vals(queue, pair, 2);
		}
		g_array_append_val(nodes, n);
	}
	return true;
}

static bool lay_trees(Ubj model, Trees *t, uint32_t parallel)
{
	UbjArray trees = ubj_array(ubj_member(model, "trees"));
	GArray *nodes = g_array_new(FALSE, FALSE, sizeof(TreeNode));
	bool ok = trees.count >= t->count;
	for (uint32_t i = 0; ok && i < t->count; i++) {
		SavedTree saved;
		t->start[i] = nodes->len;
		t->group[i] = i / parallel % t->groups;
		ok = read_tree(trees.items, &saved) && lay_tree(&saved, t->columns, nodes, t->gain);
		ubj_skip(&trees.items);
	}
	t->start[t->count] = nodes->len;
	t->nodes = (TreeNode *)(void *)g_array_free(nodes, FALSE);
	return ok;
}

bool trees_from_ubj(const void *bytes, size_t size, const XgboostJob *job, uint32_t count, Trees **ret, GError **error)
{
	Ubj top = {.at = bytes, .end = (const uint8_t *)bytes + size, .ok = true};
	Ubj model = ubj_member(ubj_member(ubj_member(top, "learner"), "gradient_booster"), "model");
	g_autoptr(Trees) t = g_new0(Trees, 1);
	t->columns = (uint32_t)job->set->x->columns;
	t->groups = job->groups;
	t->count = count;
	t->link = job->link;
	t->shift = job->shift;
	t->scale = job->scale;
	t->start = g_new0(uint32_t, (size_t)count + 1);
	t->group = g_new0(uint32_t, MAX(count, 1u));
	t->gain = g_new0(double, t->columns);
	if (!lay_trees(model, t, job->parallel))
		return fail(error, FAIL_BROKEN, "XGBoost's model has a form this program does not know");
	if (!trees_finish(t, error))
		return false;
	*ret = g_steal_pointer(&t);
	return true;
}
