/* grow_block.c: choosing splits and growing a subtree on rows that lie side by side. */
#include "model/grow_block.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LANES = 4, TILE = 16 };

typedef struct GrowRanked {
	float value;
	uint32_t place;
} GrowRanked;

void grow_block_init(GrowBlock *b, const GrowRows *rows, size_t room)
{
	b->room = room + TILE; /* no power of two: columns would meet in the same lines of the cache */
	b->columns = rows->x->columns;
	b->sums = rows->sums;
	b->x = g_new(float, b->room * b->columns + 1);
	b->row = g_new(uint32_t, b->room);
	b->spare_row = g_new(uint32_t, b->room);
	b->feature = g_new(uint32_t, b->columns + 1);
	b->y = g_new(float, 5 * b->room);
	b->weight = b->y + b->room;
	b->value = b->weight + b->room;
	b->spare_y = b->value + b->room;
	b->spare_weight = b->spare_y + b->room;
	b->ranked = b->plan->best ? g_new(GrowRanked, b->room) : NULL;
	b->total.y = g_new0(double, 3 * b->sums);
	b->left.y = b->total.y + b->sums;
	b->missing.y = b->left.y + b->sums;
	b->open = g_array_new(FALSE, FALSE, sizeof(GrowNode));
	for (size_t j = 0; j < b->columns; j++)
		b->feature[j] = (uint32_t)j;
}

void grow_block_clear(GrowBlock *b)
{
	g_free(b->x);
	g_free(b->row);
	g_free(b->spare_row);
	g_free(b->feature);
	g_free(b->y);
	g_free(b->ranked);
	g_free(b->total.y);
	if (b->open)
		g_array_unref(b->open);
}

void grow_sums_zero(GrowSums *s, size_t sums)
{
	s->weight = 0;
	s->rows = 0;
	memset(s->y, 0, sums * sizeof *s->y);
}

void grow_sums_add(GrowSums *s, size_t sums, float y, float weight)
{
	s->weight += (double)weight;
	s->rows++;
	if (sums == 1)
		s->y[0] += (double)(weight * y);
	else
		s->y[(size_t)y] += (double)weight;
}

double grow_sums_explain(const GrowSums *s, size_t sums)
{
	double sum = 0;
	for (size_t k = 0; k < sums; k++)
		sum += s->y[k] * s->y[k] / s->weight;
	return sum;
}

void grow_block_fill(GrowBlock *b, const GrowRows *rows, const uint32_t *picked, size_t count)
{
	b->rows = count;
	for (size_t i = 0; i < count; i++) {
		b->row[i] = (uint32_t)i;
		b->y[i] = rows->y[picked[i]];
		b->weight[i] = rows->weight[picked[i]];
	}
	for (size_t from = 0; from < count; from += TILE) {
		const float *values[TILE];
		size_t tile = MIN(count - from, (size_t)TILE);
		for (size_t i = 0; i < tile; i++)
			values[i] = rows->x->values + (size_t)rows->row[picked[from + i]] * b->columns;
		for (size_t j = 0; j < b->columns; j++)
			for (size_t i = 0; i < tile; i++)
				b->x[j * b->room + from + i] = values[i][j];
	}
}

static void sum_node(const GrowBlock *b, const GrowNode *node, GrowSums *s)
{
	grow_sums_zero(s, b->sums);
	for (size_t i = node->from; i < node->from + node->count; i++)
		grow_sums_add(s, b->sums, b->y[i], b->weight[i]);
}

/* Vectors of the compilers: a comparison is -1 or 0 in each lane. */
typedef float Floats __attribute__((vector_size(4 * LANES)));
typedef int Flags __attribute__((vector_size(4 * LANES)));
typedef double Doubles __attribute__((vector_size(8 * LANES)));

static Floats load(const float *from)
{
	Floats to;
	memcpy(&to, from, sizeof to);
	return to;
}

/* Rows below the threshold; a missing value is not. */
static void sum_left_mean(const GrowBlock *b, const GrowNode *node, float threshold, GrowSums *s)
{
	Doubles weights = {0}, ys = {0};
	Flags rows = {0};
	size_t i = 0;
	const float *value = b->value, *weight = b->weight + node->from, *y = b->y + node->from;
	for (; i + LANES <= node->count; i += LANES) {
		Flags is_left = load(value + i) < threshold;
		Floats w = (Floats)((Flags)load(weight + i) & is_left);
		rows -= is_left;
		weights += __builtin_convertvector(w, Doubles);
		ys += __builtin_convertvector(w * load(y + i), Doubles);
	}
	grow_sums_zero(s, b->sums);
	for (; i < node->count; i++)
		if (value[i] < threshold)
			grow_sums_add(s, b->sums, y[i], weight[i]);
	for (unsigned l = 0; l < LANES; l++) {
		s->rows += (size_t)rows[l];
		s->weight += weights[l];
		s->y[0] += ys[l];
	}
}

