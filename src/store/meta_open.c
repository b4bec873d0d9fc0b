/* meta_open.c: opening the database: write-ahead log, newest schema, or reading only where nothing can be written.
 *
 * Several processes may open a new database at the same moment.  Turning on the log needs the file alone and SQLite does not
 * wait for that by itself, so it is tried again for as long as any other lock is waited for; each migration looks at the
 * version again once it holds the right to write. */
#include "store/meta_sqlite.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/file.h"
#include "store/migrations.h"

enum {
	WAIT_MS = 60000, /* a writer holds the lock for milliseconds; a minute means that something hangs */
	RETRY_MS = 10,
	LOG_BYTES = 16 << 20, /* the log is cut back to this size when it is empty */
};

static void finalize(gpointer statement)
{
	sqlite3_finalize(statement);
}

static Meta *new_meta(const char *state_folder)
{
	Meta *m = g_new0(Meta, 1);
	m->path = g_build_filename(state_folder, META_FILE, NULL);
	m->statements = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, finalize);
	return m;
}

void meta_close(Meta *m)
{
	if (!m)
		return;
	g_hash_table_destroy(m->statements);
	sqlite3_close(m->db);
	g_free(m->path);
	g_free(m);
}

static int schema_newest(void)
{
	int count = 0;
	while (MIGRATIONS[count].name)
		count++;
	return count;
}

static int read_int(void *ret, int columns, char **values, char **names)
{
	*(int *)ret = values[0] ? (int)g_ascii_strtoll(values[0], NULL, 10) : 0;
	return 0;
}

static int read_is_wal(void *ret, int columns, char **values, char **names)
{
	*(bool *)ret = g_strcmp0(values[0], "wal") == 0;
	return 0;
}

static bool exec(const Meta *m, const char *sql, GError **error)
{
	int code = sqlite3_exec(m->db, sql, NULL, NULL, NULL);
	return code == SQLITE_OK || meta_fail(m, code, sql, error);
}

static bool use_log(const Meta *m, GError **error)
{
	bool is_wal = false;
	int code = sqlite3_exec(m->db, "PRAGMA journal_mode", read_is_wal, &is_wal, NULL);
	for (int waited = 0; !is_wal && waited < WAIT_MS; waited += RETRY_MS) {
		code = sqlite3_exec(m->db, "PRAGMA journal_mode = WAL", read_is_wal, &is_wal, NULL);
		if ((code & 0xff) != SQLITE_BUSY)
			break;
		g_usleep(RETRY_MS * 1000);
	}
	if (code != SQLITE_OK)
		return meta_fail(m, code, NULL, error);
	if (!is_wal && !m->read_only)
		return fail(error, FAIL_UNAVAILABLE,
		        "the file system of %s cannot hold a database with a write-ahead log; put the project on a "
		        "local disk",
		        m->path);
	return true;
}

static bool schema_version(const Meta *m, int *ret, GError **error)
{
	int version = 0;
	int code = sqlite3_exec(m->db, "PRAGMA user_version", read_int, &version, NULL);
	if (code != SQLITE_OK)
		return meta_fail(m, code, NULL, error);
	if (version > schema_newest())
		return fail(error, FAIL_CONFLICT,
		        "%s was written by a newer gyre (its schema is version %d, this program knows up to %d): "
		        "install the newer gyre",
		        m->path, version, schema_newest());
	*ret = version;
	return true;
}

/* Inside a transaction of its own.  The version is read again: another process may have been faster. */
static bool migrate_once(const Meta *m, int *ret_version, GError **error)
{
	int version;
	if (!schema_version(m, &version, error))
		return false;
	*ret_version = version;
	const Migration *next = &MIGRATIONS[version];
	if (!next->name)
		return true;
	g_autofree char *after =
	        g_strdup_printf("CREATE TABLE IF NOT EXISTS migrations ("
	                        "	version BIGINT PRIMARY KEY, name TEXT NOT NULL, applied BIGINT NOT NULL);"
	                        "INSERT INTO migrations VALUES (%d, '%s', %" G_GINT64_FORMAT ");"
	                        "PRAGMA user_version = %d;",
	                version + 1, next->name, meta_now(), version + 1);
	if (!exec(m, next->sql, error) || !exec(m, after, error))
		return false;
	*ret_version = version + 1;
	return true;
}

