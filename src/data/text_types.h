/* text_types.h: what type a column of texts really is, decided by every value of it and by nothing else.
 *
 *   bool   all values are true or false, in any case of letters
 *   int    all are whole numbers as a program writes them: 7, -7, not 007, +7 or 7.0, and fit 64 bits
 *   real   all are numbers (1, 1.5, 1e-3, nan, inf), none with a leading zero, none a whole number too long for 64 bits
 *   time   all are ISO dates or times (2001-02-03, 2001-02-03T04:05:06.5+02:00), or of one of the formats given;
 *          without an offset they are UTC
 *   text   anything else, and columns without any value
 *
 * So codes such as 00501 and ids of twenty digits stay what they are.  Blank cells are missing; so are the texts given as
 * `nulls`.  A sample only says which type to try on the whole column first; the answer does not depend on it.
 *
 * A type that is given is read more freely: 007, +7 and 7.0 are ints then, and yes, no, t, f, y, n, 1, 0 bools. */
#pragma once

#include "data/engine.h"

typedef struct TextRules {
	const json_t *nulls;        /* array of texts that mean missing, or NULL */
	const json_t *time_formats; /* array of strptime formats, or NULL: ISO */
	const json_t *types;        /* {column: type name}: not to be found out, or NULL */
	enum {
		TEXTS_ALL,   /* find any type: nothing but texts is known of the source; blanks are missing */
		TEXTS_TIMES, /* find times only: the source has numbers of its own, and texts that are meant */
		TEXTS_GIVEN, /* find nothing; only `types` count */
	} find;
} TextRules;

/* Finds the types of texts; `from` is a table or view all of whose listed columns are VARCHAR.  ret_types: {name: type name};
 * ret_rows: how many rows there are.  A value that is not of the type given, has a NUL or is longer than LIMIT_CELL_BYTES is
 * an error that names its row (1: the first). */
bool text_types_find(Engine *e, const char *from, const GPtrArray *columns, const TextRules *rules, json_t **ret_types,
        int64_t *ret_rows, GError **error);

/* The expression that turns a column of texts into the type; free with g_free. */
char *text_types_cast(const char *column, const char *type, const TextRules *rules);

/* Adds the expression "VALUE, VALUE AS NAME" of all columns: SELECT <this> FROM ... */
void text_types_select(GString *sql, const GPtrArray *columns, const json_t *types, const TextRules *rules);

/* Makes the view `view` of the table or view `from`, whose columns may be of any type: texts get the types found or given,
 * others the types given.  Both names are quoted.  ret_rows may be NULL. */
bool text_types_retype(
        Engine *e, const char *from, const char *view, const TextRules *rules, int64_t *ret_rows, GError **error);
