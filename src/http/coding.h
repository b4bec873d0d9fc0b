/* coding.h: bodies that travel compressed: gzip and deflate, both ways.
 *
 * What a request's body becomes is bounded by the same limit as one that came plain, and by how much it grows, so a few bytes
 * cannot make the server fill its memory.  Nothing is kept between calls; any thread may call. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef enum Coding { CODING_IDENTITY, CODING_GZIP, CODING_DEFLATE, CODINGS } Coding;
extern const char *const CODING_NAMES[CODINGS]; /* "identity", "gzip", "deflate" */

/* Content-Encoding, or NULL; false: one that is not known, or several. */
bool coding_read(const char *content_encoding, Coding *ret);
/* The one that Accept-Encoding (or NULL) prefers: RFC 9110, 12.5.3.  gzip before deflate where they weigh the same; identity
 * where none is acceptable. */
Coding coding_choose(const char *accept_encoding);

/* FAIL_INVALID: not what it says it is, cut off, or with bytes behind its end; FAIL_LIMIT: more than `most` bytes, or grown beyond
 * LIMIT_INFLATE_RATIO.  "deflate" is zlib's form (RFC 9110); the bare one that some clients send is taken too. */
bool coding_inflate(Coding coding, const char *bytes, size_t size, size_t most, GString **ret, GError **error);
/* New text, or NULL where it would not be shorter. */
GString *coding_deflate(Coding coding, const GString *plain);
