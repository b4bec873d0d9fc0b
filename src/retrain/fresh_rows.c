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

bool fresh_rows_write(Engine *e, const char *rows, const char *learnt, const char *path, FreshRows *ret, GError **error)
{
	g_autofree char *t = sql_parquet(rows), *c = learnt ? sql_parquet(learnt) : NULL, *same = NULL, *query = NULL;
	json_auto_t *counts = NULL;
	if (c && !same_row(e, t, c, &same, error))
		return false;
	query = same ? g_strdup_printf("SELECT t.* FROM %s t ANTI JOIN %s c ON %s ORDER BY t._gyre_row", t, c, same)
	             : g_strdup_printf("SELECT * FROM %s", t);
	if (!engine_write_parquet(e, query, path, error))
		return false;
	g_autofree char *fresh = sql_parquet(path);
	g_autofree char *count = g_strdup_printf(
	        "SELECT (SELECT count(*) FROM %s) AS fresh, (SELECT count(*) FROM %s) AS all_rows", fresh, t);
	if (!engine_row(e, count, &counts, error))
		return false;
	*ret = (FreshRows){json_get_int(counts, "fresh", 0), json_get_int(counts, "all_rows", 0)};
	return true;
}
