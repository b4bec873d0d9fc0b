/* engine.c: DuckDB in memory behind SQL. */
#include "data/engine.h"

#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "data/duckdb_calls.h"
#include "data/engine_internal.h"

bool engine_version(char **ret, GError **error)
{
	if (!duck_load(error))
		return false;
	const Duck *calls = &duck;
	*ret = g_strdup(calls->library_version());
	return true;
}

static void set(duckdb_config config, const char *name, const char *value)
{
	if (value)
		duck.set_config(config, name, value);
}

/* Extensions are never fetched: what the library carries is what there is. */
static duckdb_config make_config(const EngineLimits *limits)
{
	duckdb_config config;
	duck.create_config(&config);
	unsigned threads = limits && limits->threads ? limits->threads : g_get_num_processors();
	g_autofree char *thread_text = g_strdup_printf("%u", threads);
	g_autofree char *memory_text =
	        limits && limits->memory_mb ? g_strdup_printf("%zuMiB", limits->memory_mb) : NULL;
	set(config, "threads", thread_text);
	set(config, "memory_limit", memory_text);
	set(config, "temp_directory", limits && limits->scratch ? limits->scratch : "");
	set(config, "autoinstall_known_extensions", "false");
	set(config, "autoload_known_extensions", "false");
	set(config, "preserve_insertion_order", "true");
	return config;
}

bool engine_open(const EngineLimits *limits, Engine **ret, GError **error)
{
	if (!duck_load(error))
		return false;
	Engine *e = g_new0(Engine, 1);
	duckdb_config config = make_config(limits);
	char *problem = NULL;
	duckdb_state state = duck.open_ext(NULL, &e->database, config, &problem);
	duck.destroy_config(&config);
	if (state != DuckDBSuccess || duck.connect(e->database, &e->connection) != DuckDBSuccess) {
		fail(error, FAIL_UNAVAILABLE, "the data engine cannot start: %s", problem ? problem : "no connection");
		if (problem)
			duck.free(problem);
		engine_close(e);
		return false;
	}
	if (!engine_run(e, "SET TimeZone = 'UTC'", error)) {
		engine_close(e);
		return false;
	}
	*ret = e;
	return true;
}

void engine_close(Engine *e)
{
	if (!e)
		return;
	if (e->connection)
		duck.disconnect(&e->connection);
	if (e->database)
		duck.close(&e->database);
	g_free(e);
}

/* DuckDB's message starts with "Binder Error: " and may end with the SQL and a caret; the whole of it helps, but for the
 * word before the colon.  Out of memory and disk errors are the machine's fault, the rest the statement's. */
bool engine_fail(GError **error, const char *message)
{
	FailCode code = FAIL_INVALID;
	if (!message)
		message = "unknown error of the data engine";
	if (g_str_has_prefix(message, "Out of Memory") || g_str_has_prefix(message, "IO Error"))
		code = FAIL_UNAVAILABLE;
	if (strstr(message, "No files found"))
		code = FAIL_NOT_FOUND;
	return fail(error, code, "%s", message);
}

/* A call that found nothing to do, or what waits for others, is over at once. */
static bool did_nothing(duckdb_pending_state state, int64_t began)
{
	return state == DUCKDB_PENDING_NO_TASKS_AVAILABLE ||
	       (state == DUCKDB_PENDING_RESULT_NOT_READY && g_get_monotonic_time() - began < 5);
}

static void take_part(duckdb_pending_result pending)
{
	enum { MOST_US = 500, IDLE_CALLS = 4 };
	unsigned idle = 0;
	for (;;) {
		int64_t began = g_get_monotonic_time();
		duckdb_pending_state state = duck.pending_execute_task(pending);
		if (duck.pending_execution_is_finished(state))
			return;
		idle = did_nothing(state, began) ? idle + 1 : 0;
		if (idle > IDLE_CALLS)
			g_usleep(MIN(10u << MIN(idle - IDLE_CALLS, 6u), (unsigned)MOST_US));
	}
}

