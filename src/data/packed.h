/* packed.h: is a packed file whole?
 *
 * The engine reads a packed file to where it ends and takes that for the end of the rows: of a download that broke off in the middle it
 * gives the rows there are, and the last value cut short.  So a packed file is held to its own form first: gzip (RFC 1952) is
 * unpacked once and its checksums compared, zstd (RFC 8878) is walked from block to block without being unpacked. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef enum Packed { PACKED_WHOLE, PACKED_CUT, PACKED_DAMAGED } Packed;

/* compression: "gzip", "zstd".  What follows a gzip file and is no other one is passed over, as gzip does. */
Packed packed_look(const void *bytes, size_t size, const char *compression);

/* compression: "none" (always whole), "gzip", "zstd".  FAIL_INVALID names the file, and whether it is cut or damaged. */
bool packed_check(const char *path, const char *compression, GError **error);
