/* meta.c: statements and transactions on SQLite. */
#include "store/meta.h"

#include "store/meta_sqlite.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "base/error.h"
#include "base/json.h"

enum { STATEMENTS_KEPT = 256 }; /* SQL texts are literals of this program: far fewer; a bound all the same */

static bool fail_outside(const Meta *m, const char *what, GError **error)
{
	int number = sqlite3_system_errno(m->db);
	if (number)
		return fail(error, FAIL_UNAVAILABLE, "%s %s: %s", what, m->path, g_strerror(number));
	return fail(error, FAIL_UNAVAILABLE, "%s %s: %s", what, m->path, sqlite3_errmsg(m->db));
}

bool meta_fail(const Meta *m, int code, const char *sql, GError **error)
{
	switch (code & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return fail(error, FAIL_UNAVAILABLE,
		        "another process has been writing to %s for too long: end it, or try again later", m->path);
	case SQLITE_FULL:
		return fail(error, FAIL_UNAVAILABLE, "cannot write %s: the disk is full", m->path);
	case SQLITE_READONLY:
		return fail(error, FAIL_UNAVAILABLE, "cannot write %s: it is read-only", m->path);
	case SQLITE_CANTOPEN:
		return fail_outside(m, "cannot open", error);
	case SQLITE_IOERR:
		return fail_outside(m, "cannot read or write", error);
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return fail(error, FAIL_BROKEN, "%s is damaged (%s): put back a copy of it", m->path,
		        sqlite3_errmsg(m->db));
	case SQLITE_CONSTRAINT:
		return fail(error, FAIL_CONFLICT, "refused by %s: %s", m->path, sqlite3_errmsg(m->db));
	case SQLITE_TOOBIG:
		return fail(error, FAIL_LIMIT, "a value is too large for %s", m->path);
	case SQLITE_NOMEM:
		return fail(error, FAIL_UNAVAILABLE, "out of memory while using %s", m->path);
	default:
		return fail(error, FAIL_BROKEN, "%s: %s%s%s", m->path, sqlite3_errmsg(m->db), sql ? " in: " : "",
		        sql ? sql : "");
	}
}

static bool prepare(Meta *m, const char *sql, sqlite3_stmt **ret, GError **error)
{
	sqlite3_stmt *statement = g_hash_table_lookup(m->statements, sql);
	if (statement) {
		*ret = statement;
		return true;
	}
	int code = sqlite3_prepare_v3(m->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL);
	if (code != SQLITE_OK)
		return meta_fail(m, code, sql, error);
	if (g_hash_table_size(m->statements) >= STATEMENTS_KEPT)
		g_hash_table_remove_all(m->statements);
	g_hash_table_insert(m->statements, g_strdup(sql), statement);
	*ret = statement;
	return true;
}

static int bind_value(sqlite3_stmt *s, int at, const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_INTEGER:
		return sqlite3_bind_int64(s, at, json_integer_value(value));
	case JSON_REAL:
		return sqlite3_bind_double(s, at, json_real_value(value));
	case JSON_TRUE:
	case JSON_FALSE:
		return sqlite3_bind_int64(s, at, json_is_true(value));
	case JSON_NULL:
		return sqlite3_bind_null(s, at);
	case JSON_STRING: /* the arguments outlive the statement's run */
		return sqlite3_bind_text64(
		        s, at, json_string_value(value), json_string_length(value), SQLITE_STATIC, SQLITE_UTF8);
	default:
		return sqlite3_bind_text(s, at, json_canonical(value), -1, g_free);
	}
}

/* SQLite numbers "$2" by where it stands, not by the 2, so each parameter's argument is found by its name. */
static bool bind(Meta *m, sqlite3_stmt *s, const char *sql, const json_t *args, GError **error)
{
	int count = sqlite3_bind_parameter_count(s);
	if (count && !args)
		return fail(error, FAIL_INVALID, "a text to be kept in %s is not valid UTF-8", m->path);
	if (args && json_array_size(args) != (size_t)count)
		return fail(error, FAIL_BROKEN, "%zu arguments for %d parameters in: %s", json_array_size(args), count,
		        sql);
	for (int at = 1; at <= count; at++) {
		const char *name = sqlite3_bind_parameter_name(s, at);
		guint64 number = name && *name == '$' ? g_ascii_strtoull(name + 1, NULL, 10) : 0;
		const json_t *value = number ? json_array_get(args, number - 1) : NULL;
		if (!value)
			return fail(error, FAIL_BROKEN, "no argument for parameter %d in: %s", at, sql);
		int code = bind_value(s, at, value);
		if (code != SQLITE_OK)
			return meta_fail(m, code, sql, error);
	}
	return true;
}

static json_t *read_text(sqlite3_stmt *s, int column)
{
	const char *text = (const char *)sqlite3_column_text(s, column);
	json_t *value = json_stringn(text ? text : "", (size_t)sqlite3_column_bytes(s, column));
	return value ? value : json_text(text);
}

