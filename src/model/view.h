/* view.h: which features a family of trees learns from, and how it takes categories.
 *
 * The recipe makes of a column of categories both numbers (one-hot, target mean, count: "twins") and the categories
 * themselves; and, where the twins have no mean of the target, that mean for the view `target` alone ("asides").  It is cross-fitted, so
 * no row has seen its own target.  More than one view is sound, and which is best depends on the data, so it is a parameter that a
 * search chooses.  A view holds while a model is trained; the model itself speaks of the features of the whole matrix. */
#pragma once

#include "base/param.h"
#include "feature/matrix.h"

extern const char *const VIEW_NAMES[]; /* for Param.choices */
#define VIEW_HELP                                                                                                  \
	"categories as: encoded (the numbers that the features block makes of them), target (their mean of the "   \
	"target), category (sets of them), one_hot (one against the others), ordinal (numbers in their order) or " \
	"both (encoded, and sets)"

typedef struct View {
	size_t columns;
	uint32_t *column;     /* places in the matrix, rising */
	uint32_t *categories; /* 0: a number */
	bool is_whole;        /* all columns of the matrix */
	bool splits_single;   /* a split takes one category from the others */
} View;

/* name: one of VIEW_NAMES. */
View *view_new(const Matrix *x, const char *name);
void view_free(View *v);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(View, view_free)

/* Rows from .. from + rows of the matrix, as the view has them; ret: rows x v->columns. */
void view_rows(const View *v, const Matrix *x, size_t from, size_t rows, float *ret);
