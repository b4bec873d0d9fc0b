/* table.c: text tables. */
#include "cli/table.h"

#include <stdbool.h>

#include <stdarg.h>
#include <string.h>

struct Table {
	guint columns;
	GPtrArray *cells; /* char *, row by row, the heads first */
	bool *right;
};

Table *table_new(const char *const *heads)
{
	Table *t = g_new0(Table, 1);
	t->columns = g_strv_length((char **)heads);
	t->cells = g_ptr_array_new_with_free_func(g_free);
	t->right = g_new0(bool, MAX(t->columns, 1u));
	for (guint i = 0; i < t->columns; i++) {
		t->right[i] = heads[i][0] == '>';
		g_ptr_array_add(t->cells, g_strdup(heads[i] + t->right[i]));
	}
	return t;
}

/* A cell with several lines would break the row: its end is a sign of that. */
static char *one_line(const char *text)
{
	size_t length = strcspn(text, "\r\n");
	return g_strdup_printf("%.*s%s", (int)length, text, text[length] ? " …" : "");
}

void table_add_cells(Table *t, const char *const *cells)
{
	for (guint i = 0; i < t->columns; i++)
		g_ptr_array_add(t->cells, one_line(cells[i] ? cells[i] : "-"));
}

void table_add(Table *t, ...)
{
	g_autofree const char **cells = g_new0(const char *, t->columns);
	va_list args;
	va_start(args, t);
	for (guint i = 0; i < t->columns; i++)
		if (!(cells[i] = va_arg(args, const char *)))
			break;
	va_end(args);
	table_add_cells(t, cells);
}

size_t text_width(const char *text)
{
	size_t width = 0;
	for (; *text; text = g_utf8_next_char(text)) {
		gunichar c = g_utf8_get_char(text);
		width += g_unichar_iszerowidth(c) ? 0 : g_unichar_iswide(c) ? 2 : 1;
	}
	return width;
}

static bool is_plain(gunichar c)
{
	return g_unichar_isalnum(c) || (c < 128 && strchr("_-+=:,./@%", (int)c));
}

char *shell_word(const char *text)
{
	bool plain = *text != '\0';
	for (const char *c = text; *c && plain; c = g_utf8_next_char(c))
		plain = is_plain(g_utf8_get_char(c));
	return plain ? g_strdup(text) : g_shell_quote(text);
}

static void print_cell(FILE *out, const char *text, size_t width, bool right, bool last)
{
	int gap = (int)(width - text_width(text));
	if (right)
		fprintf(out, "%*s", gap, "");
	fputs(text, out);
	if (!right && !last)
		fprintf(out, "%*s", gap, "");
	fputs(last ? "\n" : "  ", out);
}

void table_print(Table *t, FILE *out, const char *empty)
{
	guint columns = MAX(t->columns, 1u), rows = t->cells->len / columns;
	g_autofree size_t *widths = g_new0(size_t, columns);
	for (guint i = 0; i < t->cells->len; i++)
		widths[i % columns] = MAX(widths[i % columns], text_width(t->cells->pdata[i]));
	if (rows <= 1 && empty)
		fprintf(out, "%s\n", empty);
	for (guint i = 0; rows > 1 && i < t->cells->len; i++) {
		guint c = i % columns;
		print_cell(out, t->cells->pdata[i], widths[c], t->right[c], c + 1 == columns);
	}
	g_ptr_array_unref(t->cells);
	g_free(t->right);
	g_free(t);
}

void print_wrapped(FILE *out, const char *head, const char *text)
{
	enum { WIDTH = 80 };
	size_t indent = text_width(head), at = indent;
	g_auto(GStrv) words = g_strsplit(text, " ", -1);
	fputs(head, out);
	for (size_t i = 0; words[i]; i++) {
		size_t width = text_width(words[i]);
		if (i && at + 1 + width > WIDTH) {
			fprintf(out, "\n%*s", (int)indent, "");
			at = indent;
		} else if (i) {
			fputc(' ', out);
			at++;
		}
		fputs(words[i], out);
		at += width;
	}
	fputc('\n', out);
}
