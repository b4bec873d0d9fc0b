/* arena.h: memory for what lives as long as one request: taken by moving a mark, given back all at once.
 *
 * What was taken stays where it is.  A reset keeps the first block, so that after the first requests nothing is allocated
 * any more.  One thread at a time. */
#pragma once

#include <glib.h>
#include <stddef.h>

typedef struct ArenaBlock ArenaBlock;

typedef struct Arena {
	ArenaBlock *blocks; /* the newest first */
	size_t used, room;  /* of the newest */
} Arena;

/* Not zeroed; aligned for any type. */
void *arena_take(Arena *a, size_t size);
/* A copy with a NUL behind it. */
char *arena_text(Arena *a, const char *text, size_t length);
void arena_reset(Arena *a);
void arena_clear(Arena *a);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Arena, arena_clear)
