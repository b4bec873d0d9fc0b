/* trees_block.c: blocks of rows turned to planes of bytes, and given to the comparisons (trees_lanes.inc). */
#include "model/trees_block.h"

#include <math.h>
#include <string.h>

#ifdef __x86_64__
#include <immintrin.h>
#endif

#include "model/trees_block_inside.h"
#include "model/trees_walk.h"

enum {
	ROWS_ALONE = 18,  /* from so many on a block of them is quicker than one by one, */
	ROWS_WALKED = 12, /* and from so many where they would be walked */
};

#define LANES_BYTES 16
#define LANES_NAME(x) x##_16
#define LANES_TARGET
#define LANES_LOOK_UP look_up_16
typedef uint8_t Look16 __attribute__((vector_size(16), may_alias));
static inline Look16 look_up_16(const uint8_t *table, Look16 places)
{
	Look16 ret;
	for (unsigned i = 0; i < sizeof ret; i++)
		ret[i] = places[i] & 128 ? 0 : table[places[i] & 15];
	return ret;
}
#include "model/trees_lanes.inc"

/* Halving, all values step by step. */
static void count_reached(const float *of, uint32_t count, const float *value, size_t lanes, uint32_t *ret)
{
	memset(ret, 0, lanes * sizeof *ret);
	for (uint32_t left = count; left > 1;) {
		uint32_t half = left / 2;
		for (size_t i = 0; i < lanes; i++)
			ret[i] += half & -(uint32_t)(value[i] >= of[ret[i] + half - 1]);
		left -= half;
	}
	for (size_t i = 0; i < lanes; i++)
		ret[i] += value[i] >= of[ret[i]];
}

#ifdef __x86_64__
#define LANES_BYTES 32
#define LANES_NAME(x) x##_32
#define LANES_TARGET_32 __attribute__((target("avx2,popcnt")))
#define LANES_TARGET LANES_TARGET_32
#define LANES_LOOK_UP look_up_32
typedef uint8_t Look32 __attribute__((vector_size(32), may_alias));
LANES_TARGET static inline Look32 look_up_32(const uint8_t *table, Look32 places)
{
	__m256i both = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)table));
	return (Look32)_mm256_shuffle_epi8(both, (__m256i)places);
}
#include "model/trees_lanes.inc"

/* Of 16 numbers, how many are reached. */
LANES_TARGET_32 static inline uint32_t reached_of_16(const float *of, __m256 value)
{
	__m256 first = _mm256_cmp_ps(value, _mm256_loadu_ps(of), _CMP_GE_OQ);
	__m256 second = _mm256_cmp_ps(value, _mm256_loadu_ps(of + 8), _CMP_GE_OQ);
	return (uint32_t)_mm_popcnt_u32(
	        (unsigned)_mm256_movemask_ps(first) | (unsigned)_mm256_movemask_ps(second) << 8);
}

/* The last of each 16 first, then the 16 where it is decided. */
LANES_TARGET_32 static void count_reached_32(
        const float *of, uint32_t count, const float *value, size_t lanes, uint32_t *ret)
{
	if (count > BLOCK_STEPS) {
		count_reached(of, count, value, lanes, ret);
		return;
	}
	for (size_t i = 0; i < lanes; i++) {
		__m256 one = _mm256_set1_ps(value[i]);
		uint32_t whole = BLOCK_BUCKET * reached_of_16(of - BLOCK_BUCKET, one);
		ret[i] = whole + reached_of_16(of + whole, one);
	}
}

static bool has_avx2(void)
{
	return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("popcnt");
}
#endif

static bool always(void)
{
	return true;
}

struct TreesLanes {
	const char *name;
	bool (*runs_here)(void);
	/* of BlockFeature's thresholds; ret: of each value, how many it reaches; none, of one that is missing */
	void (*reach)(const float *of, uint32_t count, const float *value, size_t lanes, uint32_t *ret);
	void (*many)(const TreesBlock *b, const BlockDesk *d);                              /* BLOCK_ROWS */
	void (*few)(const TreesBlock *b, const BlockDesk *d);                               /* BLOCK_ROWS_FEW */
	void (*row)(const TreesBlock *b, const uint8_t *bytes, const float *x, float *ret); /* NULL: none */
};

