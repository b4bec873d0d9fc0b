/* csv.c: delimited files as a view of typed columns: names from the head, types from all rows, then the view. */
#include "data/csv.h"

#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/limits.h"
#include "data/canonical.h"
#include "data/csv_head.h"
#include "data/text_types.h"

typedef struct Csv {
	Engine *e;
	const CsvOptions *options;
	const char *const *paths;
	size_t path_count;
	char delimiter;
	GPtrArray *headers; /* of GPtrArray of names, one a file */
	bool long_lines;    /* the engine is told to expect lines of LIMIT_CELL_BYTES, which costs memory */
} Csv;

static bool same_names(const GPtrArray *a, const GPtrArray *b)
{
	if (a->len != b->len)
		return false;
	for (guint i = 0; i < a->len; i++)
		if (strcmp(a->pdata[i], b->pdata[i]) != 0)
			return false;
	return true;
}

static bool read_heads(Csv *csv, GError **error)
{
	if (csv->options->delimiter)
		csv->delimiter = csv->options->delimiter[0];
	for (size_t i = 0; i < csv->path_count; i++) {
		GPtrArray *names;
		if (!csv_head(csv->e, csv->paths[i], csv->options, &csv->delimiter, &names, error))
			return false;
		g_ptr_array_add(csv->headers, names);
		const GPtrArray *first = csv->headers->pdata[0];
		if (!canonical_check_same(first, csv->paths[0], names, csv->paths[i], error))
			return false;
	}
	return true;
}

static void add_columns(GString *sql, const GPtrArray *names)
{
	for (guint i = 0; i < names->len; i++) {
		g_autofree char *name = sql_text(names->pdata[i]);
		g_string_append_printf(sql, "%s%s: 'VARCHAR'", i ? ", " : "", name);
	}
}

static void add_read(GString *sql, const Csv *csv, size_t from, size_t to)
{
	g_string_append(sql, "read_csv([");
	for (size_t i = from; i < to; i++) {
		g_autofree char *path = sql_path(csv->paths[i]);
		g_string_append_printf(sql, "%s%s", i > from ? ", " : "", path);
	}
	char mark[2] = {csv->delimiter, '\0'};
	g_autofree char *delimiter = sql_text(mark);
	g_string_append_printf(sql,
	        "], auto_detect=false, header=%s, delim=%s, quote='\"', escape='\"', strict_mode=true, "
	        "null_padding=false, "
	        "encoding='%s', compression='%s', hive_partitioning=false, ",
	        csv->options->header ? "true" : "false", delimiter, csv->options->encoding, csv->options->compression);
	if (csv->long_lines)
		g_string_append_printf(
		        sql, "max_line_size=%d, buffer_size=%d, ", 2 * LIMIT_CELL_BYTES, 4 * LIMIT_CELL_BYTES);
	g_string_append(sql, "columns={");
	add_columns(sql, csv->headers->pdata[from]);
	g_string_append(sql, "})");
}

/* All files at once where their columns stand in the same order, else one after the other by name. */
static void add_reads(GString *sql, const Csv *csv)
{
	size_t from = 0;
	while (from < csv->path_count) {
		size_t to = from + 1;
		while (to < csv->path_count && same_names(csv->headers->pdata[from], csv->headers->pdata[to]))
			to++;
		g_string_append(sql, from ? " UNION ALL BY NAME SELECT * FROM " : "SELECT * FROM ");
		add_read(sql, csv, from, to);
		from = to;
	}
}

static bool make_raw(const Csv *csv, const char *raw, GError **error)
{
	g_autoptr(GString) sql = g_string_new(NULL);
	g_string_append_printf(sql, "CREATE OR REPLACE VIEW %s AS ", raw);
	add_reads(sql, csv);
	return engine_run(csv->e, sql->str, error);
}

