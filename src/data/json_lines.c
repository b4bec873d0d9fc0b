/* json_lines.c: two passes find the keys and what kinds of values stand under each; then the engine reads them typed. */
#include "data/json_lines.h"

#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/limits.h"
#include "data/canonical.h"
#include "data/text_types.h"

typedef struct Lines {
	Engine *e;
	char *files; /* "['a', 'b'], options": the arguments of the engine's readers */
	GPtrArray *keys;
} Lines;

static char *reader_arguments(const SourceInput *in, const char *compression)
{
	GString *files = g_string_new("[");
	for (size_t i = 0; i < in->path_count; i++) {
		g_autofree char *path = sql_path(in->paths[i]);
		g_string_append_printf(files, "%s%s", i ? ", " : "", path);
	}
	g_string_append_printf(files,
	        "], format='auto', compression='%s', hive_partitioning=false, maximum_object_size=%d",
	        strcmp(compression, "none") == 0 ? "uncompressed" : compression, LIMIT_CELL_BYTES);
	return g_string_free(files, FALSE);
}

static bool add_first_keys(Lines *l, GError **error)
{
	g_autofree char *sql = g_strdup_printf("SELECT json_type(json) AS type, CAST(to_json(json_keys(json)) AS "
	                                       "VARCHAR) AS keys FROM read_json_objects(%s) "
	                                       "LIMIT 1",
	        l->files);
	json_auto_t *rows = NULL, *keys = NULL;
	if (!engine_rows(l->e, sql, &rows, error))
		return false;
	const json_t *row = json_array_get(rows, 0);
	if (!row)
		return fail(error, FAIL_INVALID, "there is no JSON object in it: no rows");
	if (strcmp(json_get_text(row, "type", ""), "OBJECT") != 0)
		return fail(error, FAIL_INVALID, "the first line is no JSON object, such as {\"a\": 1}");
	const char *text = json_get_text(row, "keys", "[]");
	if (!json_parse("keys", text, strlen(text), &keys, error))
		return false;
	size_t i;
	json_t *key;
	json_array_foreach (keys, i, key)
		g_ptr_array_add(l->keys, g_strdup(json_string_value(key)));
	return true;
}

static bool add_other_keys(Lines *l, GError **error)
{
	g_autofree char *sql = g_strdup_printf(
	        "SELECT k FROM (SELECT DISTINCT unnest(json_keys(json)) AS k FROM read_json_objects(%s)) ORDER BY k",
	        l->files);
	json_auto_t *rows = NULL;
	if (!engine_rows(l->e, sql, &rows, error))
		return false;
	size_t i;
	json_t *row;
	guint before = l->keys->len;
	json_array_foreach (rows, i, row) {
		const char *key = json_get_text(row, "k", "");
		guint at;
		if (!g_ptr_array_find_with_equal_func(l->keys, key, g_str_equal, &at) || at >= before)
			g_ptr_array_add(l->keys, g_strdup(key));
	}
	return canonical_check_names(l->keys, error);
}

/* Columns of one row of answers: count of values under key i of some kinds. */
static void add_count(GString *sql, char what, guint i, const char *kinds)
{
	g_string_append_printf(sql, ", count_if(k%u IN (%s)) AS %c%u", i, kinds, what, i);
}

static void add_reader(GString *sql, const Lines *l, const char *const *types)
{
	g_string_append_printf(sql, "read_json(%s, columns={", l->files);
	for (guint i = 0; i < l->keys->len; i++) {
		g_autofree char *key = sql_text(l->keys->pdata[i]);
		g_string_append_printf(sql, "%s%s: '%s'", i ? ", " : "", key, types ? types[i] : "JSON");
	}
	g_string_append(sql, "})");
}

static bool count_kinds(const Lines *l, json_t **ret, GError **error)
{
	g_autoptr(GString) outer = g_string_new("SELECT count(*) AS rows");
	g_autoptr(GString) inner = g_string_new("SELECT 1 AS one");
	for (guint i = 0; i < l->keys->len; i++) {
		g_autofree char *name = sql_name(l->keys->pdata[i]);
		g_string_append_printf(inner, ", json_type(%s) AS k%u, %s AS j%u", name, i, name, i);
		add_count(outer, 'i', i, "'BIGINT', 'UBIGINT'");
		add_count(outer, 'r', i, "'DOUBLE'");
		add_count(outer, 'b', i, "'BOOLEAN'");
		add_count(outer, 't', i, "'VARCHAR'");
		add_count(outer, 'n', i, "'ARRAY', 'OBJECT'");
		g_string_append_printf(
		        outer, ", count_if(k%u = 'UBIGINT' AND TRY_CAST(j%u AS BIGINT) IS NULL) AS u%u", i, i, i);
	}
	g_string_append_printf(outer, " FROM (%s FROM ", inner->str);
	add_reader(outer, l, NULL);
	g_string_append_c(outer, ')');
	return engine_row(l->e, outer->str, ret, error);
}

