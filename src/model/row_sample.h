/* row_sample.h: a small sample of rows, as a bundle keeps it: for looks that need rows of what the model stands for. */
#pragma once

#include "data/engine.h"

typedef struct RowSample {
	const char *table;    /* SQL: what stands behind FROM */
	const char *number;   /* its column with the number of each row */
	const json_t *inputs; /* [{"name"}...]: the columns that are kept */
	uint64_t seed;
} RowSample;

/* Parquet of at most 2,000 rows, those whose numbers have the smallest hashes, in their own order; NULL: there are no columns, or it
 * is too large for a bundle. */
bool row_sample_read(Engine *e, const RowSample *s, GBytes **ret, GError **error);
