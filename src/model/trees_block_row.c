/* trees_block_row.c: one row, as a request brings it: of a tree all splits of the first six levels are compared at once, and the way
 * down is read off the bits of the answers. */
#include "model/trees_block.h"

#include <string.h>

#ifdef __x86_64__
#include <immintrin.h>
#endif

#include "model/trees_block_inside.h"
#include "model/trees_walk.h"

enum {
	LEVELS = 6,
	SPLITS = 1 << LEVELS,
	TABLE = 16, /* bytes that one instruction chooses from */
	TABLES = BLOCK_ROW_PLANES / TABLE,
	/* tenths of a nanosecond, as measured: a step of a walk, a value turned to its bytes, a tree's splits and way down */
	COST_STEP = 18,
	COST_FEATURE = 100,
	COST_TREE = 40,
};

/* Of each tree the splits 1, 2, ... 63 (2 i and 2 i + 1 are the children of i) and the 64 ends of six steps. */
struct BlockRow {
	uint8_t *
	        place; /* which of the row's bytes a split looks at: that in its table, 128: of an odd one, 64: of the upper two */
	uint8_t *least; /* from which byte on the row goes right */
	float *value;   /* at each end, what is added */
	uint32_t *node; /* and where the row walks on from, for `rest` steps at most */
	uint32_t rest;
};

void trees_block_row_free(BlockRow *r)
{
	if (!r)
		return;
	g_aligned_free(r->place);
	g_aligned_free(r->least);
	g_free(r->value);
	g_free(r->node);
	g_free(r);
}

/* Below what is no split, or one on categories, all ends are that node. */
static void lay_tree(TreesBlock *b, const BlockNodes *of, uint32_t tree)
{
	const Trees *t = b->t;
	BlockRow *r = b->row;
	size_t first = (size_t)tree * SPLITS;
	uint32_t at[2 * SPLITS] = {0, t->start[tree]};
	for (uint32_t i = 1; i < SPLITS; i++) {
		const TreeNode *n = &t->nodes[at[i]];
		bool goes_on = of->role[at[i]] == BLOCK_SPLIT && !n->by_set;
		at[2 * i] = goes_on ? n->left : at[i];
		at[2 * i + 1] = goes_on ? n->left + 1 : at[i];
		if (!goes_on)
			continue;
		BlockSplit s = trees_block_compare(b, of, n);
		uint32_t table = s.plane / TABLE;
		r->place[first + i] = (uint8_t)(s.plane | (table & 1) << 7 | (table & 2) << 5);
		r->least[first + i] = s.least;
	}
	for (uint32_t i = 0; i < SPLITS; i++) {
		uint32_t end = at[SPLITS + i];
		r->node[first + i] = end;
		r->value[first + i] = t->nodes[end].value;
		r->rest = MAX(r->rest, of->height[end]);
	}
}

/* Less than walking from the roots? */
static bool pays(const TreesBlock *b)
{
	double walk = 0;
	for (uint32_t i = 0; i < b->t->count; i++)
		walk += COST_STEP * (double)MIN(b->t->depth[i], (uint32_t)LEVELS);
	return COST_FEATURE * (double)b->features + COST_TREE * (double)b->t->count < walk;
}

void trees_block_lay_row(TreesBlock *b, const BlockNodes *of)
{
	enum { ALIGNED = 64 };
	size_t size =
	        ((size_t)b->t->count + TREES_LANES - 1) / TREES_LANES * TREES_LANES * SPLITS; /* in whole eights */
	if (b->planes > BLOCK_ROW_PLANES || b->t->set_words || !pays(b))
		return;
	b->row = g_new0(BlockRow, 1);
	b->row->place = g_aligned_alloc0(size, 1, ALIGNED);
	b->row->least = g_aligned_alloc0(size, 1, ALIGNED);
	b->row->value = g_new0(float, size);
	b->row->node = g_new0(uint32_t, size);
	for (uint32_t tree = 0; tree < b->t->count; tree++)
		lay_tree(b, of, tree);
}

#define INLINE inline __attribute__((always_inline))

/* Steps down by the answers, split i's at bit i; gives the number of the end. */
static INLINE uint32_t way_down(uint64_t bits)
{
	uint64_t at = 1;
#pragma GCC unroll 6
	for (unsigned level = 0; level < LEVELS; level++)
		at = 2 * at + (bits >> at & 1);
	return (uint32_t)(at - SPLITS);
}

/* Of TREES_LANES trees.  A single sum stays in a register: through memory each would wait for the one before.  What lies behind the last
 * tree is 0, which changes no sum that began with 0. */
