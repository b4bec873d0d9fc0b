/* matrix.h: rows as models see them: a dense table of float32.
 *
 * Behind all numbers stand those that only a view asks for (model/view.h), and behind these the features that are categories; so whoever knows
 * nothing of either reads the first columns only. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* What a feature's values are. */
typedef struct FeatureKind {
	uint32_t categories; /* 0: numbers; else codes 0 .. categories-1, NaN where missing or unseen in training */
	uint32_t twin; /* of numbers made from a column whose categories are a feature too: the place of that feature */
	bool aside; /* a number that only a view asks for; its twin is the feature with the categories of the same column */
} FeatureKind;
#define FEATURE_ALONE UINT32_MAX /* no twin */

/* Row-major, NaN missing.  columns == number of names. */
typedef struct Matrix {
	size_t rows, columns;
	float *values;
	char **names;             /* NULL-ended; owned; may be NULL in a matrix made by hand */
	const FeatureKind *kinds; /* one a column; borrowed; NULL: all are numbers */
} Matrix;
Matrix *matrix_new(size_t rows, size_t columns);
void matrix_free(Matrix *m);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Matrix, matrix_free)

size_t matrix_numbers(const Matrix *m); /* how many features are numbers for all: the first ones */
/* FAIL_INVALID unless it has as many features as a model knows. */
bool matrix_check_columns(const Matrix *m, size_t known, GError **error);
/* Makes of *ret a table of the first `columns` columns; gives memory to free once it is no longer used, NULL if it shares
 * m's.  Names and kinds stay m's. */
float *matrix_narrow(const Matrix *m, size_t columns, Matrix *ret);