static void sum_left(const GrowBlock *b, const GrowNode *node, float threshold, GrowSums *s)
{
	if (b->sums == 1) {
		sum_left_mean(b, node, threshold, s);
		return;
	}
	grow_sums_zero(s, b->sums);
	for (size_t i = 0; i < node->count; i++)
		if (b->value[i] < threshold)
			grow_sums_add(s, b->sums, b->y[node->from + i], b->weight[node->from + i]);
}

static void sum_missing(const GrowBlock *b, const GrowNode *node, GrowSums *s)
{
	grow_sums_zero(s, b->sums);
	for (size_t i = 0; i < node->count; i++)
		if (isnan(b->value[i]))
			grow_sums_add(s, b->sums, b->y[node->from + i], b->weight[node->from + i]);
}

/* Is it better to have `part` on one side, and with it `also` (may be NULL)? */
static void judge(const GrowBlock *b, const GrowSums *part, const GrowSums *also, GrowSplit split, GrowSplit *best)
{
	const GrowPlan *plan = b->plan;
	double weight = part->weight + (also ? also->weight : 0), other = b->total.weight - weight;
	size_t rows = part->rows + (also ? also->rows : 0), rest = b->total.rows - rows;
	if (rows < plan->min_rows || rest < plan->min_rows || !(MIN(weight, other) >= plan->min_weight) ||
	        !(MIN(weight, other) > 0))
		return;
	split.score = 0;
	for (size_t k = 0; k < b->sums; k++) {
		double here = part->y[k] + (also ? also->y[k] : 0), there = b->total.y[k] - here;
		split.score += here * here / weight + there * there / other;
	}
	if (split.score > best->score)
		*best = split;
}

typedef struct Range {
	float least, most;
	size_t missing;
} Range;

static Range gather(const GrowBlock *b, const GrowNode *node, uint32_t feature)
{
	const float *column = b->x + (size_t)feature * b->room;
	const uint32_t *row = b->row + node->from;
	Range range = {INFINITY, -INFINITY, 0};
	for (size_t i = 0; i < node->count; i++) {
		float v = column[row[i]];
		b->value[i] = v;
		range.least = v < range.least ? v : range.least;
		range.most = v > range.most ? v : range.most;
		range.missing += v != v;
	}
	return range;
}

/* The least goes left, the largest right, wherever the draw falls.  Where only missing values differ from the others, the
 * threshold lies just above these. */
static float draw_threshold(GrowBlock *b, Range range)
{
	if (!(range.least < range.most))
		return nextafterf(range.most, INFINITY);
	double draw = (double)range.least + rng_unit(b->rng) * ((double)range.most - (double)range.least);
	return (float)draw > range.least ? (float)draw : range.most;
}

/* With left and missing summed: a threshold with missing values on either side. */
static void judge_sides(GrowBlock *b, uint32_t feature, float threshold, Range range, GrowSplit *best)
{
	bool few_left = b->left.weight * 2 < b->total.weight; /* where a value goes that was never missing here */
	judge(b, &b->left, NULL, (GrowSplit){0, feature, threshold, range.missing || few_left}, best);
	if (range.missing)
		judge(b, &b->left, &b->missing, (GrowSplit){0, feature, threshold, false}, best);
}

static void try_random(GrowBlock *b, const GrowNode *node, uint32_t feature, Range range, GrowSplit *best)
{
	float threshold = draw_threshold(b, range);
	if (!isfinite(threshold))
		return;
	sum_left(b, node, threshold, &b->left);
	judge_sides(b, feature, threshold, range, best);
}

static int by_value(const void *a, const void *b)
{
	const GrowRanked *x = a, *y = b;
	if (x->value != y->value)
		return x->value < y->value ? -1 : 1;
	return (x->place > y->place) - (x->place < y->place);
}

/* Above `low`, at most `high`, and where there is room in their middle. */
static float between(float low, float high)
{
	float middle = (float)(((double)low + (double)high) / 2);
	return middle > low ? middle : high;
}

