/* grow.c: growing one tree: large nodes here, small ones in blocks; and trees put together. */
#include "model/grow.h"

#include <math.h>
#include <string.h>

#include "model/grow_block.h"

#define AHEAD 16 /* rows whose fetching begins before they are needed */

GrowRows *grow_rows_new(const TrainSet *set, const float *y)
{
	size_t rows = set->x->rows;
	GrowRows *r = g_new0(GrowRows, 1);
	r->x = set->x;
	r->sums = set->classes > 2 ? set->classes : 1;
	r->row = g_new(uint32_t, rows + 1);
	r->y = g_new(float, rows + 1);
	r->weight = g_new(float, rows + 1);
	for (size_t i = 0; i < rows; i++) {
		float weight = set->weight ? (float)set->weight[i] : 1;
		if (!(weight > 0))
			continue;
		r->row[r->rows] = (uint32_t)i;
		r->y[r->rows] = y[i];
		r->weight[r->rows++] = weight;
	}
	return r;
}

void grow_rows_free(GrowRows *r)
{
	if (!r)
		return;
	g_free(r->row);
	g_free(r->y);
	g_free(r->weight);
	g_free(r);
}

static void add_leaf(GrownTree *t)
{
	TreeNode leaf = {.left = t->nodes->len};
	g_array_append_val(t->nodes, leaf);
	g_array_set_size(t->means, (guint)(t->nodes->len * t->sums));
	g_array_set_size(t->covers, t->nodes->len);
	g_array_set_size(t->gains, t->nodes->len);
}

static GrownTree *grown_tree_new(const GrowRows *rows)
{
	GrownTree *t = g_new0(GrownTree, 1);
	t->sums = rows->sums;
	t->nodes = g_array_new(FALSE, TRUE, sizeof(TreeNode));
	t->means = g_array_new(FALSE, TRUE, sizeof(float));
	t->covers = g_array_new(FALSE, TRUE, sizeof(float));
	t->gains = g_array_new(FALSE, TRUE, sizeof(double));
	t->gain = g_new0(double, rows->x->columns + 1);
	add_leaf(t);
	return t;
}

void grown_tree_free(GrownTree *t)
{
	if (!t)
		return;
	g_array_unref(t->nodes);
	g_array_unref(t->means);
	g_array_unref(t->covers);
	g_array_unref(t->gains);
	g_free(t->gain);
	g_free(t);
}

uint32_t grown_tree_split(GrownTree *t, uint32_t node, const GrowSplit *split, double gain)
{
	uint32_t left = t->nodes->len;
	g_array_index(t->nodes, TreeNode, node) = (TreeNode){.value = split->threshold,
	        .left = left,
	        .feature = (uint16_t)split->feature,
	        .is_split = 1,
	        .missing_right = split->missing_right};
	g_array_index(t->gains, double, node) = MAX(gain, 0);
	t->gain[split->feature] += MAX(gain, 0);
	add_leaf(t);
	add_leaf(t);
	return left;
}

void grown_tree_answer(GrownTree *t, uint32_t node, const GrowSums *sums)
{
	float *means = &g_array_index(t->means, float, node * t->sums);
	for (size_t k = 0; k < t->sums; k++)
		means[k] = (float)(sums->y[k] / sums->weight);
	g_array_index(t->covers, float, node) = (float)sums->weight;
}

static TreeNode *node_at(const GrownTree *t, uint32_t node)
{
	return &g_array_index(t->nodes, TreeNode, node);
}

/* The split above two leaves that explains least, of equals the last; -1: there is none. */
static int64_t weakest(const GrownTree *t)
{
	int64_t found = -1;
	for (guint i = 0; i < t->nodes->len; i++) {
		const TreeNode *n = node_at(t, i);
		if (!n->is_split || node_at(t, n->left)->is_split || node_at(t, n->left + 1)->is_split)
			continue;
		double least = found < 0 ? INFINITY : g_array_index(t->gains, double, found);
		if (g_array_index(t->gains, double, i) <= least)
			found = i;
	}
	return found;
}

