/* fresh_rows.h: rows that came later, as a bundle's model learns them: features by its recipe, targets, weights, oldest first. */
#pragma once

#include "data/engine.h"
#include "model/bundle.h"

typedef struct FreshRows {
	Matrix *x;
	double *y;
	double *weight;         /* NULL: all 1 */
	int64_t *time;          /* us, where the roles name a time; else NULL */
	size_t read, strangers; /* rows there were; of them with a label the bundle does not know */
	size_t left_out;        /* of them without a usable target or weight, strangers among them */
	json_t *reference;      /* {"rows", "of", "inputs", "target"}: model/reference.h */
	GBytes *sample;         /* model/row_sample.h; NULL: none */
} FreshRows;

/* rows: the path of a Parquet file. */
bool fresh_rows_read(Engine *e, const Bundle *b, const char *rows, FreshRows *ret, GError **error);
void fresh_rows_clear(FreshRows *f);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(FreshRows, fresh_rows_clear)

/* A set of rows from .. end of them; room is the matrix it points at. */
TrainSet fresh_rows_part(const FreshRows *f, const Bundle *b, size_t from, size_t end, Matrix *room);

/* Does the recipe still fit?  Sentences are added to warnings. */
bool fresh_rows_check(const FreshRows *f, const Bundle *b, json_t *warnings, GError **error);
