/* text.c: pieces of C source. */
#include "export/text.h"

#include <math.h>
#include <string.h>

void text_add(GString *to, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	g_string_append_vprintf(to, format, args);
	va_end(args);
}

static bool add_special(GString *to, double value)
{
	if (isnan(value))
		g_string_append(to, "NAN");
	else if (isinf(value))
		g_string_append(to, value > 0 ? "INFINITY" : "-INFINITY");
	return !isfinite(value);
}

static void add_decimal(GString *to, double value, const char *format)
{
	char text[G_ASCII_DTOSTR_BUF_SIZE];
	g_ascii_formatd(text, sizeof text, format, value);
	g_string_append(to, text);
	if (!strpbrk(text, ".e"))
		g_string_append(to, ".0");
}

void text_double(GString *to, double value)
{
	if (!add_special(to, value))
		add_decimal(to, value, "%.17g");
}

void text_float(GString *to, float value)
{
	if (add_special(to, (double)value))
		return;
	add_decimal(to, (double)value, "%.9g");
	g_string_append_c(to, 'f');
}

void text_values(GString *to, bool single, const double *values, size_t count)
{
	g_string_append_c(to, '{');
	for (size_t i = 0; i < count; i++) {
		g_string_append(to, i ? (i % 8 ? ", " : ",\n\t") : "\n\t");
		if (single)
			text_float(to, (float)values[i]);
		else
			text_double(to, values[i]);
	}
	g_string_append(to, count ? "};\n" : "0};\n");
}

void text_string(GString *to, const char *text)
{
	if (!text) {
		g_string_append(to, "NULL");
		return;
	}
	g_string_append_c(to, '"');
	for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
		if (g_ascii_isalnum(*c) || (*c && strchr(" _-.:;,+=/()[]{}<>|!#$%&'*@^~", *c)))
			g_string_append_c(to, (char)*c);
		else
			g_string_append_printf(to, "\\%03o", *c);
	}
	g_string_append_c(to, '"');
}

char *text_name(const char *text)
{
	g_autoptr(GString) name = g_string_new(g_ascii_isdigit(*text) || !*text ? "_" : "");
	for (; *text; text++)
		g_string_append_c(name, g_ascii_isalnum(*text) ? *text : '_');
	return g_strdup(name->str);
}
