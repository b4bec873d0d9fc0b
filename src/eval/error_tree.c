/* error_tree.c: a small decision tree of the loss. */
#include "eval/error_tree.h"

#include <math.h>
#include <stdlib.h>

#include "base/json.h"

enum { DEPTH = 3 };
#define LEAST_SHARE 0.02
#define LEAST_PART 0.01

typedef struct Node {
	char *where, *rule; /* in SQL, and as people read it; "" for all rows */
	Sums sums;
	unsigned depth;
} Node;

typedef struct Tree {
	const Cuts *cuts;
	double least_rows, between; /* between: sum of squares that the splits explain */
	GArray *leaves;             /* of Node */
} Tree;

static void node_clear(void *data)
{
	Node *n = data;
	g_free(n->where);
	g_free(n->rule);
}

static Sums without(const Sums *a, const Sums *b)
{
	return (Sums){a->rows - b->rows, a->loss - b->loss, a->loss2 - b->loss2};
}

/* Sum of squares between a part and the rest of a node. */
static double explained(const Sums *node, const Sums *part)
{
	Sums rest = without(node, part);
	double gap = sums_mean(part) - sums_mean(&rest);
	return part->rows * rest.rows / node->rows * gap * gap;
}

static double squares(const Sums *s)
{
	return fmax(0, s->loss2 - s->loss * s->loss / s->rows);
}

static bool best_split(Tree *tree, const Node *node, Cell *ret, bool *ret_any, GError **error)
{
	g_autoptr(GArray) sets = g_array_new(FALSE, FALSE, sizeof(Cell)),
	                  cells = g_array_new(FALSE, FALSE, sizeof(Cell));
	double best = LEAST_PART * squares(&node->sums);
	*ret_any = false;
	for (guint i = 0; i < tree->cuts->facets->len; i++) {
		Cell set = {.literals = 1, .facet = {i}};
		g_array_append_val(sets, set);
	}
	if (!sets->len || !cuts_ask(tree->cuts, sets, node->where, cells, error))
		return !sets->len;
	for (guint i = 0; i < cells->len; i++) {
		const Cell *cell = &g_array_index(cells, Cell, i);
		if (MIN(cell->sums.rows, node->sums.rows - cell->sums.rows) < tree->least_rows)
			continue;
		double part = explained(&node->sums, &cell->sums);
		if (!(part > best))
			continue;
		best = part;
		*ret = *cell;
		*ret_any = true;
	}
	return true;
}

static Node child(const Tree *tree, const Node *node, const Cell *split, bool inside)
{
	g_autofree char *test = cell_where(split), *text = cell_words(tree->cuts, split);
	const char *joint = *node->rule ? " and " : "";
	return (Node){.where = g_strdup_printf("%s AND %scoalesce(%s, false)", node->where, inside ? "" : "NOT ", test),
	        .rule = g_strdup_printf("%s%s%s%s", node->rule, joint, inside ? "" : "not ", text),
	        .sums = inside ? split->sums : without(&node->sums, &split->sums),
	        .depth = node->depth + 1};
}

/* Takes the node. */
static bool grow(Tree *tree, Node node, GError **error)
{
	Cell split;
	bool any = false;
	if (node.depth < DEPTH && !best_split(tree, &node, &split, &any, error)) {
		node_clear(&node);
		return false;
	}
	if (!any) {
		g_array_append_val(tree->leaves, node);
		return true;
	}
	tree->between += explained(&node.sums, &split.sums);
	Node in = child(tree, &node, &split, true), out = child(tree, &node, &split, false);
	node_clear(&node);
	if (!grow(tree, in, error)) {
		node_clear(&out);
		return false;
	}
	return grow(tree, out, error);
}

static int by_loss(const void *a, const void *b)
{
	double x = sums_mean(&((const Node *)a)->sums), y = sums_mean(&((const Node *)b)->sums);
	return x < y ? 1 : x > y ? -1 : 0;
}

static json_t *rules_json(const Tree *tree, const Sums *all)
{
	json_t *rules = json_array();
	g_array_sort(tree->leaves, by_loss);
	for (guint i = 0; i < tree->leaves->len; i++) {
		const Node *leaf = &g_array_index(tree->leaves, Node, i);
		json_array_append_new(rules,
		        json_pack("{s:o,s:I,s:o,s:o}", "rule", json_text(*leaf->rule ? leaf->rule : "all rows"), "rows",
		                (json_int_t)leaf->sums.rows, "share", json_number(leaf->sums.rows / all->rows), "loss",
		                json_number(sums_mean(&leaf->sums))));
	}
	return rules;
}

bool error_tree_of(const Cuts *cuts, json_t **ret, GError **error)
{
	g_autoptr(GArray) sets = g_array_new(FALSE, TRUE, sizeof(Cell)),
	                  cells = g_array_new(FALSE, FALSE, sizeof(Cell)),
	                  leaves = g_array_new(FALSE, FALSE, sizeof(Node));
	Tree tree = {.cuts = cuts, .leaves = leaves};
	g_array_set_clear_func(leaves, node_clear);
	g_array_set_size(sets, 1); /* all rows */
	if (!cuts_ask(cuts, sets, NULL, cells, error))
		return false;
	Sums all = cells->len ? g_array_index(cells, Cell, 0).sums : (Sums){0};
	tree.least_rows = fmax(30, all.rows * LEAST_SHARE);
	if (all.rows > 0 && !grow(&tree, (Node){g_strdup("true"), g_strdup(""), all, 0}, error))
		return false;
	double total = all.rows > 0 ? squares(&all) : 0;
	*ret = json_pack("{s:o,s:o}", "rules", rules_json(&tree, &all), "explained",
	        json_number(total > 0 ? tree.between / total : NAN));
	return true;
}
