/* data_compare.c: the op `data compare`: two files side by side. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "monitor/compare.h"
#include "op/op.h"
#include "op/rows.h"

static const Param PARAMS[] = {
        {"a", PARAM_TEXT, "what to compare with: CSV, TSV, JSON lines or Parquet",
                .flags = PARAM_POSITIONAL | PARAM_REQUIRED},
        {"b", PARAM_TEXT, "the newer rows, in any of these formats", .flags = PARAM_POSITIONAL | PARAM_REQUIRED},
        {"alpha", PARAM_REAL, "chance of any false alarm in a comparison", "0.03", .min = 0, .max = 1},
        {"effect", PARAM_REAL, "smallest change that counts: part of the rows that are elsewhere", "0.03", .min = 0,
                .max = 1},
        {"min_rows", PARAM_INT, "present values on each side below which there is no answer", "30", .min = 1,
                .max = 1e9},
        {"memory_mb", PARAM_INT, "memory to stay within", "1024", .min = 256, .max = 1e9, .unit = "MiB"},
        {NULL},
};

static bool is_parquet(const char *path)
{
	char head[4];
	FILE *file = fopen(path, "rbe");
	if (!file)
		return false;
	bool yes = fread(head, 1, sizeof head, file) == sizeof head && memcmp(head, "PAR1", sizeof head) == 0;
	fclose(file);
	return yes;
}

/* The view "rows" of a file that can be read column by column: a text file would be parsed once for every column. */
static bool open_columns(Engine *e, const char *file, const char *scratch, GError **error)
{
	g_autofree char *path = g_build_filename(scratch, "rows.parquet", NULL), *text = sql_text(path);
	g_autofree char *table = sql_parquet(path);
	if (!rows_open(e, file, error))
		return false;
	if (is_parquet(file))
		return true;
	return engine_runf(e, error, "COPY (SELECT * FROM rows) TO %s (FORMAT parquet)", text) &&
	       engine_runf(e, error, "DROP VIEW rows") &&
	       engine_runf(e, error, "CREATE VIEW rows AS SELECT * FROM %s", table);
}

static bool compare(const json_t *in, const char *scratch, json_t **ret, GError **error)
{
	static const char *const NAMES[] = {"a", "b"};
	g_autoptr(Engine) a = NULL, b = NULL;
	Engine **engines[] = {&a, &b};
	for (int i = 0; i < 2; i++) {
		g_autofree char *folder = g_build_filename(scratch, NAMES[i], NULL);
		EngineLimits limits = {.memory_mb = (size_t)json_get_int(in, "memory_mb", 1024) / 2, .scratch = folder};
		if (!file_make_folder(folder, error) || !engine_open(&limits, engines[i], error) ||
		        !open_columns(*engines[i], json_get_text(in, NAMES[i], ""), folder, error))
			return false;
	}
	CompareRules rules = {.alpha = json_get_number(in, "alpha", 0.03),
	        .effect = json_get_number(in, "effect", 0.03),
	        .min_rows = json_get_int(in, "min_rows", 30)};
	return tables_compare(a, b, &rules, ret, error);
}

static bool run(App *app, const json_t *in, json_t **ret, GError **error)
{
	(void)app;
	g_autofree char *scratch = g_dir_make_tmp("gyre-compare-XXXXXX", error);
	if (!scratch)
		return false;
	bool ok = compare(in, scratch, ret, error);
	file_remove(scratch, NULL);
	return ok;
}

const Op OP_DATA_COMPARE = {
        .name = "data.compare",
        .help = "compare two files column by column and say which columns drifted",
        .more = "Works without a project.  A column drifted when the change is both more than chance and large enough "
                "to "
                "matter;\ntoo few rows are no answer.  docs/compare.md says how it is decided.\n\n"
                "JSON: {\"rows\": {\"a\", \"b\"}, \"columns\": {NAME: {\"type\", \"tests\": {\"ks\": {\"value\", "
                "\"p\"}, "
                "\"psi\": {\"value\", \"p\"},\n\"wasserstein\": {\"value\"}, \"jensen_shannon\": {\"value\"}, "
                "\"hellinger\": {\"value\"}, \"l_infinity\": {\"value\"},\n\"chi2\": {\"value\", \"p\"}}, \"missing\": "
                "{\"a\", \"b\", \"p\", \"p_adjusted\"}, \"verdict\": {\"effect\", \"p\", \"p_adjusted\",\n\"answer\"}, "
                "\"drifted\"}}, \"drifted\": [NAME], \"only\": {\"a\": [NAME], \"b\": [NAME]}}; tests that do not suit "
                "a "
                "type are left out",
        .params = PARAMS,
        .run = run,
};
