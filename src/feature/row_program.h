/* row_program.h: a recipe compiled: rows of values in, rows of features out, as recipe_apply makes them. */
#pragma once

#include "feature/recipe.h"
#include "feature/row.h"

typedef struct RowProgram RowProgram;

/* Borrows the recipe.  NULL: one of its transforms has no compile, or its rows would be refused. */
RowProgram *row_program_new(const Recipe *r);
void row_program_free(RowProgram *p);
size_t row_program_inputs(const RowProgram *p);

/* What running needs beside the program: one for each thread; zero at first. */
typedef struct RowScratch {
	RowValue *places;
	size_t room;
	Arena texts;
} RowScratch;
void row_scratch_clear(RowScratch *s);

/* values: the inputs of `rows` rows, a row after the other, of the recipe's types; into: rows x features.  Any number of threads,
 * each with its scratch. */
void row_program_run(const RowProgram *p, const RowValue *values, size_t rows, RowScratch *scratch, float *into);
