/* scan.h: JSON read in place, value by value: no tree is built and nothing is allocated for a value.
 *
 * A Scan is a cursor over text.  What is expected is asked for in order: enter a list or object, ask for more, take a key or a
 * cell, skip what is of no interest.  The first problem sticks: every later call gives false or nothing, so a caller may
 * look once, at the end.  NaN, Infinity and -Infinity are numbers (Python's json writes them); otherwise the grammar is RFC
 * 8259's: no leading zeros, no comments, no trailing commas.
 *
 *     Scan s;
 *     scan_start(&s, text, size);
 *     scan_enter(&s, '[');
 *     while (scan_more(&s, ']'))
 *             scan_cell(&s, &cell);
 *     bool ok = scan_finish(&s, error);
 *
 * Numbers: at most 19 digits and a power of ten up to 27 become a double by one operation on a 64-bit mantissa (x87), which is
 * exact but for ties, and these go to strtod: reference figures 0.33 us for 20 numbers of 17 digits. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum CellType { CELL_NULL, CELL_BOOL, CELL_INT, CELL_REAL, CELL_TEXT } CellType;

typedef struct Cell {
	CellType type;
	bool is_true;     /* BOOL */
	int64_t integer;  /* INT */
	double number;    /* INT and REAL; of BOOL 0 or 1 */
	const char *text; /* TEXT: not NUL-terminated; lives as long as the Scan and its text */
	size_t length;
} Cell;

typedef struct Scan {
	const char *start, *at, *end;
	unsigned depth;
	bool fresh;          /* just entered: no comma is due */
	const char *problem; /* NULL: none yet */
	const char *problem_at;
	GPtrArray *copies; /* of texts that had escapes */
} Scan;

/* A text that is not UTF-8, or holds a NUL, is a problem. */
void scan_start(Scan *s, const char *text, size_t size);

/* What begins here: one of { [ " t f n N I - 0-9, or 0 at the end. */
static inline char scan_peek(Scan *s)
{
	if (s->problem)
		return 0;
	while (s->at < s->end && (*s->at == ' ' || *s->at == '\n' || *s->at == '\t' || *s->at == '\r'))
		s->at++;
	return s->at < s->end ? *s->at : 0;
}

/* Goes into '{' or '['; at most LIMIT_NESTING deep. */
bool scan_enter(Scan *s, char open);
/* Is there another member before `close`?  At the end, `close` is passed. */
bool scan_more(Scan *s, char close);

/* A key of an object and the colon behind it. */
bool scan_key(Scan *s, const char **ret, size_t *ret_length);
bool scan_key_is(const char *key, size_t length, const char *word);

/* A value that is no list and no object; but {"b64": "..."}, as TensorFlow Serving's clients send bytes, is the text that these are. */
bool scan_cell(Scan *s, Cell *ret);
/* Any value; *ret_begin (may be NULL): where it stands, up to s->at. */
bool scan_skip(Scan *s, const char **ret_begin);
/* The same for a value that is read later, by another Scan: only where it ends is found out, by its brackets and texts. */
bool scan_pass(Scan *s, const char **ret_begin);

/* Sets the problem (the first one stays); false. */
bool scan_problem(Scan *s, const char *problem);

/* Nothing but space is left?  Frees what the Scan holds; FAIL_INVALID with the place of the problem. */
bool scan_finish(Scan *s, GError **error);
/* Only frees. */
void scan_clear(Scan *s);

/* A number from text[0..length), the whole of it; what strtod reads, without hexadecimal. */
bool scan_number(const char *text, size_t length, double *ret);
