/* batch.h: the rows of one request, on their way from text to the columns a model reads.
 *
 * Rows may come one by one (objects or lists) or column by column; values go straight into typed cells, a row after the other,
 * as a compiled recipe reads them (feature/row.h).  What is not of the
 * column's type is cast as frame_conform casts a file's values: numbers from text, text from numbers, 0/1 and true/false to
 * bool, ISO texts (or microseconds) to time; null, NaN and, for other types than text, an empty text are missing.  A key that is no
 * input is passed over; an input that is not given is an error that names the inputs expected.
 *
 * Keys of a row are looked for first where the row before had them: a memo makes the lookup one comparison.  A batch that
 * is freed stays with its thread, memo and memory, for the next request. */
#pragma once

#include "data/frame.h"
#include "feature/row.h"
#include "serve/scan.h"
#include "serve/served.h"

typedef struct Batch Batch;

/* most: rows it may hold. */
Batch *batch_new(const Served *s, size_t most);
void batch_free(Batch *b);
/* The request has so many bytes, and so no more values: a column that would be longer than rows of all inputs can be is refused before
 * there is room for all of them. */
void batch_bound(Batch *b, size_t bytes);
/* From now on errors tell a value by its kind, and do not show it: for rows that are not those of whoever reads the error. */
void batch_hide_values(Batch *b);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Batch, batch_free)

size_t batch_rows(const Batch *b);
size_t batch_count(const Batch *b, size_t input); /* values of an input, so far */
const Served *batch_served(const Batch *b);

/* One row: {"name": value...}, or [values in the order of the inputs].  Syntax is told by scan_finish: false with no error
 * set cannot be; a problem of the Scan is told here as well. */
bool batch_scan_object(Batch *b, Scan *s, GError **error);
bool batch_scan_list(Batch *b, Scan *s, GError **error);
/* The same in parts: a row may be filled from several objects, of which the first to name an input counts. */
bool batch_row_begin(Batch *b, GError **error);
bool batch_row_fill(Batch *b, Scan *s, GError **error);
bool batch_row_end(Batch *b, GError **error);
/* A list of rows, each an object or a list; for a model of one input a bare value too. */
bool batch_scan_rows(Batch *b, Scan *s, GError **error);
/* {"name": [values]...}, or [values] for a model of one input.  Values may be lists of one. */
bool batch_scan_columns(Batch *b, Scan *s, GError **error);
/* A list of rows, each a list in the order of `names` (NULL-ended). */
bool batch_scan_table(Batch *b, const char *const *names, Scan *s, GError **error);
/* Which input each name is, -1 for none; every input must be named.  Free with g_free. */
bool batch_bind(Batch *b, const char *const *names, int **ret, GError **error);

/* The next value of an input; all inputs must have got as many in the end. */
bool batch_add(Batch *b, size_t input, const Cell *cell, GError **error);

/* "... expected: distance (real), ..."  Always false. */
bool batch_refuse(const Batch *b, GError **error, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* Is there a row, and has every input a value in each? */
bool batch_is_whole(const Batch *b, GError **error);
/* The inputs of the rows, a row after the other; whole. */
const RowValue *batch_values(const Batch *b);
/* The rows as a table; NULL with the error set when they are not whole.  batch_take also empties the batch. */
Frame *batch_frame(const Batch *b, GError **error);
Frame *batch_take(Batch *b, GError **error);
void batch_clear(Batch *b);

/* Appends a row's inputs as members of a JSON object, each with a comma before it: ,"x":1.5,"word":null; times in
 * microseconds. */
void batch_write_row(const Batch *b, size_t row, GString *to);
/* A whole row as the JSON object that batch_scan_object reads; times in microseconds.  Free with g_free. */
char *batch_row_json(const Batch *b, size_t row);
/* Does an input's name begin as the columns that the prediction log adds do (serve/predlog.h)? */
bool batch_name_is_taken(const char *name);

/* Gives the inputs that the last row has not got missing values (for tables whose rows need not have all columns). */
void batch_row_pad(Batch *b);
