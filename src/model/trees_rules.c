/* trees_rules.c: a single tree as rules, one a leaf.
 *
 * On the way to a leaf a feature may be asked about more than once; what the answers leave is one interval, and whether a
 * missing value comes here too. */
#include <math.h>

#include "base/error.h"
#include "base/json.h"
#include "model/trees.h"

typedef struct Step {
	uint32_t node;
	bool right;
} Step;

static json_t *condition_of(json_t *conditions, uint32_t feature)
{
	size_t i;
	json_t *one;
	json_array_foreach (conditions, i, one)
		if (json_get_int(one, "feature", -1) == feature)
			return one;
	one = json_pack("{s:I,s:b}", "feature", (json_int_t)feature, "missing", 1);
	json_array_append_new(conditions, one);
	return one;
}

static json_t *conditions_of(const Trees *t, const GArray *path)
{
	json_t *conditions = json_array();
	for (guint i = 0; i < path->len; i++) {
		Step at = g_array_index(path, Step, i);
		const TreeNode *n = &t->nodes[at.node];
		json_t *one = condition_of(conditions, n->feature);
		json_object_set_new(one, at.right ? "at_least" : "below", json_number((double)n->value));
		if (n->missing_right != at.right)
			json_object_set_new(one, "missing", json_false());
	}
	return conditions;
}

/* Of a tree for each group the leaves at the same place. */
static json_t *scores_of(const Trees *t, uint32_t leaf)
{
	g_autofree float *margins = g_new(float, t->groups);
	g_autofree double *scores = g_new(double, trees_outputs(t));
	for (uint32_t k = 0; k < t->groups; k++)
		margins[k] = t->nodes[t->start[k] + leaf].value;
	trees_link(t, margins, scores);
	json_t *list = json_array();
	for (size_t k = 0; k < trees_outputs(t); k++)
		json_array_append_new(list, json_number(scores[k]));
	return list;
}

static bool is_one_tree(const Trees *t)
{
	bool same = t->count == t->groups;
	for (uint32_t k = 1; same && k < t->count; k++)
		same = t->start[k + 1] - t->start[k] == t->start[1];
	return same;
}

static void walk(const Trees *t, GArray *path, uint32_t node, json_t *rules)
{
	const TreeNode *n = &t->nodes[node];
	if (!n->is_split) {
		json_t *rule =
		        json_pack("{s:o,s:o}", "conditions", conditions_of(t, path), "scores", scores_of(t, node));
		if (t->cover)
			json_object_set_new(rule, "weight", json_number((double)t->cover[node]));
		json_array_append_new(rules, rule);
		return;
	}
	for (unsigned side = 0; side < 2; side++) {
		Step step = {node, side == 1};
		g_array_append_val(path, step);
		walk(t, path, n->left + side, rules);
		g_array_set_size(path, path->len - 1);
	}
}

bool trees_model_rules(const void *model, json_t **ret, GError **error)
{
	const Trees *t = model;
	g_autoptr(GArray) path = g_array_new(FALSE, FALSE, sizeof(Step));
	if (!is_one_tree(t) || t->depth[0] > TREES_RULES_DEPTH)
		return fail(error, FAIL_INVALID, "these are more trees than one, or a deeper one than can be read");
	json_t *rules = json_array();
	walk(t, path, 0, rules);
	*ret = rules;
	return true;
}
