/* help.c: help texts, made from the ops' tables. */
#include <string.h>

#include "base/json.h"
#include "cli/cli.h"

static char *words_of(const Op *op)
{
	return g_strdelimit(g_strdup(op->name), ".", ' ');
}

/* Columns of a line of help, at most. */
#define MARGIN ((size_t)118)

static bool is_shown(const Op *op, const char *prefix)
{
	if (!op->help)
		return false;
	if (!prefix)
		return true;
	size_t length = strlen(prefix);
	return strncmp(op->name, prefix, length) == 0 && (op->name[length] == '.' || !op->name[length]);
}

/* Two blanks between the longest name and what it does, as between all others. */
static int widest(const char *prefix)
{
	size_t most = 0;
	for (const Op *const *o = OPS; *o; o++)
		if (is_shown(*o, prefix))
			most = MAX(most, strlen((*o)->name));
	return (int)most;
}

void help_print(FILE *out, const char *prefix)
{
	int width = widest(prefix);
	if (!prefix)
		fputs("gyre: a machine-learning project on tables, from the question to the model in use\n\n", out);
	fputs("usage: gyre COMMAND [OPTION...]\n\n", out);
	for (const Op *const *o = OPS; *o; o++) {
		if (!is_shown(*o, prefix))
			continue;
		g_autofree char *words = words_of(*o);
		fprintf(out, "  %-*s  %s\n", width, words, (*o)->help);
	}
	fputs("\ngyre COMMAND --help tells more.  A project is a folder with a gyre.yaml; start one with:\n"
	      "  gyre new DATA.csv --target COLUMN\n",
	        out);
}

static void print_usage(FILE *out, const Op *op)
{
	g_autofree char *words = words_of(op);
	fprintf(out, "usage: gyre %s", words);
	for (const Param *p = op->params; p && p->name; p++) {
		if (!(p->flags & PARAM_POSITIONAL))
			continue;
		g_autofree char *name = g_ascii_strup(p->name, -1);
		bool needed = p->flags & PARAM_REQUIRED;
		fprintf(out, needed ? " %s%s" : " [%s%s]", name, p->type == PARAM_TEXTS ? "..." : "");
	}
	fputs(" [OPTION...]\n\n", out);
	fprintf(out, "%c%s.\n", g_ascii_toupper(op->help[0]), op->help + 1);
}

static char *option_head(const Param *p)
{
	if (p->flags & PARAM_POSITIONAL)
		return g_ascii_strup(p->name, -1);
	g_autofree char *name = g_strdelimit(g_strdup(p->name), "_", '-');
	g_autofree char *letter = p->letter ? g_strdup_printf("-%c, ", p->letter) : g_strdup("    ");
	if (p->type == PARAM_BOOL)
		return g_strdup_printf("%s--%s", letter, name);
	static const char *const KINDS[] = {[PARAM_INT] = "N",
	        [PARAM_REAL] = "X",
	        [PARAM_TEXT] = "TEXT",
	        [PARAM_TEXTS] = "LIST",
	        [PARAM_JSON] = "JSON"};
	return g_strdup_printf("%s--%s %s", letter, name, p->unit ? p->unit : KINDS[p->type]);
}

/* The text with its own line breaks, and further ones before words that would reach beyond the margin; it begins in column `at`, and
 * lines that are broken go on in column `indent`. */
static void put_wrapped(FILE *out, const char *text, size_t at, size_t indent)
{
	while (*text) {
		size_t blanks = strspn(text, " "), word = strcspn(text + blanks, " \n");
		if (at > indent && at + blanks + word > MARGIN) {
			fprintf(out, "\n%*s", (int)indent, "");
			at = indent;
			blanks = 0;
			text += strspn(text, " ");
		}
		fprintf(out, "%.*s", (int)(blanks + word), text);
		text += blanks + word;
		at += blanks + word;
		if (*text == '\n') {
			fputc(*text++, out);
			at = 0;
		}
	}
}

static void print_params(FILE *out, const char *title, const Param *params)
{
	bool any = false;
	for (const Param *p = params; p && p->name; p++) {
		if (p->flags & PARAM_HIDDEN)
			continue;
		if (!any)
			fprintf(out, "\n%s:\n", title);
		any = true;
		g_autofree char *head = option_head(p);
		g_autoptr(GString) text = g_string_new(p->help);
		if (p->choices) {
			g_autofree char *choices = g_strjoinv(", ", (char **)p->choices);
			g_string_append_printf(text, " (%s)", choices);
		}
		if (p->preset && p->type != PARAM_BOOL && strcmp(p->preset, "[]") != 0)
			g_string_append_printf(text, " [%s]", p->preset);
		fprintf(out, "  %-26s ", head);
		put_wrapped(out, text->str, MAX(strlen(head), 26) + 3, 29);
		fputc('\n', out);
	}
}

void help_print_op(FILE *out, const Op *op)
{
	print_usage(out, op);
	if (op->more) {
		fputc('\n', out);
		put_wrapped(out, op->more, 0, 0);
		fputc('\n', out);
	}
	print_params(out, "Options", op->params);
	print_params(out, "Options of every command", GLOBAL_PARAMS);
}
