/* xgboost_trees.c: XGBoost's saved model turned into flat trees.
 *
 * learner.gradient_booster.model.trees[i] holds parallel arrays by node: left_children (-1: a leaf), right_children,
 * split_indices, split_conditions (threshold, or the leaf's value), default_left, loss_changes (what the split gained),
 * sum_hessian (the weight of the training rows that came there).
 * categories_nodes names the nodes that split on categories, in order; the categories that go right are those at
 * categories_segments of `categories`, as many as categories_sizes says.  Trees stand by round, then by group, then in parallel. */
#include "model/xgboost_train.h"

#include "base/error.h"
#include "base/limits.h"
#include "model/ubj.h"

typedef struct SavedTree {
	UbjArray left, right, feature, value, default_left, gain, cover;
	UbjArray set_node, set_first, set_size, category;
} SavedTree;

typedef struct Laying {
	const XgboostJob *job;
	Trees *t;
	GArray *nodes;  /* of TreeNode */
	GArray *covers; /* of float */
	GArray *sets;   /* of uint32_t */
} Laying;

static bool read_tree(Ubj at, SavedTree *ret)
{
	*ret = (SavedTree){
	        .left = ubj_array(ubj_member(at, "left_children")),
	        .right = ubj_array(ubj_member(at, "right_children")),
	        .feature = ubj_array(ubj_member(at, "split_indices")),
	        .value = ubj_array(ubj_member(at, "split_conditions")),
	        .default_left = ubj_array(ubj_member(at, "default_left")),
	        .gain = ubj_array(ubj_member(at, "loss_changes")),
	        .cover = ubj_array(ubj_member(at, "sum_hessian")),
	        .set_node = ubj_array(ubj_member(at, "categories_nodes")),
	        .set_first = ubj_array(ubj_member(at, "categories_segments")),
	        .set_size = ubj_array(ubj_member(at, "categories_sizes")),
	        .category = ubj_array(ubj_member(at, "categories")),
	};
	size_t count = ret->left.count;
	return count > 0 && ret->right.count == count && ret->feature.count == count && ret->value.count == count &&
	       ret->default_left.count == count && ret->gain.count == count && ret->cover.count == count;
}

/* The number of the node's set, or that of all sets if it has none. */
static size_t find_set(const SavedTree *from, uint32_t saved)
{
	size_t low = 0, high = from->set_node.count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (ubj_number(&from->set_node, middle) < saved)
			low = middle + 1;
		else
			high = middle;
	}
	return low < from->set_node.count && ubj_number(&from->set_node, low) == saved ? low : from->set_node.count;
}

/* As many words as the largest category asks for; XGBoost, too, sends those beyond to the left. */
static bool lay_set(Laying *to, const SavedTree *from, size_t set, TreeNode *n)
{
	size_t first = (size_t)ubj_number(&from->set_first, set), size = (size_t)ubj_number(&from->set_size, set);
	double largest = 0;
	if (first > from->category.count || size > from->category.count - first)
		return false;
	for (size_t i = 0; i < size; i++) {
		double category = ubj_number(&from->category, first + i);
		if (!(category >= 0 && category < LIMIT_CATEGORIES))
			return false;
		largest = MAX(largest, category);
	}
	uint32_t place = to->sets->len, words = (uint32_t)largest / 32 + 1;
	g_array_set_size(to->sets, place + 1 + words);
	uint32_t *at = &g_array_index(to->sets, uint32_t, place);
	at[0] = words;
	for (size_t i = 0; i < size; i++) {
		uint32_t category = (uint32_t)ubj_number(&from->category, first + i);
		at[1 + category / 32] |= 1u << (category % 32);
	}
	tree_node_point(n, place);
	return true;
}

static bool lay_split(Laying *to, const SavedTree *from, uint32_t saved, TreeNode *n)
{
	double feature = ubj_number(&from->feature, saved);
	const View *view = to->job->view;
	size_t set = find_set(from, saved);
	if (!(feature >= 0 && feature < (double)(view ? view->columns : to->t->columns)))
		return false;
	n->feature = (uint16_t)(view ? view->column[(size_t)feature] : (uint32_t)feature);
	n->is_split = 1;
	n->missing_right = ubj_number(&from->default_left, saved) == 0;
	to->t->gain[n->feature] += ubj_number(&from->gain, saved);
	return set == from->set_node.count || lay_set(to, from, set, n);
}

/* Breadth first, so that siblings are neighbours; queue[k] is the saved number of the k-th node laid down. */
static bool lay_tree(Laying *to, const SavedTree *from, float share)
{
	g_autoptr(GArray) queue = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	uint32_t root = 0, first = to->nodes->len;
	g_array_append_val(queue, root);
	for (guint k = 0; k < queue->len; k++) {
		uint32_t saved = g_array_index(queue, uint32_t, k);
		double left = ubj_number(&from->left, saved);
		TreeNode n = {.value = (float)ubj_number(&from->value, saved), .left = first + k};
		if (left < 0) {
			n.value *= share;
		} else {
			uint32_t pair[2] = {(uint32_t)left, (uint32_t)ubj_number(&from->right, saved)};
			if (queue->len + 2 > from->left.count || !lay_split(to, from, saved, &n))
				return false;
			n.left = first + queue->len;
			g_array_append_vals(queue, pair, 2);
		}
		float cover = (float)ubj_number(&from->cover, saved);
		g_array_append_val(to->nodes, n);
		g_array_append_val(to->covers, cover);
	}
	return true;
}

/* DART counts each tree by a share of its own. */
static bool lay_trees(Ubj model, UbjArray *shares, Laying *to)
{
	UbjArray trees = ubj_array(ubj_member(model, "trees"));
	Trees *t = to->t;
	bool ok = trees.count >= t->count && (!to->job->drops_trees || shares->count >= t->count);
	for (uint32_t i = 0; ok && i < t->count; i++) {
		SavedTree saved;
		float share = to->job->drops_trees ? (float)ubj_next(shares) : 1;
		t->start[i] = to->nodes->len;
		t->group[i] = i / to->job->parallel % t->groups;
		ok = read_tree(trees.items, &saved) && lay_tree(to, &saved, share);
		ubj_skip(&trees.items);
	}
	t->start[t->count] = to->nodes->len;
	t->set_words = to->sets->len;
	t->nodes = (TreeNode *)(void *)g_array_free(to->nodes, FALSE);
	t->cover = (float *)(void *)g_array_free(to->covers, FALSE);
	t->sets = (uint32_t *)(void *)g_array_free(to->sets, FALSE);
	return ok;
}

bool trees_from_ubj(const void *bytes, size_t size, const XgboostJob *job, uint32_t count, Trees **ret, GError **error)
{
	Ubj top = {.at = bytes, .end = (const uint8_t *)bytes + size, .ok = true};
	Ubj booster = ubj_member(ubj_member(top, "learner"), "gradient_booster");
	UbjArray shares = ubj_array(ubj_member(booster, "weight_drop"));
	Ubj model = ubj_member(job->drops_trees ? ubj_member(booster, "gbtree") : booster, "model");
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
	Laying to = {job, t, g_array_new(FALSE, FALSE, sizeof(TreeNode)), g_array_new(FALSE, FALSE, sizeof(float)),
	        g_array_new(FALSE, TRUE, sizeof(uint32_t))};
	if (!lay_trees(model, &shares, &to))
		return fail(error, FAIL_BROKEN, "XGBoost's model has a form this program does not know");
	if (!trees_finish(t, error))
		return false;
	*ret = g_steal_pointer(&t);
	return true;
}
