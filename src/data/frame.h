/* frame.h: typed columns of rows in memory, each with missing values.  A request to a server is a frame of one row; a table
 * larger than memory is a sequence of frames.
 *
 *   column    type            values
 *   ------    -------------   ----------------------------------------------
 *   late      COLUMN_BOOL     uint8_t 0 or 1
 *   distance  COLUMN_INT      int64_t
 *   price     COLUMN_REAL     double (NaN is a value of its own; features treat it as missing)
 *   origin    COLUMN_TEXT     uint32_t codes into a dictionary
 *   date      COLUMN_TIME     int64_t microseconds since 1970 UTC
 *
 * `missing` is NULL when nothing is missing, else one byte a row (1: missing); the value behind it is then 0 (or NaN).
 * Dictionaries are shared: all frames of one reader use the same one for a column, codes in order of first appearance; it
 * only grows, so what was computed for its first n texts stays valid.  A frame and its dictionaries belong to one thread. */
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

typedef enum ColumnType { COLUMN_BOOL, COLUMN_INT, COLUMN_REAL, COLUMN_TEXT, COLUMN_TIME, COLUMN_TYPES } ColumnType;

const char *column_type_name(ColumnType type); /* "bool", "int", "real", "text", "time" */
bool column_type_from_name(const char *name, ColumnType *ret);

typedef struct Dictionary Dictionary;

Dictionary *dictionary_new(void);
Dictionary *dictionary_ref(Dictionary *d);
void dictionary_unref(Dictionary *d);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Dictionary, dictionary_unref)
uint32_t dictionary_size(const Dictionary *d);
const char *dictionary_text(const Dictionary *d, uint32_t code);          /* NUL-terminated UTF-8, borrowed */
uint32_t dictionary_code(Dictionary *d, const char *text, size_t length); /* adds it if absent */
bool dictionary_find(const Dictionary *d, const char *text, size_t length, uint32_t *ret);

typedef struct Column {
	char *name;
	ColumnType type;
	size_t rows;
	uint8_t *missing; /* NULL: none */
	union {
		void *values;
		uint8_t *bools;
		int64_t *ints; /* INT and TIME */
		double *reals;
		uint32_t *codes;
	};
	Dictionary *dictionary; /* TEXT only; owned reference */
} Column;

typedef struct Frame {
	size_t rows;
	GPtrArray *columns; /* of Column *, owned */
} Frame;

Frame *frame_new(size_t rows);
void frame_free(Frame *f);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Frame, frame_free)

/* A column of zeros with nothing missing, not yet in a frame.  dictionary: for TEXT, a reference is taken (NULL: a new one). */
Column *column_new(const char *name, ColumnType type, size_t rows, Dictionary *dictionary);
void column_free(Column *c);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Column, column_free)
void column_set_missing(Column *c, size_t row);
static inline bool column_is_missing(const Column *c, size_t row)
{
	return c->missing && c->missing[row];
}

/* Any type as a number: missing and text give NaN, time its microseconds. */
double column_number(const Column *c, size_t row);
/* A real as column_text writes it; the length. */
enum { REAL_TEXT_BYTES = G_ASCII_DTOSTR_BUF_SIZE };
size_t real_text_write(double value, char ret[REAL_TEXT_BYTES]);
/* Any value as text, the way the program writes it everywhere; NULL for missing.  Free with g_free. */
char *column_text(const Column *c, size_t row);
/* A JSON value: times as ISO text, missing and NaN as null. */
json_t *column_json(const Column *c, size_t row);

/* Adds a column (owned from now on); one of the same name is replaced in its place. */
void frame_add(Frame *f, Column *c);
Column *frame_find(const Frame *f, const char *name); /* NULL if absent */
bool frame_remove(Frame *f, const char *name);
Column *frame_steal(Frame *f, const char *name);

/* The rows whose `keep` byte is set, in order; dictionaries are shared. */
Frame *frame_filter(const Frame *f, const uint8_t *keep);

/* The same rows in columns of their own; dictionaries are shared. */
Frame *frame_copy(const Frame *f);

/* Makes a frame fit a schema (data/schema.h form: {"columns": [{"name","type"}...]}) before a model sees it: columns in that
 * order, others dropped, values cast (numbers from text, text from numbers, 0/1 and true/false to bool, ISO texts to time).
 * A column that is not there is FAIL_INVALID naming it, unless it is in `optional` (NULL-ended, may be NULL).  A value that
 * cannot be cast is FAIL_INVALID with its row, or, when `lenient`, missing. */
bool frame_conform(Frame *f, const json_t *schema, const char *const *optional, bool lenient, GError **error);

/* ISO 8601 text of microseconds since 1970 UTC ("2001-01-31 08:05:00", fraction only if there is one), and back. */
char *time_text(int64_t us);
bool time_parse(const char *text, int64_t *ret);
/* In the years 0000 to 9999?  Only such a time's text is read back; who sends another counts in other units. */
bool time_has_text(int64_t us);
