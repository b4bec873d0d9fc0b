/* arena.c: blocks of memory, each twice as large as the one before, with a mark in the newest. */
#include "base/arena.h"

#include <stdalign.h>
#include <string.h>

enum { FIRST_BYTES = 4096, LARGEST_BYTES = 1 << 20 };

struct ArenaBlock {
	ArenaBlock *older;
	size_t room;
	alignas(max_align_t) char bytes[];
};

static void add_block(Arena *a, size_t least)
{
	size_t room = a->blocks ? MIN(a->room * 2, (size_t)LARGEST_BYTES) : (size_t)FIRST_BYTES;
	room = MAX(room, least);
	ArenaBlock *b = g_malloc(sizeof *b + room);
	b->older = a->blocks;
	b->room = room;
	a->blocks = b;
	a->room = room;
	a->used = 0;
}

void *arena_take(Arena *a, size_t size)
{
	size_t whole = (size + alignof(max_align_t) - 1) / alignof(max_align_t) * alignof(max_align_t);
	if (whole > a->room - a->used)
		add_block(a, whole);
	void *ret = a->blocks->bytes + a->used;
	a->used += whole;
	return ret;
}

char *arena_text(Arena *a, const char *text, size_t length)
{
	char *copy = arena_take(a, length + 1);
	memcpy(copy, text, length);
	copy[length] = '\0';
	return copy;
}

void arena_reset(Arena *a)
{
	while (a->blocks && a->blocks->older) {
		ArenaBlock *newest = a->blocks;
		a->blocks = newest->older;
		g_free(newest);
	}
	a->room = a->blocks ? a->blocks->room : 0;
	a->used = 0;
}

void arena_clear(Arena *a)
{
	arena_reset(a);
	g_free(a->blocks);
	*a = (Arena){0};
}
