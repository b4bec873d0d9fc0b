/* value_counts.c: how often each number was seen. */
#include "feature/value_counts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const uint64_t SIGN = (uint64_t)1 << 63;

/* Numbers in order are keys in order; -0 is 0. */
static uint64_t key_of(double value)
{
	uint64_t bits;
	if (value == 0)
		value = 0;
	memcpy(&bits, &value, sizeof bits);
	return bits & SIGN ? ~bits : bits | SIGN;
}

static double value_of(uint64_t key)
{
	uint64_t bits = key & SIGN ? key & ~SIGN : ~key;
	double value;
	memcpy(&value, &bits, sizeof value);
	return value;
}

void value_counts_clear(ValueCounts *v)
{
	g_free(v->keys);
	g_free(v->counts);
	*v = (ValueCounts){0};
}

static void count(ValueCounts *v, uint64_t key, uint32_t rows)
{
	uint32_t slot = (uint32_t)(key * 0x9e3779b97f4a7c15u >> 40) & (v->slots - 1);
	while (v->counts[slot] && v->keys[slot] != key)
		slot = (slot + 1) & (v->slots - 1);
	v->used += v->counts[slot] == 0;
	v->keys[slot] = key;
	v->counts[slot] += rows;
}

/* Lays all cells out anew, with `less` fewer bits. */
static void rebuild(ValueCounts *v, uint32_t slots, unsigned less)
{
	ValueCounts old = *v;
	v->keys = g_new(uint64_t, slots);
	v->counts = g_new0(uint32_t, slots);
	v->slots = slots;
	v->shift += less;
	v->used = 0;
	for (uint32_t i = 0; i < old.slots; i++)
		if (old.counts[i])
			count(v, old.keys[i] >> less, old.counts[i]);
	g_free(old.keys);
	g_free(old.counts);
}

static void make_room(ValueCounts *v)
{
	if (v->used > VALUE_CELLS)
		do
			rebuild(v, v->slots, 1);
		while (v->used > VALUE_CELLS);
	else if (v->used * 2 >= v->slots && v->slots < 2 * VALUE_CELLS)
		rebuild(v, MAX(v->slots * 2, 64u), 0);
}

static void add_key(ValueCounts *v, uint64_t key, uint32_t rows)
{
	if (!v->slots)
		make_room(v);
	count(v, key, rows);
	make_room(v);
}

void value_counts_add(ValueCounts *v, double value)
{
	v->total++;
	add_key(v, key_of(value) >> v->shift, 1);
}

void value_counts_merge(ValueCounts *into, const ValueCounts *from)
{
	into->total += from->total;
	if (from->shift > into->shift && into->slots)
		rebuild(into, into->slots, from->shift - into->shift);
	into->shift = MAX(into->shift, from->shift);
	for (uint32_t i = 0; i < from->slots; i++)
		if (from->counts[i])
			add_key(into, from->keys[i] >> (into->shift - from->shift), from->counts[i]);
}

typedef struct Cell {
	uint64_t key, count;
} Cell;

static int by_key(const void *a, const void *b)
{
	uint64_t x = ((const Cell *)a)->key, y = ((const Cell *)b)->key;
	return x < y ? -1 : x > y;
}

static Cell *sorted_cells(const ValueCounts *v)
{
	Cell *cells = g_new(Cell, v->used + 1);
	uint32_t n = 0;
	for (uint32_t i = 0; i < v->slots; i++)
		if (v->counts[i])
			cells[n++] = (Cell){v->keys[i], v->counts[i]};
	qsort(cells, n, sizeof *cells, by_key);
	return cells;
}

/* A cell's rows are taken to be spread evenly over it. */
static double value_within(const ValueCounts *v, const Cell *cell, uint64_t place)
{
	double low = value_of(cell->key << v->shift);
	if (v->shift == 0)
		return low;
	double high = value_of((cell->key << v->shift) | (((uint64_t)1 << v->shift) - 1));
	return CLAMP(low + (high - low) * (((double)place + 0.5) / (double)cell->count), low, high);
}

/* The row at a place when rows are in order. */
static double value_at(const ValueCounts *v, const Cell *cells, uint64_t place)
{
	size_t i = 0;
	while (place >= cells[i].count)
		place -= cells[i++].count;
	return value_within(v, &cells[i], place);
}

void value_counts_quantiles(const ValueCounts *v, const double *p, size_t n, double *ret)
{
	g_autofree Cell *cells = sorted_cells(v);
	for (size_t i = 0; i < n; i++) {
		if (v->total == 0) {
			ret[i] = NAN;
			continue;
		}
		double place = p[i] * (double)(v->total - 1), below = floor(place);
		double low = value_at(v, cells, (uint64_t)below);
		double high = value_at(v, cells, MIN((uint64_t)below + 1, v->total - 1));
		ret[i] = low + (high - low) * (place - below);
	}
}

double value_counts_mode(const ValueCounts *v)
{
	g_autofree Cell *cells = sorted_cells(v);
	uint32_t best = 0;
	for (uint32_t i = 1; i < v->used; i++)
		if (cells[i].count > cells[best].count)
			best = i;
	return v->used ? value_of(cells[best].key << v->shift) : NAN;
}