bool engine_execute(duckdb_pending_result pending, duckdb_result *ret, GError **error)
{
	take_part(pending);
	return duck.execute_pending(pending, ret) == DuckDBSuccess || engine_fail(error, duck.result_error(ret));
}

static bool run_prepared(duckdb_prepared_statement statement, GError **error)
{
	duckdb_pending_result pending = NULL;
	duckdb_result result = {0};
	bool ok = duck.pending_prepared(statement, &pending) == DuckDBSuccess;
	if (!ok)
		engine_fail(error, duck.pending_error(pending));
	else {
		ok = engine_execute(pending, &result, error);
		duck.destroy_result(&result);
	}
	duck.destroy_pending(&pending);
	return ok;
}

static bool run_extracted(Engine *e, duckdb_extracted_statements all, idx_t i, GError **error)
{
	duckdb_prepared_statement statement = NULL;
	bool ok = duck.prepare_extracted_statement(e->connection, all, i, &statement) == DuckDBSuccess;
	ok = ok ? run_prepared(statement, error) : engine_fail(error, duck.prepare_error(statement));
	duck.destroy_prepare(&statement);
	return ok;
}

bool engine_run(Engine *e, const char *sql, GError **error)
{
	duckdb_extracted_statements all = NULL;
	idx_t count = duck.extract_statements(e->connection, sql, &all);
	const char *problem = count ? NULL : duck.extract_statements_error(all);
	bool ok = !problem || engine_fail(error, problem);
	for (idx_t i = 0; ok && i < count; i++)
		ok = run_extracted(e, all, i, error);
	duck.destroy_extracted(&all);
	return ok;
}

bool engine_runf(Engine *e, GError **error, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	g_autofree char *sql = g_strdup_vprintf(format, args);
	va_end(args);
	return engine_run(e, sql, error);
}

static json_t *row_object(const Frame *f, size_t row)
{
	json_t *object = json_object();
	for (guint i = 0; i < f->columns->len; i++) {
		const Column *c = f->columns->pdata[i];
		json_object_set_new(object, c->name, column_json(c, row));
	}
	return object;
}

bool engine_rows(Engine *e, const char *sql, json_t **ret, GError **error)
{
	g_autoptr(Frame) f = NULL;
	if (!engine_frame(e, sql, &f, error))
		return false;
	*ret = json_array();
	for (size_t i = 0; i < f->rows; i++)
		json_array_append_new(*ret, row_object(f, i));
	return true;
}

bool engine_row(Engine *e, const char *sql, json_t **ret, GError **error)
{
	g_autoptr(Frame) f = NULL;
	if (!engine_frame(e, sql, &f, error))
		return false;
	if (!f->rows)
		return fail(error, FAIL_NOT_FOUND, "the query has no row: %s", sql);
	*ret = row_object(f, 0);
	return true;
}

bool engine_write_parquet(Engine *e, const char *query, const char *path, GError **error)
{
	g_autofree char *quoted = sql_text(path);
	return engine_runf(e, error,
	        "COPY (%s) TO %s (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880, USE_TMP_FILE false)", query,
	        quoted);
}

static char *quote(const char *text, char mark)
{
	GString *out = g_string_new(NULL);
	g_string_append_c(out, mark);
	for (; *text; text++) {
		if (*text == mark)
			g_string_append_c(out, mark);
		g_string_append_c(out, *text);
	}
	g_string_append_c(out, mark);
	return g_string_free(out, FALSE);
}

char *sql_name(const char *name)
{
	return quote(name, '"');
}

char *sql_text(const char *text)
{
	return quote(text, '\'');
}

char *sql_path(const char *path)
{
	g_autoptr(GString) plain = g_string_new(NULL);
	for (; *path; path++)
		g_string_append_printf(plain, strchr("*?[", *path) ? "[%c]" : "%c", *path);
	return sql_text(plain->str);
}

char *sql_parquet(const char *path)
{
	g_autofree char *quoted = sql_path(path);
	return g_strdup_printf("read_parquet(%s, hive_partitioning = false)", quoted);
}
