/* batch_inside.h: what batch.c and batch_cast.c share. */
#pragma once

#include "serve/batch.h"

/* A column that grows. */
typedef struct Gather {
	ColumnType type; /* INT becomes REAL when a fraction comes */
	bool was_given;
	size_t count, room;
	union {
		void *values;
		uint8_t *bools;
		int64_t *ints;
		double *reals;
		uint32_t *codes;
	};
	uint8_t *missing; /* NULL: none so far; else `room` of them */
	Dictionary *dictionary;
} Gather;

struct Batch {
	const Served *served;
	size_t most, rows, filled; /* rows begun, when they come as rows; inputs the last one has */
	Gather *columns;
	int *memo; /* input of each key's place in the row before; -1: none */
};

/* A value, or a list of one value. */
bool batch_scan_value(Scan *s, Cell *ret);