static INLINE void add_ends(const TreesBlock *b, uint32_t tree, const uint32_t *ends, const float *x, float *ret)
{
	const Trees *t = b->t;
	const BlockRow *r = b->row;
	uint32_t at[TREES_LANES];
	float value[TREES_LANES], sum = ret[0];
	for (uint32_t l = 0; l < TREES_LANES; l++)
		at[l] = (tree + l) * SPLITS + ends[l];
	for (uint32_t l = 0; l < TREES_LANES; l++)
		value[l] = r->value[at[l]];
	if (r->rest) {
		for (uint32_t l = 0; l < TREES_LANES; l++)
			at[l] = r->node[at[l]];
		trees_walk(t, at, r->rest, x, 0, false);
		for (uint32_t l = 0; l < TREES_LANES; l++)
			value[l] = tree + l < t->count ? t->nodes[at[l]].value : 0;
	}
	if (t->groups == 1) {
		for (uint32_t l = 0; l < TREES_LANES; l++)
			sum += value[l];
		ret[0] = sum;
		return;
	}
	for (uint32_t l = 0; l < MIN(t->count - tree, TREES_LANES); l++)
		ret[t->group[tree + l]] += value[l];
}

#ifdef __x86_64__
#define TARGET_32 __attribute__((target("avx2,bmi2")))
#define TARGET_64 __attribute__((target("avx512f,avx512bw,avx512vbmi,bmi2")))

/* 32 bytes chosen from two tables of 16, by what lay_tree says; the instruction gives 0 for 128 and more. */
TARGET_32 static inline __m256i choose(const __m256i *table, __m256i place)
{
	const __m256i other = _mm256_set1_epi8((char)128);
	return _mm256_or_si256(
	        _mm256_shuffle_epi8(table[0], place), _mm256_shuffle_epi8(table[1], _mm256_xor_si256(place, other)));
}

/* The answers of 32 splits, a bit each. */
TARGET_32 static inline uint32_t half_32(const __m256i *table, bool upper, const uint8_t *place, const uint8_t *least)
{
	__m256i from = _mm256_load_si256((const __m256i *)(const void *)place);
	__m256i than = _mm256_load_si256((const __m256i *)(const void *)least);
	__m256i bytes = choose(table, from);
	if (upper)
		bytes = _mm256_blendv_epi8(bytes, choose(table + 2, from), _mm256_add_epi8(from, from));
	return (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(_mm256_max_epu8(bytes, than), bytes));
}

TARGET_32 static inline uint64_t answers_32(const TreesBlock *b, uint32_t tree, const __m256i *table, bool upper)
{
	const uint8_t *place = b->row->place + (size_t)tree * SPLITS, *least = b->row->least + (size_t)tree * SPLITS;
	return half_32(table, upper, place, least) |
	       (uint64_t)half_32(table, upper, place + SPLITS / 2, least + SPLITS / 2) << 32;
}

TARGET_32 static inline void run_32(const TreesBlock *b, const __m256i *table, bool upper, const float *x, float *ret)
{
	for (uint32_t tree = 0; tree < b->t->count; tree += TREES_LANES) {
		uint32_t ends[TREES_LANES];
#pragma GCC unroll 8
		for (uint32_t l = 0; l < TREES_LANES; l++)
			ends[l] = way_down(answers_32(b, tree + l, table, upper));
		add_ends(b, tree, ends, x, ret);
	}
}

TARGET_32 void trees_block_row_32(const TreesBlock *b, const uint8_t *bytes, const float *x, float *ret)
{
	__m256i table[TABLES];
	for (unsigned k = 0; k < TABLES; k++)
		table[k] = _mm256_broadcastsi128_si256(
		        _mm_loadu_si128((const __m128i *)(const void *)(bytes + k * TABLE)));
	if (b->planes > 2 * TABLE)
		run_32(b, table, true, x, ret);
	else
		run_32(b, table, false, x, ret);
}

/* All splits at once, from one table. */
TARGET_64 void trees_block_row_64(const TreesBlock *b, const uint8_t *bytes, const float *x, float *ret)
{
	const uint8_t *place = b->row->place, *least = b->row->least;
	__m512i table = _mm512_loadu_si512(bytes);
	for (uint32_t tree = 0; tree < b->t->count; tree += TREES_LANES) {
		uint32_t ends[TREES_LANES];
#pragma GCC unroll 8
		for (uint32_t l = 0; l < TREES_LANES; l++, place += SPLITS, least += SPLITS)
			ends[l] = way_down(_mm512_cmpge_epu8_mask(
			        _mm512_permutexvar_epi8(_mm512_load_si512(place), table), _mm512_load_si512(least)));
		add_ends(b, tree, ends, x, ret);
	}
}
#endif
