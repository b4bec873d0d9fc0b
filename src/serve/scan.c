/* scan.c: the cursor over JSON text, and texts in it.  Numbers are read in scan_number.c. */
#include "serve/scan.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/limits.h"
#include "serve/scan_number.h"

/* A chunk of text; which of its bytes are so is told by all bits of each. */
typedef uint8_t Chunk __attribute__((vector_size(16)));

static inline bool has_any(Chunk bytes)
{
	uint64_t half[2];
	memcpy(half, &bytes, sizeof half);
	return half[0] | half[1];
}

/* Past whole chunks of ASCII without a NUL: nearly all there is. */
static const char *pass_ascii(const char *at, const char *end)
{
	Chunk c;
	for (; end - at >= (ptrdiff_t)sizeof c; at += sizeof c) {
		memcpy(&c, at, sizeof c);
		if (has_any((Chunk)(c == 0) | (c & 0x80)))
			break;
	}
	return at;
}

void scan_start(Scan *s, const char *text, size_t size)
{
	const char *bad;
	text = text ? text : ""; /* of no bytes */
	*s = (Scan){.start = text, .at = text, .end = text + size};
	const char *rest = pass_ascii(text, s->end);
	if (!g_utf8_validate_len(rest, (size_t)(s->end - rest), &bad)) {
		s->at = bad;
		scan_problem(s, "a byte that is not UTF-8, or NUL");
	}
}

bool scan_problem(Scan *s, const char *problem)
{
	if (!s->problem) {
		s->problem = problem;
		s->problem_at = s->at;
	}
	return false;
}

bool scan_enter(Scan *s, char open)
{
	if (scan_peek(s) != open)
		return scan_problem(s, open == '{' ? "an object {...} is expected" : "a list [...] is expected");
	if (++s->depth > LIMIT_NESTING)
		return scan_problem(s, "nested too deeply");
	s->at++;
	s->fresh = true;
	return true;
}

bool scan_more(Scan *s, char close)
{
	char next = scan_peek(s);
	if (s->problem)
		return false;
	if (next == close) {
		s->at++;
		s->depth--;
		s->fresh = false;
		return false;
	}
	if (s->fresh) {
		s->fresh = false;
		return next != 0 || scan_problem(s, "the text ends in the middle");
	}
	if (next != ',')
		return scan_problem(s,
		        next ? "a comma or the end of the list or object is expected" : "the text ends in the middle");
	s->at++;
	next = scan_peek(s);
	if (next == close)
		return scan_problem(s, "a value is expected behind the comma");
	return true;
}

static int hex_digits(const char *at)
{
	int value = 0;
	for (int i = 0; i < 4; i++) {
		int digit = g_ascii_xdigit_value(at[i]);
		if (digit < 0)
			return -1;
		value = value * 16 + digit;
	}
	return value;
}

/* \uXXXX, or two of them for one character beyond the first 65,536; `at` stands on the u. */
static const char *read_unicode(const char *at, const char *end, GString *to)
{
	int first = end - at >= 5 ? hex_digits(at + 1) : -1;
	if (first <= 0 || (first >= 0xdc00 && first < 0xe000))
		return NULL;
	at += 5;
	if (first < 0xd800 || first >= 0xe000) {
		g_string_append_unichar(to, (gunichar)first);
		return at;
	}
	int second = end - at >= 6 && at[0] == '\\' && at[1] == 'u' ? hex_digits(at + 2) : -1;
	if (second < 0xdc00 || second >= 0xe000)
		return NULL;
	g_string_append_unichar(to, (gunichar)(0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00)));
	return at + 6;
}

static bool unescape(Scan *s, const char *from, const char *end, const char **ret, size_t *ret_length)
{
	static const char NAMES[] = "\"\\/bfnrt", MEANINGS[] = "\"\\/\b\f\n\r\t";
	GString *text = g_string_sized_new((gsize)(end - from));
	while (from && from < end) {
		if (*from != '\\') {
			g_string_append_c(text, *from++);
			continue;
		}
		const char *name = strchr(NAMES, from[1]);
		if (from[1] == 'u') {
			from = read_unicode(from + 1, end, text);
		} else if (name) {
			g_string_append_c(text, MEANINGS[name - NAMES]);
			from += 2;
		} else {
			from = NULL;
		}
	}
	if (!s->copies)
		s->copies = g_ptr_array_new_with_free_func(g_free);
	*ret_length = text->len;
	*ret = g_string_free(text, FALSE);
	g_ptr_array_add(s->copies, (void *)*ret);
	return from || scan_problem(s, "an escape in a text that JSON does not have, or a NUL");
}

