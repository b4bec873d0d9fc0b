/* trees_block_plan.c: where trees are cut, which thresholds each feature has, and the splits in the order they are answered. */
#include "model/trees_block.h"

#include <math.h>
#include <string.h>

#include "model/trees_block_inside.h"

/* Costs, in hundredths of a nanosecond a row, as measured with vectors of 32 bytes; they decide what is taken, never what comes out. */
enum {
	COST_STEP = 100,    /* of a walk */
	COST_SPLIT = 2,     /* compared */
	COST_TREE = 30,     /* its leaf looked up */
	COST_FEATURE = 150, /* a value fetched and its planes written */
	COST_HALVING = 40,  /* a step of the search among thresholds */
	LEVEL_MOST = 64,    /* splits on a level: comparing more costs what the step of a walk does */
};

typedef struct Plan {
	const Trees *t;
	TreesBlock *b;
	uint8_t *role;    /* nodes */
	GArray *queue;    /* of uint32_t: a tree's nodes, level by level */
	uint32_t *height; /* nodes: steps to the deepest leaf below */
	uint32_t *place;  /* columns: in b->feature; BLOCK_NONE */
	GArray *sets, *set, *constant, *bottom, *join, *exit, *value;
} Plan;

/* Codes beyond those that planes cover are exits, and so are thresholds that compare with nothing. */
static bool can_split(const Trees *t, const TreeNode *n)
{
	if (!n->is_split)
		return false;
	return n->by_set ? t->sets[tree_node_set(n)] <= BLOCK_SEGMENTS * BLOCK_CODES / 32 : !isnan(n->value);
}

static void find_heights(Plan *p, uint32_t tree)
{
	const Trees *t = p->t;
	for (uint32_t i = t->start[tree + 1]; i-- > t->start[tree];) {
		const TreeNode *n = &t->nodes[i];
		p->height[i] = n->is_split ? 1 + MAX(p->height[n->left], p->height[n->left + 1]) : 0;
	}
}

/* Marks the tree's splits and exits, level by level, and leaves them so in the queue. */
static void cut_tree(Plan *p, uint32_t tree)
{
	uint32_t exits = 0, root = p->t->start[tree];
	g_array_set_size(p->queue, 0);
	g_array_append_val(p->queue, root);
	for (guint from = 0, end; from < p->queue->len; from = end) {
		uint32_t splits = 0;
		end = p->queue->len;
		for (guint k = from; k < end; k++)
			splits += can_split(p->t, &p->t->nodes[g_array_index(p->queue, uint32_t, k)]);
		bool goes_on = splits <= LEVEL_MOST && exits + (end - from) + splits <= BLOCK_EXITS;
		for (guint k = from; k < end; k++) {
			uint32_t at = g_array_index(p->queue, uint32_t, k);
			const TreeNode *n = &p->t->nodes[at];
			uint32_t pair[2] = {n->left, n->left + 1};
			p->role[at] = goes_on && can_split(p->t, n) ? BLOCK_SPLIT : BLOCK_EXIT;
			exits += p->role[at] == BLOCK_EXIT;
			if (p->role[at] == BLOCK_SPLIT)
				g_array_append_vals(p->queue, pair, 2);
		}
	}
}

static BlockFeature *feature_of(Plan *p, uint32_t column)
{
	TreesBlock *b = p->b;
	if (p->place[column] == BLOCK_NONE) {
		p->place[column] = b->features;
		b->feature[b->features++] =
		        (BlockFeature){.column = column, .low = BLOCK_NONE, .high = BLOCK_NONE, .codes = BLOCK_NONE};
	}
	return &b->feature[p->place[column]];
}

