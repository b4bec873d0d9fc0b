/* files.h: the digests of the user's files, remembered.
 *
 * A file is read once and then known by (device, inode, size, mtime, ctime): "nothing changed" costs one stat.  A file
 * changed less than two seconds before it was read is not remembered, since a second change in the same tick of the clock
 * would show nowhere (git calls such an entry racy); it is read again next time. */
#pragma once

#include <sys/stat.h>

#include "store/meta.h"

/* Sees at *ret_about what the file was when the digest was its own.  Free *ret with g_free. */
bool files_digest(Meta *m, const char *path, char **ret, struct stat *ret_about, GError **error);

/* Is the file still what `about` saw? */
bool files_unchanged(const char *path, const struct stat *about);
