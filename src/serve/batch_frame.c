/* batch_frame.c: rows of a batch as a table, for whoever needs columns. */
#include <math.h>

#include "serve/batch_inside.h"

/* Whole numbers until a fraction comes: then the column holds reals, as one read from a file would. */
static ColumnType type_of(const Batch *b, size_t input, size_t rows)
{
	ColumnType type = b->served->input_types[input];
	for (size_t i = 0; type == COLUMN_INT && i < rows; i++)
		if (batch_cell(b, i, input)->type == COLUMN_REAL)
			type = COLUMN_REAL;
	return type;
}

static void put(Column *c, size_t row, const RowValue *v)
{
	if (v->is_missing)
		column_set_missing(c, row);
	else if (c->type == COLUMN_BOOL)
		c->bools[row] = v->truth;
	else if (c->type == COLUMN_REAL)
		c->reals[row] = row_number(v);
	else if (c->type == COLUMN_TEXT)
		c->codes[row] = dictionary_code(c->dictionary, v->text, v->length);
	else
		c->ints[row] = v->integer;
}

Frame *batch_frame(const Batch *b, GError **error)
{
	if (!batch_is_whole(b, error))
		return NULL;
	size_t rows = batch_rows(b);
	Frame *f = frame_new(rows);
	for (size_t i = 0; i < b->served->inputs; i++) {
		Column *c = column_new(b->served->input_names[i], type_of(b, i, rows), rows, NULL);
		for (size_t row = 0; row < rows; row++)
			put(c, row, batch_cell(b, row, i));
		g_ptr_array_add(f->columns, c);
	}
	return f;
}

Frame *batch_take(Batch *b, GError **error)
{
	Frame *f = batch_frame(b, error);
	if (f)
		batch_clear(b);
	return f;
}
