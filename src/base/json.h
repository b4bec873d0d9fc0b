/* json.h: what the program needs of JSON beside jansson: canonical text, checked access, files.
 *
 * Canonical text is what digests are taken of: keys sorted, no spaces, doubles with 17 digits, NaN and infinities as null
 * (JSON has no other word for them).  Two equal values have the same canonical text on every machine. */
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

G_DEFINE_AUTOPTR_CLEANUP_FUNC(json_t, json_decref)

/* A number, or null if it is NaN or infinite.  New reference. */
json_t *json_number(double value);

/* A text, with bytes that are not UTF-8 replaced; null for NULL.  New reference. */
json_t *json_text(const char *text);

/* Canonical text.  Caller frees with g_free. */
char *json_canonical(const json_t *value);

/* Text for people: indented by two, keys in the order they were added.  Caller frees with g_free. */
char *json_pretty(const json_t *value);

/* Parses `size` bytes, at most LIMIT_NESTING deep.  `where` is named in the error with line and column. */
bool json_parse(const char *where, const char *text, size_t size, json_t **ret, GError **error);

/* A file of at most LIMIT_CONFIG_BYTES. */
bool json_read_file(const char *path, json_t **ret, GError **error);

/* Written to a temporary file in the same folder, synced and renamed: the file is old or new, never half. */
bool json_write_file(const char *path, const json_t *value, GError **error);

/* Members with a fallback, for values this program wrote itself.  Borrowed results; `object` may be NULL or not an object. */
const char *json_get_text(const json_t *object, const char *key, const char *otherwise);
double json_get_number(const json_t *object, const char *key, double otherwise); /* null gives NaN */
int64_t json_get_int(const json_t *object, const char *key, int64_t otherwise);
bool json_get_bool(const json_t *object, const char *key, bool otherwise);

/* Follows "a.b[2].c"; NULL if any part is absent.  Borrowed. */
const json_t *json_at(const json_t *value, const char *path);
