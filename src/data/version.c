/* version.c: rows and columns of two snapshots compared. */
#include "data/version.h"

#include <math.h>
#include <string.h>

#include "base/json.h"
#include "data/schema.h"

/* Up to here rows are compared by all their values, above by a 64-bit hash of them: of 100 million rows, two different ones
 * then count as equal with a chance of 3 in 10,000. */
#define EXACT_ROWS 1000000

typedef struct Diff {
	Engine *e;
	char *from[2];      /* read_parquet('...') */
	json_t *schemas[2]; /* {"columns": [{"name", "type"}]} */
	int64_t rows[2];
	GPtrArray *same; /* names both have with the same type; borrowed from schemas[1] */
} Diff;

static void free_diff(Diff *d)
{
	for (int i = 0; i < 2; i++) {
		g_free(d->from[i]);
		json_decref(d->schemas[i]);
	}
	if (d->same)
		g_ptr_array_unref(d->same);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Diff, free_diff)

static bool open_side(Diff *d, int side, const char *path, GError **error)
{
	json_auto_t *columns = NULL, *row = NULL;
	d->from[side] = sql_parquet(path);
	g_autofree char *all = g_strdup_printf("SELECT * FROM %s", d->from[side]);
	g_autofree char *count = g_strdup_printf("SELECT count(*) AS rows FROM %s", d->from[side]);
	if (!engine_describe(d->e, all, &columns, error) || !engine_row(d->e, count, &row, error))
		return false;
	d->schemas[side] = json_pack("{s:O}", "columns", columns);
	d->rows[side] = json_get_int(row, "rows", 0);
	return true;
}

static const char *type_in(const Diff *d, int side, const char *name)
{
	return json_get_text(schema_column(d->schemas[side], name), "type", NULL);
}

static json_t *compare_columns(Diff *d)
{
	json_auto_t *added = json_array(), *removed = json_array(), *retyped = json_array();
	size_t i;
	json_t *column;
	json_array_foreach (json_object_get(d->schemas[1], "columns"), i, column) {
		const char *name = json_get_text(column, "name", ""), *type = json_get_text(column, "type", "");
		const char *before = type_in(d, 0, name);
		if (!before)
			json_array_append(added, column);
		else if (strcmp(before, type) == 0)
			g_ptr_array_add(d->same, (void *)name);
		else
			json_array_append_new(
			        retyped, json_pack("{s:s,s:s,s:s}", "name", name, "a", before, "b", type));
	}
	json_array_foreach (json_object_get(d->schemas[0], "columns"), i, column)
		if (!type_in(d, 1, json_get_text(column, "name", "")))
			json_array_append(removed, column);
	return json_pack(
	        "{s:O,s:O,s:O,s:i}", "added", added, "removed", removed, "retyped", retyped, "same", (int)d->same->len);
}

static char *same_list(const Diff *d)
{
	GString *list = g_string_new(NULL);
	for (guint i = 0; i < d->same->len; i++) {
		g_autofree char *name = sql_name(d->same->pdata[i]);
		g_string_append_printf(list, "%s%s", i ? ", " : "", name);
	}
	return g_string_free(list, FALSE);
}

static bool open_both(const Diff *d, GError **error)
{
	g_autofree char *list = same_list(d);
	return engine_runf(d->e, error,
	        "CREATE OR REPLACE VIEW %s AS SELECT 0 AS \"_gyre_side\", %s FROM %s UNION ALL SELECT 1 AS "
	        "\"_gyre_side\", %s FROM %s",
	        VERSION_BOTH, list, d->from[0], list, d->from[1]);
}

/* Rows as a multiset: of each, how often more it stands on one side. */
static bool compare_rows(const Diff *d, json_t *out, GError **error)
{
	g_autofree char *list = same_list(d);
	bool exact = d->rows[0] + d->rows[1] <= EXACT_ROWS;
	g_autofree char *key = exact ? g_strdup(list) : g_strdup_printf("hash(%s)", list);
	g_autofree char *sql = g_strdup_printf("SELECT coalesce(sum(greatest(a - b, 0)), 0)::BIGINT AS only_a, "
	                                       "coalesce(sum(greatest(b - a, 0)), 0)::BIGINT AS only_b "
	                                       "FROM (SELECT count(*) FILTER (WHERE \"_gyre_side\" = 0) AS a, count(*) "
	                                       "FILTER (WHERE \"_gyre_side\" = 1) AS b FROM %s "
	                                       "GROUP BY %s)",
	        VERSION_BOTH, key);
	json_auto_t *row = NULL;
	if (!engine_row(d->e, sql, &row, error))
		return false;
	json_object_update(out, row);
	return true;
}

static bool is_number(const json_t *change)
{
	return strcmp(json_get_text(change, "measure", ""), "psi") == 0;
}

static int by_value(const void *a, const void *b)
{
	const json_t *x = *(const json_t *const *)a, *y = *(const json_t *const *)b;
	if (is_number(x) != is_number(y))
		return is_number(x) ? -1 : 1;
	double vx = json_get_number(x, "value", 0), vy = json_get_number(y, "value", 0);
	if (vx != vy)
		return vx > vy ? -1 : 1;
	return strcmp(json_get_text(x, "column", ""), json_get_text(y, "column", ""));
}

static bool compare_values(const Diff *d, json_t *out, GError **error)
{
	g_autoptr(GPtrArray) changes = g_ptr_array_new_with_free_func((GDestroyNotify)json_decref);
	for (guint i = 0; i < d->same->len; i++) {
		json_t *change;
		if (!version_change(d->e, d->same->pdata[i], type_in(d, 1, d->same->pdata[i]), &change, error))
			return false;
		g_ptr_array_add(changes, change);
	}
	g_ptr_array_sort(changes, by_value);
	json_t *list = json_array();
	for (guint i = 0; i < changes->len; i++)
		json_array_append(list, changes->pdata[i]);
	json_object_set_new(out, "changes", list);
	return true;
}

bool version_diff(Engine *e, const char *path_a, const char *path_b, json_t **ret, GError **error)
{
	g_auto(Diff) d = {.e = e, .same = g_ptr_array_new()};
	if (!open_side(&d, 0, path_a, error) || !open_side(&d, 1, path_b, error))
		return false;
	json_t *columns = compare_columns(&d);
	json_auto_t *out = json_pack("{s:{s:I,s:I},s:o,s:I,s:I,s:[]}", "rows", "a", d.rows[0], "b", d.rows[1],
	        "columns", columns, "only_a", d.rows[0], "only_b", d.rows[1], "changes");
	if (d.same->len > 0 &&
	        (!open_both(&d, error) || !compare_rows(&d, out, error) || !compare_values(&d, out, error)))
		return false;
	*ret = json_incref(out);
	return true;
}
