/* batch_inside.h: what batch.c, batch_cast.c, batch_frame.c and batch_write.c share. */
#pragma once

#include "base/arena.h"
#include "serve/batch.h"

/* A column of the batch: how many values it has. */
typedef struct Gather {
	size_t count;
	bool was_given;
} Gather;

struct Batch {
	const Served *served;
	uint64_t known;            /* serial of the Served that the memo is of */
	size_t most, rows, filled; /* rows begun, when they come as rows; inputs the last one has */
	size_t room;               /* rows there are cells for */
	size_t bytes;              /* values there can be at most */
	RowValue *cells;           /* room x inputs, a row after the other */
	size_t cells_room, columns_room;
	Gather *columns;
	bool hides_values;
	int *memo; /* input of each key's place in the row before; -1: none */
	Arena texts;
};

static inline RowValue *batch_cell(const Batch *b, size_t row, size_t input)
{
	return b->cells + row * b->served->inputs + input;
}

/* A value, or a list of one value. */
bool batch_scan_value(Scan *s, Cell *ret);
