/* engine_append.c: frames written into a table of the engine, a chunk of 2,048 rows at a time. */
#include <string.h>

#include "base/error.h"
#include "data/engine_internal.h"

static const struct {
	const char *sql;
	duckdb_type type;
} TYPES[COLUMN_TYPES] = {
        [COLUMN_BOOL] = {"BOOLEAN", DUCKDB_TYPE_BOOLEAN},
        [COLUMN_INT] = {"BIGINT", DUCKDB_TYPE_BIGINT},
        [COLUMN_REAL] = {"DOUBLE", DUCKDB_TYPE_DOUBLE},
        [COLUMN_TEXT] = {"VARCHAR", DUCKDB_TYPE_VARCHAR},
        [COLUMN_TIME] = {"TIMESTAMP", DUCKDB_TYPE_TIMESTAMP},
};

const char *column_sql_type(ColumnType type)
{
	return TYPES[type].sql;
}

static bool make_table(Engine *e, const char *table, const Frame *rows, GError **error)
{
	g_autofree char *quoted = sql_name(table);
	g_autoptr(GString) sql = g_string_new(NULL);
	g_string_append_printf(sql, "CREATE TABLE IF NOT EXISTS %s (", quoted);
	for (guint i = 0; i < rows->columns->len; i++) {
		const Column *c = rows->columns->pdata[i];
		g_autofree char *name = sql_name(c->name);
		g_string_append_printf(sql, "%s%s %s", i ? ", " : "", name, TYPES[c->type].sql);
	}
	g_string_append_c(sql, ')');
	return engine_run(e, sql->str, error);
}

static void copy_column(const Column *c, size_t at, size_t rows, duckdb_vector vector)
{
	static const size_t WIDTHS[COLUMN_TYPES] = {1, 8, 8, 4, 8};
	size_t width = WIDTHS[c->type];
	uint64_t *valid = NULL;
	if (c->missing) {
		duck.vector_ensure_validity_writable(vector);
		valid = duck.vector_get_validity(vector);
		memset(valid, 0xff, (rows + 63) / 64 * 8);
	}
	for (size_t i = 0; i < rows; i++) {
		if (column_is_missing(c, at + i)) {
			valid[i / 64] &= ~(UINT64_C(1) << i % 64);
		} else if (c->type == COLUMN_TEXT) {
			const char *text = dictionary_text(c->dictionary, c->codes[at + i]);
			duck.vector_assign_string_element_len(vector, i, text, strlen(text));
		}
	}
	if (c->type != COLUMN_TEXT)
		memcpy(duck.vector_get_data(vector), (const char *)c->values + at * width, rows * width);
}

static duckdb_data_chunk make_chunk(const Frame *rows)
{
	guint columns = rows->columns->len;
	g_autofree duckdb_logical_type *types = g_new(duckdb_logical_type, columns);
	for (guint i = 0; i < columns; i++)
		types[i] = duck.create_logical_type(TYPES[((const Column *)rows->columns->pdata[i])->type].type);
	duckdb_data_chunk chunk = duck.create_data_chunk(types, columns);
	for (guint i = 0; i < columns; i++)
		duck.destroy_logical_type(&types[i]);
	return chunk;
}

static bool append_all(duckdb_appender appender, const Frame *rows)
{
	duckdb_data_chunk chunk = make_chunk(rows);
	size_t size = duck.vector_size();
	bool ok = true;
	for (size_t at = 0; ok && at < rows->rows; at += size) {
		size_t count = MIN(size, rows->rows - at);
		duck.data_chunk_reset(chunk);
		for (guint i = 0; i < rows->columns->len; i++)
			copy_column(rows->columns->pdata[i], at, count, duck.data_chunk_get_vector(chunk, i));
		duck.data_chunk_set_size(chunk, count);
		ok = duck.append_data_chunk(appender, chunk) == DuckDBSuccess;
	}
	duck.destroy_data_chunk(&chunk);
	return ok;
}

bool engine_append(Engine *e, const char *table, const Frame *rows, GError **error)
{
	if (!make_table(e, table, rows, error))
		return false;
	duckdb_appender appender = NULL;
	bool ok = duck.appender_create(e->connection, NULL, table, &appender) == DuckDBSuccess &&
	          append_all(appender, rows) && duck.appender_close(appender) == DuckDBSuccess;
	if (!ok)
		engine_fail(error, appender ? duck.appender_error(appender) : NULL);
	duck.appender_destroy(&appender);
	return ok;
}