/* Lays down the nodes that are still reached, breadth first, so that siblings stay side by side. */
static void close_ranks(GrownTree *t)
{
	g_autoptr(GArray) nodes = g_array_new(FALSE, TRUE, sizeof(TreeNode));
	g_autoptr(GArray) means = g_array_new(FALSE, TRUE, sizeof(float));
	g_autoptr(GArray) covers = g_array_new(FALSE, TRUE, sizeof(float));
	g_autoptr(GArray) gains = g_array_new(FALSE, TRUE, sizeof(double));
	g_autoptr(GArray) from = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	uint32_t root = 0;
	g_array_append_val(from, root);
	for (guint k = 0; k < from->len; k++) {
		uint32_t old = g_array_index(from, uint32_t, k);
		TreeNode n = *node_at(t, old);
		uint32_t pair[] = {n.left, n.left + 1};
		n.left = n.is_split ? from->len : k;
		if (n.is_split)
			g_array_append_vals(from, pair, 2);
		g_array_append_val(nodes, n);
		g_array_append_vals(means, &g_array_index(t->means, float, old * t->sums), (guint)t->sums);
		g_array_append_val(covers, g_array_index(t->covers, float, old));
		g_array_append_val(gains, g_array_index(t->gains, double, old));
	}
	g_array_unref(t->nodes);
	g_array_unref(t->means);
	g_array_unref(t->covers);
	g_array_unref(t->gains);
	t->nodes = g_steal_pointer(&nodes);
	t->means = g_steal_pointer(&means);
	t->covers = g_steal_pointer(&covers);
	t->gains = g_steal_pointer(&gains);
}

void grown_tree_prune(GrownTree *t, size_t leaves)
{
	size_t count = (t->nodes->len + 1) / 2;
	int64_t at;
	for (; count > leaves && (at = weakest(t)) >= 0; count--) {
		TreeNode *n = node_at(t, (uint32_t)at);
		double *gain = &g_array_index(t->gains, double, at);
		t->gain[n->feature] = MAX(t->gain[n->feature] - *gain, 0);
		*gain = 0;
		*n = (TreeNode){.left = (uint32_t)at};
	}
	close_ranks(t);
}

/* The large nodes: stretches of `place`, ascending. */
typedef struct Grower {
	const GrowRows *rows;
	const GrowPlan *plan;
	Rng *rng;
	GrownTree *tree;
	GrowBlock block;
	size_t room;
	uint32_t *place, *spare, *picked;
	GrowSums sums;
	GArray *open; /* GrowNode */
} Grower;

static void grower_clear(Grower *g)
{
	grow_block_clear(&g->block);
	g_free(g->place);
	g_free(g->spare);
	g_free(g->picked);
	g_free(g->sums.y);
	if (g->open)
		g_array_unref(g->open);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Grower, grower_clear)

static void grower_init(Grower *g)
{
	size_t rows = g->rows->rows;
	g->tree = grown_tree_new(g->rows);
	g->block.plan = g->plan;
	g->block.rng = g->rng;
	g->room = MIN(g->plan->block, rows);
	grow_block_init(&g->block, g->rows, g->room);
	g->place = g_new(uint32_t, rows + 1);
	g->spare = g_new(uint32_t, rows + 1);
	g->picked = g_new(uint32_t, g->plan->sample + 1);
	g->sums.y = g_new0(double, g->rows->sums);
	g->open = g_array_new(FALSE, FALSE, sizeof(GrowNode));
	for (size_t i = 0; i < rows; i++)
		g->place[i] = (uint32_t)i;
}

static bool sum_node(Grower *g, const GrowNode *node)
{
	const float *y = g->rows->y, *weight = g->rows->weight;
	const uint32_t *place = g->place + node->from;
	bool differ = false;
	grow_sums_zero(&g->sums, g->rows->sums);
	for (size_t i = 0; i < node->count; i++) {
		grow_sums_add(&g->sums, g->rows->sums, y[place[i]], weight[place[i]]);
		differ = differ || y[place[i]] != y[place[0]];
	}
	return differ;
}

/* One row of each of `sample` equal stretches: ascending, and no rhythm in the data meets a rhythm of ours. */
static void pick(Grower *g, const GrowNode *node)
{
	size_t sample = g->plan->sample;
	for (size_t i = 0; i < sample; i++) {
		size_t from = i * node->count / sample, end = (i + 1) * node->count / sample;
		g->picked[i] = g->place[node->from + from + rng_below(g->rng, end - from)];
	}
}