#ifdef __x86_64__
static bool has_vbmi(void)
{
	return has_avx2() && __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512bw");
}

static const TreesLanes LANES_64 = {
        "32 bytes, a row by 64 (AVX-512 VBMI)", has_vbmi, count_reached_32, many_32, few_32, trees_block_row_64};
static const TreesLanes LANES_32 = {"32 bytes (AVX2)", has_avx2, count_reached_32, many_32, few_32, trees_block_row_32};
#endif
static const TreesLanes LANES_16 = {"16 bytes", always, count_reached, many_16, few_16, NULL};

const TreesLanes *const TREES_LANES_ALL[] = {
#ifdef __x86_64__
        &LANES_64,
        &LANES_32,
#endif
        &LANES_16,
        NULL,
};

const char *trees_lanes_name(const TreesLanes *l)
{
	return l->name;
}

bool trees_lanes_run_here(const TreesLanes *l)
{
	return l->runs_here();
}

static const TreesLanes *widest(void)
{
	const TreesLanes *const *l = TREES_LANES_ALL;
	while (!(*l)->runs_here())
		l++;
	return *l;
}

/* A missing value reaches none: its byte is 0, and 255 where it lies above all. */
static void number_planes(
        const BlockFeature *f, const float *value, const uint32_t *reached, uint8_t *planes, size_t lanes)
{
	for (uint32_t part = 0; part * BLOCK_STEPS < f->count; part++) {
		uint32_t below = part * BLOCK_STEPS;
		uint8_t byte[BLOCK_ROWS], *high = planes + (f->high + part) * lanes;
		for (size_t i = 0; i < lanes; i++)
			byte[i] = (uint8_t)MIN(MAX(reached[i], below) - below, (uint32_t)BLOCK_STEPS);
		if (f->low != BLOCK_NONE)
			memcpy(planes + (f->low + part) * lanes, byte, lanes);
		for (size_t i = 0; f->high != BLOCK_NONE && i < lanes; i++)
			high[i] = byte[i] | (uint8_t) - (value[i] != value[i]);
	}
}

/* As is_in_set (trees.c) reads a code. */
static void code_planes(const BlockFeature *f, const float *value, uint8_t *planes, size_t lanes)
{
	uint8_t *bit = planes + f->codes * lanes, *missing = bit + lanes, *place = missing + lanes;
	memset(place, 128, f->segments * lanes);
	for (size_t i = 0; i < lanes; i++) {
		uint32_t code = value[i] >= 0 && value[i] < 0x1p24f ? (uint32_t)value[i] : UINT32_MAX;
		bit[i] = (uint8_t)(1u << code % 8);
		missing[i] = value[i] == value[i] ? 0 : 255;
		if (code / BLOCK_CODES < f->segments)
			place[code / BLOCK_CODES * lanes + i] = (uint8_t)(code % BLOCK_CODES / 8);
	}
}

/* Rows that are not there are 0. */
static void make_planes(const TreesBlock *b, const TreesLanes *by, const BlockDesk *d, size_t lanes)
{
	float value[BLOCK_ROWS] = {0};
	uint32_t reached[BLOCK_ROWS];
	for (uint32_t k = 0; k < b->features; k++) {
		const BlockFeature *f = &b->feature[k];
		for (size_t i = 0; i < d->rows; i++)
			value[i] = d->x[i * b->t->columns + f->column];
		if (f->count) {
			by->reach(b->thresholds + f->first, f->count, value, lanes, reached);
			number_planes(f, value, reached, d->planes, lanes);
		}
		if (f->segments)
			code_planes(f, value, d->planes, lanes);
	}
}

