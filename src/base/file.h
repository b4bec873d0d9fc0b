/* file.h: whole files, safely.  A file written here is old or new, never half: temporary name, fsync, rename, fsync of
 * the folder. */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* Reads a whole file of at most `limit` bytes; a NUL is added behind the last byte.  Free with g_free. */
bool file_read(const char *path, size_t limit, char **ret, size_t *ret_size, GError **error);

/* Replaces a file in one step. */
bool file_write(const char *path, const void *bytes, size_t size, GError **error);

/* Makes a folder and its parents. */
bool file_make_folder(const char *path, GError **error);

/* Removes a file or a folder with all in it; a path that does not exist is fine.  Symbolic links are removed, not followed. */
bool file_remove(const char *path, GError **error);

/* fsync of a file's bytes, or of a folder's entries. */
bool file_sync(const char *path, GError **error);

/* Copies a file (reflink where the file system can), without syncing. */
bool file_copy(const char *from, const char *to, GError **error);
