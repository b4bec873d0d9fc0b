/* user_query.c: the engine gives the place of an error as an offset when asked for errors in JSON. */
#include "data/user_query.h"

#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "data/canonical.h"

char *user_query_trim(const char *sql)
{
	char *text = g_strdup(sql);
	size_t size = strlen(text);
	while (size > 0 && (g_ascii_isspace(text[size - 1]) || text[size - 1] == ';'))
		text[--size] = '\0';
	return text;
}

typedef struct Place {
	int line, column;
	char *text; /* of the line */
} Place;

static Place place_of(const char *sql, size_t offset)
{
	offset = MIN(offset, strlen(sql));
	const char *start = sql;
	int line = 1;
	for (const char *c = sql; c < sql + offset; c++)
		if (*c == '\n') {
			line++;
			start = c + 1;
		}
	return (Place){.line = line,
	        .column = (int)g_utf8_strlen(start, sql + offset - start) + 1,
	        .text = g_strndup(start, strcspn(start, "\n"))};
}

static bool fail_at(GError **error, FailCode code, const char *where, const char *problem, Place place)
{
	g_autofree char *line = place.text;
	g_autofree char *shown = g_strdelimit(g_strdup(line), "\t", ' ');
	return fail(error, code, "%s, line %d, column %d: %s\n    %s\n    %*s", where, place.line, place.column,
	        problem, shown, place.column, "^");
}

/* What was not told in JSON: the words up to the engine's own picture of the statement. */
static bool fail_plain(GError **error, FailCode code, const char *where, const char *message)
{
	const char *picture = strstr(message, "\n\nLINE ");
	g_autofree char *words = picture ? g_strndup(message, (size_t)(picture - message)) : g_strdup(message);
	return fail(error, code, "%s: %s", where, words);
}

/* skip: bytes of ours before the user's text. */
static bool fail_query(GError **error, const char *where, const char *sql, size_t skip, GError *cause)
{
	g_autoptr(GError) owned = cause;
	FailCode code = cause->domain == FAIL ? (FailCode)cause->code : FAIL_INVALID;
	const char *start = strchr(cause->message, '{');
	json_auto_t *told = start ? json_loads(start, JSON_DISABLE_EOF_CHECK, NULL) : NULL;
	const char *problem = json_get_text(told, "exception_message", NULL);
	if (!problem)
		return fail_plain(error, code, where, cause->message);
	g_autofree char *words = strstr(problem, "file system operations are disabled")
	                                 ? g_strdup("this reads a file that is no source; name it under data.sources")
	                                 : g_strdelimit(g_strdup(problem), "\n", ' ');
	const char *position = json_get_text(told, "position", NULL);
	uint64_t offset = position ? g_ascii_strtoull(position, NULL, 10) : 0;
	if (!position || offset < skip)
		return fail_plain(error, code, where, words);
	return fail_at(error, code, where, words, place_of(sql, offset - skip));
}

/* The user's SQL between text of ours. */
typedef struct Framed {
	const char *before, *sql, *after;
} Framed;

static bool run_explained(Engine *e, const char *where, Framed f, json_t **ret_columns, GError **error)
{
	g_autofree char *statement = g_strconcat(f.before, f.sql, f.after, NULL);
	GError *cause = NULL;
	if (!engine_run(e, "SET errors_as_json = true", error))
		return false;
	bool ok = ret_columns ? engine_describe(e, statement, ret_columns, &cause) : engine_run(e, statement, &cause);
	engine_run(e, "SET errors_as_json = false", NULL);
	return ok || fail_query(error, where, f.sql, strlen(f.before), cause);
}

/* A table made of the query would rename a second column of the same name in silence. */
static bool check_columns(const char *where, const json_t *columns, GError **error)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	size_t i;
	json_t *column;
	json_array_foreach ((json_t *)columns, i, column)
		g_ptr_array_add(names, (void *)json_get_text(column, "name", ""));
	if (names->len == 0)
		return fail(error, FAIL_INVALID, "%s gives no columns; write a SELECT", where);
	if (canonical_check_names(names, error))
		return true;
	g_prefix_error(error, "%s: ", where);
	return false;
}

bool user_query_check(Engine *e, const char *where, const char *sql, GError **error)
{
	json_auto_t *columns = NULL;
	if (*sql == '\0')
		return fail(error, FAIL_INVALID, "%s is empty", where);
	return run_explained(e, where, (Framed){"", sql, ""}, &columns, error) && check_columns(where, columns, error);
}

bool user_query_check_condition(Engine *e, const char *where, const char *condition, const char *from, GError **error)
{
	json_auto_t *columns = NULL;
	g_autofree char *after = g_strdup_printf("\n) AS x FROM %s", from);
	if (!run_explained(e, where, (Framed){"SELECT (", condition, after}, &columns, error))
		return false;
	const char *type = json_get_text(json_array_get(columns, 0), "type", "none");
	if (json_array_size(columns) == 1 && strcmp(type, "bool") == 0)
		return true;
	return fail(error, FAIL_INVALID, "%s: \"%s\" is no condition (true or false) but of type %s", where, condition,
	        type);
}

bool user_query_keep(Engine *e, const char *where, const char *sql, const char *table, GError **error)
{
	g_autofree char *before = g_strdup_printf("CREATE OR REPLACE TEMP TABLE %s AS\n", table);
	return run_explained(e, where, (Framed){before, sql, ""}, NULL, error);
}

bool user_query_confine(Engine *e, const GPtrArray *paths, GError **error)
{
	g_autoptr(GString) sql = g_string_new("SET allowed_paths = [");
	for (guint i = 0; i < paths->len; i++) { /* as they are written in a statement, and as they are */
		g_autofree char *pattern = sql_path(paths->pdata[i]), *path = sql_text(paths->pdata[i]);
		g_string_append_printf(sql, "%s%s, %s", i ? ", " : "", pattern, path);
	}
	g_string_append(sql, "]; SET enable_external_access = false");
	return engine_run(e, sql->str, error);
}
