/* csv_explain.c: where a delimited file is broken, found by walking over its bytes once more. */
#include <string.h>

#include "base/limits.h"
#include "data/csv.h"
#include "data/csv_scan.h"

static uint64_t line_of(const char *text, const char *at)
{
	uint64_t line = 1;
	for (const char *c = text; (c = memchr(c, '\n', (size_t)(at - c))) != NULL; c++)
		line++;
	return line;
}

/* GLib counts a NUL as invalid, so one walk finds whichever comes first. */
static char *explain_bytes(const char *text, size_t size)
{
	const char *bad;
	if (g_utf8_validate_len(text, size, &bad))
		return NULL;
	uint64_t line = line_of(text, bad);
	size_t offset = (size_t)(bad - text);
	if (*bad == '\0')
		return g_strdup_printf("line %" G_GUINT64_FORMAT
		                       " has a NUL byte (byte %zu of the file); is this a text file?",
		        line, offset);
	return g_strdup_printf("line %" G_GUINT64_FORMAT
	                       " is not UTF-8 (byte 0x%02x, byte %zu of the file); if the file is "
	                       "Latin-1, say so with encoding: latin-1",
	        line, (unsigned char)*bad, offset);
}

static char *explain_record(const CsvRecord *r, size_t columns)
{
	if (r->open_quote)
		return g_strdup_printf("a quote opened in line %" G_GUINT64_FORMAT " is never closed", r->line);
	if (r->longest > LIMIT_CELL_BYTES)
		return g_strdup_printf("line %" G_GUINT64_FORMAT
		                       " has a cell of %zu bytes where at most %d are taken; a missing "
		                       "quote swallows the rest of a file into one cell",
		        r->line, r->longest, LIMIT_CELL_BYTES);
	if (r->stray_quote)
		return g_strdup_printf("line %" G_GUINT64_FORMAT
		                       " has text behind a closing quote; a quote inside a quoted cell "
		                       "is written twice (\"\")",
		        r->line);
	if (!r->blank && r->fields != columns)
		return g_strdup_printf("line %" G_GUINT64_FORMAT " has %zu column%s where the header has %zu", r->line,
		        r->fields, r->fields == 1 ? "" : "s", columns);
	return NULL;
}

static char *explain_line_ends(const CsvScan *s)
{
	if (!s->crlf_line || !s->lf_line)
		return NULL;
	return g_strdup_printf("lines end in two ways: line %" G_GUINT64_FORMAT
	                       " as on Windows (CR LF), line %" G_GUINT64_FORMAT " as on Unix (LF); make them one",
	        s->crlf_line, s->lf_line);
}

static char *explain_text(const char *text, size_t size, char delimiter, size_t columns)
{
	char *problem = explain_bytes(text, size);
	if (problem || columns == 0)
		return problem;
	CsvScan scan = {.at = text, .end = text + size, .delimiter = delimiter, .line = 1};
	CsvRecord r;
	while (csv_scan_next(&scan, &r)) {
		problem = columns == 1 && r.blank ? NULL : explain_record(&r, columns);
		if (problem)
			return problem;
	}
	return explain_line_ends(&scan);
}

char *csv_explain(const char *path, char delimiter, size_t columns)
{
	g_autoptr(GMappedFile) file = g_mapped_file_new(path, FALSE, NULL);
	if (!file)
		return NULL;
	return explain_text(g_mapped_file_get_contents(file), g_mapped_file_get_length(file), delimiter, columns);
}
