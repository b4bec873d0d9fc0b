/* trees.c: flat trees: checking, predicting, keeping. */
#include "model/trees.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/limits.h"
#include "model/bytes.h"
#include "model/form.h"
#include "model/trees_block.h"
#include "model/trees_walk.h"
#include "stats/softmax.h"

#define MAGIC "GYTREE2\n"
#define MAGIC_BEFORE "GYTREE1\n" /* of 0.1: the same without sets */
#define COVER_MAGIC "GYCOVER1"
#define TREES_LIMIT 10000000u /* of one model: a reader of damaged bytes asks for no more */
#define BLOCK 128u            /* rows that pass all trees together: they stay in the core's first caches meanwhile */

G_STATIC_ASSERT(sizeof(TreeNode) == 12); /* it is the form on disk as well */

void trees_free(Trees *t)
{
	if (!t)
		return;
	g_free(t->start);
	g_free(t->group);
	g_free(t->depth);
	g_free(t->nodes);
	g_free(t->sets);
	g_free(t->gain);
	g_free(t->cover);
	trees_block_free(t->block);
	g_free(t);
}

uint32_t tree_node_set(const TreeNode *n)
{
	uint32_t place;
	memcpy(&place, &n->value, sizeof place);
	return place;
}

void tree_node_point(TreeNode *n, uint32_t set)
{
	n->by_set = 1;
	memcpy(&n->value, &set, sizeof set);
}

static bool check_set(const Trees *t, const TreeNode *n)
{
	uint32_t place = tree_node_set(n);
	return !n->by_set || (place < t->set_words && t->sets[place] < t->set_words - place);
}

/* Children come after their parents and inside their tree, so every walk ends; the depth is that of the longest one. */
static bool check_tree(const Trees *t, uint32_t tree, uint32_t *level, uint32_t *ret_depth)
{
	uint32_t first = t->start[tree], end = t->start[tree + 1];
	memset(level, 0, (end - first) * sizeof *level);
	*ret_depth = 0;
	for (uint32_t i = first; i < end; i++) {
		const TreeNode *n = &t->nodes[i];
		if (n->is_split > 1 || n->unused || n->feature >= t->columns || !check_set(t, n))
			return false;
		if (!n->is_split) {
			if (n->left != i || n->by_set)
				return false;
			continue;
		}
		if (n->left <= i || n->left >= end - 1)
			return false;
		uint32_t below = level[i - first] + 1;
		for (unsigned side = 0; side < 2; side++)
			level[n->left + side - first] = MAX(level[n->left + side - first], below);
		*ret_depth = MAX(*ret_depth, below);
	}
	return true;
}

static bool is_number(TreesLink link)
{
	return link == LINK_SCALED || link == LINK_EXPONENTIAL;
}

static bool check_shape(const Trees *t)
{
	if (t->columns < 1 || t->columns > LIMIT_FEATURES || t->groups < 1 || t->groups > LIMIT_CLASSES)
		return false;
	if ((is_number(t->link) || t->link == LINK_LOGISTIC) && t->groups != 1)
		return false;
	if (t->link == LINK_SOFTMAX && t->groups < 2)
		return false;
	if (t->link >= TREES_LINKS || t->start[0] != 0)
		return false;
	for (uint32_t i = 0; i < t->count; i++)
		if (t->start[i + 1] <= t->start[i] || t->group[i] >= t->groups)
			return false;
	return true;
}

static bool check_covers(const Trees *t)
{
	for (uint32_t i = 0; t->cover && i < t->start[t->count]; i++)
		if (!(t->cover[i] >= 0 && t->cover[i] <= FLT_MAX))
			return false;
	return true;
}

bool trees_finish(Trees *t, GError **error)
{
	bool ok = check_shape(t) && check_covers(t);
	uint32_t largest = 0;
	for (uint32_t i = 0; ok && i < t->count; i++)
		largest = MAX(largest, t->start[i + 1] - t->start[i]);
	g_autofree uint32_t *level = g_new(uint32_t, MAX(largest, 1u));
	g_free(t->depth);
	t->depth = g_new0(uint32_t, MAX(t->count, 1u));
	for (uint32_t i = 0; ok && i < t->count; i++)
		ok = check_tree(t, i, level, &t->depth[i]);
	trees_block_free(t->block);
	t->block = ok ? trees_block_new(t) : NULL;
	return ok || fail(error, FAIL_BROKEN, "the stored trees are damaged");
}

size_t trees_outputs(const Trees *t)
{
	return is_number(t->link) ? 1 : MAX(t->groups, 2u);
}

static inline bool is_in_set(const uint32_t *set, float value)
{
	uint32_t code = value >= 0 && value < 0x1p24f ? (uint32_t)value : UINT32_MAX;
	return code / 32 < set[0] && (set[1 + code / 32] >> (code % 32) & 1);
}

