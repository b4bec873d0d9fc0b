/* csv.h: delimited text files (CSV, TSV) as a view of typed columns.
 *
 * Read strictly by RFC 4180: fields are separated by one character, quoted by " where needed, a quote inside is doubled; every
 * row has as many fields as the header; blank lines are skipped.  The engine reads the rows; when it stumbles, csv_explain
 * walks the file once more and says exactly where and what. */
#pragma once

#include "data/engine.h"

typedef struct CsvOptions {
	const char *delimiter;                      /* one character, or NULL: found from the first rows */
	bool header;                                /* false: columns are named c1, c2, ... */
	const char *encoding;                       /* "utf-8", "latin-1", "utf-16" */
	const char *compression;                    /* "none", "gzip", "zstd": of all files */
	const json_t *nulls, *types, *time_formats; /* as in TextRules; each may be NULL */
} CsvOptions;

/* Makes the view `name` over the files, one after another.  Their columns must have the same names, in any order. */
bool csv_open(Engine *e, const char *name, const char *const *paths, size_t path_count, const CsvOptions *options,
        int64_t *ret_rows, GError **error);

/* What is wrong with a file that has `columns` fields a row: "line 12: 4 columns where the header has 3", or NULL if nothing
 * is found (or the file cannot be read as plain UTF-8).  Free with g_free. */
char *csv_explain(const char *path, char delimiter, size_t columns);
