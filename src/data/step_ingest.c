/* step_ingest.c: the step `ingest`: sources, joined by a query, become a snapshot whose bytes depend on the rows alone.
 *
 * Without a query the rows keep the order of the files.  A query gives no order (joins and groups run in parallel), so its
 * rows are put in one: by the time column, then by every column in turn. */
#include "data/steps.h"

#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/progress.h"
#include "data/canonical.h"
#include "data/even.h"
#include "data/schema.h"
#include "data/source.h"
#include "data/user_query.h"

#define RESULT "\"_gyre_result\""

static const Param PARAMS[] = {
        {.name = "sources",
                .type = PARAM_JSON,
                .flags = PARAM_REQUIRED,
                .help = "the sources by name: {flights: {kind: file, path: ...}}"},
        {.name = "files",
                .type = PARAM_JSON,
                .flags = PARAM_REQUIRED | PARAM_HIDDEN,
                .help = "how many of the inputs belong to each source"},
        {.name = "query",
                .type = PARAM_TEXT,
                .help = "DuckDB SQL over the sources by name; not needed with one source"},
        {.name = "time", .type = PARAM_TEXT, .help = "the column that orders the rows in time"},
        {0},
};

typedef struct Ingest {
	StepRun *s;
	const json_t *params;
	Engine *e;
	json_t *sources; /* for the output, {name: {"kind", "files", "rows"}} */
	GPtrArray *paths;
} Ingest;

static void free_ingest(Ingest *in)
{
	engine_close(in->e);
	json_decref(in->sources);
	if (in->paths)
		g_ptr_array_unref(in->paths);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Ingest, free_ingest)

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static GPtrArray *sorted_names(const json_t *sources)
{
	GPtrArray *names = g_ptr_array_new();
	const char *name;
	json_t *source;
	json_object_foreach ((json_t *)sources, name, source)
		g_ptr_array_add(names, (void *)name);
	g_ptr_array_sort(names, by_text);
	return names;
}

static bool open_source(Ingest *in, const char *name, guint files, GError **error)
{
	const json_t *given = json_object_get(json_object_get(in->params, "sources"), name);
	const SourceKind *kind = source_kind(json_get_text(given, "kind", "file"));
	if (!kind || files == 0)
		return fail(error, FAIL_INVALID, "source \"%s\": %s", name,
		        kind ? "it has no files" : "it is of no known kind");
	json_auto_t *own = json_copy((json_t *)given);
	json_object_del(own, "kind");
	json_auto_t *params = NULL;
	if (!param_fill(kind->params, NULL, own, &params, error))
		return false;
	SourceInput input = {.name = name,
	        .params = params,
	        .paths = (const char *const *)in->paths->pdata + in->paths->len - files,
	        .path_count = files};
	int64_t rows = 0;
	if (!kind->open(in->e, &input, &rows, error))
		return false;
	json_object_set_new(
	        in->sources, name, json_pack("{s:s,s:i,s:I}", "kind", kind->name, "files", (int)files, "rows", rows));
	return true;
}

static bool add_paths(Ingest *in, const char *name, guint files, GError **error)
{
	for (guint i = 0; i < files; i++) {
		g_autofree char *input = g_strdup_printf("source.%u", in->paths->len);
		const char *path = step_input(in->s, input);
		if (!path)
			return fail(error, FAIL_INVALID, "source \"%s\": the input %s is missing", name, input);
		g_ptr_array_add(in->paths, g_strdup(path));
	}
	return true;
}

static bool open_sources(Ingest *in, GError **error)
{
	g_autoptr(GPtrArray) names = sorted_names(json_object_get(in->params, "sources"));
	for (guint i = 0; i < names->len; i++) {
		const char *name = names->pdata[i];
		guint files = (guint)json_get_int(json_object_get(in->params, "files"), name, 0);
		progress_report("reading sources", i, names->len);
		if (!add_paths(in, name, files, error))
			return false;
		if (!open_source(in, name, files, error)) {
			g_prefix_error(error, "source \"%s\": ", name);
			return false;
		}
	}
	return true;
}

/* By one thread: what several sum up of reals depends, in the last bits, on which of them was first. */
static bool keep_alone(Ingest *in, const char *sql, GError **error)
{
	return engine_run(in->e, "SET threads = 1", error) &&
	       user_query_keep(in->e, "data.query", sql, RESULT, error) &&
	       engine_runf(in->e, error, "SET threads = %u", MAX(1, step_cores(in->s)));
}

