/* pmml.c: pieces of PMML. */
#include "export/pmml.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "export/text.h"

Pmml *pmml_new(const char *prefix)
{
	Pmml *p = g_new0(Pmml, 1);
	p->globals = g_string_new(NULL);
	p->segments = g_string_new(NULL);
	p->locals = g_string_new(NULL);
	p->numbers = g_ptr_array_new_with_free_func(g_free);
	p->classes = g_ptr_array_new();
	p->features = g_ptr_array_new_with_free_func(g_free);
	p->prefix = g_strdup(prefix);
	return p;
}

void pmml_free(Pmml *p)
{
	if (!p)
		return;
	g_string_free(p->globals, TRUE);
	g_string_free(p->segments, TRUE);
	g_string_free(p->locals, TRUE);
	g_ptr_array_unref(p->numbers);
	g_ptr_array_unref(p->features);
	g_ptr_array_unref(p->classes);
	g_free(p->prefix);
	g_free(p);
}

bool pmml_can_hold(const char *text)
{
	for (const char *c = text; *c; c++)
		if ((unsigned char)*c < 0x20 && !strchr("\t\n\r", *c))
			return false;
	return true;
}

/* White space as numbers: as it is, attributes would make blanks of it. */
char *pmml_escape(const char *text)
{
	g_autofree char *plain = g_markup_escape_text(text, -1);
	GString *to = g_string_new(NULL);
	for (const char *c = plain; *c; c++)
		if (strchr("\t\n\r", *c))
			g_string_append_printf(to, "&#%d;", *c);
		else
			g_string_append_c(to, *c);
	return g_string_free(to, FALSE);
}

char *pmml_digits(double value)
{
	char text[G_ASCII_DTOSTR_BUF_SIZE];
	return g_strdup(g_ascii_formatd(text, sizeof text, "%.17g", value));
}

char *pmml_field(const char *name)
{
	g_autofree char *escaped = pmml_escape(name);
	return g_strdup_printf("<FieldRef field=\"%s\"/>", escaped);
}

char *pmml_field_or(const char *name, double otherwise)
{
	g_autofree char *escaped = pmml_escape(name);
	g_autofree char *number = pmml_digits(otherwise);
	return g_strdup_printf("<FieldRef field=\"%s\" mapMissingTo=\"%s\"/>", escaped, number);
}

char *pmml_number(double value)
{
	g_autofree char *number = pmml_digits(value);
	return g_strdup_printf("<Constant dataType=\"double\">%s</Constant>", number);
}

char *pmml_text(const char *value)
{
	g_autofree char *escaped = pmml_escape(value);
	return g_strdup_printf("<Constant dataType=\"string\">%s</Constant>", escaped);
}

char *pmml_apply(const char *function, char *a, char *b, char *c)
{
	g_autofree char *name = pmml_escape(function);
	char *all = g_strdup_printf("<Apply function=\"%s\">%s%s%s</Apply>", name, a, b ? b : "", c ? c : "");
	g_free(a);
	g_free(b);
	g_free(c);
	return all;
}

char *pmml_if_there(const char *field, char *then)
{
	return pmml_apply("if", pmml_apply("isNotMissing", pmml_field(field), NULL, NULL), then, NULL);
}

char *pmml_sum(char **parts, size_t count)
{
	char *sum = count ? parts[0] : pmml_number(0);
	for (size_t i = 1; i < count; i++)
		sum = pmml_apply("+", sum, parts[i], NULL);
	return sum;
}

char *pmml_name(Pmml *p, const char *what)
{
	return g_strdup_printf("%s%s%u", p->prefix, what, p->next++);
}

void pmml_derive_named(GString *to, const char *name, const char *shown, const char *type, char *expression)
{
	g_autofree char *escaped = pmml_escape(name);
	g_autofree char *display = shown ? pmml_escape(shown) : NULL;
	text_add(to, "<DerivedField name=\"%s\"%s%s%s optype=\"%s\" dataType=\"%s\">", escaped,
	        display ? " displayName=\"" : "", display ? display : "", display ? "\"" : "",
	        g_str_equal(type, "string") ? "categorical" : "continuous", type);
	g_string_append(to, expression);
	g_string_append(to, "</DerivedField>\n");
	g_free(expression);
}

char *pmml_derive(Pmml *p, GString *to, const char *type, char *expression)
{
	char *name = pmml_name(p, "v");
	pmml_derive_named(to, name, NULL, type, expression);
	return name;
}

const char *pmml_leave(Pmml *p, const char *feature)
{
	char *name = pmml_name(p, "m");
	text_add(p->segments,
	        "<OutputField name=\"%s\" optype=\"continuous\" dataType=\"double\" %s isFinalResult=\"false\"/>", name,
	        feature);
	g_ptr_array_add(p->numbers, name);
	return name;
}