static int64_t kind_count(const json_t *counts, char what, guint i)
{
	char key[32];
	g_snprintf(key, sizeof key, "%c%u", what, i);
	return json_get_int(counts, key, 0);
}

/* The engine's type to read a key with; "JSON" for a mix, which becomes text. */
static const char *type_to_read(const json_t *counts, guint i)
{
	int64_t ints = kind_count(counts, 'i', i), reals = kind_count(counts, 'r', i);
	int64_t bools = kind_count(counts, 'b', i), texts = kind_count(counts, 't', i);
	if (texts + bools + reals + ints == 0 || texts + 0 == texts + bools + reals + ints)
		return "VARCHAR";
	if (ints + reals == ints + reals + bools + texts)
		return reals ? "DOUBLE" : kind_count(counts, 'u', i) ? "JSON" : "BIGINT";
	return bools && ints + reals + texts == 0 ? "BOOLEAN" : "JSON";
}

static bool make_typed_view(const Lines *l, const char *view, const json_t *counts, GError **error)
{
	g_autoptr(GPtrArray) types = g_ptr_array_new();
	g_autoptr(GString) sql = g_string_new(NULL);
	g_string_append_printf(sql, "CREATE OR REPLACE VIEW %s AS SELECT ", view);
	for (guint i = 0; i < l->keys->len; i++) {
		if (kind_count(counts, 'n', i) > 0)
			return fail(error, FAIL_INVALID,
			        "\"%s\" holds lists or objects in %" G_GINT64_FORMAT
			        " rows; only flat objects are tables",
			        (char *)l->keys->pdata[i], kind_count(counts, 'n', i));
		const char *type = type_to_read(counts, i);
		g_autofree char *name = sql_name(l->keys->pdata[i]);
		g_ptr_array_add(types, (void *)type);
		g_string_append_printf(
		        sql, strcmp(type, "JSON") == 0 ? "%s%s->>'$' AS %s" : "%s%s AS %s", i ? ", " : "", name, name);
	}
	g_string_append(sql, " FROM ");
	add_reader(sql, l, (const char *const *)types->pdata);
	return engine_run(l->e, sql->str, error);
}

/* The engine counts lines from the wrong end in some cases, so the first bad line is found again. */
static char *explain_lines(const char *path)
{
	g_autoptr(GMappedFile) file = g_mapped_file_new(path, FALSE, NULL);
	if (!file)
		return NULL;
	const char *at = g_mapped_file_get_contents(file), *end = at + g_mapped_file_get_length(file);
	for (uint64_t line = 1; at < end; line++) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));
		stop = stop ? stop : end;
		json_error_t problem;
		json_auto_t *value = json_loadb(at, (size_t)(stop - at), 0, &problem);
		bool blank = strspn(at, " \t\r\n") >= (size_t)(stop - at);
		if (!value && !blank)
			return g_strdup_printf(
			        "line %" G_GUINT64_FORMAT ", column %d: %s", line, problem.column, problem.text);
		at = stop + 1;
	}
	return NULL;
}

static bool explain(const SourceInput *in, const char *compression, GError *cause, GError **error)
{
	g_autoptr(GError) owned = cause;
	if (strcmp(compression, "none") == 0 && strstr(cause->message, "Malformed")) {
		for (size_t i = 0; i < in->path_count; i++) {
			g_autofree char *problem = explain_lines(in->paths[i]);
			if (problem)
				return fail(error, FAIL_INVALID, "%s, %s", in->paths[i], problem);
		}
	}
	g_propagate_prefixed_error(error, g_steal_pointer(&owned), "%s: ", in->paths[0]);
	return false;
}

static bool make_views(Lines *l, const SourceInput *in, const char *typed, int64_t *ret_rows, GError **error)
{
	TextRules rules = {.nulls = json_object_get(in->params, "nulls"),
	        .types = json_object_get(in->params, "types"),
	        .time_formats = json_object_get(in->params, "time_format"),
	        .find = TEXTS_TIMES};
	g_autofree char *view = sql_name(in->name);
	json_auto_t *counts = NULL;
	if (!add_first_keys(l, error) || !add_other_keys(l, error) || !count_kinds(l, &counts, error))
		return false;
	*ret_rows = json_get_int(counts, "rows", 0);
	return make_typed_view(l, typed, counts, error) && text_types_retype(l->e, typed, view, &rules, NULL, error);
}

bool json_lines_open(Engine *e, const SourceInput *in, const char *compression, int64_t *ret_rows, GError **error)
{
	g_autofree char *files = reader_arguments(in, compression);
	g_autoptr(GPtrArray) keys = g_ptr_array_new_with_free_func(g_free);
	Lines l = {.e = e, .files = files, .keys = keys};
	g_autofree char *plain = g_strconcat("_gyre_raw_", in->name, NULL);
	g_autofree char *typed = sql_name(plain);
	GError *cause = NULL;
	return make_views(&l, in, typed, ret_rows, &cause) || explain(in, compression, cause, error);
}
