/* canonical.c: casts into the five types, by the engine's name of a column's type. */
#include "data/canonical.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/param.h"

typedef enum Cast { AS_IS, AS_BIGINT, AS_DOUBLE, AS_TEXT, AS_TIME, AS_ID, AS_SUM, REFUSED } Cast;

static const struct {
	const char *prefix; /* of the engine's type name; the first that fits counts */
	Cast cast;
	const char *noun; /* what is refused */
} CASTS[] = {
        {"BOOLEAN", AS_IS, NULL},
        {"BIGINT", AS_IS, NULL},
        {"INTEGER", AS_BIGINT, NULL},
        {"SMALLINT", AS_BIGINT, NULL},
        {"TINYINT", AS_BIGINT, NULL},
        {"UINTEGER", AS_BIGINT, NULL},
        {"USMALLINT", AS_BIGINT, NULL},
        {"UTINYINT", AS_BIGINT, NULL},
        {"UBIGINT", AS_ID, NULL},
        {"UHUGEINT", AS_ID, NULL},
        {"HUGEINT", AS_SUM, NULL},
        {"FLOAT", AS_DOUBLE, NULL},
        {"DOUBLE", AS_DOUBLE, NULL},
        {"DECIMAL", AS_DOUBLE, NULL},
        {"VARCHAR", AS_IS, NULL},
        {"ENUM", AS_TEXT, NULL},
        {"UUID", AS_TEXT, NULL},
        {"JSON", AS_TEXT, NULL},
        {"DATE", AS_TIME, NULL},
        {"TIMESTAMP", AS_TIME, NULL},
        {"TIME", AS_TEXT, NULL},
        {"STRUCT", REFUSED, "structs: take their parts out in data.query, as in x.part"},
        {"MAP", REFUSED, "maps: take values out in data.query, as in x['key']"},
        {"UNION", REFUSED, "unions: take one member out in data.query"},
        {"BLOB", REFUSED, "binary values: leave the column out in data.query, or decode(x) it if it is UTF-8 text"},
        {"BIT", REFUSED, "bit strings: cast them to text in data.query, x::varchar"},
        {"INTERVAL", REFUSED, "intervals: turn them into a number in data.query, epoch(x)"},
};

static Cast cast_of(const char *sql_type, const char **ret_noun)
{
	*ret_noun = "values of a type that is not supported: cast them in data.query";
	if (g_str_has_suffix(sql_type, "]")) {
		*ret_noun = "lists: join them to text or take elements out in data.query, as in x[1]";
		return REFUSED;
	}
	for (size_t i = 0; i < G_N_ELEMENTS(CASTS); i++) {
		if (!g_str_has_prefix(sql_type, CASTS[i].prefix))
			continue;
		*ret_noun = CASTS[i].noun;
		return CASTS[i].cast;
	}
	return REFUSED;
}

/* By what is given, else by the data's type; the value's own type decides how. */
static Cast cast_given(Cast natural, const char *given)
{
	if (!given || natural == REFUSED)
		return natural;
	ColumnType type = COLUMN_TEXT;
	column_type_from_name(given, &type);
	static const Cast BY_TYPE[COLUMN_TYPES] = {
	        [COLUMN_INT] = AS_BIGINT, [COLUMN_REAL] = AS_DOUBLE, [COLUMN_TEXT] = AS_TEXT, [COLUMN_TIME] = AS_TIME};
	return type == COLUMN_BOOL ? AS_IS : BY_TYPE[type];
}

#define NOT_LONG "TRY_CAST(v AS BIGINT) IS NULL"
#define NOT_REAL "TRY_CAST(CAST(v AS DOUBLE) AS DECIMAL(38, 0)) IS DISTINCT FROM v"

/* Is the condition over "v" true for none of the values there are? */
static bool fits(Engine *e, const char *from, const char *name, const char *unless, bool *ret, GError **error)
{
	json_auto_t *row = NULL;
	g_autofree char *sql = g_strdup_printf(
	        "SELECT count(*) AS n FROM (SELECT %s AS v FROM %s) WHERE v IS NOT NULL AND %s", name, from, unless);
	if (!engine_row(e, sql, &row, error))
		return false;
	*ret = json_get_int(row, "n", 0) == 0;
	return true;
}