bool trees_goes_right(const Trees *t, const TreeNode *n, float value)
{
	if (value != value)
		return n->missing_right;
	return n->by_set ? is_in_set(t->sets + tree_node_set(n), value) : value >= n->value;
}

/* One tree, several rows. */
static inline void walk_rows(const Trees *t, uint32_t tree, const float *x, float *ret, bool sets)
{
	uint32_t at[TREES_LANES];
	for (unsigned l = 0; l < TREES_LANES; l++)
		at[l] = t->start[tree];
	trees_walk(t, at, t->depth[tree], x, t->columns, sets);
	for (unsigned l = 0; l < TREES_LANES; l++)
		ret[(size_t)l * t->groups] += t->nodes[at[l]].value;
}

/* One row, several trees: a single row, as a request brings it, need not wait for one tree after the other either.  In a
 * shallow tree the walk stays at the leaf until the deepest has come to its own. */
static inline void walk_trees(const Trees *t, uint32_t tree, const float *x, float *ret, bool sets)
{
	uint32_t at[TREES_LANES], depth = 0;
	for (unsigned l = 0; l < TREES_LANES; l++) {
		at[l] = t->start[tree + l];
		depth = MAX(depth, t->depth[tree + l]);
	}
	trees_walk(t, at, depth, x, 0, sets);
	for (unsigned l = 0; l < TREES_LANES; l++)
		ret[t->group[tree + l]] += t->nodes[at[l]].value;
}

static inline void walk_one(const Trees *t, uint32_t tree, const float *x, float *ret, bool sets)
{
	uint32_t at = t->start[tree];
	for (uint32_t d = 0; d < t->depth[tree]; d++)
		at = trees_next(t, &t->nodes[at], x, sets);
	ret[t->group[tree]] += t->nodes[at].value;
}

static inline void row_margins(const Trees *t, const float *x, float *ret, bool sets)
{
	uint32_t tree = 0;
	for (; t->count - tree >= TREES_LANES; tree += TREES_LANES)
		walk_trees(t, tree, x, ret, sets);
	for (; tree < t->count; tree++)
		walk_one(t, tree, x, ret, sets);
}

static inline void rows_margins(const Trees *t, const float *x, size_t rows, float *ret, bool sets)
{
	size_t together = rows / TREES_LANES * TREES_LANES;
	for (uint32_t tree = 0; tree < t->count && together; tree++)
		for (size_t i = 0; i < together; i += TREES_LANES)
			walk_rows(t, tree, x + i * t->columns, ret + t->group[tree] + i * t->groups, sets);
	for (size_t i = together; i < rows; i++)
		row_margins(t, x + i * t->columns, ret + i * t->groups, sets);
}

static void block_margins(const Trees *t, const float *x, size_t rows, float *ret)
{
	size_t done = t->block ? trees_block_margins(t->block, NULL, x, rows, ret) : 0;
	if (done == rows)
		return;
	x += done * t->columns;
	ret += done * t->groups;
	rows -= done;
	memset(ret, 0, rows * t->groups * sizeof *ret);
	if (t->set_words)
		rows_margins(t, x, rows, ret, true);
	else
		rows_margins(t, x, rows, ret, false);
}

void trees_margins(const Trees *t, const float *x, size_t rows, float *ret)
{
	for (size_t i = 0; i < rows; i += BLOCK)
		block_margins(t, x + i * t->columns, MIN(rows - i, BLOCK), ret + i * t->groups);
}

static void shares(const float *margin, uint32_t groups, double *ret)
{
	if (groups == 1) {
		ret[1] = CLAMP((double)margin[0], 0, 1);
		ret[0] = 1 - ret[1];
		return;
	}
	double sum = 0;
	for (uint32_t g = 0; g < groups; g++)
		sum += ret[g] = CLAMP((double)margin[g], 0, 1);
	for (uint32_t g = 0; g < groups; g++)
		ret[g] = sum > 0 ? ret[g] / sum : 1.0 / groups;
}

void trees_link(const Trees *t, const float *margin, double *ret)
{
	switch (t->link) {
	case LINK_SCALED:
		ret[0] = t->shift + t->scale * (double)margin[0];
		break;
	case LINK_LOGISTIC:
		ret[0] = 1 / (1 + exp((double)margin[0]));
		ret[1] = 1 / (1 + exp(-(double)margin[0]));
		break;
	case LINK_EXPONENTIAL:
		ret[0] = t->scale * exp(MIN((double)margin[0], 700));
		break;
	case LINK_SOFTMAX:
		for (uint32_t g = 0; g < t->groups; g++)
			ret[g] = (double)margin[g];
		softmax(ret, t->groups);
		break;
	case LINK_SHARES:
	case TREES_LINKS:
		shares(margin, t->groups, ret);
		break;
	}
}

