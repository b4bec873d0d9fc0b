/* schema.c: a schema from one scan. */
#include "data/schema.h"

#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/limits.h"

/* The estimate of distinct values is a few percent off; above this a column surely has more than SCHEMA_DOMAIN. */
#define DOMAIN_ESTIMATE (SCHEMA_DOMAIN + SCHEMA_DOMAIN / 2)
/* Texts longer than this are sentences, not categories. */
#define DOMAIN_BYTES 1000

static const char *name_of(const json_t *column)
{
	return json_get_text(column, "name", "");
}

static bool is_text(const json_t *column)
{
	return strcmp(json_get_text(column, "type", ""), "text") == 0;
}

static int64_t counted(const json_t *counts, char what, size_t column)
{
	char key[32];
	g_snprintf(key, sizeof key, "%c%zu", what, column);
	return json_get_int(counts, key, 0);
}

static char *scan_sql(const char *query, const json_t *columns)
{
	GString *sql = g_string_new("SELECT count(*) AS rows");
	size_t i;
	json_t *column;
	json_array_foreach ((json_t *)columns, i, column) {
		g_autofree char *name = sql_name(name_of(column));
		g_string_append_printf(sql, ", count(%s) AS p%zu", name, i);
		if (is_text(column))
			g_string_append_printf(sql,
			        ", approx_count_distinct(%s) AS d%zu, max(strlen(%s)) AS m%zu, "
			        "count_if(contains(%s, chr(0))) AS z%zu",
			        name, i, name, i, name, i);
	}
	g_string_append_printf(sql, " FROM (%s)", query);
	return g_string_free(sql, FALSE);
}

static bool check_column(const json_t *column, size_t i, const json_t *counts, GError **error)
{
	if (json_is_null(json_object_get(column, "type")))
		return fail(error, FAIL_INVALID, "column \"%s\" is of none of the types bool, int, real, text, time",
		        name_of(column));
	if (counted(counts, 'z', i) > 0)
		return fail(error, FAIL_INVALID, "column \"%s\" has %" G_GINT64_FORMAT " texts with a NUL byte",
		        name_of(column), counted(counts, 'z', i));
	if (counted(counts, 'm', i) > LIMIT_CELL_BYTES)
		return fail(error, FAIL_LIMIT,
		        "column \"%s\" has a text of %" G_GINT64_FORMAT " bytes where at most %d are taken",
		        name_of(column), counted(counts, 'm', i), LIMIT_CELL_BYTES);
	return true;
}

static bool may_have_domain(const json_t *column, size_t i, const json_t *counts)
{
	return is_text(column) && counted(counts, 'p', i) > 0 && counted(counts, 'd', i) <= DOMAIN_ESTIMATE &&
	       counted(counts, 'm', i) <= DOMAIN_BYTES;
}

static bool read_domains(
        Engine *e, const char *query, const json_t *columns, const json_t *counts, json_t **ret, GError **error)
{
	g_autoptr(GString) sql = g_string_new("SELECT count(*) AS rows");
	size_t i;
	json_t *column;
	json_array_foreach ((json_t *)columns, i, column) {
		if (!may_have_domain(column, i, counts))
			continue;
		g_autofree char *name = sql_name(name_of(column));
		g_string_append_printf(sql,
		        ", CAST(to_json(list_sort(list(DISTINCT %s) FILTER (WHERE %s IS NOT NULL))) AS VARCHAR) AS "
		        "l%zu",
		        name, name, i);
	}
	g_string_append_printf(sql, " FROM (%s)", query);
	return engine_row(e, sql->str, ret, error);
}

/* Texts that hardly repeat are names or ids: a list of them would be no domain. */
static bool add_domain(json_t *entry, const char *list, int64_t present, GError **error)
{
	json_auto_t *domain = NULL;
	if (!json_parse("domain", list, strlen(list), &domain, error))
		return false;
	size_t size = json_array_size(domain);
	if (size <= SCHEMA_DOMAIN && (int64_t)size * 2 <= present)
		json_object_set(entry, "domain", domain);
	return true;
}

static bool make_schema(
        const json_t *columns, const json_t *counts, const json_t *domains, json_t *schema, GError **error)
{
	int64_t rows = json_get_int(counts, "rows", 0);
	size_t i;
	json_t *column;
	json_array_foreach ((json_t *)columns, i, column) {
		int64_t present = counted(counts, 'p', i);
		json_t *entry = json_pack("{s:O,s:O,s:b}", "name", json_object_get(column, "name"), "type",
		        json_object_get(column, "type"), "required", rows > 0 && present == rows);
		json_array_append_new(schema, entry);
		char key[32];
		g_snprintf(key, sizeof key, "l%zu", i);
		const char *list = json_get_text(domains, key, NULL);
		if (list && !add_domain(entry, list, present, error))
			return false;
	}
	return true;
}

static json_t *make_counts(const json_t *columns, const json_t *counts)
{
	int64_t rows = json_get_int(counts, "rows", 0);
	json_t *list = json_array();
	size_t i;
	json_t *column;
	json_array_foreach ((json_t *)columns, i, column)
		json_array_append_new(
		        list, json_pack("{s:O,s:O,s:I}", "name", json_object_get(column, "name"), "type",
		                      json_object_get(column, "type"), "missing", rows - counted(counts, 'p', i)));
	return json_pack("{s:I,s:o}", "rows", rows, "columns", list);
}

bool schema_scan(Engine *e, const char *query, json_t **ret_schema, json_t **ret_counts, GError **error)
{
	json_auto_t *columns = NULL, *counts = NULL, *domains = NULL;
	if (!engine_describe(e, query, &columns, error))
		return false;
	g_autofree char *sql = scan_sql(query, columns);
	if (!engine_row(e, sql, &counts, error))
		return false;
	size_t i;
	json_t *column;
	json_array_foreach (columns, i, column)
		if (!check_column(column, i, counts, error))
			return false;
	json_auto_t *entries = json_array();
	if (!read_domains(e, query, columns, counts, &domains, error) ||
	        !make_schema(columns, counts, domains, entries, error))
		return false;
	*ret_schema = json_pack("{s:O}", "columns", entries);
	if (ret_counts)
		*ret_counts = make_counts(columns, counts);
	return true;
}

bool schema_infer(Engine *e, const char *query, json_t **ret, GError **error)
{
	return schema_scan(e, query, ret, NULL, error);
}

const json_t *schema_column(const json_t *schema, const char *name)
{
	size_t i;
	json_t *column;
	json_array_foreach (json_object_get(schema, "columns"), i, column)
		if (strcmp(name_of(column), name) == 0)
			return column;
	return NULL;
}
