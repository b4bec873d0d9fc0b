/* row.h: features of one row at a time, without a table and without memory for each value: what answers requests.
 *
 * A compiled recipe has places.  The first are the recipe's inputs, in their order; each transform, a step, reads places
 * and fills new ones behind them.  A column changed "in its place" gets a new place too, which its name means from then on: so no
 * step overwrites what another reads, and names are looked up once, when the recipe is compiled.
 *
 *   [0] date  [1] origin  |  [2] date_hour  [3] date_weekday  |  [4] origin_mean
 *          inputs                step: date_parts(0)              step: target_mean(1)
 *
 * `apply` stays what a transform means: a kind's compile and its apply share what computes a value, and a test holds the
 * features of both to be equal to the bit. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "data/frame.h"

/* A value of a column (ColumnType); a column of whole numbers may hold reals as well. */
typedef struct RowValue {
	uint8_t type, is_missing;
	uint32_t length; /* TEXT */
	union {
		uint8_t truth;
		int64_t integer; /* INT, TIME */
		double real;
		const char *text; /* TEXT: not NUL-terminated */
	};
} RowValue;

/* As column_number. */
double row_number(const RowValue *v);

static inline RowValue row_real(double value)
{
	return (RowValue){.type = COLUMN_REAL, .real = value};
}

static inline RowValue row_bool(bool value)
{
	return (RowValue){.type = COLUMN_BOOL, .truth = value};
}

/* The value as a category: as its text, which numbers are written to in the arena; a missing value where there is none. */
RowValue row_category(const RowValue *v, Arena *texts);
/* The category of several columns, as category_of joins them. */
RowValue row_join(const RowValue *values, const uint32_t *places, uint32_t count, const char *separator, Arena *texts);
/* As categories_find. */
uint32_t row_find(const Dictionary *known, const RowValue *category);

typedef struct RowStep RowStep;
typedef void RowRun(const RowStep *step, RowValue *values, Arena *texts);

struct RowStep {
	RowRun *run;
	const void *t; /* the loaded transform */
	uint32_t *from;
	uint32_t reads; /* places: of params.columns, in that order */
	uint32_t into;  /* the first place it fills; the others follow */
};

/* For TransformKind.compile, whose columns are bound already. */
typedef struct RowCompiler RowCompiler;
/* The function that fills the places: those of rows_append and rows_replace, in the order in which apply calls them. */
void row_run(RowCompiler *c, RowRun *run);
void row_append(RowCompiler *c, const char *name, ColumnType type);
void row_replace(RowCompiler *c, const char *name, ColumnType type);
void row_remove(RowCompiler *c, const char *name);
/* The type of the i-th column it reads. */
ColumnType row_type(const RowCompiler *c, uint32_t i);
/* There is no such step: rows go through apply, which tells why not. */
void row_refuse(RowCompiler *c);
