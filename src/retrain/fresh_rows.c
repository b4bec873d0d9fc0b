/* fresh_rows.c: rows that a model has not learnt from. */
#include "retrain/fresh_rows.h"

#include <string.h>

#include "base/json.h"

/* "t.a IS NOT DISTINCT FROM c.a AND ..." over the columns of both that are the data's own; NULL where a column of the rows is
 * not among the learnt ones, or of another type: then no row can be the same. */
static bool same_row(Engine *e, const char *fresh, const char *learnt, char **ret, GError **error)
{
	g_autofree char *of_fresh = g_strdup_printf("SELECT * FROM %s", fresh);
	g_autofree char *of_learnt = g_strdup_printf("SELECT * FROM %s", learnt);
	json_auto_t *a = NULL, *b = NULL;
	g_autoptr(GString) sql = g_string_new(NULL);
	size_t i, k;
	json_t *column, *other;
	*ret = NULL;
	if (!engine_describe(e, of_fresh, &a, error) || !engine_describe(e, of_learnt, &b, error))
		return false;
	json_array_foreach (a, i, column) {
		const char *name = json_get_text(column, "name", "");
		bool known = false;
		if (g_str_has_prefix(name, "_gyre_"))
			continue;
		json_array_foreach (b, k, other)
			known = known || json_equal(column, other);
		if (!known)
			return true;
		g_autofree char *quoted = sql_name(name);
		g_string_append_printf(
		        sql, "%st.%s IS NOT DISTINCT FROM c.%s", sql->len ? " AND " : "", quoted, quoted);
	}
	*ret = g_strdup(sql->str);
	return true;
}

/* Columns that outcomes have too, as SQL. */
typedef struct Shared {
	GString *keys; /* their names */
	GString *cast; /* those of the outcomes, in the rows' types */
	GString *same; /* "r.a IS NOT DISTINCT FROM o.a AND ..." */
} Shared;

static bool shared_columns(Engine *e, const char *rows, const char *outcomes, Shared *to, GError **error)
{
	g_autofree char *of_rows = g_strdup_printf("SELECT * FROM %s", rows);
	g_autofree char *of_outcomes = g_strdup_printf("SELECT * FROM %s", outcomes);
	json_auto_t *a = NULL, *b = NULL;
	size_t i, k;
	json_t *column, *other;
	if (!engine_describe(e, of_rows, &a, error) || !engine_describe(e, of_outcomes, &b, error))
		return false;
	json_array_foreach (b, k, other) {
		const char *name = json_get_text(other, "name", "");
		if (g_str_has_prefix(name, "_gyre_"))
			continue;
		json_array_foreach (a, i, column) {
			if (g_strcmp0(json_get_text(column, "name", NULL), name) != 0)
				continue;
			ColumnType type = COLUMN_TEXT;
			column_type_from_name(json_get_text(column, "type", NULL), &type);
			g_autofree char *quoted = sql_name(name);
			g_string_append_printf(to->keys, "%s%s", to->keys->len ? ", " : "", quoted);
			g_string_append_printf(to->cast, "%sTRY_CAST(%s AS %s) AS %s", to->cast->len ? ", " : "",
			        quoted, column_sql_type(type), quoted);
			g_string_append_printf(to->same, "r.%s IS NOT DISTINCT FROM o.%s AND ", quoted, quoted);
		}
	}
	return true;
}

/* As many copies of a row as outcomes with its values were learnt are taken away (EXCEPT ALL over the shared columns, with the other
 * columns kept). */
static bool without_outcomes(Engine *e, const char *rows, const GPtrArray *outcomes, char **ret, GError **error)
{
	g_autoptr(GString) files = g_string_new(NULL);
	Shared s = {g_string_new(NULL), g_string_new(NULL), g_string_new(NULL)};
	for (guint i = 0; outcomes && i < outcomes->len; i++) {
		g_autofree char *quoted = sql_path(outcomes->pdata[i]);
		g_string_append_printf(files, "%s%s", i ? ", " : "", quoted);
	}
	g_autofree char *table =
	        g_strdup_printf("read_parquet([%s], union_by_name = true, hive_partitioning = false)", files->str);
	bool ok = !files->len || shared_columns(e, rows, table, &s, error);
	*ret = s.keys->len
	               ? g_strdup_printf(
	                         "(SELECT r.* EXCLUDE (_gyre_copy) FROM (SELECT *, row_number() OVER (PARTITION BY %s "
	                         "ORDER BY _gyre_row) AS _gyre_copy FROM %s) r ANTI JOIN (SELECT *, row_number() OVER "
	                         "(PARTITION BY %s) AS _gyre_copy FROM (SELECT %s FROM %s)) o ON %sr._gyre_copy = "
	                         "o._gyre_copy)",
	                         s.keys->str, rows, s.keys->str, s.cast->str, table, s.same->str)
	               : g_strdup(rows);
	g_string_free(s.keys, TRUE);
	g_string_free(s.cast, TRUE);
	g_string_free(s.same, TRUE);
	return ok;
}

bool fresh_rows_write(Engine *e, const FreshFrom *from, const char *path, FreshRows *ret, GError **error)
{
	g_autofree char *all = sql_parquet(from->rows), *c = from->learnt ? sql_parquet(from->learnt) : NULL,
	                *same = NULL, *rows = NULL, *query = NULL;
	json_auto_t *counts = NULL;
	if (!without_outcomes(e, all, from->outcomes, &rows, error) || (c && !same_row(e, all, c, &same, error)))
		return false;
	query = same ? g_strdup_printf("SELECT t.* FROM %s t ANTI JOIN %s c ON %s ORDER BY t._gyre_row", rows, c, same)
	             : g_strdup_printf("SELECT * FROM %s t%s", rows, strcmp(rows, all) ? " ORDER BY t._gyre_row" : "");
	if (!engine_write_parquet(e, query, path, error))
		return false;
	g_autofree char *fresh = sql_parquet(path);
	g_autofree char *count = g_strdup_printf(
	        "SELECT (SELECT count(*) FROM %s) AS fresh, (SELECT count(*) FROM %s) AS all_rows", fresh, all);
	if (!engine_row(e, count, &counts, error))
		return false;
	*ret = (FreshRows){json_get_int(counts, "fresh", 0), json_get_int(counts, "all_rows", 0)};
	return true;
}