void trees_predict(const Trees *t, const float *x, size_t rows, double *ret)
{
	size_t outputs = trees_outputs(t);
	g_autofree float *margins = g_new(float, MAX(MIN(rows, BLOCK), 1u) * (size_t)t->groups);
	for (size_t i = 0; i < rows; i += BLOCK) {
		size_t part = MIN(rows - i, BLOCK);
		block_margins(t, x + i * t->columns, part, margins);
		for (size_t r = 0; r < part; r++)
			trees_link(t, margins + r * t->groups, ret + (i + r) * outputs);
	}
}

/* magic, columns, groups, link, trees, words of sets, shift, scale, start[trees + 1], group[trees], gain[columns], nodes,
 * sets; then, where covers are kept, their magic and cover[nodes]. */
GBytes *trees_save(const Trees *t)
{
	GByteArray *to = g_byte_array_new();
	write_magic(to, MAGIC);
	write_u32(to, t->columns);
	write_u32(to, t->groups);
	write_u32(to, t->link);
	write_u32(to, t->count);
	write_u32(to, t->set_words);
	write_f64(to, t->shift);
	write_f64(to, t->scale);
	write_items(to, t->start, t->count + 1, sizeof *t->start);
	write_items(to, t->group, t->count, sizeof *t->group);
	write_items(to, t->gain, t->columns, sizeof *t->gain);
	write_items(to, t->nodes, t->start[t->count], sizeof *t->nodes);
	write_items(to, t->sets, t->set_words, sizeof *t->sets);
	if (t->cover) {
		write_magic(to, COVER_MAGIC);
		write_items(to, t->cover, t->start[t->count], sizeof *t->cover);
	}
	return g_byte_array_free_to_bytes(to);
}

bool trees_load(GBytes *bytes, Trees **ret, GError **error)
{
	g_autoptr(Trees) t = g_new0(Trees, 1);
	ByteReader r = byte_reader(bytes), before = r;
	bool has_sets = !read_magic(&before, MAGIC_BEFORE);
	if (has_sets)
		read_magic(&r, MAGIC);
	else
		r = before;
	t->columns = read_u32(&r);
	t->groups = read_u32(&r);
	t->link = (TreesLink)read_u32(&r);
	t->count = read_u32(&r);
	t->set_words = has_sets ? read_u32(&r) : 0;
	t->shift = read_f64(&r);
	t->scale = read_f64(&r);
	r.ok = r.ok && t->count <= TREES_LIMIT;
	t->start = read_items(&r, (size_t)t->count + 1, sizeof *t->start);
	t->group = read_items(&r, t->count, sizeof *t->group);
	t->gain = read_items(&r, t->columns, sizeof *t->gain);
	t->nodes = read_items(&r, r.ok ? t->start[t->count] : 0, sizeof *t->nodes);
	t->sets = read_items(&r, t->set_words, sizeof *t->sets);
	if (r.ok && r.left && read_magic(&r, COVER_MAGIC))
		t->cover = read_items(&r, t->start[t->count], sizeof *t->cover);
	if (!read_ended(&r))
		return fail(error, FAIL_BROKEN, "the stored trees are damaged");
	if (!trees_finish(t, error))
		return false;
	*ret = g_steal_pointer(&t);
	return true;
}

bool trees_model_predict(const void *model, const Matrix *x, double *ret, GError **error)
{
	const Trees *t = model;
	if (!matrix_check_columns(x, t->columns, error))
		return false;
	trees_predict(t, x->values, x->rows, ret);
	return true;
}

bool trees_model_save(const void *model, GBytes **ret, GError **error)
{
	*ret = trees_save(model);
	return true;
}

bool trees_model_load(GBytes *bytes, void **ret, GError **error)
{
	return trees_load(bytes, (Trees **)ret, error);
}

bool trees_model_importance(const void *model, double *ret, GError **error)
{
	const Trees *t = model;
	double sum = 0;
	for (uint32_t i = 0; i < t->columns; i++)
		sum += t->gain[i];
	for (uint32_t i = 0; i < t->columns; i++)
		ret[i] = sum > 0 ? t->gain[i] / sum : 1.0 / t->columns;
	return true;
}

void trees_model_shape(const void *model, size_t *ret_columns, size_t *ret_outputs)
{
	*ret_columns = ((const Trees *)model)->columns;
	*ret_outputs = trees_outputs(model);
}

bool trees_model_form(const void *model, ModelForm *ret, GError **error)
{
	const Trees *t = model;
	*ret = (ModelForm){.kind = FORM_TREES, .columns = t->columns, .outputs = trees_outputs(t), .trees = t};
	return true;
}

void trees_model_free(void *model)
{
	trees_free(model);
}
