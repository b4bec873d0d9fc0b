/* rows.c: rows of a file in, rows as CSV out. */
#include "op/rows.h"

#include <string.h>

#include "data/source.h"

bool rows_open(Engine *e, const char *file, GError **error)
{
	const SourceKind *kind = source_kind("file");
	json_auto_t *given = json_pack("{s:s}", "path", file), *params = NULL;
	g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
	int64_t rows;
	if (!param_fill(kind->params, NULL, given, &params, error) || !kind->files(".", params, paths, error))
		return false;
	SourceInput input = {
	        .name = "rows", .params = params, .paths = (const char *const *)paths->pdata, .path_count = paths->len};
	return kind->open(e, &input, &rows, error);
}

static void print_field(FILE *out, const char *text)
{
	if (!text)
		return;
	if (!strpbrk(text, ",\"\r\n")) {
		fputs(text, out);
		return;
	}
	fputc('"', out);
	for (; *text; text++) {
		if (*text == '"')
			fputc('"', out);
		fputc(*text, out);
	}
	fputc('"', out);
}

void rows_print_csv(FILE *out, const Frame *f, bool *has_head)
{
	guint columns = f->columns->len;
	for (guint c = 0; !*has_head && c < columns; c++) {
		print_field(out, ((const Column *)f->columns->pdata[c])->name);
		fputc(c + 1 < columns ? ',' : '\n', out);
	}
	*has_head = true;
	for (size_t i = 0; i < f->rows; i++)
		for (guint c = 0; c < columns; c++) {
			g_autofree char *text = column_text(f->columns->pdata[c], i);
			print_field(out, text);
			fputc(c + 1 < columns ? ',' : '\n', out);
		}
}
