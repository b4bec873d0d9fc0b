/* inspect.c: opens the data as it would be ingested, and asks everything of it in turn. */
#include "project/inspect.h"

#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/limits.h"
#include "data/canonical.h"
#include "data/profile.h"
#include "data/source.h"
#include "data/user_query.h"
#include "project/inspect_internal.h"

void inspect_note(Inspect *s, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	g_autofree char *text = g_strdup_vprintf(format, args);
	va_end(args);
	json_array_append_new(json_object_get(s->found, "notes"), json_text(text));
}

bool inspect_is_dropped(const Inspect *s, const char *column)
{
	size_t i;
	json_t *drop;
	json_array_foreach (json_object_get(s->found, "drop"), i, drop)
		if (strcmp(json_get_text(drop, "column", ""), column) == 0)
			return true;
	return false;
}

void inspect_drop(Inspect *s, const char *column, const char *kind, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	g_autofree char *text = g_strdup_vprintf(format, args);
	va_end(args);
	if (!inspect_is_dropped(s, column))
		json_array_append_new(
		        json_object_get(s->found, "drop"), json_pack("{s:o,s:s,s:o}", "column", json_text(column),
		                                                   "kind", kind, "reason", json_text(text)));
}

/* --- the data ---------------------------------------------------------------------------------------------------- */

static void first_problem(void *context, const char *path, const char *problem)
{
	char **first = context;
	if (!*first)
		*first = g_strdup_printf("%s: %s", path, problem);
}

static bool open_source(
        Engine *e, const char *name, const json_t *source, GPtrArray *paths, guint count, GError **error)
{
	const SourceKind *kind = source_kind(json_get_text(source, "kind", "file"));
	json_auto_t *own = json_copy((json_t *)source);
	json_auto_t *params = NULL;
	int64_t rows = 0;
	json_object_del(own, "kind");
	if (!param_fill(kind->params, NULL, own, &params, error))
		return false;
	SourceInput input = {
	        .name = name, .params = params, .paths = (const char *const *)paths->pdata, .path_count = count};
	return kind->open(e, &input, &rows, error);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Sources by name, each with its files, which stand in one list in that order. */
static bool open_each(Engine *e, const json_t *sources, const json_t *counts, const GPtrArray *paths, GError **error)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	const char *name;
	json_t *source;
	guint at = 0;
	json_object_foreach ((json_t *)sources, name, source)
		g_ptr_array_add(names, (void *)name);
	g_ptr_array_sort(names, by_text);
	for (guint i = 0; i < names->len; i++) {
		guint count = (guint)json_get_int(counts, names->pdata[i], 0);
		g_autoptr(GPtrArray) own = g_ptr_array_new();
		for (guint k = 0; k < count; k++)
			g_ptr_array_add(own, paths->pdata[at++]);
		if (!open_source(e, names->pdata[i], json_object_get(sources, names->pdata[i]), own, count, error))
			return false;
	}
	return true;
}

static bool open_sources(Inspect *s, const char *folder, const json_t *data, GError **error)
{
	g_autofree char *problem = NULL;
	json_auto_t *sources = sources_check("data.sources", json_object_get(data, "sources"), first_problem, &problem);
	g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
	json_auto_t *counts = NULL;
	if (!sources)
		return fail(error, FAIL_INVALID, "%s", problem ? problem : "there is no source");
	return sources_files(folder, sources, paths, &counts, error) && open_each(s->e, sources, counts, paths, error);
}

/* The table in the five types, with its rows' numbers. */
static bool make_table(Inspect *s, const json_t *data, GError **error)
{
	const char *query = json_get_text(data, "query", NULL);
	const char *only = json_object_iter_key(json_object_iter(json_object_get(data, "sources")));
	g_autofree char *from = query ? g_strdup("gyre_query") : sql_name(only);
	g_autofree char *select = NULL;
	if (query && !user_query_keep(s->e, "data.query", query, "gyre_query", error))
		return false;
	if (!canonical_select(s->e, from, NULL, &select, error))
		return false;
	return engine_runf(s->e, error,
	        "CREATE OR REPLACE TEMP TABLE gyre_inspect AS SELECT *, row_number() OVER () - 1 AS _gyre_row FROM "
	        "(%s LIMIT %d)",
	        select, INSPECT_ROWS);
}