static size_t divide(Grower *g, const GrowNode *node, const GrowSplit *split)
{
	const Matrix *x = g->rows->x;
	const uint32_t *row = g->rows->row;
	size_t left = node->from, right = 0, end = node->from + node->count;
	for (size_t i = node->from; i < end; i++) {
		uint32_t place = g->place[i];
		size_t ahead = g->place[MIN(i + AHEAD, end - 1)];
		__builtin_prefetch(x->values + (size_t)row[ahead] * x->columns + split->feature);
		float v = x->values[(size_t)row[place] * x->columns + split->feature];
		if (isnan(v) ? split->missing_right : v >= split->threshold)
			g->spare[right++] = place;
		else
			g->place[left++] = place;
	}
	memcpy(g->place + left, g->spare, right * sizeof *g->spare);
	return left - node->from;
}

static void grow_large(Grower *g, GrowNode node)
{
	double explained;
	bool differ = sum_node(g, &node);
	grown_tree_answer(g->tree, node.place, &g->sums);
	if (!differ || node.depth >= g->plan->max_depth)
		return;
	pick(g, &node);
	grow_block_fill(&g->block, g->rows, g->picked, g->plan->sample);
	GrowSplit split = grow_block_split(&g->block, &explained);
	if (split.score < 0)
		return;
	double gain = (split.score - explained) * g->sums.weight / g->block.total.weight;
	GrowNode child = {.from = node.from, .depth = node.depth + 1};
	child.count = divide(g, &node, &split);
	child.place = grown_tree_split(g->tree, node.place, &split, gain);
	g_array_append_val(g->open, child);
	child.place++;
	child.from += child.count;
	child.count = node.count - child.count;
	g_array_append_val(g->open, child);
}

GrownTree *grow_tree(const GrowRows *rows, const GrowPlan *plan, Rng *rng)
{
	g_auto(Grower) g = {.rows = rows, .plan = plan, .rng = rng};
	GrowNode node = {.count = rows->rows};
	grower_init(&g);
	g_array_append_val(g.open, node);
	while (g.open->len) {
		node = g_array_index(g.open, GrowNode, g.open->len - 1);
		g_array_set_size(g.open, g.open->len - 1);
		if (node.count > g.room) {
			grow_large(&g, node);
			continue;
		}
		grow_block_fill(&g.block, rows, g.place + node.from, node.count);
		grow_block_subtree(&g.block, g.tree, node.place, node.depth);
	}
	return g.tree;
}

/* Copies one tree for its k-th sum behind those that are there. */
static void lay_tree(const GrownTree *from, size_t k, float share, uint32_t start, TreeNode *to)
{
	for (guint n = 0; n < from->nodes->len; n++) {
		to[n] = g_array_index(from->nodes, TreeNode, n);
		to[n].left += start;
		if (!to[n].is_split)
			to[n].value = g_array_index(from->means, float, n * from->sums + k) * share;
	}
}

/* Each class of a tree that holds shares is a tree of its own with the same splits. */
Trees *grown_average(GrownTree *const *trees, size_t count, size_t columns)
{
	Trees *t = g_new0(Trees, 1);
	size_t sums = trees[0]->sums, total = 0;
	for (size_t i = 0; i < count; i++)
		total += trees[i]->nodes->len;
	t->columns = (uint32_t)columns;
	t->groups = (uint32_t)sums;
	t->count = (uint32_t)(count * sums);
	t->start = g_new0(uint32_t, t->count + 1);
	t->group = g_new0(uint32_t, t->count);
	t->nodes = g_new(TreeNode, total * sums + 1);
	t->cover = g_new(float, total *sums + 1);
	t->gain = g_new0(double, columns + 1);
	for (uint32_t i = 0; i < t->count; i++) {
		const GrownTree *from = trees[i / sums];
		t->group[i] = (uint32_t)(i % sums);
		lay_tree(from, i % sums, 1 / (float)count, t->start[i], t->nodes + t->start[i]);
		memcpy(t->cover + t->start[i], from->covers->data, from->covers->len * sizeof(float));
		t->start[i + 1] = t->start[i] + from->nodes->len;
		for (size_t j = 0; j < columns && i % sums == 0; j++)
			t->gain[j] += from->gain[j];
	}
	return t;
}
