/* fresh_rows.h: rows that a model has not learnt from, word for word. */
#pragma once

#include "data/engine.h"

typedef struct FreshRows {
	int64_t rows, all; /* fresh ones, and those they were taken from */
} FreshRows;

/* Parquet files.  Rows are the same when every column of the data's own is (ours begin with _gyre_). */
typedef struct FreshFrom {
	const char *rows;
	const char *
	        learnt; /* rows that are left out; columns it has not, or has as another type, make all fresh; NULL: none */
	const GPtrArray
	        *outcomes; /* of paths: rows learnt online, with the model's inputs and target only; may be NULL */
} FreshFrom;

/* Writes the fresh rows to `path`, in their order.  An outcome that was learnt leaves out one row that has its values, not all: columns
 * that tell rows apart, a key or a time, need not be inputs. */
bool fresh_rows_write(Engine *e, const FreshFrom *from, const char *path, FreshRows *ret, GError **error);