/* The closing quote, or the first byte a text may not have. */
static const char *text_end(const Scan *s, const char *from, bool *ret_escapes)
{
	*ret_escapes = false;
	for (; from < s->end && *from != '"' && (unsigned char)*from >= 0x20; from++)
		if (*from == '\\') {
			*ret_escapes = true;
			if (++from == s->end)
				break;
		}
	return from;
}

static bool read_text(Scan *s, const char **ret, size_t *ret_length)
{
	bool escapes;
	const char *begin = s->at + 1, *end = text_end(s, begin, &escapes);
	if (end >= s->end || *end != '"') {
		s->at = MIN(end, s->end);
		return scan_problem(s, "a text that does not end");
	}
	if (escapes && !unescape(s, begin, end, ret, ret_length))
		return false;
	if (!escapes) {
		*ret = begin;
		*ret_length = (size_t)(end - begin);
	}
	s->at = end + 1;
	return true;
}

bool scan_key(Scan *s, const char **ret, size_t *ret_length)
{
	if (scan_peek(s) != '"')
		return scan_problem(s, "a key in quotes is expected");
	if (!read_text(s, ret, ret_length))
		return false;
	if (scan_peek(s) != ':')
		return scan_problem(s, "a colon is expected behind the key");
	s->at++;
	return true;
}

bool scan_key_is(const char *key, size_t length, const char *word)
{
	return strlen(word) == length && memcmp(key, word, length) == 0;
}

static bool read_word(Scan *s, const char *word)
{
	size_t length = strlen(word);
	if ((size_t)(s->end - s->at) < length || memcmp(s->at, word, length) != 0)
		return scan_problem(s, "a value is expected");
	s->at += length;
	return true;
}

static bool read_bool(Scan *s, const char *word, Cell *ret)
{
	*ret = (Cell){.type = CELL_BOOL, .is_true = *word == 't', .number = *word == 't'};
	return read_word(s, word);
}

static bool read_special(Scan *s, const char *word, double value, Cell *ret)
{
	*ret = (Cell){.type = CELL_REAL, .number = value};
	return read_word(s, word);
}

/* RFC 4648, padded; GLib's decoder passes over what is none. */
static bool is_base64(const char *text, size_t length)
{
	size_t padding = length && text[length - 1] == '=' ? 1 + (length > 1 && text[length - 2] == '=') : 0;
	for (size_t i = 0; i + padding < length; i++)
		if (!g_ascii_isalnum(text[i]) && text[i] != '+' && text[i] != '/')
			return false;
	return length % 4 == 0;
}

static bool read_base64(Scan *s, Cell *ret)
{
	static const char WHAT[] = "one value is expected, not a list or an object";
	const char *text;
	size_t length;
	if (!scan_enter(s, '{') || !scan_more(s, '}') || !scan_key(s, &text, &length) ||
	        !scan_key_is(text, length, "b64") || scan_peek(s) != '"')
		return scan_problem(s, WHAT);
	if (!read_text(s, &text, &length))
		return false;
	if (!is_base64(text, length))
		return scan_problem(s, "\"b64\" is not followed by base64");
	char *bytes = g_strndup(text, length);
	if (!s->copies)
		s->copies = g_ptr_array_new_with_free_func(g_free);
	g_ptr_array_add(s->copies, bytes);
	*ret = (Cell){.type = CELL_TEXT, .text = bytes};
	if (length)
		g_base64_decode_inplace(bytes, &ret->length);
	if (!g_utf8_validate_len(bytes, ret->length, NULL))
		return scan_problem(s, "what is sent as base64 is no text in UTF-8");
	return scan_more(s, '}') ? scan_problem(s, WHAT) : !s->problem;
}