static bool migrate(const Meta *m, int version, GError **error)
{
	while (version < schema_newest()) {
		if (!exec(m, "BEGIN IMMEDIATE", error))
			return false;
		if (!migrate_once(m, &version, error) || !exec(m, "COMMIT", error)) {
			sqlite3_exec(m->db, "ROLLBACK", NULL, NULL, NULL);
			return false;
		}
	}
	return true;
}

static bool open_file(Meta *m, const char *name, int flags, GError **error)
{
	flags |= SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
	int code = sqlite3_open_v2(name, &m->db, flags, NULL);
	if (code == SQLITE_OK)
		code = sqlite3_busy_timeout(m->db, WAIT_MS);
	if (code != SQLITE_OK)
		return meta_fail(m, code, NULL, error);
	m->read_only = sqlite3_db_readonly(m->db, "main") == 1;
	return exec(m, "PRAGMA foreign_keys = ON; PRAGMA synchronous = NORMAL; PRAGMA trusted_schema = OFF", error);
}

static bool open_writable(Meta *m, GError **error)
{
	int version;
	if (!open_file(m, m->path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, error))
		return false;
	if (!schema_version(m, &version, error) || !use_log(m, error))
		return false;
	if (version == schema_newest())
		return true;
	if (m->read_only)
		return fail(error, FAIL_UNAVAILABLE,
		        "%s has the schema of an older gyre and is read-only, so it cannot be brought up to date",
		        m->path);
	return migrate(m, version, error);
}

static bool has_bytes(const char *path, const char *suffix)
{
	g_autofree char *name = g_strconcat(path, suffix, NULL);
	struct stat about;
	return stat(name, &about) == 0 && about.st_size > 0;
}

/* Where the folder cannot be written, the log's index cannot be made and SQLite opens nothing.  Without a log the file is
 * all there is, and nobody can change it: that is what immutable means.  With one the newest commits would be missing. */
static bool open_unwritable(Meta *m, GError **error)
{
	if (has_bytes(m->path, "-wal"))
		return fail(error, FAIL_UNAVAILABLE,
		        "%s has commits in its log (%s-wal) that can only be read where the folder can be written",
		        m->path, META_FILE);
	g_autofree char *absolute = g_canonicalize_filename(m->path, NULL);
	g_autofree char *uri = g_filename_to_uri(absolute, NULL, error);
	if (!uri)
		return false;
	g_autofree char *name = g_strconcat(uri, "?immutable=1", NULL);
	int version;
	if (!open_file(m, name, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, error) || !schema_version(m, &version, error))
		return false;
	return version == schema_newest() ||
	       fail(error, FAIL_UNAVAILABLE,
	               "%s has the schema of an older gyre and is read-only, so it cannot "
	               "be brought up to date",
	               m->path);
}

static bool may_be_unwritable(const Meta *m)
{
	int code = sqlite3_errcode(m->db) & 0xff;
	return (code == SQLITE_CANTOPEN || code == SQLITE_READONLY) && has_bytes(m->path, "");
}

bool meta_open(const char *state_folder, Meta **ret, GError **error)
{
	if (!file_make_folder(state_folder, error))
		return false;
	g_autoptr(Meta) m = new_meta(state_folder);
	g_autoptr(GError) problem = NULL;
	if (!open_writable(m, &problem)) {
		if (!may_be_unwritable(m)) {
			g_propagate_error(error, g_steal_pointer(&problem));
			return false;
		}
		sqlite3_close(g_steal_pointer(&m->db));
		if (!open_unwritable(m, error))
			return false;
	}
	*ret = g_steal_pointer(&m);
	return true;
}