/* What the splits ask of each feature: thresholds are counted, sides of missing values and segments noted. */
static void note_splits(Plan *p)
{
	for (uint32_t i = 0; i < p->t->start[p->t->count]; i++) {
		const TreeNode *n = &p->t->nodes[i];
		if (p->role[i] != BLOCK_SPLIT)
			continue;
		BlockFeature *f = feature_of(p, n->feature);
		if (n->by_set) {
			uint32_t codes = p->t->sets[tree_node_set(n)] * 32;
			f->segments = MAX(f->segments, MAX((codes + BLOCK_CODES - 1) / BLOCK_CODES, 1u));
			continue;
		}
		f->count++;
		*(n->missing_right ? &f->high : &f->low) = 0;
	}
}

static int by_value(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;
	return (x > y) - (x < y);
}

/* -0 and 0 compare alike, and are one threshold.  What lies around them is NaN already. */
static void sort_thresholds(TreesBlock *b, BlockFeature *f)
{
	float *of = b->thresholds + f->first, *last = of - BLOCK_BUCKET;
	uint32_t count = 0, all = f->count;
	qsort(of, f->count, sizeof *of, by_value);
	for (uint32_t i = 0; i < f->count; i++)
		if (i == 0 || of[i] != of[count - 1])
			of[count++] = of[i];
	f->count = count;
	for (uint32_t i = count; i < all; i++)
		of[i] = NAN;
	for (uint32_t k = 0; k < MIN(count / BLOCK_BUCKET, (uint32_t)BLOCK_BUCKET); k++)
		last[k] = of[(k + 1) * BLOCK_BUCKET - 1];
}

static void gather_thresholds(Plan *p)
{
	TreesBlock *b = p->b;
	uint32_t all = 0;
	for (uint32_t k = 0; k < b->features; k++) {
		b->feature[k].first = all + BLOCK_BUCKET;
		all += (b->feature[k].count / BLOCK_BUCKET + 2) * BLOCK_BUCKET;
		b->feature[k].count = 0;
	}
	b->thresholds = g_new(float, MAX(all, 1u));
	for (uint32_t i = 0; i < all; i++)
		b->thresholds[i] = NAN;
	for (uint32_t i = 0; i < p->t->start[p->t->count]; i++) {
		const TreeNode *n = &p->t->nodes[i];
		if (p->role[i] != BLOCK_SPLIT || n->by_set)
			continue;
		BlockFeature *f = feature_of(p, n->feature);
		b->thresholds[f->first + f->count++] = n->value;
	}
	for (uint32_t k = 0; k < b->features; k++)
		sort_thresholds(b, &b->feature[k]);
}

static void take_planes(TreesBlock *b, uint32_t *first, uint32_t count)
{
	*first = b->planes;
	b->planes += count;
}

static void lay_planes(TreesBlock *b)
{
	for (uint32_t k = 0; k < b->features; k++) {
		BlockFeature *f = &b->feature[k];
		uint32_t parts = (f->count + BLOCK_STEPS - 1) / BLOCK_STEPS;
		if (f->low != BLOCK_NONE)
			take_planes(b, &f->low, parts);
		if (f->high != BLOCK_NONE)
			take_planes(b, &f->high, parts);
		if (f->segments)
			take_planes(b, &f->codes, 2 + f->segments);
	}
}

/* A set's bits, byte by byte, in whole segments. */
static uint32_t lay_set(Plan *p, const TreeNode *n, const BlockTree *tree)
{
	const uint32_t *from = p->t->sets + tree_node_set(n);
	uint32_t codes = from[0] * 32, segments = (codes + BLOCK_CODES - 1) / BLOCK_CODES;
	BlockSet set = {.codes = feature_of(p, n->feature)->codes,
	        .first = p->sets->len,
	        .segments = (uint8_t)segments,
	        .missing_right = n->missing_right};
	g_array_set_size(p->sets, set.first + segments * (BLOCK_CODES / 8));
	uint8_t *bits = (uint8_t *)(void *)p->sets->data + set.first;
	for (uint32_t code = 0; code < codes; code++)
		if (from[1 + code / 32] >> (code % 32) & 1)
			bits[code / 8] |= (uint8_t)(1u << code % 8);
	g_array_append_val(p->set, set);
	return p->b->planes + (p->set->len - 1 - tree->set);
}

