/* blobs.h: bytes kept by their SHA-256, never changed, never half there.
 *
 * A folder: blobs/ab/cdef...  A blob is written beside (blobs/tmp), synced, and renamed to its name; whatever has a blob's
 * name is whole.  Several processes may put the same bytes at once.  A killed process leaves at most temporary files, which
 * blobs_open removes when they are a day old.  Blobs are read-only files (0444) and never symbolic links.
 *
 * A put has returned when the bytes and their name are on the disk.  That costs two waits for it; blobs_put_files shares them
 * among many files (60 files of 4 KiB on ext4: 0.10 ms each instead of 0.36; the wait is 10 ms on a slow disk).
 *
 * Errors: FAIL_INVALID not the text of a digest, FAIL_NOT_FOUND, FAIL_UNAVAILABLE a full or read-only disk. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct Blobs Blobs;

bool blobs_open(const char *state_folder, Blobs **ret, GError **error);
void blobs_close(Blobs *b);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Blobs, blobs_close)

/* Takes a file's bytes in; with `move` the file itself becomes the blob (same file system: a rename).
 * ret_digest: free with g_free; ret_size may be NULL. */
bool blobs_put_file(Blobs *b, const char *path, bool move, char **ret_digest, uint64_t *ret_size, GError **error);

typedef struct BlobFile {
	const char *path; /* in */
	char *digest;     /* out: free with g_free */
	uint64_t size;    /* out */
} BlobFile;

/* The same for `count` files at once.  On failure no digest is set, though some of the blobs may be there. */
bool blobs_put_files(Blobs *b, BlobFile *files, size_t count, bool move, GError **error);

bool blobs_put_bytes(Blobs *b, const void *bytes, size_t size, char **ret_digest, GError **error);

/* A path where the bytes can be read (and must not be written); FAIL_NOT_FOUND if the blob is not there.  Free with g_free. */
bool blobs_path(const Blobs *b, const char *digest, char **ret, GError **error);

/* Is it there, and (size >= 0) of that size? */
bool blobs_has(const Blobs *b, const char *digest, int64_t size);

/* Reads it again and compares the digest: FAIL_BROKEN when they differ. */
bool blobs_verify(const Blobs *b, const char *digest, GError **error);
