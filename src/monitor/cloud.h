/* cloud.h: some rows of the training data and some of a window as points of numbers, for looks at columns together.
 *
 * A text is the rank of its category, most frequent first in both together: were it the training rows' own, they would have the low ranks more
 * often than any other rows, by chance alone.  Missing is NaN. */
#pragma once

#include "monitor/look.h"

typedef struct Cloud {
	GPtrArray *names;  /* of columns, borrowed */
	double *values[2]; /* training, window: rows x columns */
	size_t rows[2], columns;
	GArray *frequencies; /* of GArray * of double, by column: shares of the categories by rank; NULL: numbers */
} Cloud;

enum { CLOUD_TRAINING, CLOUD_WINDOW, CLOUD_ROWS = 2000 };

/* At most CLOUD_ROWS of each, the window's by a hash of their ids.  Rows are 0 where the bundle has no sample.  cloud_clear frees. */
bool cloud_read(const LookInput *in, Cloud *ret, GError **error);
void cloud_clear(Cloud *c);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Cloud, cloud_clear)

/* One side as distances need it: categories by their frequency, every column with the training rows' mean 0 and deviation 1,
 * cut off at 5 (one wild value must not hide the rest), missing as 0.  rows x columns; free with g_free. */
double *cloud_scaled(const Cloud *c, int side);