/* The engine's error, made into where in which file and what. */
static bool explain(const Csv *csv, const GError *cause, GError **error)
{
	const GPtrArray *names = csv->headers->pdata[0];
	bool plain = strcmp(csv->options->encoding, "utf-8") == 0 && strcmp(csv->options->compression, "none") == 0;
	for (size_t i = 0; plain && i < csv->path_count; i++) {
		g_autofree char *problem = csv_explain(csv->paths[i], csv->delimiter, names->len);
		if (problem)
			return fail(error, FAIL_INVALID, "%s: %s", csv->paths[i], problem);
	}
	const char *options = strstr(cause->message, "\nPossible ");
	size_t length = options ? (size_t)(options - cause->message) : strlen(cause->message);
	const char *file = strstr(cause->message, "  file = ");
	g_autofree char *path = file ? g_strndup(file + 9, strcspn(file + 9, "\n")) : g_strdup(csv->paths[0]);
	g_autofree char *words = g_strndup(cause->message, MIN(length, (size_t)1000));
	return fail(error, cause->domain == FAIL ? (FailCode)cause->code : FAIL_INVALID, "%s: %s", path,
	        g_strdelimit(words, "\n", ' '));
}

/* Only files with lines of more than 2 MB need the larger buffers; they say so by failing. */
static bool find_types(
        Csv *csv, const char *raw, const TextRules *rules, json_t **ret_types, int64_t *ret_rows, GError **error)
{
	g_autoptr(GError) cause = NULL;
	if (!make_raw(csv, raw, error))
		return false;
	if (text_types_find(csv->e, raw, csv->headers->pdata[0], rules, ret_types, ret_rows, &cause))
		return true;
	if (strstr(cause->message, "Maximum line size") && !csv->long_lines) {
		csv->long_lines = true;
		return find_types(csv, raw, rules, ret_types, ret_rows, error);
	}
	if (strstr(cause->message, "CSV "))
		return explain(csv, cause, error);
	g_propagate_prefixed_error(error, g_steal_pointer(&cause), "%s: ", csv->paths[0]);
	return false;
}

static bool check_types(const GPtrArray *names, const json_t *types, GError **error)
{
	const char *name;
	json_t *type;
	json_object_foreach ((json_t *)types, name, type)
		if (!canonical_check_known(names, "types", name, error))
			return false;
	return true;
}

static bool make_view(Csv *csv, const char *name, int64_t *ret_rows, GError **error)
{
	const CsvOptions *o = csv->options;
	TextRules rules = {.nulls = o->nulls, .types = o->types, .time_formats = o->time_formats};
	g_autofree char *raw_name = g_strconcat("_gyre_raw_", name, NULL);
	g_autofree char *raw = sql_name(raw_name);
	g_autofree char *view = sql_name(name);
	json_auto_t *types = NULL;
	if (!find_types(csv, raw, &rules, &types, ret_rows, error))
		return false;
	if (*ret_rows == 0)
		return fail(error, FAIL_INVALID, "%s has names of columns and no rows", csv->paths[0]);
	g_autoptr(GString) sql = g_string_new(NULL);
	g_string_append_printf(sql, "CREATE OR REPLACE VIEW %s AS SELECT ", view);
	text_types_select(sql, csv->headers->pdata[0], types, &rules);
	g_string_append_printf(sql, " FROM %s", raw);
	return engine_run(csv->e, sql->str, error);
}

bool csv_open(Engine *e, const char *name, const char *const *paths, size_t path_count, const CsvOptions *options,
        int64_t *ret_rows, GError **error)
{
	g_autoptr(GPtrArray) headers = g_ptr_array_new_with_free_func((GDestroyNotify)g_ptr_array_unref);
	Csv csv = {.e = e, .options = options, .paths = paths, .path_count = path_count, .headers = headers};
	return read_heads(&csv, error) && check_types(headers->pdata[0], options->types, error) &&
	       make_view(&csv, name, ret_rows, error);
}