static inline void walk_on(const TreesBlock *b, uint32_t tree, const BlockDesk *d, float *sums, bool sets)
{
	const Trees *t = b->t;
	const BlockTree *of = &b->tree[tree];
	for (size_t from = 0; from < d->rows; from += TREES_LANES) {
		uint32_t at[TREES_LANES];
		size_t row[TREES_LANES];
		for (size_t l = 0; l < TREES_LANES; l++) {
			row[l] = MIN(from + l, d->rows - 1);
			at[l] = b->exit[of->exit + d->slots[row[l]]];
		}
		if (from + TREES_LANES <= d->rows)
			trees_walk(t, at, of->rest, d->x + from * t->columns, t->columns, sets);
		else
			for (size_t l = 0; l < TREES_LANES; l++)
				for (uint32_t step = 0; step < of->rest; step++)
					at[l] = trees_next(t, &t->nodes[at[l]], d->x + row[l] * t->columns, sets);
		for (size_t l = 0; l < MIN(d->rows - from, (size_t)TREES_LANES); l++)
			sums[from + l] += t->nodes[at[l]].value;
	}
}

void trees_block_walk_on(const TreesBlock *b, uint32_t tree, const BlockDesk *d, float *sums)
{
	if (b->t->set_words)
		walk_on(b, tree, d, sums, true);
	else
		walk_on(b, tree, d, sums, false);
}

static void block_of_rows(const TreesBlock *b, const TreesLanes *lanes, BlockDesk *d, float *ret)
{
	uint32_t groups = b->t->groups;
	size_t width = d->rows > BLOCK_ROWS_FEW ? BLOCK_ROWS : BLOCK_ROWS_FEW;
	memset(d->sums, 0, groups * width * sizeof *d->sums);
	make_planes(b, lanes, d, width);
	if (width == BLOCK_ROWS)
		lanes->many(b, d);
	else
		lanes->few(b, d);
	for (size_t i = 0; i < d->rows; i++)
		for (uint32_t g = 0; g < groups; g++)
			ret[i * groups + g] = d->sums[g * width + i];
}

static void row_alone(const TreesBlock *b, const TreesLanes *lanes, const float *x, float *ret)
{
	uint8_t bytes[BLOCK_ROW_PLANES] = {0};
	for (uint32_t k = 0; k < b->features; k++) {
		const BlockFeature *f = &b->feature[k];
		uint32_t reached;
		lanes->reach(b->thresholds + f->first, f->count, &x[f->column], 1, &reached);
		number_planes(f, &x[f->column], &reached, bytes, 1);
	}
	memset(ret, 0, b->t->groups * sizeof *ret);
	lanes->row(b, bytes, x, ret);
}

static void in_blocks(const TreesBlock *b, const TreesLanes *lanes, const float *x, size_t rows, float *ret)
{
	enum { ALIGNED = 64 };
	size_t width = rows > BLOCK_ROWS_FEW ? BLOCK_ROWS : BLOCK_ROWS_FEW;
	size_t planes = ((size_t)b->planes + b->masks) * width, slots = b->slots * width;
	uint8_t *memory = g_aligned_alloc(planes + slots + b->t->groups * width * sizeof(float), 1, ALIGNED);
	BlockDesk d = {.planes = memory, .slots = memory + planes, .sums = (float *)(void *)(memory + planes + slots)};
	for (size_t from = 0; from < rows; from += d.rows) {
		d.x = x + from * b->t->columns;
		d.rows = MIN(rows - from, (size_t)BLOCK_ROWS);
		block_of_rows(b, lanes, &d, ret + from * b->t->groups);
	}
	g_aligned_free(memory);
}

size_t trees_block_margins(const TreesBlock *b, const TreesLanes *lanes, const float *x, size_t rows, float *ret)
{
	lanes = lanes ? lanes : widest();
	bool alone = b->row && lanes->row;
	size_t rest = rows % BLOCK_ROWS, blocks = rest < (alone ? ROWS_ALONE : ROWS_WALKED) ? rows - rest : rows;
	if (blocks)
		in_blocks(b, lanes, x, blocks, ret);
	if (!alone)
		return blocks;
	for (size_t i = blocks; i < rows; i++)
		row_alone(b, lanes, x + i * b->t->columns, ret + i * b->t->groups);
	return rows;
}

void trees_block_free(TreesBlock *b)
{
	if (!b)
		return;
	trees_block_row_free(b->row);
	g_free(b->feature);
	g_free(b->tree);
	g_free(b->thresholds);
	g_free(b->sets);
	g_free(b->set);
	g_free(b->constant);
	g_free(b->bottom);
	g_free(b->join);
	g_free(b->exit);
	g_free(b->value);
	g_free(b);
}
