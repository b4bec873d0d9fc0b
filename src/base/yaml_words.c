/* yaml_words.c: libyaml's problems said again for people who do not know its grammar.
 *
 * libyaml 0.2.5 gives a problem with its place and often a context ("while parsing a flow sequence") with the place where
 * that began.  The table chooses the words and which of the two places helps. */
#include "base/yaml_words.h"

#include <string.h>

#include "base/error.h"

/* The characters of YAML 1.2.2, section 5.1, as libyaml reads them. */
static bool is_printable(gunichar c)
{
	return c == '\t' || c == '\n' || c == '\r' || (c >= 0x20 && c <= 0x7e) || c == 0x85 ||
	       (c >= 0xa0 && c <= 0xfffd && c != 0xfeff) || c >= 0x10000;
}

static void advance(const char **at, const char *end, int *line, int *column)
{
	bool is_last = *at + 1 == end;
	bool is_break = **at == '\n' || (**at == '\r' && (is_last || (*at)[1] != '\n'));
	*at = g_utf8_next_char(*at);
	*line += is_break;
	*column = is_break ? 1 : *column + 1;
}

bool yaml_check_bytes(const char *name, const char *text, size_t size, GError **error)
{
	const char *end;
	bool is_utf8 = g_utf8_validate_len(text, size, &end); /* a NUL ends it too */
	int line = 1, column = 1;
	const char *at = text;
	while (at < end && is_printable(g_utf8_get_char(at)))
		advance(&at, end, &line, &column);
	if (at < end)
		return fail(error, FAIL_INVALID, "%s:%d:%d: the control character U+%04X is not allowed here", name,
		        line, column, g_utf8_get_char(at));
	if (is_utf8)
		return true;
	if (*end == 0)
		return fail(error, FAIL_INVALID, "%s:%d:%d: a NUL byte: this is not a text file, or is damaged", name,
		        line, column);
	return fail(error, FAIL_INVALID, "%s:%d:%d: this is not UTF-8 (byte %02x): save the file as UTF-8", name, line,
	        column, (unsigned char)*end);
}

enum { HERE, BEGIN }; /* where the problem is, or where what it is part of began */

static const struct {
	const char *problem, *context; /* context: NULL for any */
	const char *words;
	int place;
} WORDS[] = {
        {"found unexpected end of stream", "while scanning a quoted scalar",
                "the quotes that open here are never closed", BEGIN},
        {"found unexpected document indicator", "while scanning a quoted scalar",
                "the quotes that open here are never closed", BEGIN},
        {"found unknown escape character", NULL,
                "in double quotes a backslash begins an escape, and this is none: write \\\\ or use single quotes",
                HERE},
        {"did not find expected hexdecimal number", NULL, "this escape needs hexadecimal digits after it", HERE},
        {"found invalid Unicode character escape code", NULL, "this escape is not a character of Unicode", HERE},
        {"found a tab character where an indentation space is expected", NULL, "a tab in the indentation: use spaces",
                HERE},
        {"found a tab character that violates indentation", NULL, "a tab in the indentation: use spaces", HERE},
        {"mapping values are not allowed in this context", NULL,
                "a colon where no key can stand: check the indentation, and put a text that holds \": \" in quotes",
                HERE},
        {"block sequence entries are not allowed in this context", NULL,
                "a list item (-) where none can stand: begin it on a line of its own", HERE},
        {"mapping keys are not allowed in this context", NULL, "a key (?) where none can stand", HERE},
        {"could not find expected ':'", NULL, "a colon and a space are missing after this key", BEGIN},
        {"did not find expected key", "while parsing a block mapping",
                "a new key is expected here: check the indentation, and that quotes do not close too early", HERE},
        {"did not find expected key", NULL, "a key is expected here", HERE},
        {"did not find expected '-' indicator", NULL,
                "a list item (-) is expected here: check the indentation against the lines above", HERE},
        {"did not find expected ',' or ']'", NULL, "the list that opens here is not closed, or lacks a comma", BEGIN},
        {"did not find expected ',' or '}'", NULL, "the map that opens here is not closed, or lacks a comma", BEGIN},
        {"did not find expected node content", NULL, "a value is missing here", HERE},
        {"did not find expected alphabetic or numeric character", "while scanning an alias",
                "a text that begins with * needs quotes", BEGIN},
        {"did not find expected alphabetic or numeric character", "while scanning an anchor",
                "a text that begins with & needs quotes", BEGIN},
        {"did not find expected comment or line break", "while scanning a block scalar",
                "only an indicator (|- |+ >- >+) or a comment may follow here; the text begins on the next line",
                BEGIN},
        {"found an indentation indicator equal to 0", NULL, "the indentation of a text cannot be 0", BEGIN},
        {"did not find expected <document start>", NULL,
                "nothing can follow the value that ended above: check the indentation", HERE},
        {"found incompatible YAML document", NULL, "only YAML 1.1 and 1.2 are read", HERE},
        {"found undefined tag handle", NULL, "tags (!name) are not supported; a text that begins with ! needs quotes",
                HERE},
};

static char *words_for_character(const char *text, yaml_mark_t mark)
{
	gunichar c = g_utf8_get_char(g_utf8_offset_to_pointer(text, (glong)mark.index));
	if (c == '\t')
		return g_strdup("a tab in the indentation: use spaces");
	char character[8] = {0};
	g_unichar_to_utf8(c, character);
	return g_strdup_printf("a text cannot begin with %s: put it in quotes", character);
}

/* What begins with ! or % has problems of many names; only that it is one matters. */
static char *words_for_context(const yaml_parser_t *parser, yaml_mark_t *ret_mark)
{
	const char *context = parser->context ? parser->context : "";
	*ret_mark = parser->context_mark;
	if (strstr(context, "while parsing a tag") || strstr(context, "scanning a tag"))
		return g_strdup("tags (!name) are not supported; a text that begins with ! needs quotes");
	if (strstr(context, "directive"))
		return g_strdup("a line that begins with % is a directive, and this is none: put a text in quotes");
	*ret_mark = parser->problem_mark;
	return NULL;
}

char *yaml_words(const yaml_parser_t *parser, const char *text, yaml_mark_t *ret_mark)
{
	const char *problem = parser->problem ? parser->problem : "it cannot be read";
	*ret_mark = parser->problem_mark;
	if (strcmp(problem, "found character that cannot start any token") == 0)
		return words_for_character(text, parser->problem_mark);
	for (size_t i = 0; i < G_N_ELEMENTS(WORDS); i++) {
		if (strcmp(problem, WORDS[i].problem) != 0)
			continue;
		if (WORDS[i].context && g_strcmp0(parser->context, WORDS[i].context) != 0)
			continue;
		if (WORDS[i].place == BEGIN && parser->context)
			*ret_mark = parser->context_mark;
		return g_strdup(WORDS[i].words);
	}
	char *words = words_for_context(parser, ret_mark);
	return words ? words : g_strdup_printf("not YAML: %s", problem);
}