bool scan_cell(Scan *s, Cell *ret)
{
	char first = scan_peek(s);
	if (s->problem)
		return false;
	if (g_ascii_isdigit(first) || (first == '-' && s->end - s->at > 1 && s->at[1] != 'I'))
		return scan_json_number(s, ret);
	switch (first) {
	case '"':
		*ret = (Cell){.type = CELL_TEXT};
		return read_text(s, &ret->text, &ret->length);
	case 't':
		return read_bool(s, "true", ret);
	case 'f':
		return read_bool(s, "false", ret);
	case 'n':
		*ret = (Cell){.type = CELL_NULL};
		return read_word(s, "null");
	case 'N':
		return read_special(s, "NaN", NAN, ret);
	case 'I':
		return read_special(s, "Infinity", INFINITY, ret);
	case '{':
		return read_base64(s, ret);
	case '[':
		return scan_problem(s, "one value is expected, not a list or an object");
	case 0:
		return scan_problem(s, "the text ends in the middle");
	default:
		return first == '-' ? read_special(s, "-Infinity", -INFINITY, ret) : scan_json_number(s, ret);
	}
}

/* Depth is bounded by scan_enter, so the recursion is. */
static bool skip_members(Scan *s, char open, char close)
{
	const char *key;
	size_t length;
	if (!scan_enter(s, open))
		return false;
	while (scan_more(s, close))
		if ((open == '{' && !scan_key(s, &key, &length)) || !scan_skip(s, NULL))
			return false;
	return !s->problem;
}

bool scan_skip(Scan *s, const char **ret_begin)
{
	Cell cell;
	char first = scan_peek(s);
	if (ret_begin)
		*ret_begin = s->at;
	if (first == '{')
		return skip_members(s, '{', '}');
	if (first == '[')
		return skip_members(s, '[', ']');
	return g_ascii_isdigit(first) ? scan_pass_number(s) : scan_cell(s, &cell);
}

static inline bool is_mark(char c)
{
	return c == '"' || c == '[' || c == ']' || c == '{' || c == '}';
}

/* The next bracket or quote.  Of chunks it is first asked where they have a byte that is one when the bits by which brackets differ are set,
 * which a few letters are as well. */
static const char *next_mark(const char *at, const char *end)
{
	while (end - at >= (ptrdiff_t)sizeof(Chunk)) {
		Chunk c;
		uint64_t half[2];
		memcpy(&c, at, sizeof c);
		c = (Chunk)((c | 0x26) == 0x7f) | (Chunk)(c == '"');
		memcpy(half, &c, sizeof half);
		uint64_t first = GUINT64_FROM_LE(half[0]), second = GUINT64_FROM_LE(half[1]);
		at += first ? __builtin_ctzll(first) / 8 : second ? 8 + __builtin_ctzll(second) / 8 : 16;
		if (!(first | second))
			continue;
		if (is_mark(*at))
			return at;
		at++;
	}
	while (at < end && !is_mark(*at))
		at++;
	return at;
}

bool scan_pass(Scan *s, const char **ret_begin)
{
	unsigned depth = 0;
	bool escapes;
	char first = scan_peek(s);
	if (first != '{' && first != '[')
		return scan_skip(s, ret_begin);
	if (ret_begin)
		*ret_begin = s->at;
	do {
		s->at = next_mark(s->at, s->end);
		char mark = s->at < s->end ? *s->at++ : 0;
		if (mark == '[' || mark == '{')
			depth++;
		else if (mark == '"')
			s->at = MIN(text_end(s, s->at, &escapes) + 1, s->end);
		else if (mark)
			depth--;
		else
			return scan_problem(s, "the text ends in the middle");
		if (s->depth + depth > LIMIT_NESTING)
			return scan_problem(s, "nested too deeply");
	} while (depth);
	return true;
}

void scan_clear(Scan *s)
{
	g_clear_pointer(&s->copies, g_ptr_array_unref);
}

bool scan_finish(Scan *s, GError **error)
{
	if (scan_peek(s))
		scan_problem(s, "more text behind the end of the value");
	scan_clear(s);
	if (!s->problem)
		return true;
	return fail(
	        error, FAIL_INVALID, "not valid JSON at byte %zu: %s", (size_t)(s->problem_at - s->start), s->problem);
}