/* Values that a plain cast would round, or take for true, to make them fit the type given: SQL over "v", NULL where there is none. */
static const char *misfits(Cast natural, const char *sql_type, const char *given)
{
	if (g_strcmp0(given, "int") == 0 && natural == AS_DOUBLE)
		return "v IS NOT NULL AND CAST(TRY_CAST(v AS BIGINT) AS DOUBLE) IS DISTINCT FROM CAST(v AS DOUBLE)";
	if (g_strcmp0(given, "bool") == 0 && strcmp(sql_type, "BOOLEAN") != 0 && natural != AS_TEXT &&
	        natural != AS_TIME && natural != REFUSED)
		return "v IS NOT NULL AND v <> 0 AND v <> 1";
	return NULL;
}

static bool check_given(
        Engine *e, const char *from, const char *column, const char *type, const char *misfit, GError **error)
{
	json_auto_t *row = NULL, *first = NULL;
	g_autofree char *name = sql_name(column);
	g_autofree char *count =
	        g_strdup_printf("SELECT count(*) AS n FROM (SELECT %s AS v FROM %s) WHERE %s", name, from, misfit);
	g_autofree char *where =
	        g_strdup_printf("SELECT i, CAST(v AS VARCHAR) AS t FROM (SELECT row_number() OVER () AS i, "
	                        "%s AS v FROM %s) WHERE %s ORDER BY i LIMIT 1",
	                name, from, misfit);
	if (!engine_row(e, count, &row, error))
		return false;
	if (json_get_int(row, "n", 0) == 0)
		return true;
	if (!engine_row(e, where, &first, error))
		return false;
	return fail(error, FAIL_INVALID,
	        "column \"%s\", row %" G_GINT64_FORMAT
	        ": %s is not of type %s, which `types` gives the column (so are %" G_GINT64_FORMAT " of its values)",
	        column, json_get_int(first, "i", 0), json_get_text(first, "t", ""), type, json_get_int(row, "n", 0));
}

static void add_cast(GString *sql, Cast cast, bool is_bool, const char *name)
{
	static const char *const FORMS[] = {
	        [AS_IS] = "%s",
	        [AS_BIGINT] = "CAST(%s AS BIGINT)",
	        [AS_DOUBLE] = "CAST(%s AS DOUBLE)",
	        [AS_TEXT] = "CAST(%s AS VARCHAR)",
	        [AS_TIME] = "CAST(%s AS TIMESTAMP)",
	};
	g_auto(GStrv) parts = g_strsplit(is_bool ? "CAST(%s AS BOOLEAN)" : FORMS[cast], "%s", 2);
	g_autofree char *value = g_strjoin(name, parts[0], parts[1], NULL);
	if (cast ==
	        AS_DOUBLE) /* asked for NULL too, so that the value stands there an odd number of times: present() says why */
		g_string_append_printf(sql,
		        "CASE WHEN %s IS NULL THEN NULL WHEN isnan(%s) THEN 'nan'::DOUBLE ELSE %s END AS %s", value,
		        value, value, name);
	else
		g_string_append_printf(sql, "%s AS %s", value, name);
}

/* DECIMAL(18,0) and its like: whole numbers, mostly ids, of more digits than a double has.  38 digits are what a sum has too. */
static Cast cast_of_whole(const char *sql_type)
{
	int width, scale;
	if (sscanf(sql_type, "DECIMAL(%d,%d)", &width, &scale) != 2 || scale != 0 || width <= 15)
		return AS_DOUBLE;
	return width < 38 ? AS_ID : AS_SUM;
}

static bool add_column(
        GString *sql, Engine *e, const char *from, const json_t *column, const json_t *types, GError **error)
{
	const char *plain = json_get_text(column, "column_name", "");
	const char *sql_type = json_get_text(column, "column_type", "");
	const char *given = json_get_text(types, plain, NULL);
	const char *noun;
	Cast natural = cast_of(sql_type, &noun), cast = cast_given(natural, given);
	const char *misfit = misfits(natural, sql_type, given);
	if (cast == REFUSED)
		return fail(error, FAIL_INVALID, "column \"%s\" (%s) holds %s", plain, sql_type, noun);
	if (misfit && !check_given(e, from, plain, given, misfit, error))
		return false;
	g_autofree char *name = sql_name(plain);
	bool all = false;
	if (cast == AS_DOUBLE && !given && cast_of_whole(sql_type) != AS_DOUBLE) {
		if (!fits(e, from, name, NOT_REAL, &all, error))
			return false;
		cast = all ? AS_DOUBLE : cast_of_whole(sql_type);
	}
	if (cast == AS_ID || cast == AS_SUM) {
		if (!fits(e, from, name, NOT_LONG, &all, error))
			return false;
		cast = all ? AS_BIGINT : cast == AS_ID ? AS_TEXT : AS_DOUBLE;
	}
	g_string_append(sql, sql->len ? ", " : "SELECT ");
	add_cast(sql, cast, g_strcmp0(given, "bool") == 0, name);
	return true;
}