static json_t *read_value(sqlite3_stmt *s, int column)
{
	switch (sqlite3_column_type(s, column)) {
	case SQLITE_INTEGER:
		return json_integer(sqlite3_column_int64(s, column));
	case SQLITE_FLOAT:
		return json_number(sqlite3_column_double(s, column));
	case SQLITE_NULL:
		return json_null();
	default:
		return read_text(s, column);
	}
}

static json_t *read_row(sqlite3_stmt *s)
{
	json_t *row = json_object();
	for (int column = 0; column < sqlite3_column_count(s); column++)
		json_object_set_new(row, sqlite3_column_name(s, column), read_value(s, column));
	return row;
}

/* A full disk or an I/O error makes SQLite take the whole transaction back.  Statements after that would each be committed
 * alone, so the transaction is remembered as lost until its end. */
static void notice_lost(Meta *m)
{
	if (m->depth && sqlite3_get_autocommit(m->db))
		m->lost = true;
}

static bool fail_lost(const Meta *m, GError **error)
{
	return fail(error, FAIL_UNAVAILABLE, "an earlier failure took back all that was being written to %s", m->path);
}

static bool run(Meta *m, const char *sql, const json_t *args, json_t *rows, GError **error)
{
	sqlite3_stmt *s = NULL;
	if (!prepare(m, sql, &s, error))
		return false;
	bool ok = bind(m, s, sql, args, error);
	int code = SQLITE_DONE;
	while (ok && (code = sqlite3_step(s)) == SQLITE_ROW)
		if (rows)
			json_array_append_new(rows, read_row(s));
	if (ok && code != SQLITE_DONE)
		ok = meta_fail(m, code, sql, error);
	sqlite3_reset(s);
	sqlite3_clear_bindings(s);
	notice_lost(m);
	return ok;
}

bool meta_run(Meta *m, const char *sql, json_t *args, json_t **ret_rows, GError **error)
{
	json_auto_t *mine = args;
	if (m->lost)
		return fail_lost(m, error);
	json_auto_t *rows = ret_rows ? json_array() : NULL;
	if (!run(m, sql, mine, rows, error))
		return false;
	if (ret_rows)
		*ret_rows = g_steal_pointer(&rows);
	return true;
}

bool meta_row(Meta *m, const char *sql, json_t *args, json_t **ret, GError **error)
{
	json_auto_t *rows = NULL;
	if (!meta_run(m, sql, args, &rows, error))
		return false;
	*ret = json_incref(json_array_get(rows, 0));
	return true;
}

bool meta_begin(Meta *m, GError **error)
{
	if (!meta_run(m, m->depth ? "SAVEPOINT inner" : "BEGIN IMMEDIATE", NULL, NULL, error))
		return false;
	m->depth++;
	return true;
}

bool meta_begin_durable(Meta *m, GError **error)
{
	if (!meta_begin(m, error))
		return false;
	m->durable = true;
	return true;
}

static bool end_inner(Meta *m, bool ok, GError **error)
{
	if (m->lost)
		return ok && fail_lost(m, error);
	if (ok)
		return run(m, "RELEASE inner", NULL, NULL, error);
	run(m, "ROLLBACK TO inner", NULL, NULL, NULL);
	run(m, "RELEASE inner", NULL, NULL, NULL);
	return false;
}

/* The commit is in the log already; PRAGMA synchronous could not be changed inside a transaction. */
static bool sync_log(const Meta *m, GError **error)
{
	sqlite3_file *log = NULL;
	int code = sqlite3_file_control(m->db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log);
	if (code == SQLITE_OK && log && log->pMethods)
		code = log->pMethods->xSync(log, SQLITE_SYNC_NORMAL);
	return code == SQLITE_OK || meta_fail(m, code, NULL, error);
}

static bool end_outermost(Meta *m, bool ok, GError **error)
{
	bool durable = m->durable, lost = m->lost;
	m->durable = m->lost = false;
	if (lost)
		return ok && fail_lost(m, error);
	if (ok && run(m, "COMMIT", NULL, NULL, error))
		return !durable || sync_log(m, error);
	if (!sqlite3_get_autocommit(m->db))
		run(m, "ROLLBACK", NULL, NULL, NULL);
	return false;
}

bool meta_end(Meta *m, bool ok, GError **error)
{
	g_assert(m->depth > 0);
	return --m->depth ? end_inner(m, ok, error) : end_outermost(m, ok, error);
}

char *meta_new_id(void)
{
	unsigned char bytes[16];
	if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
		g_error("the kernel gives no random numbers: %s", g_strerror(errno));
	GString *text = g_string_sized_new(2 * sizeof bytes);
	for (size_t i = 0; i < sizeof bytes; i++)
		g_string_append_printf(text, "%02x", bytes[i]);
	return g_string_free(text, FALSE);
}

int64_t meta_now(void)
{
	return g_get_real_time();
}
