/* labelled.c: answered requests whose outcome is known, as rows to learn from. */
#include "retrain/labelled.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "data/schema.h"
#include "monitor/outcomes.h"
#include "serve/batch.h"
#include "serve/predlog.h"

#define OWN "input." /* before an input that is called as something of the log's */

/* What the log says beside the inputs. */
static bool is_ours(const char *name)
{
	return batch_name_is_taken(name) && !g_str_has_prefix(name, OWN);
}

static const char *sql_type(const char *type)
{
	static const char *const TYPES[][2] = {
	        {"bool", "BOOLEAN"}, {"int", "BIGINT"}, {"real", "DOUBLE"}, {"time", "TIMESTAMP"}};
	for (size_t i = 0; i < G_N_ELEMENTS(TYPES); i++)
		if (g_strcmp0(type, TYPES[i][0]) == 0)
			return TYPES[i][1];
	return "VARCHAR";
}

/* Does a column of the log, text or numbers, have a fraction? */
static bool has_fraction(Engine *e, const char *column, bool *ret, GError **error)
{
	g_autofree char *sql =
	        g_strdup_printf("SELECT count(*) AS fractions FROM predictions AS p WHERE TRY_CAST(%s AS DOUBLE) <> "
	                        "trunc(TRY_CAST(%s AS DOUBLE))",
	                column, column);
	json_auto_t *row = NULL;
	if (!engine_row(e, sql, &row, error))
		return false;
	*ret = json_get_int(row, "fractions", 0) > 0;
	return true;
}

/* An input by the type it has in the schema: where versions differ the log has it as another, and beside the rows that the project has already
 * the whole column would be text.  A whole number that came with a fraction keeps it. */
static bool input_sql(Engine *e, const char *column, const char *logged, const char *type, char **ret, GError **error)
{
	bool has = false;
	if (!type || g_strcmp0(logged, type) == 0) {
		*ret = g_strdup(column);
		return true;
	}
	if (strcmp(type, "int") == 0 && !has_fraction(e, column, &has, error))
		return false;
	bool is_number = strcmp(type, "int") == 0 || strcmp(type, "real") == 0;
	*ret = g_strdup_printf(
	        "TRY_CAST(%s%s AS %s)", column, is_number ? "" : "::VARCHAR", sql_type(has ? "real" : type));
	return true;
}

/* "p.a, p.b, ..., TRY_CAST(o.value AS BIGINT) AS late". */
static bool columns_of(const LabelledInput *in, Engine *e, char **ret, GError **error)
{
	json_auto_t *columns = NULL;
	g_autoptr(GString) sql = g_string_new(NULL);
	bool has_time = in->time == NULL;
	size_t i;
	json_t *column;
	if (!engine_describe(e, "SELECT * FROM predictions", &columns, error))
		return false;
	json_array_foreach (columns, i, column) {
		const char *name = json_get_text(column, "name", "");
		if (is_ours(name) || strcmp(name, in->target) == 0)
			continue;
		const char *input = g_str_has_prefix(name, OWN) ? name + strlen(OWN) : name;
		g_autofree char *quoted = sql_name(name), *as = sql_name(input), *own = g_strdup_printf("p.%s", quoted),
		                *value = NULL;
		const json_t *known = in->schema ? schema_column(in->schema, input) : NULL;
		if (!input_sql(e, own, json_get_text(column, "type", NULL), json_get_text(known, "type", NULL), &value,
		            error))
			return false;
		g_string_append_printf(sql, "%s AS %s, ", value, as);
		has_time = has_time || strcmp(input, in->time) == 0;
	}
	g_autofree char *target = sql_name(in->target);
	if (!has_time) {
		g_autofree char *time = sql_name(in->time);
		g_string_append_printf(sql, "p._gyre_time AS %s, ", time);
	}
	const json_t *known = in->schema ? schema_column(in->schema, in->target) : NULL;
	g_string_append_printf(
	        sql, "TRY_CAST(o.value AS %s) AS %s", sql_type(json_get_text(known, "type", "text")), target);
	*ret = g_strdup(sql->str);
	return true;
}

static bool write_new(const LabelledInput *in, Engine *e, const char *path, int64_t *ret_rows, GError **error)
{
	g_autofree char *columns = NULL, *query = NULL;
	json_auto_t *counted = NULL;
	int64_t outcomes;
	if (!predlog_view(e, in->state_folder, in->model, "predictions", error) ||
	        !outcomes_table(e, in->meta, in->model, "outcomes", &outcomes, error) ||
	        !columns_of(in, e, &columns, error))
		return false;
	g_autofree char *target = sql_name(in->target);
	query = g_strdup_printf(
	        "SELECT * FROM (SELECT %s FROM predictions p JOIN outcomes o ON o.id = p._gyre_id WHERE "
	        "p._gyre_error IS NULL AND p._gyre_route <> 'shadow' AND o.value IS NOT NULL ORDER BY "
	        "p._gyre_time, p._gyre_id) WHERE %s IS NOT NULL",
	        columns, target);
	if (!engine_write_parquet(e, query, path, error))
		return false;
	g_autofree char *file = sql_parquet(path);
	g_autofree char *count = g_strdup_printf("SELECT count(*) AS rows FROM %s", file);
	if (!engine_row(e, count, &counted, error))
		return false;
	*ret_rows = json_get_int(counted, "rows", 0);
	return true;
}

static bool same_bytes(const char *a, const char *b)
{
	g_autofree char *one = NULL, *other = NULL;
	return digest_of_file(a, &one, NULL) && digest_of_file(b, &other, NULL) && strcmp(one, other) == 0;
}

bool labelled_write(const LabelledInput *in, const char *path, int64_t *ret_rows, bool *ret_changed, GError **error)
{
	EngineLimits limits = {.memory_mb = in->memory_mb, .scratch = in->state_folder};
	g_autoptr(Engine) e = NULL;
	g_autofree char *part = g_strdup_printf("%s.%d.part", path, (int)getpid());
	if (!engine_open(&limits, &e, error))
		return false;
	if (!write_new(in, e, part, ret_rows, error)) {
		unlink(part);
		return false;
	}
	*ret_changed = !same_bytes(part, path);
	if (!*ret_changed) {
		unlink(part);
		return true;
	}
	return file_sync(part, error) &&
	       (rename(part, path) == 0 || fail(error, FAIL_UNAVAILABLE, "cannot write %s", path));
}
