/* profile_rows.c: rows that occur twice, and which values are missing together. */
#include <string.h>

#include "base/json.h"
#include "data/profile_internal.h"

enum { PATTERNS = 10, MOST_PATTERN_COLUMNS = 60 };

static char *hash_of_all(const Profile *p)
{
	g_autoptr(GString) sql = g_string_new("hash(");
	for (size_t i = 0; i < p->count; i++)
		g_string_append_printf(sql, "%s%s", i ? ", " : "", p->columns[i].quoted);
	g_string_append_c(sql, ')');
	return g_strdup(sql->str);
}

/* Rows are equal when their 64-bit hashes are: among 10 million rows one false pair is a matter of 1 in 400,000. */
static bool duplicates(Profile *p, GError **error)
{
	g_autofree char *hash = hash_of_all(p);
	json_auto_t *row = NULL;
	json_auto_t *pairs = NULL;
	if (!engine_runf(p->e, error,
	            "CREATE OR REPLACE TEMP TABLE gyre_twins AS SELECT count(*) - 1 AS n, min(_gyre_row) AS a, "
	            "max(_gyre_row) AS b FROM (SELECT %s AS h, _gyre_row FROM %s) GROUP BY h HAVING count(*) > 1",
	            hash, p->view) ||
	        !engine_row(p->e, "SELECT CAST(coalesce(sum(n), 0) AS BIGINT) AS n FROM gyre_twins", &row, error) ||
	        !engine_rows(p->e, "SELECT a, b FROM gyre_twins ORDER BY a LIMIT 3", &pairs, error) ||
	        !engine_run(p->e, "DROP TABLE gyre_twins", error))
		return false;
	json_t *examples = json_array(), *pair;
	size_t i;
	json_array_foreach (pairs, i, pair)
		json_array_append_new(
		        examples, json_pack("[O,O]", json_object_get(pair, "a"), json_object_get(pair, "b")));
	int64_t n = json_get_int(row, "n", 0);
	json_object_set_new(p->json, "duplicates",
	        json_pack("{s:I,s:f,s:o}", "rows", (json_int_t)n, "share", p->rows ? (double)n / (double)p->rows : 0.0,
	                "examples", examples));
	return true;
}

static json_t *pattern_columns(int64_t mask, const ProfileColumn *const *columns, size_t count)
{
	json_t *names = json_array();
	for (size_t k = 0; k < count; k++)
		if (mask >> k & 1)
			json_array_append_new(names, json_text(columns[k]->name));
	return names;
}

static bool missing_patterns(Profile *p, GError **error)
{
	const ProfileColumn *columns[MOST_PATTERN_COLUMNS];
	size_t count = 0;
	g_autoptr(GString) mask = g_string_new("CAST(0 AS BIGINT)");
	for (size_t i = 0; i < p->count && count < MOST_PATTERN_COLUMNS; i++) {
		if (p->columns[i].present == p->rows)
			continue;
		g_string_append_printf(mask, " + CASE WHEN %s IS NULL THEN CAST(1 AS BIGINT) << %zu ELSE 0 END",
		        p->columns[i].quoted, count);
		columns[count++] = &p->columns[i];
	}
	json_t *patterns = json_array();
	json_object_set_new(p->json, "missing_patterns", patterns);
	if (!count)
		return true;
	g_autofree char *sql = g_strdup_printf("SELECT m, count(*) AS n FROM (SELECT %s AS m FROM %s) WHERE m > 0 "
	                                       "GROUP BY m ORDER BY n DESC, m LIMIT %d",
	        mask->str, p->view, PATTERNS);
	json_auto_t *rows = NULL;
	if (!engine_rows(p->e, sql, &rows, error))
		return false;
	size_t i;
	json_t *row;
	json_array_foreach (rows, i, row)
		json_array_append_new(patterns,
		        json_pack("{s:o,s:O}", "columns", pattern_columns(json_get_int(row, "m", 0), columns, count),
		                "rows", json_object_get(row, "n")));
	return true;
}

bool profile_rows(Profile *p, GError **error)
{
	return duplicates(p, error) && missing_patterns(p, error);
}
