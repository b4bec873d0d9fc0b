/* trees_join.c: copies whole trees from one array of nodes to another; only the places inside move. */
#include "model/trees_join.h"

#include <string.h>

#include "base/error.h"

typedef struct Joining {
	Trees *t;
	GArray *nodes, *covers, *starts, *groups, *sets;
	bool has_cover;
} Joining;

static Joining joining_new(const TreesJoin *join)
{
	Trees *t = g_new0(Trees, 1);
	t->columns = join->old->columns;
	t->groups = join->old->groups;
	t->link = join->old->link;
	t->shift = join->old->shift;
	t->scale = join->old->scale;
	t->gain = g_new0(double, t->columns);
	return (Joining){.t = t,
	        .nodes = g_array_new(FALSE, FALSE, sizeof(TreeNode)),
	        .covers = g_array_new(FALSE, FALSE, sizeof(float)),
	        .starts = g_array_new(FALSE, FALSE, sizeof(uint32_t)),
	        .groups = g_array_new(FALSE, FALSE, sizeof(uint32_t)),
	        .sets = g_array_new(FALSE, FALSE, sizeof(uint32_t)),
	        .has_cover = join->old->cover && (!join->fresh || join->fresh->cover)};
}

static void add_tree(Joining *to, const Trees *from, uint32_t tree, uint32_t sets, float share)
{
	uint32_t first = from->start[tree], count = from->start[tree + 1] - first, place = to->nodes->len;
	g_array_append_val(to->starts, place);
	g_array_append_val(to->groups, from->group[tree]);
	for (uint32_t i = 0; i < count; i++) {
		TreeNode n = from->nodes[first + i];
		n.left = n.left - first + place;
		if (!n.is_split)
			n.value *= share;
		else if (n.by_set)
			tree_node_point(&n, tree_node_set(&n) + sets);
		g_array_append_val(to->nodes, n);
	}
	if (to->has_cover)
		g_array_append_vals(to->covers, from->cover + first, count);
}

static void add_trees(Joining *to, const Trees *from, uint32_t drop, float share)
{
	uint32_t sets = to->sets->len;
	g_autofree uint32_t *seen = g_new0(uint32_t, from->groups);
	g_array_append_vals(to->sets, from->sets, from->set_words);
	for (uint32_t i = 0; i < from->count; i++)
		if (seen[from->group[i]]++ >= drop)
			add_tree(to, from, i, sets, share);
	for (uint32_t j = 0; j < from->columns; j++)
		to->t->gain[j] += from->gain[j];
}

static Trees *joined(Joining *j)
{
	Trees *t = j->t;
	uint32_t end = j->nodes->len;
	t->count = j->starts->len;
	t->set_words = j->sets->len;
	g_array_append_val(j->starts, end);
	t->start = (uint32_t *)(void *)g_array_free(j->starts, FALSE);
	t->group = (uint32_t *)(void *)g_array_free(j->groups, FALSE);
	t->nodes = (TreeNode *)(void *)g_array_free(j->nodes, FALSE);
	t->sets = (uint32_t *)(void *)g_array_free(j->sets, FALSE);
	t->cover = (float *)(void *)g_array_free(j->covers, !j->has_cover);
	return t;
}

bool trees_join(const TreesJoin *join, Trees **ret, GError **error)
{
	Joining j = joining_new(join);
	add_trees(&j, join->old, join->drop, 1);
	add_trees(&j, join->fresh, 0, join->share);
	g_autoptr(Trees) t = joined(&j);
	if (!trees_finish(t, error))
		return false;
	*ret = g_steal_pointer(&t);
	return true;
}

Trees *trees_copy(const Trees *t)
{
	TreesJoin alone = {.old = t};
	Joining j = joining_new(&alone);
	add_trees(&j, t, 0, 1);
	Trees *copy = joined(&j);
	copy->depth = g_memdup2(t->depth, MAX(t->count, 1u) * sizeof *t->depth);
	return copy;
}
