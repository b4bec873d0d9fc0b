/* look.c: checks what needs a look at the data: files, the query, and that every column named in gyre.yaml is there. */
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "data/check.h"
#include "data/source.h"
#include "data/schema.h"
#include "data/user_query.h"
#include "eval/scored_table.h"
#include "feature/recipe.h"
#include "project/project.h"

static void report(void *context, const char *path, const char *problem)
{
	project_problem(context, "error", path, problem);
}

static const char *nearest_column(const json_t *schema, const char *name)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	size_t i;
	json_t *column;
	json_array_foreach (json_object_get(schema, "columns"), i, column)
		g_ptr_array_add(names, (void *)json_get_text(column, "name", ""));
	g_ptr_array_add(names, NULL);
	return nearest_name(name, (const char *const *)names->pdata);
}

static void check_column(Project *p, const json_t *schema, const char *path, const json_t *name)
{
	const char *text = json_string_value(name);
	if (!text || schema_column(schema, text))
		return;
	const char *near = nearest_column(schema, text);
	g_autofree char *sentence = g_strdup_printf("column \"%s\" is not in the data%s%s%s", text,
	        near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
	report(p, path, sentence);
}

static void check_names(Project *p, const json_t *schema)
{
	const json_t *data = project_block(p, "data");
	json_auto_t *columns = project_columns(p);
	const char *path;
	json_t *name;
	json_object_foreach (columns, path, name)
		check_column(p, schema, path, name);
	checks_validate(json_object_get(data, "checks"), "data.checks", schema, report, p);
	json_auto_t *roles = project_roles(p);
	const json_t *features = project_block(p, "features");
	if (!json_is_null(features))
		recipe_validate(features, schema, roles, "features", report, p);
}

/* The rows as the evaluation will have them, with what a model says; free with g_free. */
static char *scored_query(const Project *p, const char *query, const json_t *schema)
{
	const json_t *goal = project_block(p, "goal");
	const char *target = json_get_text(goal, "target", "");
	bool classifies = strcmp(json_get_text(goal, "task", ""), "classification") == 0;
	g_autofree char *kept = scored_columns(target, classifies), *said = sql_name(target);
	return g_strdup_printf("SELECT %s, %s AS prediction%s%s FROM (%s\n)", kept, said,
	        classifies ? ", CAST(1 AS DOUBLE) AS probability" : "",
	        schema_column(schema, "loss") ? "" : ", CAST(1 AS DOUBLE) AS loss", query);
}

/* Would a figure's SQL run in the evaluation, which comes when all is trained?  Only its columns and types are looked at; types here are
 * the sources' own, so that what is found is a warning. */
static void check_kpi(Project *p, Engine *e, const char *rows, const char *name, const char *figure)
{
	json_auto_t *columns = NULL;
	g_autoptr(GError) problem = NULL;
	g_autofree char *sql =
	        g_strdup_printf("SELECT CAST(%s AS DOUBLE) AS value FROM (%s) GROUP BY ()", figure, rows);
	if (engine_describe(e, sql, &columns, &problem))
		return;
	g_autofree char *path = g_strdup_printf("kpi.%s", name),
	                *first = g_strndup(problem->message, strcspn(problem->message, "\n"));
	g_autofree char *sentence = g_strdup_printf("it cannot be found on the data as it is: %s", first);
	project_problem(p, "warning", path, sentence);
}

static void check_kpis(Project *p, Engine *e, const char *query, const json_t *schema)
{
	static const char *const MAKERS[] = {
	        "ingest", "verify", "split"}; /* a step of the user's own may make other columns */
	const char *name;
	json_t *figure;
	for (size_t i = 0; i < G_N_ELEMENTS(MAKERS); i++)
		if (json_object_get(project_block(p, "steps"), MAKERS[i]))
			return;
	if (!schema_column(schema, json_get_text(project_block(p, "goal"), "target", "")))
		return;
	g_autofree char *rows = scored_query(p, query, schema);
	json_object_foreach ((json_t *)project_block(p, "kpi"), name, figure)
		check_kpi(p, e, rows, name, json_string_value(figure));
}

/* Every problem of the data itself is told at the source or query it comes from. */
static bool tell(Project *p, const char *path, GError *problem, GError **error)
{
	if (problem->code == FAIL_UNAVAILABLE || problem->code == FAIL_BROKEN) {
		g_propagate_error(error, problem);
		return false;
	}
	report(p, path, problem->message);
	g_error_free(problem);
	return true;
}

/* A view of one source. */
static bool open_source(const Project *p, Engine *e, const char *name, const json_t *source, GError **error)
{
	const SourceKind *kind = source_kind(json_get_text(source, "kind", ""));
	g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
	int64_t rows;
	if (!kind->files(p->folder, source, paths, error))
		return false;
	SourceInput input = {
	        .name = name, .params = source, .paths = (const char *const *)paths->pdata, .path_count = paths->len};
	return kind->open(e, &input, &rows, error);
}

static bool open_sources(Project *p, Engine *e, bool *ret_all, GError **error)
{
	const char *name;
	json_t *source;
	*ret_all = true;
	json_object_foreach (json_object_get(project_block(p, "data"), "sources"), name, source) {
		GError *problem = NULL;
		g_autofree char *path = g_strdup_printf("data.sources.%s", name);
		if (open_source(p, e, name, source, &problem))
			continue;
		*ret_all = false;
		if (!tell(p, path, problem, error))
			return false;
	}
	return true;
}

static char *query_of(const json_t *data)
{
	const char *query = json_get_text(data, "query", NULL);
	if (query)
		return user_query_trim(query);
	g_autofree char *name = sql_name(json_object_iter_key(json_object_iter(json_object_get(data, "sources"))));
	return g_strdup_printf("SELECT * FROM %s", name);
}

static bool look(Project *p, Engine *e, GError **error)
{
	const json_t *data = project_block(p, "data");
	json_auto_t *columns = NULL;
	GError *problem = NULL;
	bool all;
	if (!open_sources(p, e, &all, error))
		return false;
	if (!all)
		return true;
	g_autofree char *query = query_of(data);
	const char *place = json_get_text(data, "query", NULL) ? "data.query" : "data.sources";
	if (!user_query_check(e, place, query, &problem) || !engine_describe(e, query, &columns, &problem))
		return tell(p, place, problem, error);
	json_auto_t *schema = json_pack("{s:O}", "columns", columns);
	check_names(p, schema);
	check_kpis(p, e, query, schema);
	return true;
}

bool project_check_data(Project *p, GError **error)
{
	g_autofree char *scratch = g_dir_make_tmp("gyre-check-XXXXXX", error);
	if (!scratch)
		return false;
	EngineLimits limits = {.scratch = scratch};
	g_autoptr(Engine) e = NULL;
	bool ok = engine_open(&limits, &e, error) && look(p, e, error);
	g_clear_pointer(&e, engine_close);
	file_remove(scratch, NULL);
	return ok;
}
