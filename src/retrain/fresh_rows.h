/* fresh_rows.h: rows that a model has not learnt from, word for word. */
#pragma once

#include "data/engine.h"

typedef struct FreshRows {
	int64_t rows, all; /* fresh ones, and those they were taken from */
} FreshRows;

/* Writes the rows of one Parquet file that are not in another one to `path`, in their order.  Rows are the same when every column of the
 * data's own is (ours begin with _gyre_); columns that `learnt` has not, or has as another type, make all rows fresh.  learnt
 * NULL: all are. */
bool fresh_rows_write(
        Engine *e, const char *rows, const char *learnt, const char *path, FreshRows *ret, GError **error);
