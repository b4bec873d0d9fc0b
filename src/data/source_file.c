/* source_file.c: rows in files: CSV, TSV, JSON lines and Parquet, one or many, plain or compressed. */
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/json.h"
#include "data/canonical.h"
#include "data/csv.h"
#include "data/json_lines.h"
#include "data/packed.h"
#include "data/source.h"
#include "data/text_types.h"

static const char *const FORMATS[] = {"auto", "csv", "json", "parquet", NULL};
static const char *const ENCODINGS[] = {"utf-8", "latin-1", "utf-16", NULL};

static const Param PARAMS[] = {
        {.name = "path",
                .type = PARAM_TEXTS,
                .flags = PARAM_REQUIRED,
                .help = "file, pattern such as data/*.csv, or a list of them; relative to the project"},
        {.name = "format",
                .type = PARAM_TEXT,
                .preset = "\"auto\"",
                .choices = FORMATS,
                .help = "how the rows are written; auto: by the first bytes, then the file's name"},
        {.name = "delimiter",
                .type = PARAM_TEXT,
                .help = "CSV: the character between columns; found from the first rows"},
        {.name = "header",
                .type = PARAM_BOOL,
                .preset = "true",
                .help = "CSV: is the first line the names of the columns?"},
        {.name = "encoding",
                .type = PARAM_TEXT,
                .preset = "\"utf-8\"",
                .choices = ENCODINGS,
                .help = "CSV: how letters are written"},
        {.name = "nulls",
                .type = PARAM_TEXTS,
                .preset = "[]",
                .help = "texts that mean missing, such as NA; blank cells always do"},
        {.name = "types",
                .type = PARAM_JSON,
                .preset = "{}",
                .help = "types by column, {zip: text}, where the one found is not wanted"},
        {.name = "time_format",
                .type = PARAM_TEXTS,
                .preset = "[]",
                .help = "how times are written that are not ISO, such as %d/%m/%Y"},
        {0},
};

static bool add_file(const char *path, GPtrArray *paths, GError **error)
{
	struct stat about;
	if (stat(path, &about) != 0)
		return errno == ENOENT ? fail(error, FAIL_NOT_FOUND, "there is no file %s", path)
		                       : fail_errno(error, errno, "cannot read %s", path);
	if (S_ISDIR(about.st_mode))
		return fail(
		        error, FAIL_INVALID, "%s is a folder; name a file, or a pattern such as %s/*.csv", path, path);
	if (!S_ISREG(about.st_mode))
		return fail(error, FAIL_INVALID, "%s is not a regular file", path);
	g_ptr_array_add(paths, g_strdup(path));
	return true;
}

/* The pattern below the folder, whose own name is none: a project may lie in "run[1]". */
static char *pattern_in(const char *folder, const char *pattern)
{
	g_autoptr(GString) plain = g_string_new(NULL);
	for (const char *c = folder; *c; c++)
		g_string_append_printf(plain, strchr("*?[\\", *c) ? "\\%c" : "%c", *c);
	return g_build_filename(plain->str, pattern, NULL);
}

