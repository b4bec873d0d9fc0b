/* source_sqlite.c: a table or query of an SQLite file, copied into the engine.
 *
 * SQLite types values, not columns; a column's type is what all its values are: integers int (bool where the column is declared
 * BOOL and all are 0 or 1), integers and reals real, texts text or (all ISO) time, anything mixed with text text.  Blobs are
 * refused.  The file is read as it stands: unfinished work of other programs, in a write-ahead log or a journal beside it, is
 * refused, since that would not be part of the file's digest. */
#include <fcntl.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/json.h"
#include "base/limits.h"
#include "data/canonical.h"
#include "data/source.h"
#include "data/text_types.h"

#define BATCH_ROWS 65536

static const Param PARAMS[] = {
        {.name = "path",
                .type = PARAM_TEXT,
                .flags = PARAM_REQUIRED,
                .help = "the SQLite file; relative to the project"},
        {.name = "table", .type = PARAM_TEXT, .help = "the table or view to read"},
        {.name = "query", .type = PARAM_TEXT, .help = "instead of a table: SQL in SQLite's dialect"},
        {.name = "nulls", .type = PARAM_TEXTS, .preset = "[]", .help = "texts that mean missing, such as NA"},
        {.name = "types",
                .type = PARAM_JSON,
                .preset = "{}",
                .help = "types by column, {zip: text}, where the one found is not wanted"},
        {.name = "time_format",
                .type = PARAM_TEXTS,
                .preset = "[]",
                .help = "how times are written that are not ISO, such as %d/%m/%Y"},
        {0},
};

/* A rollback journal without its first byte is one that is done with (PRAGMA journal_mode = PERSIST). */
static bool is_hot(const char *journal)
{
	int fd = open(journal, O_RDONLY | O_CLOEXEC);
	char first = 0;
	bool hot = fd >= 0 && read(fd, &first, 1) == 1 && first;
	if (fd >= 0)
		close(fd);
	return hot;
}

static bool check_file(const char *path, GError **error)
{
	if (g_file_test(path, G_FILE_TEST_IS_DIR))
		return fail(error, FAIL_INVALID, "%s is a folder; name an SQLite file", path);
	if (!g_file_test(path, G_FILE_TEST_EXISTS))
		return fail(error, FAIL_NOT_FOUND, "there is no file %s", path);
	g_autofree char *log = g_strconcat(path, "-wal", NULL), *journal = g_strconcat(path, "-journal", NULL);
	struct stat about;
	if (stat(log, &about) == 0 && about.st_size > 0)
		return fail(error, FAIL_CONFLICT,
		        "%s is in use: %s holds changes that are not in it yet; close the program that writes it, or "
		        "run "
		        "\"PRAGMA wal_checkpoint(TRUNCATE)\" on it",
		        path, log);
	if (is_hot(journal))
		return fail(error, FAIL_CONFLICT,
		        "%s holds half a change: %s has what it was before; close the program that writes it, or, if "
		        "that has died, open the file with SQLite once, which takes the change back",
		        path, journal);
	return true;
}

static bool list_files(const char *folder, const json_t *params, GPtrArray *paths, GError **error)
{
	const char *given = json_get_text(params, "path", "");
	g_autofree char *path = g_path_is_absolute(given) ? g_strdup(given) : g_build_filename(folder, given, NULL);
	if (!check_file(path, error))
		return false;
	g_ptr_array_add(paths, g_steal_pointer(&path));
	return true;
}

