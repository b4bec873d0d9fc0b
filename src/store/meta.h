/* meta.h: the metadata store: what is known about things, in SQL.
 *
 * One seam for every database: "run this statement".  Statements use the subset all of them share: $1 parameters, ON
 * CONFLICT ... DO UPDATE, RETURNING, text ids made by us, JSON kept as text, times as int64 microseconds UTC.
 * SQLite today: write-ahead log, one writer at a time, others wait up to 60 s.  A Meta belongs to one thread.
 *
 * How safe is a commit?  It is whole or not there at all, whatever happens, and a killed program loses none.  A machine that
 * loses power may lose the last commits of ordinary transactions (a step runs again; nothing is torn), never one begun
 * with meta_begin_durable: those wait for the disk.
 *
 * Errors: FAIL_CONFLICT a key that exists already (or a newer schema), FAIL_UNAVAILABLE a full or read-only disk and a
 * database held by another process for too long, FAIL_BROKEN a damaged file or a statement that is wrong. */
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

#define META_FILE "meta.db" /* in the state folder, with -wal and -shm beside it while it is open */

typedef struct Meta Meta;

/* Opens (and where absent makes) the database in a project's state folder, migrating it to the newest schema.  A schema
 * newer than this program is FAIL_CONFLICT: nothing is touched.  In a read-only folder a database that is there is opened
 * for reading; what would write then fails with FAIL_UNAVAILABLE. */
bool meta_open(const char *state_folder, Meta **ret, GError **error);
void meta_close(Meta *m);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Meta, meta_close)

/* Runs one statement.  args: array for $1, $2, ... or NULL; stolen (so json_pack may be written in the call).  Integers,
 * reals, texts, booleans (as 0/1) and null are bound as they are; objects and arrays as canonical text.  NULL where the
 * statement has parameters is FAIL_INVALID: json_pack gives it for a text that is not UTF-8.
 * ret_rows: array of objects by column name, or NULL when not wanted. */
bool meta_run(Meta *m, const char *sql, json_t *args, json_t **ret_rows, GError **error);

/* The first row of a query, or NULL in *ret when there is none. */
bool meta_row(Meta *m, const char *sql, json_t *args, json_t **ret, GError **error);

/* A transaction; they nest: an inner one that fails takes back its own statements only, and all is written when the
 * outermost ends.  It holds the right to write from its first moment, so what it reads cannot change under it.  meta_end
 * commits when `ok`, else rolls back; it returns false when `ok` is false (the error is then the caller's) or the commit
 * failed, so callers write: return meta_end(m, ok, error). */
bool meta_begin(Meta *m, GError **error);
/* The same, and the outermost meta_end returns true only when it is on the disk: for what must survive a power cut. */
bool meta_begin_durable(Meta *m, GError **error);
bool meta_end(Meta *m, bool ok, GError **error);

/* A new id: 32 hexadecimal digits, random. */
char *meta_new_id(void);

/* Now, in microseconds UTC. */
int64_t meta_now(void);