/* *ret_from: where the rows are: the source itself, or the table RESULT with what the query gives. */
static bool run_query(Ingest *in, char **ret_from, GError **error)
{
	const json_t *sources = json_object_get(in->params, "sources");
	const char *query = json_get_text(in->params, "query", NULL);
	if (!query && json_object_size(sources) != 1)
		return fail(error, FAIL_INVALID,
		        "data.query is missing: with %zu sources it says how they become one table",
		        json_object_size(sources));
	progress_report("reading the rows", 0, 0);
	*ret_from = query ? g_strdup(RESULT) : sql_name(json_object_iter_key(json_object_iter((json_t *)sources)));
	if (!query)
		return true;
	g_autofree char *sql = user_query_trim(query);
	g_ptr_array_add(in->paths, g_strdup(step_output(in->s, "snapshot")));
	return user_query_confine(in->e, in->paths, error) && user_query_check(in->e, "data.query", sql, error) &&
	       keep_alone(in, sql, error);
}

static bool check_time(Ingest *in, const char *select, GError **error)
{
	const char *time = json_get_text(in->params, "time", NULL);
	json_auto_t *columns = NULL;
	if (!time)
		return true;
	if (!engine_describe(in->e, select, &columns, error))
		return false;
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	size_t i;
	json_t *column;
	json_array_foreach (columns, i, column)
		g_ptr_array_add(names, (void *)json_get_text(column, "name", ""));
	return canonical_check_known(names, "data.time", time, error);
}

static char *in_order(const char *select, const json_t *params)
{
	const char *time = json_get_text(params, "time", NULL);
	if (!json_get_text(params, "query", NULL))
		return g_strdup(select);
	if (!time)
		return g_strdup_printf("SELECT * FROM (%s) ORDER BY ALL", select);
	g_autofree char *name = sql_name(time);
	return g_strdup_printf("SELECT * FROM (%s) ORDER BY %s, COLUMNS(*)", select, name);
}

static bool write_snapshot(Ingest *in, GError **error)
{
	g_autofree char *from = NULL, *select = NULL;
	if (!run_query(in, &from, error) || !canonical_select(in->e, from, NULL, &select, error) ||
	        !check_time(in, select, error))
		return false;
	g_autofree char *ordered = in_order(select, in->params);
	progress_report("writing the snapshot", 0, 0);
	return even_write(in->e, ordered, step_cores(in->s), step_output(in->s, "snapshot"), error);
}

static bool check_rows(const json_t *counts, GError **error)
{
	int64_t rows = json_get_int(counts, "rows", 0);
	if (rows == 0)
		return fail(error, FAIL_INVALID, "there are no rows: the query lets none through");
	if (rows > LIMIT_ROWS)
		return fail(
		        error, FAIL_LIMIT, "%" G_GINT64_FORMAT " rows where at most %d are taken", rows, LIMIT_ROWS);
	return true;
}

static bool describe_snapshot(Ingest *in, GError **error)
{
	const char *path = step_output(in->s, "snapshot");
	g_autofree char *file = sql_parquet(path);
	g_autofree char *query = g_strdup_printf("SELECT * FROM %s", file);
	json_auto_t *schema = NULL, *counts = NULL;
	if (!schema_scan(in->e, query, &schema, &counts, error) || !check_rows(counts, error))
		return false;
	struct stat about;
	if (stat(path, &about) != 0)
		return fail(error, FAIL_BROKEN, "the snapshot was not written");
	json_object_set_new(counts, "bytes", json_integer(about.st_size));
	json_object_set(counts, "sources", in->sources);
	step_metric(in->s, "rows", (double)json_get_int(counts, "rows", 0));
	step_metric(in->s, "columns", (double)json_array_size(json_object_get(counts, "columns")));
	return step_output_json(in->s, "schema", schema, error) && step_output_json(in->s, "ingest", counts, error);
}

static bool run(StepRun *s, const json_t *params, GError **error)
{
	EngineLimits limits = {.threads = step_cores(s), .memory_mb = step_memory_mb(s), .scratch = step_scratch(s)};
	g_auto(Ingest) in = {
	        .s = s, .params = params, .sources = json_object(), .paths = g_ptr_array_new_with_free_func(g_free)};
	return engine_open(&limits, &in.e, error) && open_sources(&in, error) && write_snapshot(&in, error) &&
	       describe_snapshot(&in, error);
}

const StepKind STEP_INGEST = {
        .name = "ingest",
        .help = "reads the sources, joins them and keeps the rows as a snapshot named by its content",
        .version = 3,
        .params = PARAMS,
        .inputs = (const char *const[]){"source*", NULL},
        .outputs = (const char *const[]){"snapshot", "schema", "ingest", NULL},
        .flags = STEP_ALL_CORES,
        .run = run,
};