BlockSplit trees_block_compare(const TreesBlock *b, const BlockNodes *of, const TreeNode *n)
{
	const BlockFeature *f = &b->feature[of->feature[n->feature]];
	const float *thresholds = b->thresholds + f->first, value = n->value;
	uint32_t low = 0, high = f->count - 1;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (thresholds[middle] < value)
			low = middle + 1;
		else
			high = middle;
	}
	return (BlockSplit){.plane = (n->missing_right ? f->high : f->low) + low / BLOCK_STEPS,
	        .least = (uint8_t)(low % BLOCK_STEPS + 1)};
}

static BlockNodes nodes_of(const Plan *p)
{
	return (BlockNodes){.feature = p->place, .role = p->role, .height = p->height};
}

static BlockSplit compare_of(Plan *p, const TreeNode *n, const BlockTree *tree)
{
	BlockNodes of = nodes_of(p);
	if (n->by_set)
		return (BlockSplit){.plane = lay_set(p, n, tree), .least = 1};
	return trees_block_compare(p->b, &of, n);
}

static uint8_t lay_exit(Plan *p, uint32_t at, BlockTree *tree)
{
	const TreeNode *n = &p->t->nodes[at];
	float value = n->is_split ? 0 : n->value;
	uint8_t exit = (uint8_t)(p->exit->len - tree->exit);
	tree->rest = MAX(tree->rest, p->height[at]);
	g_array_append_val(p->exit, at);
	g_array_append_val(p->value, value);
	return exit;
}

static void lay_constant(Plan *p, uint32_t at, uint32_t slot, BlockTree *tree)
{
	BlockConstant c = {.slot = (uint16_t)slot, .exit = lay_exit(p, at, tree)};
	g_array_append_val(p->constant, c);
}

static void turn_around(GArray *joins, guint from)
{
	for (guint low = from, high = joins->len; low + 1 < high; low++, high--) {
		BlockSplit swap = g_array_index(joins, BlockSplit, low);
		g_array_index(joins, BlockSplit, low) = g_array_index(joins, BlockSplit, high - 1);
		g_array_index(joins, BlockSplit, high - 1) = swap;
	}
}

/* p->height serves, for splits, as the number of their slot once it is known: parents come before their children. */
static void lay_split(Plan *p, uint32_t at, uint32_t *slot, BlockTree *tree)
{
	const TreeNode *n = &p->t->nodes[at];
	BlockSplit s = compare_of(p, n, tree);
	s.slot = (uint16_t)p->height[at];
	if (p->role[n->left] == BLOCK_EXIT && p->role[n->left + 1] == BLOCK_EXIT) {
		s.exit = lay_exit(p, n->left, tree);
		lay_exit(p, n->left + 1, tree);
		g_array_append_val(p->bottom, s);
		return;
	}
	s.pair = (uint16_t)*slot;
	for (uint32_t side = 0; side < 2; side++, (*slot)++)
		if (p->role[n->left + side] == BLOCK_EXIT)
			lay_constant(p, n->left + side, *slot, tree);
		else
			p->height[n->left + side] = *slot;
	g_array_append_val(p->join, s);
}

static BlockTree tree_here(const Plan *p)
{
	return (BlockTree){.set = p->set->len,
	        .constant = p->constant->len,
	        .bottom = p->bottom->len,
	        .join = p->join->len,
	        .exit = p->exit->len};
}

static void lay_tree(Plan *p, uint32_t tree)
{
	BlockTree *to = &p->b->tree[tree];
	uint32_t slot = 1, root = p->t->start[tree];
	*to = tree_here(p);
	cut_tree(p, tree);
	if (p->role[root] == BLOCK_EXIT)
		lay_constant(p, root, 0, to);
	else
		p->height[root] = 0;
	for (guint k = 0; k < p->queue->len; k++) {
		uint32_t at = g_array_index(p->queue, uint32_t, k);
		if (p->role[at] == BLOCK_SPLIT)
			lay_split(p, at, &slot, to);
	}
	turn_around(p->join, to->join);
	p->b->slots = MAX(p->b->slots, slot);
	p->b->masks = MAX(p->b->masks, p->set->len - to->set);
}