static void close_database(sqlite3 *db)
{
	sqlite3_close(db);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(sqlite3, close_database)

static void finalize(sqlite3_stmt *statement)
{
	sqlite3_finalize(statement);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(sqlite3_stmt, finalize)

/* immutable: no locks, no journal files beside it, also on read-only disks. */
static bool open_database(const char *path, sqlite3 **ret, GError **error)
{
	g_autofree char *escaped = g_uri_escape_string(path, "/", FALSE);
	g_autofree char *uri = g_strdup_printf("file:%s?immutable=1", escaped);
	g_autoptr(sqlite3) db = NULL;
	if (sqlite3_open_v2(uri, &db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL) != SQLITE_OK)
		return fail(error, FAIL_UNAVAILABLE, "cannot open %s: %s", path, sqlite3_errmsg(db));
	if (sqlite3_exec(db, "SELECT count(*) FROM sqlite_master", NULL, NULL, NULL) != SQLITE_OK)
		return fail(error, FAIL_INVALID, "%s: %s", path, sqlite3_errmsg(db));
	*ret = g_steal_pointer(&db);
	return true;
}

static bool has_table(sqlite3 *db, const char *table)
{
	g_autoptr(sqlite3_stmt) s = NULL;
	return sqlite3_prepare_v2(db,
	               "SELECT 1 FROM sqlite_master WHERE type IN ('table', 'view') AND name = ?1 COLLATE NOCASE", -1,
	               &s, NULL) == SQLITE_OK &&
	       sqlite3_bind_text(s, 1, table, -1, SQLITE_TRANSIENT) == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW;
}

static char *tables_of(sqlite3 *db)
{
	g_autoptr(sqlite3_stmt) s = NULL;
	GString *names = g_string_new(NULL);
	sqlite3_prepare_v2(db,
	        "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%' "
	        "ORDER BY name LIMIT 20",
	        -1, &s, NULL);
	while (s && sqlite3_step(s) == SQLITE_ROW)
		g_string_append_printf(names, "%s%s", names->len ? ", " : "", (const char *)sqlite3_column_text(s, 0));
	return g_string_free(names, FALSE);
}

static bool query_of(sqlite3 *db, const json_t *params, char **ret, GError **error)
{
	const char *table = json_get_text(params, "table", NULL);
	const char *query = json_get_text(params, "query", NULL);
	if (!table == !query)
		return fail(error, FAIL_INVALID, "give either table or query");
	if (query) {
		*ret = g_strdup(query);
		return true;
	}
	if (!has_table(db, table)) {
		g_autofree char *tables = tables_of(db);
		return fail(error, FAIL_NOT_FOUND, "there is no table \"%s\"; the file has: %s", table,
		        *tables ? tables : "none");
	}
	g_autofree char *name = sql_name(table);
	*ret = g_strdup_printf("SELECT * FROM %s", name);
	return true;
}

typedef struct Kinds {
	int64_t ints, reals, texts, blobs;
	bool only_bits, declared_bool;
} Kinds;

typedef struct Read {
	sqlite3_stmt *statement;
	guint columns;
	GPtrArray *names;
	Kinds *kinds;
	ColumnType *types;
	int64_t rows;
} Read;

static void free_read(Read *r)
{
	if (r->names)
		g_ptr_array_unref(r->names);
	g_free(r->kinds);
	g_free(r->types);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Read, free_read)

static void count_value(Kinds *k, sqlite3_stmt *s, int column)
{
	switch (sqlite3_column_type(s, column)) {
	case SQLITE_INTEGER:
		k->ints++;
		k->only_bits &= (uint64_t)sqlite3_column_int64(s, column) <= 1;
		break;
	case SQLITE_FLOAT:
		k->reals++;
		break;
	case SQLITE_TEXT:
		k->texts++;
		break;
	case SQLITE_BLOB:
		k->blobs++;
		break;
	default:
		break;
	}
}

static bool step(sqlite3_stmt *s, bool *ret_row, GError **error)
{
	int status = sqlite3_step(s);
	*ret_row = status == SQLITE_ROW;
	return status == SQLITE_ROW || status == SQLITE_DONE ||
	       fail(error, FAIL_INVALID, "%s", sqlite3_errmsg(sqlite3_db_handle(s)));
}

static bool begin(sqlite3 *db, const char *query, Read *r, GError **error)
{
	const char *rest = "";
	if (sqlite3_prepare_v2(db, query, -1, &r->statement, &rest) != SQLITE_OK)
		return fail(error, FAIL_INVALID, "query: %s", sqlite3_errmsg(db));
	r->columns = r->statement ? (guint)sqlite3_column_count(r->statement) : 0;
	if (rest[strspn(rest, " \t\r\n;")] || r->columns == 0)
		return fail(error, FAIL_INVALID, "query: not one statement that gives rows");
	r->names = g_ptr_array_new_with_free_func(g_free);
	r->kinds = g_new0(Kinds, r->columns);
	r->types = g_new0(ColumnType, r->columns);
	for (guint i = 0; i < r->columns; i++) {
		const char *declared = sqlite3_column_decltype(r->statement, (int)i);
		g_ptr_array_add(r->names, g_strdup(sqlite3_column_name(r->statement, (int)i)));
		r->kinds[i].only_bits = true;
		r->kinds[i].declared_bool = declared && g_ascii_strncasecmp(declared, "bool", 4) == 0;
	}
	return canonical_check_names(r->names, error);
}

static ColumnType type_of(const Kinds *k)
{
	if (k->texts || k->ints + k->reals == 0)
		return COLUMN_TEXT;
	if (k->reals)
		return COLUMN_REAL;
	return k->declared_bool && k->only_bits ? COLUMN_BOOL : COLUMN_INT;
}

static bool find_kinds(Read *r, GError **error)
{
	for (bool row = true; row;) {
		if (!step(r->statement, &row, error))
			return false;
		for (guint i = 0; row && i < r->columns; i++)
			count_value(&r->kinds[i], r->statement, (int)i);
		r->rows += row;
	}
	for (guint i = 0; i < r->columns; i++) {
		r->types[i] = type_of(&r->kinds[i]);
		if (r->kinds[i].blobs)
			return fail(error, FAIL_INVALID,
			        "column \"%s\" holds binary values (blobs); leave it out with a query",
			        (char *)r->names->pdata[i]);
	}
	sqlite3_reset(r->statement);
	return true;
}

static bool take_text(const Read *r, Column *c, size_t row, guint i, GError **error)
{
	const char *text = (const char *)sqlite3_column_text(r->statement, (int)i);
	size_t size = (size_t)sqlite3_column_bytes(r->statement, (int)i);
	if (size > LIMIT_CELL_BYTES)
		return fail(error, FAIL_LIMIT, "column \"%s\": a text of %zu bytes where at most %d are taken", c->name,
		        size, LIMIT_CELL_BYTES);
	if (!g_utf8_validate_len(text, size, NULL)) /* a NUL counts as invalid */
		return fail(
		        error, FAIL_INVALID, "column \"%s\" has a text that is not UTF-8, or has a NUL byte", c->name);
	c->codes[row] = dictionary_code(c->dictionary, text, size);
	return true;
}

static bool take_value(const Read *r, Column *c, size_t row, guint i, GError **error)
{
	if (sqlite3_column_type(r->statement, (int)i) == SQLITE_NULL)
		column_set_missing(c, row);
	else if (c->type == COLUMN_TEXT)
		return take_text(r, c, row, i, error);
	else if (c->type == COLUMN_REAL)
		c->reals[row] = sqlite3_column_double(r->statement, (int)i);
	else if (c->type == COLUMN_BOOL)
		c->bools[row] = sqlite3_column_int64(r->statement, (int)i) != 0;
	else
		c->ints[row] = sqlite3_column_int64(r->statement, (int)i);
	return true;
}

static Frame *empty_batch(const Read *r)
{
	Frame *f = frame_new(BATCH_ROWS);
	for (guint i = 0; i < r->columns; i++)
		frame_add(f, column_new(r->names->pdata[i], r->types[i], BATCH_ROWS, NULL));
	return f;
}

static void cut(Frame *f, size_t rows)
{
	f->rows = rows;
	for (guint i = 0; i < f->columns->len; i++)
		((Column *)f->columns->pdata[i])->rows = rows;
}

static bool read_batch(const Read *r, Frame *f, GError **error)
{
	size_t rows = 0;
	for (bool row; rows < BATCH_ROWS; rows++) {
		if (!step(r->statement, &row, error))
			return false;
		if (!row)
			break;
		for (guint i = 0; i < r->columns; i++)
			if (!take_value(r, f->columns->pdata[i], rows, i, error))
				return false;
	}
	cut(f, rows);
	return true;
}

static bool copy_rows(Engine *e, const Read *r, const char *table, GError **error)
{
	for (;;) {
		g_autoptr(Frame) batch = empty_batch(r);
		if (!read_batch(r, batch, error))
			return false;
		if (!engine_append(e, table, batch, error))
			return false;
		if (batch->rows < BATCH_ROWS)
			return true;
	}
}

static bool copy_table(Engine *e, const SourceInput *in, const char *table, int64_t *ret_rows, GError **error)
{
	g_autoptr(sqlite3) db = NULL;
	g_autofree char *query = NULL;
	g_auto(Read) r = {0};
	if (!check_file(in->paths[0], error) || !open_database(in->paths[0], &db, error) ||
	        !query_of(db, in->params, &query, error))
		return false;
	bool ok = begin(db, query, &r, error) && find_kinds(&r, error) && copy_rows(e, &r, table, error);
	sqlite3_finalize(r.statement);
	*ret_rows = r.rows;
	return ok;
}

static bool open_sqlite(Engine *e, const SourceInput *in, int64_t *ret_rows, GError **error)
{
	TextRules rules = {.nulls = json_object_get(in->params, "nulls"),
	        .types = json_object_get(in->params, "types"),
	        .time_formats = json_object_get(in->params, "time_format"),
	        .find = TEXTS_TIMES};
	g_autofree char *table = g_strconcat("_gyre_raw_", in->name, NULL);
	g_autofree char *raw = sql_name(table);
	g_autofree char *view = sql_name(in->name);
	if (!copy_table(e, in, table, ret_rows, error)) {
		g_prefix_error(error, "%s: ", in->paths[0]);
		return false;
	}
	return text_types_retype(e, raw, view, &rules, NULL, error);
}

extern const SourceKind SOURCE_SQLITE;
const SourceKind SOURCE_SQLITE = {
        .name = "sqlite",
        .help = "a table or a query of an SQLite file",
        .params = PARAMS,
        .files = list_files,
        .open = open_sqlite,
};