static void try_all(GrowBlock *b, const GrowNode *node, uint32_t feature, Range range, GrowSplit *best)
{
	size_t count = 0;
	for (uint32_t i = 0; i < node->count; i++)
		if (!isnan(b->value[i]))
			b->ranked[count++] = (GrowRanked){b->value[i], i};
	qsort(b->ranked, count, sizeof *b->ranked, by_value);
	grow_sums_zero(&b->left, b->sums);
	for (size_t i = 0; i < count; i++) {
		const GrowRanked *at = &b->ranked[i];
		size_t place = node->from + at->place;
		bool is_last = i + 1 == count;
		grow_sums_add(&b->left, b->sums, b->y[place], b->weight[place]);
		if (!is_last && at->value < at[1].value)
			judge_sides(b, feature, between(at->value, at[1].value), range, best);
		else if (is_last && range.missing && isfinite(nextafterf(at->value, INFINITY)))
			judge(b, &b->left, NULL, (GrowSplit){0, feature, nextafterf(at->value, INFINITY), true}, best);
	}
}

/* false: the feature is constant in the node. */
static bool try_feature(GrowBlock *b, const GrowNode *node, uint32_t feature, GrowSplit *best)
{
	Range range = gather(b, node, feature);
	if (range.missing == node->count || (range.least == range.most && range.missing == 0))
		return false;
	if (range.missing)
		sum_missing(b, node, &b->missing);
	if (b->plan->best)
		try_all(b, node, feature, range, best);
	else
		try_random(b, node, feature, range, best);
	return true;
}

static void swap(uint32_t *a, uint32_t *b)
{
	uint32_t kept = *a;
	*a = *b;
	*b = kept;
}

static GrowSplit find_split(GrowBlock *b, GrowNode *node)
{
	GrowSplit best = {.score = -1};
	uint32_t *feature = b->feature;
	size_t end = b->columns;
	for (size_t tried = 0; tried < b->plan->tries && node->constants < end;) {
		size_t at = node->constants + rng_below(b->rng, end - node->constants);
		if (try_feature(b, node, feature[at], &best)) {
			swap(&feature[at], &feature[--end]);
			tried++;
		} else {
			swap(&feature[at], &feature[node->constants++]);
		}
	}
	return best;
}

GrowSplit grow_block_split(GrowBlock *b, double *ret_explained)
{
	GrowNode all = {.count = b->rows};
	sum_node(b, &all, &b->total);
	*ret_explained = grow_sums_explain(&b->total, b->sums);
	return find_split(b, &all);
}

static bool is_pure(const GrowBlock *b, const GrowNode *node)
{
	const float *y = b->y + node->from;
	for (size_t i = 1; i < node->count; i++)
		if (y[i] != y[0])
			return false;
	return true;
}

/* Divides the node's stretch; returns the rows on the left. */
static size_t divide(GrowBlock *b, const GrowNode *node, const GrowSplit *split)
{
	const float *column = b->x + (size_t)split->feature * b->room;
	size_t left = node->from, right = 0;
	for (size_t i = node->from; i < node->from + node->count; i++) {
		float v = column[b->row[i]];
		bool goes_right = isnan(v) ? split->missing_right : v >= split->threshold;
		size_t *at = goes_right ? &right : &left;
		(goes_right ? b->spare_row : b->row)[*at] = b->row[i];
		(goes_right ? b->spare_y : b->y)[*at] = b->y[i];
		(goes_right ? b->spare_weight : b->weight)[*at] = b->weight[i];
		++*at;
	}
	memcpy(b->row + left, b->spare_row, right * sizeof *b->row);
	memcpy(b->y + left, b->spare_y, right * sizeof *b->y);
	memcpy(b->weight + left, b->spare_weight, right * sizeof *b->weight);
	return left - node->from;
}

static void grow_node(GrowBlock *b, GrownTree *t, GrowNode node)
{
	const GrowPlan *plan = b->plan;
	sum_node(b, &node, &b->total);
	grown_tree_answer(t, node.place, &b->total);
	if (node.depth >= plan->max_depth || node.count < 2 * plan->min_rows || is_pure(b, &node))
		return;
	GrowSplit split = find_split(b, &node);
	if (split.score < 0)
		return;
	double gain = split.score - grow_sums_explain(&b->total, b->sums);
	GrowNode child = {.from = node.from, .constants = node.constants, .depth = node.depth + 1};
	child.count = divide(b, &node, &split);
	child.place = grown_tree_split(t, node.place, &split, gain);
	g_array_append_val(b->open, child);
	child.place++;
	child.from += child.count;
	child.count = node.count - child.count;
	g_array_append_val(b->open, child);
}

void grow_block_subtree(GrowBlock *b, GrownTree *t, uint32_t place, unsigned depth)
{
	GrowNode node = {.place = place, .count = b->rows, .depth = depth};
	g_array_append_val(b->open, node);
	while (b->open->len) {
		node = g_array_index(b->open, GrowNode, b->open->len - 1);
		g_array_set_size(b->open, b->open->len - 1);
		grow_node(b, t, node);
	}
}