static bool find_target(Inspect *s, GError **error)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	json_auto_t *columns = NULL;
	size_t i;
	json_t *c;
	if (!engine_describe(s->e, "SELECT * EXCLUDE (_gyre_row) FROM gyre_inspect", &columns, error))
		return false;
	json_array_foreach (columns, i, c) {
		g_ptr_array_add(names, (void *)json_get_text(c, "name", ""));
		if (strcmp(json_get_text(c, "name", ""), s->target) == 0) {
			ColumnType type = COLUMN_TEXT;
			column_type_from_name(json_get_text(c, "type", "text"), &type);
			s->target_type = column_type_name(type);
		}
	}
	json_object_set_new(s->found, "columns", json_integer((json_int_t)json_array_size(columns)));
	g_ptr_array_add(names, NULL);
	if (s->target_type)
		return true;
	const char *near = nearest_name(s->target, (const char *const *)names->pdata);
	g_autofree char *all = g_strjoinv(", ", (char **)names->pdata);
	if (near)
		return fail(
		        error, FAIL_NOT_FOUND, "the data has no column \"%s\"; did you mean \"%s\"?", s->target, near);
	return fail(error, FAIL_NOT_FOUND, "the data has no column \"%s\"; its columns are %.500s", s->target, all);
}

static bool count_rows(Inspect *s, GError **error)
{
	json_auto_t *row = NULL;
	if (!engine_row(s->e, "SELECT count(*) AS n FROM gyre_inspect", &row, error))
		return false;
	s->rows = json_get_int(row, "n", 0);
	json_object_set_new(s->found, "rows", json_integer(s->rows));
	json_object_set_new(s->found, "looked_at", json_integer(s->rows));
	if (!s->rows)
		return fail(error, FAIL_INVALID, "the data has a header but no rows");
	if (s->rows == INSPECT_ROWS)
		inspect_note(s, "only the first %d rows were looked at", INSPECT_ROWS);
	return true;
}

static bool make_profile(Inspect *s, GError **error)
{
	json_auto_t *params = json_pack("{s:s,s:s,s:i,s:s*}", "target", s->target, "task",
	        s->classifies ? "classification" : "regression", "sample", 100000, "time", s->time);
	if (!profile_view(s->e, "gyre_inspect", params, &s->profile, error))
		return false;
	json_object_set_new(s->found, "profile", s->profile);
	return true;
}

/* --- together ---------------------------------------------------------------------------------------------------- */

/* "data/Adult train.csv.gz" gives adult-train, with `join` between the words. */
static char *name_of_path(const json_t *path, char join)
{
	const char *text = json_string_value(json_is_array(path) ? json_array_get(path, 0) : path);
	g_autofree char *base = g_path_get_basename(text ? text : "project");
	g_autoptr(GString) name = g_string_new(NULL);
	for (const char *at = base; *at && !(*at == '.' && name->len); at++) {
		if (g_ascii_isalnum(*at))
			g_string_append_c(name, g_ascii_tolower(*at));
		else if (name->len && name->str[name->len - 1] != join)
			g_string_append_c(name, join);
	}
	while (name->len && name->str[name->len - 1] == join)
		g_string_truncate(name, name->len - 1);
	return g_strdup(name->len ? name->str : "project");
}

static char *project_name_of(const json_t *data)
{
	json_t *sources = json_object_get(data, "sources");
	return name_of_path(json_object_get(json_object_iter_value(json_object_iter(sources)), "path"), '-');
}

/* One source becomes a block.  Its name stands in SQL, so it begins with a letter. */
static json_t *as_block(const json_t *data)
{
	if (json_object_get(data, "sources"))
		return json_copy((json_t *)data);
	g_autofree char *words = name_of_path(json_object_get(data, "path"), '_');
	g_autofree char *name = g_ascii_isalpha(words[0]) ? g_strdup(words) : g_strdup_printf("data_%s", words);
	json_t *source = json_pack("{s:s}", "kind", "file");
	json_object_update(source, (json_t *)data);
	return json_pack("{s:{s:o}}", "sources", name, source);
}

static bool run(Inspect *s, const char *folder, const json_t *data, GError **error)
{
	if (!open_sources(s, folder, data, error) || !make_table(s, data, error) || !find_target(s, error) ||
	        !count_rows(s, error) || !inspect_task(s, error) || !inspect_time(s, error) || !make_profile(s, error))
		return false;
	size_t columns = json_array_size(json_object_get(s->profile, "columns"));
	s->rules = g_new0(OneRule, columns + 1);
	s->early_rules = g_new0(OneRule, columns + 1);
	if (!inspect_order(s, error) || !inspect_rules(s, error) || !inspect_drops(s, error) ||
	        !inspect_row_names(s, error))
		return false;
	inspect_texts(s);
	inspect_plan(s);
	return true;
}

bool inspect_data(Engine *e, const char *folder, const json_t *given, const char *target, json_t **ret, GError **error)
{
	Inspect s = {.e = e, .target = target};
	json_auto_t *data = as_block(given);
	g_autofree char *name = project_name_of(data);
	s.found = json_pack("{s:s,s:O,s:n,s:n,s:n,s:[],s:[]}", "project", name, "data", data, "time", "key", "group",
	        "drop", "notes");
	bool ok = run(&s, folder, data, error);
	if (ok)
		*ret = json_incref(s.found);
	engine_run(e, "DROP TABLE IF EXISTS gyre_inspect", NULL);
	json_decref(s.found);
	g_free(s.rules);
	g_free(s.early_rules);
	return ok;
}
