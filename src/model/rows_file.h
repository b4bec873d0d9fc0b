/* rows_file.h: tables of numbers as files that other programs read and write.
 *
 *   csv   a header of names (features only), then a line a row; missing is empty.  17 digits where they matter
 *   npy   NumPy's array file, version 1.0: float32 for features, float64 for the rest, row-major; missing is NaN */
#pragma once

#include <stdbool.h>

#include "feature/matrix.h"

extern const char *const ROWS_FORMATS[]; /* for Param.choices */

/* names: NULL-ended, or NULL for no header. */
bool rows_file_features(const char *path, const char *format, const Matrix *x, GError **error);
bool rows_file_numbers(const char *path, const char *format, const double *values, size_t rows, GError **error);

/* Reads rows x columns numbers; more, fewer or something else is FAIL_INVALID. */
bool rows_file_read(const char *path, const char *format, size_t rows, size_t columns, double *ret, GError **error);
/* How many numbers a row has; by the first line, or by the shape. */
bool rows_file_columns(const char *path, const char *format, size_t *ret, GError **error);