static bool add_pattern(const char *folder, const char *pattern, GPtrArray *paths, GError **error)
{
	bool is_whole = g_path_is_absolute(pattern);
	g_autofree char *path = is_whole ? g_strdup(pattern) : g_build_filename(folder, pattern, NULL);
	if (g_file_test(path, G_FILE_TEST_EXISTS) || !strpbrk(pattern, "*?["))
		return add_file(path, paths, error);
	g_autofree char *wanted = is_whole ? g_strdup(pattern) : pattern_in(folder, pattern);
	glob_t found = {0};
	int status = glob(wanted, GLOB_NOSORT, NULL, &found);
	bool ok = status == 0 ||
	          fail(error, status == GLOB_NOMATCH ? FAIL_NOT_FOUND : FAIL_UNAVAILABLE,
	                  status == GLOB_NOMATCH ? "no file fits the pattern %s" : "cannot list the files of %s", path);
	for (size_t i = 0; ok && i < found.gl_pathc; i++)
		ok = add_file(found.gl_pathv[i], paths, error);
	globfree(&found);
	return ok;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* By the bytes of the names, so that the order of rows is the same on every machine; the same file twice counts once, also as a.csv and
 * ./a.csv. */
static void take_sorted(GPtrArray *found, GPtrArray *paths)
{
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_ptr_array_sort(found, by_text);
	for (guint i = 0; i < found->len; i++)
		if (g_hash_table_add(seen, g_canonicalize_filename(found->pdata[i], NULL)))
			g_ptr_array_add(paths, g_strdup(found->pdata[i]));
}

static bool list_files(const char *folder, const json_t *params, GPtrArray *paths, GError **error)
{
	g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(g_free);
	size_t i;
	json_t *item;
	json_array_foreach (json_object_get(params, "path"), i, item) {
		const char *pattern = json_string_value(item);
		if (strstr(pattern, "://"))
			return fail(error, FAIL_INVALID, "%s is an address; name a file of this machine", pattern);
		if (!add_pattern(folder, pattern, found, error))
			return false;
	}
	if (found->len == 0)
		return fail(error, FAIL_INVALID, "the list of paths is empty");
	take_sorted(found, paths);
	return true;
}

typedef struct Look {
	const char *compression, *format; /* format NULL: not told by the first bytes */
} Look;

static bool look_at(const char *path, Look *ret, GError **error)
{
	unsigned char head[4] = {0};
	FILE *file = fopen(path, "rbe");
	if (!file)
		return fail_errno(error, errno, "cannot read %s", path);
	size_t size = fread(head, 1, sizeof head, file);
	fclose(file);
	*ret = (Look){.compression = "none"};
	if (size == 0)
		return fail(error, FAIL_INVALID, "%s is empty", path);
	if (head[0] == 0x1f && head[1] == 0x8b)
		ret->compression = "gzip";
	else if (memcmp(head, "\x28\xb5\x2f\xfd", 4) == 0)
		ret->compression = "zstd";
	else if (memcmp(head, "PAR1", 4) == 0)
		ret->format = "parquet";
	else if (head[0] == '{' || (head[0] == '[' && (head[1] == '{' || g_ascii_isspace(head[1]))))
		ret->format = "json";
	else if (memcmp(head, "PK\3\4", 4) == 0)
		return fail(error, FAIL_INVALID,
		        "%s is a ZIP archive (or an Excel workbook); unpack it, or save the sheet as CSV", path);
	return true;
}

/* data/rows.jsonl.gz: what the names given in gyre.yaml say; the files' own may be digests. */
static const char *format_by_name(const char *path)
{
	static const char *const ENDS[][2] = {{".json", "json"}, {".jsonl", "json"}, {".ndjson", "json"},
	        {".csv", "csv"}, {".tsv", "csv"}, {".txt", "csv"}};
	g_autofree char *name = g_ascii_strdown(path, -1);
	for (const char *const *end = (const char *const[]){".gz", ".zst", NULL}; *end; end++)
		if (g_str_has_suffix(name, *end))
			name[strlen(name) - strlen(*end)] = '\0';
	for (size_t i = 0; i < G_N_ELEMENTS(ENDS); i++)
		if (g_str_has_suffix(name, ENDS[i][0]))
			return ENDS[i][1];
	return "csv";
}

/* One look for all files: they have to be alike. */
static bool look_at_all(const SourceInput *in, Look *ret, GError **error)
{
	if (!look_at(in->paths[0], ret, error))
		return false;
	for (size_t i = 1; i < in->path_count; i++) {
		Look other;
		if (!look_at(in->paths[i], &other, error))
			return false;
		if (g_strcmp0(other.format, ret->format) != 0 || g_strcmp0(other.compression, ret->compression) != 0)
			return fail(error, FAIL_INVALID, "%s and %s are of different formats; make them two sources",
			        in->paths[0], in->paths[i]);
	}
	const char *asked = json_get_text(in->params, "format", "auto");
	if (strcmp(asked, "auto") != 0)
		ret->format = asked;
	else if (!ret->format)
		ret->format = format_by_name(json_string_value(json_array_get(json_object_get(in->params, "path"), 0)));
	return true;
}

static bool check_delimiter(const char *delimiter, GError **error)
{
	if (!delimiter || (strlen(delimiter) == 1 && !strchr("\"\r\n", *delimiter)))
		return true;
	return fail(
	        error, FAIL_INVALID, "delimiter: \"%s\" is not one character (a tab is written \"\\t\")", delimiter);
}

static bool open_csv(Engine *e, const SourceInput *in, const Look *look, int64_t *ret_rows, GError **error)
{
	CsvOptions options = {
	        .delimiter = json_get_text(in->params, "delimiter", NULL),
	        .header = json_get_bool(in->params, "header", true),
	        .encoding = json_get_text(in->params, "encoding", "utf-8"),
	        .compression = look->compression,
	        .nulls = json_object_get(in->params, "nulls"),
	        .types = json_object_get(in->params, "types"),
	        .time_formats = json_object_get(in->params, "time_format"),
	};
	return check_delimiter(options.delimiter, error) &&
	       csv_open(e, in->name, in->paths, in->path_count, &options, ret_rows, error);
}

static char *parquet_of(const char *const *paths, size_t count)
{
	g_autoptr(GString) sql = g_string_new("read_parquet([");
	for (size_t i = 0; i < count; i++) {
		g_autofree char *path = sql_path(paths[i]);
		g_string_append_printf(sql, "%s%s", i ? ", " : "", path);
	}
	/* By itself the engine reads all files by the first one's columns: 1.7 becomes 2 where that has whole numbers, and a column
	 * more is passed over. */
	g_string_append(sql, count > 1 ? "], union_by_name=true" : "]");
	g_string_append(sql, ", hive_partitioning=false)");
	return g_strdup(sql->str);
}

static bool parquet_names(Engine *e, const char *path, GPtrArray **ret, GError **error)
{
	json_auto_t *columns = NULL;
	g_autofree char *from = parquet_of(&path, 1), *sql = g_strdup_printf("SELECT * FROM %s", from);
	if (!engine_describe(e, sql, &columns, error))
		return false;
	*ret = g_ptr_array_new_with_free_func(g_free);
	size_t i;
	json_t *column;
	json_array_foreach (columns, i, column)
		g_ptr_array_add(*ret, g_strdup(json_get_text(column, "name", "")));
	return true;
}

static bool check_parquet_columns(Engine *e, const SourceInput *in, GError **error)
{
	g_autoptr(GPtrArray) first = NULL;
	if (in->path_count > 1 && !parquet_names(e, in->paths[0], &first, error))
		return false;
	for (size_t i = 1; i < in->path_count; i++) {
		g_autoptr(GPtrArray) names = NULL;
		if (!parquet_names(e, in->paths[i], &names, error) ||
		        !canonical_check_same(first, in->paths[0], names, in->paths[i], error))
			return false;
	}
	return true;
}

static bool open_parquet(Engine *e, const SourceInput *in, int64_t *ret_rows, GError **error)
{
	TextRules rules = {.types = json_object_get(in->params, "types"), .find = TEXTS_GIVEN};
	g_autofree char *from = parquet_of(in->paths, in->path_count), *view = sql_name(in->name);
	g_autofree char *count = g_strdup_printf("SELECT count(*) AS rows FROM %s", view);
	json_auto_t *row = NULL;
	if (!check_parquet_columns(e, in, error))
		return false;
	if (json_object_size(rules.types))
		return text_types_retype(e, from, view, &rules, ret_rows, error);
	if (!engine_runf(e, error, "CREATE OR REPLACE VIEW %s AS SELECT * FROM %s", view, from) ||
	        !engine_row(e, count, &row, error))
		return false;
	*ret_rows = json_get_int(row, "rows", 0);
	return true;
}

static bool open_files(Engine *e, const SourceInput *in, int64_t *ret_rows, GError **error)
{
	Look look;
	if (!look_at_all(in, &look, error))
		return false;
	for (size_t i = 0; i < in->path_count; i++)
		if (!packed_check(in->paths[i], look.compression, error))
			return false;
	if (g_strcmp0(look.format, "parquet") == 0)
		return open_parquet(e, in, ret_rows, error);
	if (g_strcmp0(look.format, "json") == 0)
		return json_lines_open(e, in, look.compression, ret_rows, error);
	return open_csv(e, in, &look, ret_rows, error);
}

extern const SourceKind SOURCE_FILE;
const SourceKind SOURCE_FILE = {
        .name = "file",
        .help = "CSV, TSV, JSON lines or Parquet, also compressed (.gz, .zst) and in several files",
        .params = PARAMS,
        .files = list_files,
        .open = open_files,
};
