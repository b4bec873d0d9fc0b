/* html.c: text that becomes a page. */
#include "report/html.h"

#include <stdarg.h>
#include <string.h>

void put(Page *p, const char *tags)
{
	g_string_append(p->html, tags);
}

/* Not allowed in HTML, or able to turn the direction of what follows. */
static gboolean is_harmful(gunichar c)
{
	return (c < 0x20 && c != '\t' && c != '\n') || (c >= 0x7f && c < 0xa0) || (c >= 0x202a && c <= 0x202e) ||
	       (c >= 0x2066 && c <= 0x2069) || (c & 0xfffe) == 0xfffe || (c >= 0xfdd0 && c <= 0xfdef);
}

static void put_character(Page *p, gunichar c)
{
	const char *entity = c == '&' ? "&amp;" : c == '<' ? "&lt;" : c == '>' ? "&gt;" : c == '"' ? "&quot;" : NULL;
	if (entity)
		g_string_append(p->html, entity);
	else
		g_string_append_unichar(p->html, is_harmful(c) ? 0xfffd : c);
}

void put_text(Page *p, const char *text)
{
	enum { MOST = 2000 };
	if (!text)
		return;
	g_autofree char *valid = g_utf8_make_valid(text, -1);
	size_t count = 0;
	for (const char *at = valid; *at; at = g_utf8_next_char(at)) {
		if (count++ == MOST) {
			g_string_append(p->html, "…");
			return;
		}
		put_character(p, g_utf8_get_char(at));
	}
}

void put_format(Page *p, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	g_autofree char *text = g_strdup_vprintf(format, args);
	va_end(args);
	put_text(p, text);
}

void put_tag(Page *p, const char *tag, const char *text)
{
	size_t name = strcspn(tag, " ");
	g_string_append_printf(p->html, "<%s>", tag);
	put_text(p, text);
	g_string_append_printf(p->html, "</%.*s>\n", (int)name, tag);
}

void put_tag_format(Page *p, const char *tag, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	g_autofree char *text = g_strdup_vprintf(format, args);
	va_end(args);
	put_tag(p, tag, text);
}

void put_row(Page *p, const char *cell_tag, const char *columns, ...)
{
	va_list args;
	put(p, "<tr>");
	va_start(args, columns);
	for (const char *c = columns; *c; c++) {
		const char *cell = va_arg(args, const char *);
		const char *class = *c == 'n'                     ? " class=n"
		                    : *c != 'y'                   ? ""
		                    : g_strcmp0(cell, "yes") == 0 ? " class=yes"
		                                                  : " class=no";
		g_string_append_printf(p->html, "<%s%s>", cell_tag, class);
		put_text(p, cell);
		g_string_append_printf(p->html, "</%s>", cell_tag);
	}
	va_end(args);
	put(p, "</tr>\n");
}