static void lay_trees(Plan *p)
{
	TreesBlock *b = p->b;
	for (uint32_t i = 0; i < p->t->count; i++)
		lay_tree(p, i);
	b->tree[p->t->count] = tree_here(p);
	b->sets = (uint8_t *)(void *)g_array_free(g_steal_pointer(&p->sets), FALSE);
	b->set = (BlockSet *)(void *)g_array_free(g_steal_pointer(&p->set), FALSE);
	b->constant = (BlockConstant *)(void *)g_array_free(g_steal_pointer(&p->constant), FALSE);
	b->bottom = (BlockSplit *)(void *)g_array_free(g_steal_pointer(&p->bottom), FALSE);
	b->join = (BlockSplit *)(void *)g_array_free(g_steal_pointer(&p->join), FALSE);
	b->exit = (uint32_t *)(void *)g_array_free(g_steal_pointer(&p->exit), FALSE);
	b->value = (float *)(void *)g_array_free(g_steal_pointer(&p->value), FALSE);
}

/* Less than walking from the roots? */
static bool pays(const TreesBlock *b)
{
	const Trees *t = b->t;
	double walks = 0, block = 0;
	for (uint32_t i = 0; i < t->count; i++) {
		const BlockTree *of = &b->tree[i];
		uint32_t splits = of[1].bottom - of->bottom + of[1].join - of->join + 4 * (of[1].set - of->set);
		walks += COST_STEP * (double)t->depth[i];
		block += COST_TREE + COST_SPLIT * (double)splits + COST_STEP * (double)of->rest;
	}
	for (uint32_t k = 0; k < b->features; k++)
		block += COST_FEATURE + COST_HALVING * (double)g_bit_storage(b->feature[k].count);
	return block < walks;
}

static Plan plan_begin(const Trees *t)
{
	uint32_t nodes = t->start[t->count];
	Plan p = {.t = t,
	        .b = g_new0(TreesBlock, 1),
	        .role = g_new0(uint8_t, nodes + 1),
	        .height = g_new0(uint32_t, nodes + 1),
	        .place = g_new(uint32_t, t->columns),
	        .queue = g_array_new(FALSE, FALSE, sizeof(uint32_t)),
	        .sets = g_array_new(FALSE, TRUE, 1),
	        .set = g_array_new(FALSE, FALSE, sizeof(BlockSet)),
	        .constant = g_array_new(FALSE, FALSE, sizeof(BlockConstant)),
	        .bottom = g_array_new(FALSE, FALSE, sizeof(BlockSplit)),
	        .join = g_array_new(FALSE, FALSE, sizeof(BlockSplit)),
	        .exit = g_array_new(FALSE, FALSE, sizeof(uint32_t)),
	        .value = g_array_new(FALSE, FALSE, sizeof(float))};
	memset(p.place, 0xff, t->columns * sizeof *p.place);
	p.b->t = t;
	p.b->feature = g_new0(BlockFeature, t->columns);
	p.b->tree = g_new0(BlockTree, (size_t)t->count + 1);
	return p;
}

TreesBlock *trees_block_new(const Trees *t)
{
	Plan p = plan_begin(t);
	for (uint32_t i = 0; i < t->count; i++) {
		find_heights(&p, i);
		cut_tree(&p, i);
	}
	note_splits(&p);
	gather_thresholds(&p);
	lay_planes(p.b);
	lay_trees(&p);
	for (uint32_t i = 0; i < t->count; i++)
		find_heights(&p, i); /* anew: they were slots meanwhile */
	BlockNodes of = nodes_of(&p);
	trees_block_lay_row(p.b, &of);
	g_free(p.role);
	g_free(p.height);
	g_free(p.place);
	g_array_free(p.queue, TRUE);
	if (pays(p.b))
		return p.b;
	trees_block_free(p.b);
	return NULL;
}