static bool check_types(const json_t *types, const GPtrArray *names, GError **error)
{
	const char *name;
	json_t *type;
	json_object_foreach ((json_t *)types, name, type)
		if (!canonical_check_known(names, "types", name, error))
			return false;
	return true;
}

bool canonical_select(Engine *e, const char *from, const json_t *types, char **ret, GError **error)
{
	json_auto_t *columns = NULL;
	g_autofree char *describe = g_strdup_printf("DESCRIBE SELECT * FROM %s", from);
	if (!engine_rows(e, describe, &columns, error))
		return false;
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	g_autoptr(GString) sql = g_string_new(NULL);
	size_t i;
	json_t *column;
	json_array_foreach (columns, i, column)
		g_ptr_array_add(names, (void *)json_get_text(column, "column_name", ""));
	if (!canonical_check_names(names, error) || !check_types(types, names, error))
		return false;
	json_array_foreach (columns, i, column)
		if (!add_column(sql, e, from, column, types, error))
			return false;
	g_string_append_printf(sql, " FROM %s", from);
	*ret = g_strdup(sql->str);
	return true;
}

static bool check_twice(GHashTable *seen, const char *name, guint column, GError **error)
{
	g_autofree char *folded = g_utf8_casefold(name, -1);
	guint before = GPOINTER_TO_UINT(g_hash_table_lookup(seen, folded));
	if (!before) {
		g_hash_table_insert(seen, g_steal_pointer(&folded), GUINT_TO_POINTER(column));
		return true;
	}
	return fail(error, FAIL_INVALID,
	        "columns %u and %u have the same name, \"%s\" (large and small letters count as the same): rename one",
	        before, column, name);
}

bool canonical_check_names(const GPtrArray *names, GError **error)
{
	if (names->len > LIMIT_COLUMNS)
		return fail(error, FAIL_LIMIT,
		        "%u columns where at most %d are taken; is the table transposed, or the delimiter another?",
		        names->len, LIMIT_COLUMNS);
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	for (guint i = 0; i < names->len; i++) {
		const char *name = names->pdata[i];
		if (!*name)
			return fail(error, FAIL_INVALID, "column %u has no name", i + 1);
		if (g_ascii_strncasecmp(name, "_gyre_", 6) == 0 || g_ascii_strcasecmp(name, "file_row_number") == 0)
			return fail(error, FAIL_INVALID,
			        "column \"%s\": file_row_number, and names that begin with _gyre_, are kept for the "
			        "program; "
			        "rename it",
			        name);
		if (!check_twice(seen, name, i + 1, error))
			return false;
	}
	return true;
}

bool canonical_check_known(const GPtrArray *names, const char *where, const char *name, GError **error)
{
	g_autoptr(GPtrArray) known = g_ptr_array_new();
	for (guint i = 0; i < names->len; i++) {
		if (strcmp(names->pdata[i], name) == 0)
			return true;
		g_ptr_array_add(known, names->pdata[i]);
	}
	g_ptr_array_add(known, NULL);
	const char *near = nearest_name(name, (const char *const *)known->pdata);
	return fail(error, FAIL_INVALID, "%s: there is no column \"%s\"%s%s%s", where, name,
	        near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
}

static bool check_has_all(
        const GPtrArray *names, const char *path, const GPtrArray *others, const char *other, GError **error)
{
	for (guint i = 0; i < others->len; i++)
		if (!g_ptr_array_find_with_equal_func((GPtrArray *)names, others->pdata[i], g_str_equal, NULL))
			return fail(error, FAIL_INVALID,
			        "%s has no column \"%s\", which %s has; files of one source have the same columns",
			        path, (char *)others->pdata[i], other);
	return true;
}

bool canonical_check_same(
        const GPtrArray *a, const char *path_a, const GPtrArray *b, const char *path_b, GError **error)
{
	return check_has_all(b, path_b, a, path_a, error) && check_has_all(a, path_a, b, path_b, error);
}
