/* cat.c: the op `data cat`: the rows of a file as CSV or JSON lines, for programs that read nothing else. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "data/source.h"
#include "op/op.h"
#include "op/rows.h"

static const char *const FORMATS[] = {"csv", "jsonl", NULL};
static const Param PARAMS[] = {
        {"file", PARAM_TEXT, "CSV, TSV, JSON lines or Parquet", .flags = PARAM_POSITIONAL | PARAM_REQUIRED},
        {"format", PARAM_TEXT, "what to print", "\"csv\"", .choices = FORMATS},
        {"limit", PARAM_INT, "rows at most; 0: all", "0", .min = 0, .max = 9e15, .letter = 'n'},
        {"columns", PARAM_TEXTS, "only these", "[]"},
        {NULL},
};

/* One JSON object is held whole in memory. */
enum { JSON_ROWS = 1000000 };

static json_t *row_json(const Frame *f, size_t i)
{
	json_t *row = json_object();
	for (guint c = 0; c < f->columns->len; c++)
		json_object_set_new(
		        row, ((const Column *)f->columns->pdata[c])->name, column_json(f->columns->pdata[c], i));
	return row;
}

static void print_json(const Frame *f)
{
	for (size_t i = 0; i < f->rows; i++) {
		json_auto_t *row = row_json(f, i);
		g_autofree char *line = json_canonical(row);
		puts(line);
	}
}

static bool gather(json_t *list, const Frame *f, GError **error)
{
	if (json_array_size(list) + f->rows > JSON_ROWS)
		return fail(error, FAIL_LIMIT,
		        "more than %d rows as one JSON object: --limit fewer, or --format jsonl without --json",
		        JSON_ROWS);
	for (size_t i = 0; i < f->rows; i++)
		json_array_append_new(list, row_json(f, i));
	return true;
}

static char *query_of(const json_t *in)
{
	const json_t *columns = json_object_get(in, "columns");
	g_autoptr(GString) names = g_string_new(NULL);
	size_t i;
	json_t *name;
	json_array_foreach ((json_t *)columns, i, name) {
		g_autofree char *quoted = sql_name(json_string_value(name));
		g_string_append_printf(names, "%s%s", i ? ", " : "", quoted);
	}
	int64_t limit = json_get_int(in, "limit", 0);
	g_autofree char *end = limit ? g_strdup_printf(" LIMIT %" G_GINT64_FORMAT, limit) : g_strdup("");
	return g_strdup_printf("SELECT %s FROM rows%s", names->len ? names->str : "*", end);
}

/* To standard output, or into a list. */
static bool print_all(Engine *e, const json_t *in, json_t *list, GError **error)
{
	bool as_csv = strcmp(json_get_text(in, "format", "csv"), "csv") == 0, has_head = false;
	g_autofree char *query = query_of(in);
	g_autoptr(FrameReader) reader = NULL;
	if (!rows_open(e, json_get_text(in, "file", ""), error) || !engine_read(e, query, 0, &reader, error))
		return false;
	for (;;) {
		g_autoptr(Frame) f = NULL;
		if (!frame_reader_next(reader, &f, error))
			return false;
		if (!f)
			return true;
		if (list && !gather(list, f, error))
			return false;
		if (list)
			continue;
		if (as_csv)
			rows_print_csv(stdout, f, &has_head);
		else
			print_json(f);
	}
}

static bool run(App *app, const json_t *in, json_t **ret, GError **error)
{
	g_autoptr(Engine) e = NULL;
	EngineLimits limits = {.threads = 1};
	json_auto_t *list = app->is_json ? json_array() : NULL;
	if (!engine_open(&limits, &e, error) || !print_all(e, in, list, error))
		return false;
	*ret = list ? json_pack("{s:O}", "rows", list) : json_pack("{s:s}", "text", "");
	return true;
}

const Op OP_DATA_CAT = {
        .name = "data.cat",
        .help = "print the rows of a data file as CSV or JSON lines",
        .more = "For programs that read no Parquet: gyre data cat train.parquet | program\n"
                "JSON: {\"rows\": [{column: value}...]}",
        .params = PARAMS,
        .run = run,
};
