/* library.h: a shared library opened by name when it is first needed, and the calls of it that are used. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct LibraryCall {
	const char *symbol;
	size_t offset; /* of the pointer to it in the struct of calls */
} LibraryCall;

/* Fills `into`, a struct of pointers, from a table ended by a NULL symbol.  FAIL_UNAVAILABLE, with `absent` as its sentence where the library is
 * not there, and the name of what an older one lacks.  The library stays open. */
bool library_open(const char *name, const LibraryCall *calls, const char *absent, void *into, GError **error);
